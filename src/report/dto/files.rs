//! Files, orders of files, and the paragraph.

use poem_openapi::Object;

use super::FilterQuery;
use crate::files::Format;
use crate::jobs::Job;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::report::service::{FileOrder, Paragraph, What};

/// A file as it is asked for.
#[derive(Debug)]
pub(in crate::report) struct FileQuery {
    filter: FilterQuery,
    what: &'static str,
    figure: Option<String>,
    depth: Option<i32>,
    people: Option<bool>,
}

impl FileQuery {
    pub(in crate::report) fn rates(filter: FilterQuery, depth: Option<i32>, people: Option<bool>) -> Self {
        Self { filter, what: "rates", figure: None, depth, people }
    }

    pub(in crate::report) fn people(filter: FilterQuery, figure: String) -> Self {
        Self { filter, what: "people", figure: Some(figure), depth: None, people: None }
    }

    pub(in crate::report) fn missing(filter: FilterQuery) -> Self {
        Self { filter, what: "missing", figure: None, depth: None, people: None }
    }

    pub(in crate::report) fn read(self, format: Format) -> Result<FileOrder, Invalid> {
        let (filter, figure) = self.filter.read(self.figure.as_deref())?;
        let what = match (self.what, figure) {
            ("people", Some(figure)) => What::People(figure),
            ("missing", _) => What::Missing,
            ("rates", _) => What::Rates { depth: self.depth.unwrap_or(1), people: self.people.unwrap_or(false) },
            _ => return Err(Invalid::one("figure", FieldCode::Required)),
        };
        Ok(FileOrder { what, format, filter })
    }
}

/// A file to be made.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::report) struct FileRequest {
    /// `rates`, `people` (of a figure) or `missing` (who has not yet studied or sat).
    what: String,
    /// `xlsx` or `csv`.
    format: String,
    /// The year.
    year: i32,
    /// The unit, with its subtree; the top of the caller's reach if null.
    unit_id: Option<String>,
    /// Of `rates`: how many levels of units, 1 if null.
    depth: Option<i32>,
    /// Of `rates` as xlsx: with a sheet of everybody who is counted.
    people: Option<bool>,
    /// Of `people`: which figure.
    figure: Option<String>,
    /// Only people who held this category on the roster.
    category: Option<String>,
    /// `annual` if null.
    exam_kind: Option<String>,
    /// One exam with its make-ups.
    exam_id: Option<String>,
    /// One programme.
    programme_id: Option<String>,
}

impl FileRequest {
    pub(in crate::report) fn read(self) -> Result<FileOrder, Invalid> {
        let mut fields = Fields::new();
        let format = Format::of_word(&self.format);
        if format.is_none() {
            fields.reject("format", FieldCode::UnknownValue);
        }
        let filter = FilterQuery {
            year: self.year,
            unit_id: self.unit_id,
            category: self.category,
            exam_kind: self.exam_kind,
            exam_id: self.exam_id,
            programme_id: self.programme_id,
        };
        let query = match self.what.as_str() {
            "rates" => Some(FileQuery::rates(filter, self.depth, self.people)),
            "people" => Some(FileQuery::people(filter, self.figure.unwrap_or_default())),
            "missing" => Some(FileQuery::missing(filter)),
            _ => {
                fields.reject("what", FieldCode::UnknownValue);
                None
            }
        };
        let (query, format) = fields.finish(query.zip(format))?;
        query.read(format)
    }
}

/// A file that was ordered.
#[derive(Debug, Object)]
#[oai(rename = "FileOrder")]
pub(in crate::report) struct FileJobDto {
    /// Its identifier.
    id: String,
    /// What the file is called.
    file_name: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// How many rows are done.
    done: i64,
    /// Of how many.
    total: i64,
    /// How long the file is, in bytes, once it is whole.
    size: i64,
    /// When it was ordered.
    created_at: String,
    /// When it was whole, or failed.
    finished_at: Option<String>,
    /// When it is forgotten.
    expires_at: String,
}

impl From<Job> for FileJobDto {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.to_string(),
            file_name: job.file_name,
            state: job.state.to_string(),
            done: job.done,
            total: job.total,
            size: job.size,
            created_at: job.created_at.to_string(),
            finished_at: job.finished_at.map(|at| at.to_string()),
            expires_at: job.expires_at.to_string(),
        }
    }
}

/// The files that somebody ordered.
#[derive(Debug, Object)]
#[oai(rename = "FileOrders")]
pub(in crate::report) struct FileJobsDto {
    /// The newest first.
    items: Vec<FileJobDto>,
}

impl From<Vec<Job>> for FileJobsDto {
    fn from(jobs: Vec<Job>) -> Self {
        Self { items: jobs.into_iter().map(FileJobDto::from).collect() }
    }
}

/// The paragraph of a year.
#[derive(Debug, Object)]
#[oai(rename = "ReportParagraph")]
pub(in crate::report) struct ParagraphDto {
    /// In Chinese, as an office would write it.
    text: String,
    /// Its figures, in their order.
    figures: Vec<PartDto>,
}

/// A figure of the paragraph.
#[derive(Debug, Object)]
#[oai(rename = "ReportParagraphFigure")]
struct PartDto {
    /// What it counts: `sessions.seminar`, `exam.sat`, `streak_years`.
    name: String,
    /// As it is printed.
    value: String,
    /// The operation, with its query, from which it comes.
    source: String,
}

impl From<Paragraph> for ParagraphDto {
    fn from(paragraph: Paragraph) -> Self {
        let part = |p: crate::report::service::Part| PartDto { name: p.name, value: p.value, source: p.source };
        Self { text: paragraph.text, figures: paragraph.parts.into_iter().map(part).collect() }
    }
}
