//! The operations of objections.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{DecisionRequest, ObjectionDto, ObjectionRequest, ObjectionStateDto, ObjectionsDto};
use super::model::{NewObjection, ObjectionFilter};
use super::service::Objections;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};

/// Doubts about items and scores.
#[derive(Debug)]
pub struct ObjectionApi(pub Arc<Objections>);

#[OpenApi(prefix_path = "/api/v1")]
impl ObjectionApi {
    /// Question an item of one's own paper, or its score: once each, from when results can be seen until the exam's
    /// `objection_days` after their release.
    #[oai(path = "/attempts/:id/objections", method = "post", operation_id = "raise_objection")]
    async fn raise(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ObjectionRequest>,
    ) -> Result<Json<ObjectionDto>, Problem> {
        Ok(Json(self.0.raise(&caller, id.0.into(), &NewObjection::from(body.0)).await?.into()))
    }

    /// The objections about an attempt: for its candidate, and for those who manage or audit the exam's unit.
    #[oai(path = "/attempts/:id/objections", method = "get", operation_id = "list_attempt_objections")]
    async fn of_attempt(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ObjectionsDto>, Problem> {
        let found = self.0.of_attempt(&caller, id.0.into()).await?;
        Ok(Json(ObjectionsDto { items: found.into_iter().map(Into::into).collect() }))
    }

    /// The objections about an exam, oldest first. For those who manage or audit its unit.
    #[oai(path = "/exams/:id/objections", method = "get", operation_id = "list_objections")]
    async fn of_exam(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        state: Query<Option<ObjectionStateDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<ObjectionDto>>, Problem> {
        let (page, filter) = (PageQuery::read(limit.0, cursor.0)?, ObjectionFilter { state: state.0.map(Into::into) });
        Ok(Json(self.0.of_exam(&caller, id.0.into(), filter, &page).await?.into()))
    }

    /// Decide an objection, once. By a coordinator of the exam's unit, never by who raised it. What follows for the points
    /// is a regrade.
    #[oai(path = "/objections/:id/decide", method = "post", operation_id = "decide_objection")]
    async fn decide(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<DecisionRequest>,
    ) -> Result<Json<ObjectionDto>, Problem> {
        Ok(Json(self.0.decide(&caller, id.0.into(), &body.decision, &body.reason).await?.into()))
    }
}
