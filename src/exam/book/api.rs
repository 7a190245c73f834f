//! The operations of books.

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, Enum, OpenApi};
use uuid::Uuid;

use super::service::Books;
use crate::auth::Caller;
use crate::http::Problem;
use crate::org::Format;

/// What a book is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "BookFormat", rename_all = "snake_case")]
enum FormatDto {
    /// For Excel and WPS.
    Xlsx,
    /// UTF-8 with its mark.
    Csv,
}

impl From<FormatDto> for Format {
    fn from(format: FormatDto) -> Self {
        match format {
            FormatDto::Xlsx => Self::Xlsx,
            FormatDto::Csv => Self::Csv,
        }
    }
}

/// A book to be saved.
#[derive(Debug, ApiResponse)]
enum BookFile {
    /// For Excel and WPS.
    #[oai(status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Xlsx(
        Binary<Vec<u8>>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
    /// UTF-8 with its mark.
    #[oai(status = 200, content_type = "text/csv; charset=utf-8")]
    Csv(
        Binary<Vec<u8>>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl BookFile {
    fn new(bytes: Vec<u8>, name: &str, format: FormatDto) -> Self {
        let saved = |extension| format!("attachment; filename=\"{name}.{extension}\"");
        match format {
            FormatDto::Xlsx => Self::Xlsx(Binary(bytes), saved("xlsx")),
            FormatDto::Csv => Self::Csv(Binary(bytes), saved("csv")),
        }
    }
}

/// Exams on paper.
#[derive(Debug)]
pub struct BookApi(pub Arc<Books>);

#[OpenApi(prefix_path = "/api/v1")]
impl BookApi {
    /// The roster of an exam within the caller's reach, of one unit with its subtree if asked, as xlsx (unless said) or csv.
    /// Who took it is kept in the log.
    #[oai(path = "/exports/exams/:id/roster", method = "get", operation_id = "export_exam_roster")]
    async fn roster(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        format: Query<Option<FormatDto>>,
    ) -> Result<BookFile, Problem> {
        let (unit, format) = (unit_id.0.map(Into::into), format.0.unwrap_or(FormatDto::Xlsx));
        let bytes = self.0.roster_file(&caller, id.0.into(), unit, format.into()).await?;
        Ok(BookFile::new(bytes, "exam-roster", format))
    }

    /// The results of an exam, from when they can be listed on, in the same way.
    #[oai(path = "/exports/exams/:id/results", method = "get", operation_id = "export_exam_results")]
    async fn results(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        format: Query<Option<FormatDto>>,
    ) -> Result<BookFile, Problem> {
        let (unit, format) = (unit_id.0.map(Into::into), format.0.unwrap_or(FormatDto::Xlsx));
        let bytes = self.0.results_file(&caller, id.0.into(), unit, format.into()).await?;
        Ok(BookFile::new(bytes, "exam-results", format))
    }
}
