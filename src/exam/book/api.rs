//! The operations of books.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::service::Books;
use crate::auth::Caller;
use crate::files::Format;
use crate::http::{Download, FileFormat, Problem};

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
        format: Query<Option<FileFormat>>,
    ) -> Result<Download, Problem> {
        let (unit, format) = (unit_id.0.map(Into::into), format.0.map_or(Format::Xlsx, Format::from));
        let bytes = self.0.roster_file(&caller, id.0.into(), unit, format).await?;
        Ok(Download::new(&format.named("exam-roster"), bytes))
    }

    /// The results of an exam, from when they can be listed on, in the same way.
    #[oai(path = "/exports/exams/:id/results", method = "get", operation_id = "export_exam_results")]
    async fn results(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        format: Query<Option<FileFormat>>,
    ) -> Result<Download, Problem> {
        let (unit, format) = (unit_id.0.map(Into::into), format.0.map_or(Format::Xlsx, Format::from));
        let bytes = self.0.results_file(&caller, id.0.into(), unit, format).await?;
        Ok(Download::new(&format.named("exam-results"), bytes))
    }
}
