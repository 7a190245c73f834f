//! The operations of exemption and deferral.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{AskRequest, DecisionRequest, ExemptionDto, OpinionRequest};
use super::model::ExemptionFilter;
use super::service::Exemptions;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};
use crate::kernel::field::{FieldCode, Fields};

/// Exemption and deferral.
#[derive(Debug)]
pub struct ExemptionApi(pub Arc<Exemptions>);

#[OpenApi(prefix_path = "/api/v1")]
impl ExemptionApi {
    /// Ask not to sit an exam, or to sit it later: for oneself, or as liaison or coordinator for somebody of one's units.
    /// Refused after an attempt that stands, and while another request waits or was granted. Of a make-up its main exam is
    /// meant.
    #[oai(path = "/exams/:id/exemption-requests", method = "post", operation_id = "ask_exemption")]
    async fn ask(&self, caller: Caller, id: Path<Uuid>, body: Json<AskRequest>) -> Result<Json<ExemptionDto>, Problem> {
        Ok(Json(self.0.ask(&caller, id.0.into(), &body.0.into()).await?.into()))
    }

    /// The requests that the caller may see, newest first: their own, those of their units, those toward exams of their
    /// units.
    #[oai(path = "/exemption-requests", method = "get", operation_id = "list_exemptions")]
    async fn list(
        &self,
        caller: Caller,
        /// Toward this exam, or the one that it makes up.
        exam_id: Query<Option<String>>,
        /// `pending`, `approved` or `refused`.
        status: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<ExemptionDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        let mut fields = Fields::new();
        let filter = ExemptionFilter {
            exam: fields.parse_optional("exam_id", exam_id.0.as_deref(), FieldCode::UnknownReference),
            state: fields.parse_optional("status", status.0.as_deref(), FieldCode::UnknownValue),
        };
        fields.check()?;
        Ok(Json(self.0.list(&caller, filter, &page).await?.into()))
    }

    /// One request.
    #[oai(path = "/exemption-requests/:id", method = "get", operation_id = "get_exemption")]
    async fn exemption(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ExemptionDto>, Problem> {
        Ok(Json(self.0.exemption(&caller, id.0.into()).await?.into()))
    }

    /// The unit's opinion, while the request waits. By a liaison or coordinator of the person's unit.
    #[oai(path = "/exemption-requests/:id/opinion", method = "post", operation_id = "give_opinion")]
    async fn opine(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<OpinionRequest>,
    ) -> Result<Json<ExemptionDto>, Problem> {
        Ok(Json(self.0.opine(&caller, id.0.into(), body.supported, &body.opinion).await?.into()))
    }

    /// Decide a request, once. By a coordinator of the exam's unit whose request it is not; nothing is granted after an
    /// attempt that stands.
    #[oai(path = "/exemption-requests/:id/decide", method = "post", operation_id = "decide_exemption")]
    async fn decide(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<DecisionRequest>,
    ) -> Result<Json<ExemptionDto>, Problem> {
        Ok(Json(self.0.decide(&caller, id.0.into(), body.approve, &body.reason).await?.into()))
    }
}
