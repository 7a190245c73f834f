//! The operation of statistics.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use uuid::Uuid;

use super::dto::StatisticsDto;
use super::service::Statistics;
use crate::auth::Caller;
use crate::http::{Json, Problem};

/// What exams add up to.
#[derive(Debug)]
pub struct StatisticsApi(pub Arc<Statistics>);

#[OpenApi(prefix_path = "/api/v1")]
impl StatisticsApi {
    /// The statistics of an exam that has closed: how hard each item was, how well it tells people apart, what was chosen,
    /// how reliable the whole is. By those who manage or audit its unit; before release, not by somebody on its roster.
    #[oai(path = "/exams/:id/statistics", method = "get", operation_id = "get_exam_statistics")]
    async fn statistics(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<StatisticsDto>, Problem> {
        Ok(Json(self.0.statistics(&caller, id.0.into()).await?.into()))
    }
}
