//! The operations on many questions at once, and on files of them.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use crate::auth::Caller;
use crate::bank::dto::{
    KeysSeenDto, LawChangeRequest, LawsDto, NearDuplicatesDto, OutdatedDto, QuestionForm, QuestionImportDto,
    QuestionQuery, RegroupRequest, ReturnRequest, ReviewRequest, StateDto, StatesDto, SummariesDto,
};
use crate::bank::model::QuestionFilter;
use crate::bank::service::Bank;
use crate::http::{Json, Language, Problem, Workbook};
use crate::kernel::field::{FieldCode, Invalid};

/// Many questions at once, and files of them. For coordinators of the bank's unit or above.
#[derive(Debug)]
pub struct ManyQuestionsApi(pub Arc<Bank>);

#[OpenApi(prefix_path = "/api/v1")]
impl ManyQuestionsApi {
    /// Give a submitted question back to be written better: it is a draft again.
    #[oai(path = "/questions/:id/return", method = "post", operation_id = "return_question")]
    async fn give_back(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReturnRequest>,
    ) -> Result<Json<StateDto>, Problem> {
        Ok(Json(self.0.give_back(&caller, id.0.into(), &body.reason).await?.into()))
    }

    /// Submit, approve, return or retire many questions, all of them or none. Where their bank asks for review, the author
    /// of a newest version may not approve it.
    #[oai(path = "/questions/reviews", method = "post", operation_id = "review_questions")]
    async fn review(&self, caller: Caller, body: Json<ReviewRequest>) -> Result<Json<StatesDto>, Problem> {
        let (ids, act, reason) = body.read()?;
        Ok(Json(self.0.review(&caller, &ids, act, &reason).await?.into()))
    }

    /// Put questions into a group, of which a paper takes at most one, or take them out of theirs. They need no new review:
    /// what they say stays; exams sealed before keep the groups that they were sealed with.
    #[oai(path = "/questions/groups", method = "post", operation_id = "group_questions")]
    async fn regroup(&self, caller: Caller, body: Json<RegroupRequest>) -> Result<Json<SummariesDto>, Problem> {
        let (ids, group) = body.0.read()?;
        Ok(Json(self.0.regroup(&caller, &ids, group.as_deref()).await?.into()))
    }

    /// Retire every question of a bank on versions of a law before a given one. With `dry_run` nothing is written.
    #[oai(path = "/questions/retirements", method = "post", operation_id = "retire_outdated_questions")]
    async fn retire_outdated(
        &self,
        caller: Caller,
        dry_run: Query<Option<bool>>,
        body: Json<LawChangeRequest>,
    ) -> Result<Json<OutdatedDto>, Problem> {
        let change = body.0.try_into()?;
        Ok(Json(self.0.retire_outdated(&caller, &change, dry_run.0.unwrap_or(false)).await?.into()))
    }

    /// The laws on which a bank's questions rest that are not retired, each in each version.
    #[oai(path = "/banks/:id/laws", method = "get", operation_id = "list_bank_laws")]
    async fn laws(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<LawsDto>, Problem> {
        Ok(Json(self.0.laws(&caller, id.0.into()).await?.into()))
    }

    /// Questions of a bank that say nearly the same and are not in one group yet: proposals for groups.
    #[oai(path = "/banks/:id/near-duplicates", method = "get", operation_id = "list_near_duplicates")]
    async fn near_duplicates(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<NearDuplicatesDto>, Problem> {
        Ok(Json(self.0.near_duplicates(&caller, id.0.into()).await?.into()))
    }

    /// Who has seen the key of a question, in which version, how and when first.
    #[oai(path = "/questions/:id/key-views", method = "get", operation_id = "list_key_views")]
    async fn key_views(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<KeysSeenDto>, Problem> {
        Ok(Json(self.0.seen(&caller, id.0.into()).await?.into()))
    }

    /// Bring questions into a bank from a file, as drafts: all that it does not hold yet, or nothing if anything in the file
    /// is wrong (`applied`). `format` is `xlsx` (a row a question) or `text` (what offices keep in Word: numbered stems,
    /// options by letters, 答案：, 解析：, 依据：). With `dry_run` nothing is written in any case; with `submit` the new ones
    /// are submitted.
    #[oai(path = "/imports/questions", method = "post", operation_id = "import_questions")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn import(
        &self,
        caller: Caller,
        language: Language,
        bank_id: Query<Option<String>>,
        format: Query<Option<String>>,
        dry_run: Query<Option<bool>>,
        submit: Query<Option<bool>>,
        form: QuestionForm,
    ) -> Result<Json<QuestionImportDto>, Problem> {
        let bank = bank_id.0.ok_or_else(|| Invalid::one("bank_id", FieldCode::Required))?;
        let format = format.0.unwrap_or_else(|| "xlsx".to_owned());
        let file = form.read(&bank, &format, submit.0.unwrap_or(false)).await?;
        let report = self.0.import(&caller, file, dry_run.0.unwrap_or(false)).await?;
        Ok(Json(QuestionImportDto::new(report, language.0)))
    }

    /// The workbook to fill in with questions.
    #[oai(path = "/imports/questions/template.xlsx", method = "get", operation_id = "get_questions_template")]
    async fn template(&self, caller: Caller) -> Result<Workbook, Problem> {
        Ok(Workbook::new(self.0.template(&caller).await?, "questions"))
    }

    /// The questions of a bank in their newest versions with their keys, as a workbook that can be brought in again. Who
    /// took it is kept in the log, and who has seen which key.
    #[oai(path = "/exports/questions", method = "get", operation_id = "export_questions")]
    async fn export(
        &self,
        caller: Caller,
        bank_id: Query<Option<String>>,
        /// `draft`, `submitted`, `approved` or `retired`.
        status: Query<Option<String>>,
        /// `xlsx`, the only one.
        format: Query<Option<String>>,
    ) -> Result<Workbook, Problem> {
        if let Some(other) = format.0.filter(|format| format != "xlsx") {
            return Err(Invalid(vec![crate::kernel::field::FieldError {
                field: "format".to_owned(),
                code: FieldCode::UnknownValue,
                detail: other,
            }])
            .into());
        }
        let query = QuestionQuery { bank_id: bank_id.0, status: status.0, ..QuestionQuery::default() };
        let filter: QuestionFilter = query.try_into()?;
        let bank = filter.bank_id.ok_or_else(|| Invalid::one("bank_id", FieldCode::Required))?;
        Ok(Workbook::new(self.0.export(&caller, bank, &filter).await?, "questions"))
    }
}
