//! The operations of study.

use std::sync::Arc;

use entity::id::PersonId;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{
    AttendanceDto, AttendanceStatusDto, CheckInCodeDto, CheckInProof, CorrectionRequest, ProgrammeClosed, ProgrammeDto,
    ProgrammePublished, ProgrammeRequest, ProgrammeStatusDto, ProgressDto, RollCallRequest, SessionClosed, SessionDto,
    SessionKindDto, SessionPublished, SessionRequest, SessionStatusDto, SummaryDto, session_filter,
};
use super::model::{AttendanceFilter, ProgrammeFilter};
use super::service::Study;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};

/// Programmes, sessions and attendance.
#[derive(Debug)]
pub struct StudyApi(pub Arc<Study>);

#[OpenApi(prefix_path = "/api/v1")]
impl StudyApi {
    /// Draft a programme. By a coordinator of its unit.
    #[oai(path = "/programmes", method = "post", operation_id = "create_programme")]
    async fn create_programme(
        &self,
        caller: Caller,
        body: Json<ProgrammeRequest>,
    ) -> Result<Json<ProgrammeDto>, Problem> {
        Ok(Json(self.0.create_programme(&caller, body.0.try_into()?).await?.into()))
    }

    /// The programmes of the caller's units, and published ones of units above and below, newest year first.
    #[oai(path = "/programmes", method = "get", operation_id = "list_programmes")]
    async fn programmes(
        &self,
        caller: Caller,
        year: Query<Option<i32>>,
        status: Query<Option<ProgrammeStatusDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<ProgrammeDto>>, Problem> {
        let filter = ProgrammeFilter { year: year.0, status: status.0.map(Into::into) };
        Ok(Json(self.0.programmes(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// One programme.
    #[oai(path = "/programmes/:id", method = "get", operation_id = "get_programme")]
    async fn programme(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ProgrammeDto>, Problem> {
        Ok(Json(self.0.programme(&caller, id.0.into()).await?.into()))
    }

    /// Freeze the roster of a draft and state what everybody on it owes. What they earned in the year before counts.
    #[oai(path = "/programmes/:id/publish", method = "post", operation_id = "publish_programme")]
    async fn publish_programme(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ProgrammePublished>, Problem> {
        let expected = self.0.publish_programme(&caller, id.0.into()).await?;
        let expected = u64::try_from(expected).unwrap_or(u64::MAX);
        Ok(Json(ProgrammePublished { status: ProgrammeStatusDto::Published, expected }))
    }

    /// Close a published programme: all of it is due. Refused while a session that names it is open.
    #[oai(path = "/programmes/:id/close", method = "post", operation_id = "close_programme")]
    async fn close_programme(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ProgrammeClosed>, Problem> {
        self.0.close_programme(&caller, id.0.into()).await?;
        Ok(Json(ProgrammeClosed { status: ProgrammeStatusDto::Closed }))
    }

    /// How far the people of a programme have come, those within the caller's units.
    #[oai(path = "/programmes/:id/progress", method = "get", operation_id = "get_programme_progress")]
    async fn progress(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ProgressDto>, Problem> {
        Ok(Json(self.0.progress(&caller, id.0.into()).await?.into()))
    }

    /// Draft a session. By a coordinator of all its hosts.
    #[oai(path = "/sessions", method = "post", operation_id = "create_session")]
    async fn create_session(&self, caller: Caller, body: Json<SessionRequest>) -> Result<Json<SessionDto>, Problem> {
        Ok(Json(self.0.create_session(&caller, body.0.try_into()?).await?.into()))
    }

    /// Sessions in order of time: those that the caller's units hold, those that concern their people, and the
    /// caller's own. `from` is the earliest start, `to` the moment before which they start, RFC 3339.
    #[oai(path = "/sessions", method = "get", operation_id = "list_sessions")]
    #[allow(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn sessions(
        &self,
        caller: Caller,
        from: Query<Option<String>>,
        to: Query<Option<String>>,
        kind: Query<Option<SessionKindDto>>,
        status: Query<Option<SessionStatusDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<SessionDto>>, Problem> {
        let filter = session_filter(from.0.as_deref(), to.0.as_deref(), kind.0, status.0)?;
        Ok(Json(self.0.sessions(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// One session.
    #[oai(path = "/sessions/:id", method = "get", operation_id = "get_session")]
    async fn session(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SessionDto>, Problem> {
        Ok(Json(self.0.session(&caller, id.0.into()).await?.into()))
    }

    /// Invite people. When check-in should be open already, it opens and the roster is frozen at once.
    #[oai(path = "/sessions/:id/publish", method = "post", operation_id = "publish_session")]
    async fn publish_session(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SessionPublished>, Problem> {
        Ok(Json(self.0.publish_session(&caller, id.0.into()).await?.into()))
    }

    /// Close a running session: whoever has not come was absent, and the hours are credited.
    #[oai(path = "/sessions/:id/close", method = "post", operation_id = "close_session")]
    async fn close_session(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SessionClosed>, Problem> {
        self.0.close_session(&caller, id.0.into()).await?;
        Ok(Json(SessionClosed { status: SessionStatusDto::Closed }))
    }

    /// The code to be shown in the hall; another every ten seconds. For coordinators of a host.
    #[oai(path = "/sessions/:id/check-in-code", method = "get", operation_id = "get_check_in_code")]
    async fn check_in_code(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<CheckInCodeDto>, Problem> {
        Ok(Json(self.0.check_in_code(&caller, id.0.into()).await?.into()))
    }

    /// Check in, by the code in the hall or by the ticket that opening the QR's address gave. Doing so twice gives
    /// the first answer again.
    #[oai(path = "/sessions/:id/check-ins", method = "post", operation_id = "check_in")]
    async fn check_in(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<CheckInProof>,
    ) -> Result<Json<AttendanceDto>, Problem> {
        Ok(Json(self.0.check_in(&caller, id.0.into(), &body.0.try_into()?).await?.into()))
    }

    /// How the people within the caller's units attended, by unit; nobody before check-in opens.
    #[oai(path = "/sessions/:id/attendance", method = "get", operation_id = "list_attendance")]
    #[allow(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn attendance(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        status: Query<Option<AttendanceStatusDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<AttendanceDto>>, Problem> {
        let filter = AttendanceFilter { unit_id: unit_id.0.map(Into::into), status: status.0.map(Into::into) };
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.attendance(&caller, id.0.into(), &filter, &page).await?.into()))
    }

    /// Put somebody's attendance right, with a reason. After closing, credit and standing follow.
    #[oai(path = "/sessions/:id/attendance/:person_id", method = "put", operation_id = "correct_attendance")]
    async fn correct(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        person_id: Path<Uuid>,
        body: Json<CorrectionRequest>,
    ) -> Result<Json<AttendanceDto>, Problem> {
        let (status, reason) = body.0.read()?;
        let person: PersonId = person_id.0.into();
        Ok(Json(self.0.correct(&caller, id.0.into(), person, status, &reason).await?.into()))
    }

    /// Call the roll of a running session, all rows or none; each caller for the people of their units. Gives the
    /// summary afterwards.
    #[oai(path = "/sessions/:id/roll-call", method = "post", operation_id = "call_roll")]
    async fn roll_call(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<RollCallRequest>,
    ) -> Result<Json<SummaryDto>, Problem> {
        self.0.roll_call(&caller, id.0.into(), body.0.read()?).await?;
        Ok(Json(self.0.summary(&caller, id.0.into()).await?.into()))
    }

    /// How many of the people within the caller's units attended in which way.
    #[oai(path = "/sessions/:id/summary", method = "get", operation_id = "get_session_summary")]
    async fn summary(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SummaryDto>, Problem> {
        Ok(Json(self.0.summary(&caller, id.0.into()).await?.into()))
    }
}
