//! The operations of study.

use std::sync::Arc;

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use uuid::Uuid;

use super::dto::{
    AmendmentsDto, CopyRequest, PersonProgressDto, ProgrammeAmendmentRequest, ProgrammeClosed, ProgrammeDto,
    ProgrammePatch, ProgrammePublished, ProgrammeRequest, ProgrammeStatusDto, ProgressDto, RescheduleRequest,
    SessionClosed, SessionDto, SessionKindDto, SessionPatch, SessionPublished, SessionRequest, SessionStatusDto,
    StudyReasonRequest, scope_of, session_filter,
};
use super::model::{PeopleProgressFilter, Programme, ProgrammeFilter, Session};
use super::service::Study;
use crate::auth::Caller;
use crate::http::{ApiPage, IfMatch, Json, PageQuery, Problem, Tagged};

mod attendance;
mod ledger;

pub use attendance::AttendanceApi;
pub use ledger::LedgerApi;

/// Programmes and sessions.
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
    ) -> Result<Tagged<ProgrammeDto>, Problem> {
        Ok(programme(self.0.create_programme(&caller, body.0.try_into()?).await?))
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
    async fn programme(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<ProgrammeDto>, Problem> {
        Ok(programme(self.0.programme(&caller, id.0.into()).await?))
    }

    /// Change a draft.
    #[oai(path = "/programmes/:id", method = "patch", operation_id = "change_programme")]
    async fn change_programme(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<ProgrammePatch>,
    ) -> Result<Tagged<ProgrammeDto>, Problem> {
        let if_match = IfMatch::read(if_match.0.as_deref())?;
        let new = body.0.onto(self.0.programme(&caller, id.0.into()).await?)?;
        Ok(programme(self.0.change_programme(&caller, id.0.into(), &if_match, new).await?))
    }

    /// Remove a draft that no session names.
    #[oai(path = "/programmes/:id", method = "delete", operation_id = "delete_programme")]
    async fn delete_programme(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
    ) -> Result<Removed, Problem> {
        let if_match = IfMatch::read(if_match.0.as_deref())?;
        self.0.delete_programme(&caller, id.0.into(), &if_match).await?;
        Ok(Removed::Removed)
    }

    /// Draft the plan of another year like this one: the same people and requirements, their last days moved along.
    #[oai(path = "/programmes/:id/copy", method = "post", operation_id = "copy_programme")]
    async fn copy_programme(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<CopyRequest>,
    ) -> Result<Tagged<ProgrammeDto>, Problem> {
        let (year, title) = body.0.read()?;
        Ok(programme(self.0.copy_programme(&caller, id.0.into(), year, title).await?))
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

    /// How far each of them has come and what they lack, by person: of a unit with its subtree, all of those expected or
    /// those who lack something of the whole (`lacking`) or of what is due by now (`lacking_due`).
    #[oai(path = "/programmes/:id/progress/people", method = "get", operation_id = "list_programme_people")]
    #[allow(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn people_progress(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        lacking: Query<Option<bool>>,
        lacking_due: Query<Option<bool>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<PersonProgressDto>>, Problem> {
        let filter = PeopleProgressFilter {
            unit_id: unit_id.0.map(Into::into),
            lacking: lacking.0.unwrap_or_default(),
            lacking_due: lacking_due.0.unwrap_or_default(),
        };
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.people_progress(&caller, id.0.into(), &filter, &page).await?.into()))
    }

    /// What was changed of a programme's roster after it was frozen, in the order in which it was. What waits for a decision
    /// is at `/changes`.
    #[oai(path = "/programmes/:id/amendments", method = "get", operation_id = "list_programme_amendments")]
    async fn amendments(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<AmendmentsDto>, Problem> {
        Ok(Json(self.0.amendments(&caller, id.0.into()).await?.into()))
    }

    /// Let somebody come to a published programme's roster or leave it, from a day of its year on, with a reason. What is
    /// asked of them is prorated by the months for which they are on it.
    #[oai(path = "/programmes/:id/amendments", method = "post", operation_id = "amend_programme")]
    async fn amend_programme(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<ProgrammeAmendmentRequest>,
    ) -> Result<Json<AmendmentsDto>, Problem> {
        let (person, change, reason) = body.0.read()?;
        self.0.amend_programme(&caller, id.0.into(), person, change, &reason).await?;
        Ok(Json(self.0.amendments(&caller, id.0.into()).await?.into()))
    }

    /// Draft a session, or with `recurrence` as many as the rule gives; the first is answered. One that is over already is
    /// marked as entered afterwards. By a coordinator of all its hosts.
    #[oai(path = "/sessions", method = "post", operation_id = "create_session")]
    async fn create_session(&self, caller: Caller, body: Json<SessionRequest>) -> Result<Tagged<SessionDto>, Problem> {
        Ok(session(self.0.create_session(&caller, body.0.try_into()?).await?))
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
        series_id: Query<Option<Uuid>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<SessionDto>>, Problem> {
        let filter = session_filter(from.0.as_deref(), to.0.as_deref(), kind.0, status.0, series_id.0)?;
        Ok(Json(self.0.sessions(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// One session.
    #[oai(path = "/sessions/:id", method = "get", operation_id = "get_session")]
    async fn session(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<SessionDto>, Problem> {
        Ok(session(self.0.session(&caller, id.0.into()).await?))
    }

    /// Change a draft, with `scope=following` the later drafts of its series in the same way, each moved by as much. Of a
    /// session that is no draft any more only whom to ask, who reports, whom it reached and what proves it.
    #[oai(path = "/sessions/:id", method = "patch", operation_id = "change_session")]
    async fn change_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// `one` or `following`.
        scope: Query<Option<String>>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<SessionPatch>,
    ) -> Result<Tagged<SessionDto>, Problem> {
        let (if_match, scope) = (IfMatch::read(if_match.0.as_deref())?, scope_of(scope.0.as_deref())?);
        let only_records = body.0.only_records();
        let new = body.0.onto(self.0.session(&caller, id.0.into()).await?)?;
        Ok(session(self.0.change_session(&caller, id.0.into(), &if_match, new, only_records, scope).await?))
    }

    /// Remove a draft, with `scope=following` the later drafts of its series too.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "delete_session")]
    async fn delete_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// `one` or `following`.
        scope: Query<Option<String>>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
    ) -> Result<Removed, Problem> {
        let (if_match, scope) = (IfMatch::read(if_match.0.as_deref())?, scope_of(scope.0.as_deref())?);
        self.0.delete_session(&caller, id.0.into(), &if_match, scope).await?;
        Ok(Removed::Removed)
    }

    /// Invite people, with `scope=following` to the later drafts of its series too. When check-in should be open already,
    /// it opens and the roster is frozen at once.
    #[oai(path = "/sessions/:id/publish", method = "post", operation_id = "publish_session")]
    async fn publish_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// `one` or `following`.
        scope: Query<Option<String>>,
    ) -> Result<Json<SessionPublished>, Problem> {
        let scope = scope_of(scope.0.as_deref())?;
        Ok(Json(self.0.publish_session(&caller, id.0.into(), scope).await?.into()))
    }

    /// Move a published session to another time and place. People are told that it was moved (已改期), and why.
    #[oai(path = "/sessions/:id/reschedule", method = "post", operation_id = "reschedule_session")]
    async fn reschedule_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<RescheduleRequest>,
    ) -> Result<Tagged<SessionDto>, Problem> {
        let (shift, scope) = body.0.read()?;
        Ok(session(self.0.reschedule_session(&caller, id.0.into(), shift, scope).await?))
    }

    /// Call off a session that is not closed. Nobody is credited with it.
    #[oai(path = "/sessions/:id/cancel", method = "post", operation_id = "cancel_session")]
    async fn cancel_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<StudyReasonRequest>,
    ) -> Result<Tagged<SessionDto>, Problem> {
        let (reason, scope) = body.0.read()?;
        Ok(session(self.0.cancel_session(&caller, id.0.into(), &reason, scope).await?))
    }

    /// Open a closed session again: its credits are taken back until it is closed anew. One that was called off and has not
    /// begun invites people again.
    #[oai(path = "/sessions/:id/reopen", method = "post", operation_id = "reopen_session")]
    async fn reopen_session(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<StudyReasonRequest>,
    ) -> Result<Tagged<SessionDto>, Problem> {
        let (reason, _) = body.0.read()?;
        Ok(session(self.0.reopen_session(&caller, id.0.into(), &reason).await?))
    }

    /// Close a running session: whoever has not come was absent, whoever never checked out where that is asked for left
    /// early, and the hours are credited. Study elsewhere wants its evidence first.
    #[oai(path = "/sessions/:id/close", method = "post", operation_id = "close_session")]
    async fn close_session(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SessionClosed>, Problem> {
        self.0.close_session(&caller, id.0.into()).await?;
        Ok(Json(SessionClosed { status: SessionStatusDto::Closed }))
    }
}

fn programme(programme: Programme) -> Tagged<ProgrammeDto> {
    let version = programme.version;
    Tagged::new(programme, version)
}

fn session(session: Session) -> Tagged<SessionDto> {
    let version = session.version;
    Tagged::new(session, version)
}

/// It is gone.
#[derive(Debug, ApiResponse)]
enum Removed {
    /// It is gone.
    #[oai(status = 204)]
    Removed,
}
