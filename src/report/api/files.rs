//! The operations that give files, order long ones, and write the paragraph of a year.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use poem::Body;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use crate::auth::Caller;
use crate::files::Format;
use crate::http::{Download, FileFormat, Json, Problem};
use crate::report::dto::{FileJobDto, FileJobsDto, FileQuery, FileRequest, FilterQuery, ParagraphDto};
use crate::report::service::Reports;

/// Reports as files. For coordinators and auditors.
#[derive(Debug)]
pub struct FilesApi(pub Arc<Reports>);

#[OpenApi(prefix_path = "/api/v1")]
impl FilesApi {
    /// The rates as a workbook: figures with formulas that give the same percentages, the definitions in Chinese, a place to
    /// sign; with `people` a sheet of everybody who is counted.
    #[oai(path = "/reports/rates.xlsx", method = "get", operation_id = "get_rates_xlsx")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn rates_xlsx(
        &self,
        caller: Caller,
        year: Query<i32>,
        unit_id: Query<Option<String>>,
        depth: Query<Option<i32>>,
        category: Query<Option<String>>,
        exam_kind: Query<Option<String>>,
        exam_id: Query<Option<String>>,
        programme_id: Query<Option<String>>,
        people: Query<Option<bool>>,
    ) -> Result<Download, Problem> {
        let filter = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let order = FileQuery::rates(filter, depth.0, people.0).read(Format::Xlsx)?;
        let file = self.0.file(&caller, &order).await?;
        Ok(Download::new(&file.name, file.bytes))
    }

    /// The rates as csv, a unit a line.
    #[oai(path = "/reports/rates.csv", method = "get", operation_id = "get_rates_csv")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn rates_csv(
        &self,
        caller: Caller,
        year: Query<i32>,
        unit_id: Query<Option<String>>,
        depth: Query<Option<i32>>,
        category: Query<Option<String>>,
        exam_kind: Query<Option<String>>,
        exam_id: Query<Option<String>>,
        programme_id: Query<Option<String>>,
    ) -> Result<Download, Problem> {
        let filter = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let order = FileQuery::rates(filter, depth.0, None).read(Format::Csv)?;
        let file = self.0.file(&caller, &order).await?;
        Ok(Download::new(&file.name, file.bytes))
    }

    /// The people behind a figure as a file, by unit and name; of `exam.sittings` a person and exam a row with how many
    /// there are. `answer_too_large` if they are too many for an answer: order it as a job.
    #[oai(path = "/reports/people/file", method = "get", operation_id = "get_people_file")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn people(
        &self,
        caller: Caller,
        format: Query<FileFormat>,
        year: Query<i32>,
        figure: Query<String>,
        unit_id: Query<Option<String>>,
        category: Query<Option<String>>,
        exam_kind: Query<Option<String>>,
        exam_id: Query<Option<String>>,
        programme_id: Query<Option<String>>,
    ) -> Result<Download, Problem> {
        let filter = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let order = FileQuery::people(filter, figure.0).read(format.0.into())?;
        let file = self.0.file(&caller, &order).await?;
        Ok(Download::new(&file.name, file.bytes))
    }

    /// Those who have not yet studied or sat, by unit, ready to hand over: a person a row. `answer_too_large` as for people.
    #[oai(path = "/reports/missing/file", method = "get", operation_id = "get_missing_file")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn missing(
        &self,
        caller: Caller,
        format: Query<FileFormat>,
        year: Query<i32>,
        unit_id: Query<Option<String>>,
        category: Query<Option<String>>,
        exam_kind: Query<Option<String>>,
        exam_id: Query<Option<String>>,
        programme_id: Query<Option<String>>,
    ) -> Result<Download, Problem> {
        let filter = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let order = FileQuery::missing(filter).read(format.0.into())?;
        let file = self.0.file(&caller, &order).await?;
        Ok(Download::new(&file.name, file.bytes))
    }

    /// Order a file, however long: it is made while nobody waits, and kept for a week. The log keeps who ordered what.
    #[oai(path = "/reports/exports", method = "post", operation_id = "order_file")]
    async fn order(&self, caller: Caller, body: Json<FileRequest>) -> Result<Json<FileJobDto>, Problem> {
        let order = body.0.read()?;
        Ok(Json(self.0.order_file(&caller, &order).await?.into()))
    }

    /// The files that the caller ordered, the newest 50 first, with how far each has come.
    #[oai(path = "/reports/exports", method = "get", operation_id = "list_file_orders")]
    async fn orders(&self, caller: Caller) -> Result<Json<FileJobsDto>, Problem> {
        Ok(Json(self.0.orders(&caller).await?.into()))
    }

    /// How far a file has come.
    #[oai(path = "/reports/exports/:id", method = "get", operation_id = "get_file_order")]
    async fn order_state(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<FileJobDto>, Problem> {
        Ok(Json(self.0.order(&caller, id.0.into()).await?.into()))
    }

    /// The file, once it is whole; it is sent part by part. `wrong_state` before.
    #[oai(path = "/reports/exports/:id/file", method = "get", operation_id = "get_ordered_file")]
    async fn ordered(&self, caller: Caller, id: Path<Uuid>) -> Result<Download, Problem> {
        let (job, parts) = self.0.ordered_file(&caller, id.0.into()).await?;
        let body = Body::from_bytes_stream(parts.map_err(std::io::Error::other));
        Ok(Download::new(&job.file_name, body))
    }

    /// End an order that is not wanted any more, and forget its file.
    #[oai(path = "/reports/exports/:id", method = "delete", operation_id = "cancel_file_order")]
    async fn cancel(&self, caller: Caller, id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.cancel_order(&caller, id.0.into()).await?)
    }

    /// The paragraph for the annual report on law-based government, in Chinese, and its figures with where each comes from.
    /// What did not take place is left out.
    #[oai(path = "/reports/paragraph", method = "get", operation_id = "get_paragraph")]
    async fn paragraph(
        &self,
        caller: Caller,
        year: Query<i32>,
        unit_id: Query<Option<String>>,
    ) -> Result<Json<ParagraphDto>, Problem> {
        let query = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: None,
            exam_kind: None,
            exam_id: None,
            programme_id: None,
        };
        let (filter, _) = query.read(None)?;
        Ok(Json(self.0.paragraph(&caller, &filter).await?.into()))
    }
}
