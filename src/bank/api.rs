//! The operations of the bank.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{
    BankDto, BankRequest, QuestionDto, QuestionQuery, QuestionRequest, StateDto, SummaryDto, VersionRequest,
};
use super::model::QuestionFilter;
use super::service::Bank;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};

/// Banks and questions. For coordinators of the bank's unit or above.
#[derive(Debug)]
pub struct BankApi(pub Arc<Bank>);

#[OpenApi(prefix_path = "/api/v1")]
impl BankApi {
    /// Make a bank for a unit.
    #[oai(path = "/banks", method = "post", operation_id = "create_bank")]
    async fn create_bank(&self, caller: Caller, body: Json<BankRequest>) -> Result<Json<BankDto>, Problem> {
        Ok(Json(self.0.create_bank(&caller, body.0.try_into()?).await?.into()))
    }

    /// The banks within the caller's reach, oldest first.
    #[oai(path = "/banks", method = "get", operation_id = "list_banks")]
    async fn banks(
        &self,
        caller: Caller,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<BankDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.banks(&caller, &page).await?.into()))
    }

    /// One bank.
    #[oai(path = "/banks/:id", method = "get", operation_id = "get_bank")]
    async fn bank(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<BankDto>, Problem> {
        Ok(Json(self.0.bank(&caller, id.0.into()).await?.into()))
    }

    /// Write a question, as a draft.
    #[oai(path = "/questions", method = "post", operation_id = "create_question")]
    async fn create_question(&self, caller: Caller, body: Json<QuestionRequest>) -> Result<Json<QuestionDto>, Problem> {
        let (bank, question) = body.0.read()?;
        Ok(Json(self.0.create_question(&caller, bank, question).await?.into()))
    }

    /// The questions within the caller's reach, oldest first, without their keys.
    #[oai(path = "/questions", method = "get", operation_id = "list_questions")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn questions(
        &self,
        caller: Caller,
        /// In this bank.
        bank_id: Query<Option<String>>,
        /// The same as `bank_id`.
        bank: Query<Option<String>>,
        /// `single`, `multiple` or `judgement`.
        kind: Query<Option<String>>,
        /// On this topic.
        topic: Query<Option<String>>,
        /// `draft`, `submitted`, `approved` or `retired`.
        status: Query<Option<String>>,
        /// With this text in the stem.
        q: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<SummaryDto>>, Problem> {
        let bank_id = bank_id.0.or(bank.0);
        let query = QuestionQuery { bank_id, kind: kind.0, topic: topic.0, status: status.0, q: q.0 };
        let filter: QuestionFilter = query.try_into()?;
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.questions(&caller, &filter, &page).await?.into()))
    }

    /// A question in its newest version, with its key.
    #[oai(path = "/questions/:id", method = "get", operation_id = "get_question")]
    async fn question(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<QuestionDto>, Problem> {
        Ok(Json(self.0.question(&caller, id.0.into()).await?.into()))
    }

    /// Write a new version of a question. Whatever its status was, it is a draft again; exams sealed before keep the
    /// version that they were sealed with.
    #[oai(path = "/questions/:id/versions", method = "post", operation_id = "create_question_version")]
    async fn new_version(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<VersionRequest>,
    ) -> Result<Json<QuestionDto>, Problem> {
        Ok(Json(self.0.new_version(&caller, id.0.into(), body.0.try_into()?).await?.into()))
    }

    /// Hand a draft in for review; where its bank asks for none, it is approved.
    #[oai(path = "/questions/:id/submit", method = "post", operation_id = "submit_question")]
    async fn submit(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<StateDto>, Problem> {
        Ok(Json(self.0.submit(&caller, id.0.into()).await?.into()))
    }

    /// Approve a submitted question. Where its bank asks for review, the author of the newest version may not.
    #[oai(path = "/questions/:id/approve", method = "post", operation_id = "approve_question")]
    async fn approve(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<StateDto>, Problem> {
        Ok(Json(self.0.approve(&caller, id.0.into()).await?.into()))
    }

    /// Take a question out of use, for exams not sealed yet.
    #[oai(path = "/questions/:id/retire", method = "post", operation_id = "retire_question")]
    async fn retire(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<StateDto>, Problem> {
        Ok(Json(self.0.retire(&caller, id.0.into()).await?.into()))
    }
}
