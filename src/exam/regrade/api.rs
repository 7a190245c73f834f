//! The operations of regrades.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{AffectedDto, EffectDto, RegradeRequest, RegradesDto};
use super::model::RegradeInput;
use super::service::Regrades;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};

/// What is done about faulty items.
#[derive(Debug)]
pub struct RegradeApi(pub Arc<Regrades>);

#[OpenApi(prefix_path = "/api/v1")]
impl RegradeApi {
    /// Mark an item of a closed exam otherwise, on every paper: with another key, with a further one, with full marks for
    /// all, or not at all. With `dry_run` it is only said who would rise and fall.
    ///
    /// The pass line stays where it is. A further regrade undoes it: `correct_key` with the first key. By a coordinator of
    /// the exam's unit; before release not by one of its candidates.
    #[oai(path = "/exams/:id/regrades", method = "post", operation_id = "regrade_exam")]
    async fn regrade(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// Nothing is changed.
        dry_run: Query<Option<bool>>,
        body: Json<RegradeRequest>,
    ) -> Result<Json<EffectDto>, Problem> {
        let (id, input) = (id.0.into(), RegradeInput::from(body.0));
        let effect = if dry_run.0 == Some(true) {
            self.0.preview(&caller, id, &input).await?
        } else {
            self.0.apply(&caller, id, &input).await?
        };
        Ok(Json(effect.into()))
    }

    /// The regrades of an exam, in order. For those who manage or audit its unit.
    #[oai(path = "/exams/:id/regrades", method = "get", operation_id = "list_regrades")]
    async fn regrades(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<RegradesDto>, Problem> {
        let regrades = self.0.regrades(&caller, id.0.into()).await?;
        Ok(Json(RegradesDto { items: regrades.into_iter().map(Into::into).collect() }))
    }

    /// The attempts whose points a regrade changed, by person. For those who manage or audit the exam's unit.
    #[oai(path = "/exams/:id/regrades/:regrade_id/people", method = "get", operation_id = "list_regraded_people")]
    async fn people(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        regrade_id: Path<Uuid>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<AffectedDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.people(&caller, id.0.into(), regrade_id.0.into(), &page).await?.into()))
    }
}
