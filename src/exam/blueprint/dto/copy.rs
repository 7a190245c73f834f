//! Wire types of copying.

use poem_openapi::Object;

use super::super::model::Copied;

/// What a copy of an exam has of its own.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct ExamCopyRequest {
    /// The year it counts toward; the next if left out.
    year: Option<i32>,
    /// Its title; that of the exam with the year changed if left out.
    title: Option<String>,
    /// When it opens; the same hour of the same day of that year if left out.
    opens_at: Option<String>,
    /// When it closes; the same hour of the same day of that year if left out.
    closes_at: Option<String>,
}

impl From<ExamCopyRequest> for Copied {
    fn from(dto: ExamCopyRequest) -> Self {
        Self { year: dto.year, title: dto.title, opens_at: dto.opens_at, closes_at: dto.closes_at }
    }
}
