//! The operations of attempts.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{
    AcknowledgedDto, AttemptDto, ClockDto, HistoryDto, Leased, ReopenRequest, ResultDto, SaveRequest, SittingDto,
    StartRequest, SubmitRequest, SubmittedDto, VoidRequest,
};
use super::paper::Assembled;
use super::service::Attempts;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, OptionalJson, PageQuery, Problem};

/// Sitting exams.
#[derive(Debug)]
pub struct AttemptApi(pub Arc<Attempts>);

#[OpenApi(prefix_path = "/api/v1")]
impl AttemptApi {
    /// Start the next attempt of an exam, or resume the one that runs.
    ///
    /// For those on the exam's roster. Resuming gives the same paper with a new lease; the device that held the attempt
    /// before is refused from then on.
    #[oai(path = "/exams/:id/attempts", method = "post", operation_id = "start_attempt")]
    async fn start(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: OptionalJson<StartRequest>,
    ) -> Result<Assembled<SittingDto>, Problem> {
        let device = body.0.unwrap_or_default().device()?;
        Ok(self.0.start(&caller, id.0.into(), device).await?.into())
    }

    /// Keep answers: all of the request or none.
    ///
    /// Answered only after the database has committed. Judged by the time of arrival and taken until the deadline and the
    /// exam's grace have passed. Sending the same again changes nothing; one number with two responses is a conflict.
    #[oai(path = "/attempts/:id/answers", method = "put", operation_id = "save_answers")]
    async fn save(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<SaveRequest>,
    ) -> Result<Json<AcknowledgedDto>, Problem> {
        let (lease, saves) = Leased::try_from(body.0)?;
        Ok(Json(self.0.save(&caller, id.0.into(), lease, &saves).await?.into()))
    }

    /// Hand the paper in, with the last answers. Doing it again gives the first answer.
    #[oai(path = "/attempts/:id/submit", method = "post", operation_id = "submit_attempt")]
    async fn submit(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<SubmitRequest>,
    ) -> Result<Json<SubmittedDto>, Problem> {
        let (lease, saves) = Leased::try_from(body.0)?;
        Ok(Json(self.0.submit(&caller, id.0.into(), lease, &saves).await?.into()))
    }

    /// An attempt: paper and answers for its candidate while it runs, otherwise its state and times.
    ///
    /// For its candidate, and for coordinators and auditors of the unit that the candidate had on the roster.
    #[oai(path = "/attempts/:id", method = "get", operation_id = "get_attempt")]
    async fn attempt(&self, caller: Caller, id: Path<Uuid>) -> Result<Assembled<AttemptDto>, Problem> {
        Ok(self.0.attempt(&caller, id.0.into()).await?.into())
    }

    /// The moments of an attempt, without its paper: cheap enough to be asked for every few seconds.
    ///
    /// With the lease that starting gave it also tells whether that device still holds the attempt.
    #[oai(path = "/attempts/:id/clock", method = "get", operation_id = "get_attempt_clock")]
    async fn clock(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        lease: Query<Option<Uuid>>,
    ) -> Result<Json<ClockDto>, Problem> {
        Ok(Json(self.0.clock(&caller, id.0.into(), lease.0.map(Into::into)).await?.into()))
    }

    /// Void an attempt: `technical` is as if it had not been sat, `misconduct` is sat and failed. By a coordinator of the
    /// exam's unit, once.
    #[oai(path = "/attempts/:id/void", method = "post", operation_id = "void_attempt")]
    async fn void(&self, caller: Caller, id: Path<Uuid>, body: Json<VoidRequest>) -> Result<Json<ClockDto>, Problem> {
        Ok(Json(self.0.void(&caller, id.0.into(), &body.kind, &body.reason).await?.into()))
    }

    /// Let an attempt that was handed in go on for some seconds, for answers that a device could not send. Before results
    /// are released. Its candidate starts again to get a lease. By a coordinator of the exam's unit.
    #[oai(path = "/attempts/:id/reopen", method = "post", operation_id = "reopen_attempt")]
    async fn reopen(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ReopenRequest>,
    ) -> Result<Json<ClockDto>, Problem> {
        Ok(Json(self.0.reopen(&caller, id.0.into(), body.seconds, &body.reason).await?.into()))
    }

    /// What an attempt came to.
    ///
    /// For its candidate once results are released, for coordinators and auditors once it was handed in. Items and key
    /// are shown only where the exam says so, and never before it is closed and released.
    #[oai(path = "/attempts/:id/result", method = "get", operation_id = "get_attempt_result")]
    async fn result(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ResultDto>, Problem> {
        Ok(Json(self.0.result(&caller, id.0.into()).await?.into()))
    }

    /// Every save of an attempt, in the order of arrival. For coordinators and auditors.
    #[oai(path = "/attempts/:id/history", method = "get", operation_id = "list_attempt_history")]
    async fn history(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<HistoryDto>>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.history(&caller, id.0.into(), &page).await?.into()))
    }
}
