//! The operations on sealed exams.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{
    AdditionDto, AdditionRequest, AmendmentDto, CandidateRequest, ExamAmendmentRequest, ExtensionDto, ExtensionRequest,
    ReasonRequest,
};
use super::service::Conduct;
use crate::auth::Caller;
use crate::exam::blueprint::{CandidateDto, ExamDto, Exams, tagged};
use crate::http::{ApiPage, Json, PageQuery, Problem, Tagged};

/// What is done to exams after their sealing.
#[derive(Debug)]
pub struct ConductApi {
    /// The acts.
    pub conduct: Arc<Conduct>,
    /// The exams.
    pub exams: Arc<Exams>,
}

impl ConductApi {
    /// The exam after an act.
    async fn after(&self, caller: &Caller, id: Uuid) -> Result<Tagged<ExamDto>, Problem> {
        Ok(tagged(self.exams.exam(caller, id.into()).await?))
    }
}

#[OpenApi(prefix_path = "/api/v1")]
impl ConductApi {
    /// Change the schedule of a sealed exam. Attempts that run never have less time than before. By a coordinator of its
    /// unit.
    #[oai(path = "/exams/:id/amendments", method = "post", operation_id = "amend_exam")]
    async fn amend(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ExamAmendmentRequest>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        self.conduct.amend(&caller, id.0.into(), &body.schedule(), &body.reason).await?;
        self.after(&caller, id.0).await
    }

    /// What was changed about an exam after its sealing, oldest first. Who reads the figures of its unit sees all of it,
    /// others what concerns everybody, a unit or themselves.
    #[oai(path = "/exams/:id/amendments", method = "get", operation_id = "list_amendments")]
    async fn amendments(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<AmendmentDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.conduct.amendments(&caller, id.0.into(), &page).await?.into()))
    }

    /// Give candidates more time while the exam runs: one, some, those of a unit, all. By a coordinator of its unit.
    #[oai(path = "/exams/:id/extensions", method = "post", operation_id = "extend_exam")]
    async fn extend(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ExtensionRequest>,
    ) -> Result<Json<ExtensionDto>, Problem> {
        Ok(Json(self.conduct.extend(&caller, id.0.into(), &body.0.into()).await?.into()))
    }

    /// Stop the clock: nobody starts, nobody's time runs, nothing is handed in by the server. By a coordinator of its unit.
    #[oai(path = "/exams/:id/pause", method = "post", operation_id = "pause_exam")]
    async fn pause(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReasonRequest>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        self.conduct.pause(&caller, id.0.into(), &body.reason).await?;
        self.after(&caller, id.0).await
    }

    /// Let the clock go on, with the lost time given back to everybody who sits. By a coordinator of its unit.
    #[oai(path = "/exams/:id/resume", method = "post", operation_id = "resume_exam")]
    async fn resume(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReasonRequest>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        self.conduct.resume(&caller, id.0.into(), &body.reason).await?;
        self.after(&caller, id.0).await
    }

    /// End an exam before its time: nobody starts any more, and it closes with the last who sits, at once if there is
    /// none. By a coordinator of its unit.
    #[oai(path = "/exams/:id/close", method = "post", operation_id = "close_exam")]
    async fn close(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReasonRequest>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        self.conduct.close(&caller, id.0.into(), &body.reason).await?;
        self.after(&caller, id.0).await
    }

    /// The candidates within the caller's reach, of one unit with its subtree if asked, by unit. A liaison sees who has
    /// sat and no points.
    #[oai(path = "/exams/:id/candidates", method = "get", operation_id = "list_candidates")]
    async fn candidates(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<CandidateDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        let unit = unit_id.0.map(Into::into);
        Ok(Json(self.exams.candidates(&caller, id.0.into(), unit, &page).await?.into()))
    }

    /// Put people onto the roster of a sealed exam, as they stand today; they are expected from now on. By a coordinator of
    /// its unit and of theirs.
    #[oai(path = "/exams/:id/candidates", method = "post", operation_id = "add_candidates")]
    async fn add(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<AdditionRequest>,
    ) -> Result<Json<AdditionDto>, Problem> {
        let added = self.conduct.add(&caller, id.0.into(), &body.person_ids, &body.reason).await?;
        let expected = self.exams.size(id.0.into()).await?;
        Ok(Json(AdditionDto { added: u64::try_from(added).unwrap_or(u64::MAX), expected }))
    }

    /// Change what one candidate is allowed: extra time, extra attempts, a later start. By a coordinator of the exam's unit.
    #[oai(path = "/exams/:id/candidates/:person_id", method = "patch", operation_id = "change_candidate")]
    async fn allow(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        person_id: Path<Uuid>,
        body: Json<CandidateRequest>,
    ) -> Result<Json<CandidateDto>, Problem> {
        let (id, person) = (id.0.into(), person_id.0.into());
        self.conduct.allow(&caller, id, person, &body.0.into()).await?;
        Ok(Json(self.exams.candidate(&caller, id, person).await?.into()))
    }
}
