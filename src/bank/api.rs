//! The operations of the bank.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use super::draft::QuestionInput;
use super::dto::{
    BankDto, BankPatch, BankRequest, QuestionDto, QuestionPatch, QuestionQuery, QuestionRequest, StateDto, SummaryDto,
    VersionRequest, bank_filter,
};
use super::model::{BankRow, QuestionFilter, QuestionView};
use super::service::Bank;
use crate::auth::Caller;
use crate::http::{ApiPage, IfMatch, Json, PageQuery, Problem, Tagged};

mod many;

pub use many::ManyQuestionsApi;

/// Banks and questions. For coordinators of the bank's unit or above.
#[derive(Debug)]
pub struct BankApi(pub Arc<Bank>);

fn tagged(bank: BankRow) -> Tagged<BankDto> {
    let version = bank.version;
    Tagged::new(bank, version)
}

fn written(question: QuestionView) -> Tagged<QuestionDto> {
    let version = question.newest.version;
    Tagged::new(question, version)
}

#[OpenApi(prefix_path = "/api/v1")]
impl BankApi {
    /// Make a bank for a unit.
    #[oai(path = "/banks", method = "post", operation_id = "create_bank")]
    async fn create_bank(&self, caller: Caller, body: Json<BankRequest>) -> Result<Tagged<BankDto>, Problem> {
        Ok(tagged(self.0.create_bank(&caller, body.0.try_into()?).await?))
    }

    /// The banks within the caller's reach, oldest first.
    #[oai(path = "/banks", method = "get", operation_id = "list_banks")]
    async fn banks(
        &self,
        caller: Caller,
        /// Of this very unit.
        unit_id: Query<Option<String>>,
        /// With this text in the title.
        q: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<BankDto>>, Problem> {
        let filter = bank_filter(unit_id.0.as_deref(), q.0.as_deref())?;
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.banks(&caller, &filter, &page).await?.into()))
    }

    /// One bank.
    #[oai(path = "/banks/:id", method = "get", operation_id = "get_bank")]
    async fn bank(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<BankDto>, Problem> {
        Ok(tagged(self.0.bank(&caller, id.0.into()).await?))
    }

    /// Change a bank; what is left out stays as it is.
    #[oai(path = "/banks/:id", method = "patch", operation_id = "change_bank")]
    async fn change_bank(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// The version that is to be changed, as its `ETag` gave it.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<BankPatch>,
    ) -> Result<Tagged<BankDto>, Problem> {
        let expected = IfMatch::read(if_match.0.as_deref())?;
        Ok(tagged(self.0.change_bank(&caller, id.0.into(), &expected, body.0.try_into()?).await?))
    }

    /// Delete a bank without questions.
    #[oai(path = "/banks/:id", method = "delete", operation_id = "delete_bank")]
    async fn delete_bank(&self, caller: Caller, id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.delete_bank(&caller, id.0.into()).await?)
    }

    /// Write a question, as a draft.
    #[oai(path = "/questions", method = "post", operation_id = "create_question")]
    async fn create_question(
        &self,
        caller: Caller,
        body: Json<QuestionRequest>,
    ) -> Result<Tagged<QuestionDto>, Problem> {
        let (bank, question) = body.0.read()?;
        Ok(written(self.0.create_question(&caller, bank, question).await?))
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
        /// With this text in the stem or an option; wide and narrow characters, capitals and blanks make no difference.
        q: Query<Option<String>>,
        /// On this law, with or without the state's name before it.
        law: Query<Option<String>>,
        /// With this text in the article.
        article: Query<Option<String>>,
        /// Of this group.
        group: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<SummaryDto>>, Problem> {
        let bank_id = bank_id.0.or(bank.0);
        let query = QuestionQuery {
            bank_id,
            kind: kind.0,
            topic: topic.0,
            status: status.0,
            q: q.0,
            law: law.0,
            article: article.0,
            group: group.0,
        };
        let filter: QuestionFilter = query.try_into()?;
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.questions(&caller, &filter, &page).await?.into()))
    }

    /// A question in its newest version, with its key.
    #[oai(path = "/questions/:id", method = "get", operation_id = "get_question")]
    async fn question(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<QuestionDto>, Problem> {
        Ok(written(self.0.question(&caller, id.0.into()).await?))
    }

    /// Change a draft; what is left out stays as it is. What changed becomes its next version.
    #[oai(path = "/questions/:id", method = "patch", operation_id = "change_question")]
    async fn change_question(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// The version that is to be changed, as its `ETag` gave it.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<QuestionPatch>,
    ) -> Result<Tagged<QuestionDto>, Problem> {
        let expected = IfMatch::read(if_match.0.as_deref())?;
        let change = |input: &mut QuestionInput| body.0.apply(input);
        Ok(written(self.0.change_question(&caller, id.0.into(), &expected, change).await?))
    }

    /// Delete a draft that no exam was sealed with. One that was in use can be retired.
    #[oai(path = "/questions/:id", method = "delete", operation_id = "delete_question")]
    async fn delete_question(&self, caller: Caller, id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.delete_question(&caller, id.0.into()).await?)
    }

    /// Write a new version of a question. Whatever its status was, it is a draft again; exams sealed before keep the
    /// version that they were sealed with.
    #[oai(path = "/questions/:id/versions", method = "post", operation_id = "create_question_version")]
    async fn new_version(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<VersionRequest>,
    ) -> Result<Tagged<QuestionDto>, Problem> {
        Ok(written(self.0.new_version(&caller, id.0.into(), body.0.try_into()?).await?))
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
