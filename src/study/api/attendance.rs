//! The operations of check-in, attendance and leave.

use std::sync::Arc;

use entity::id::PersonId;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, OpenApi};
use uuid::Uuid;

use crate::auth::Caller;
use crate::http::{ApiPage, IfMatch, Json, Language, PageQuery, Problem, Tagged, Workbook};
use crate::study::dto::{
    AddToRosterRequest, AskLeaveRequest, AttachmentDto, AttachmentForm, AttendanceDetailDto, AttendanceDto,
    AttendanceStatusDto, CheckInCodeDto, CheckInProof, CorrectionRequest, DecideLeaveRequest, LeaveDto, LeaveStateDto,
    ListForm, ListImportDto, RollCallRequest, SummaryDto,
};
use crate::study::model::{Attachment, AttendanceFilter, LeaveFilter};
use crate::study::service::Study;

/// Check-in, attendance and leave.
#[derive(Debug)]
pub struct AttendanceApi(pub Arc<Study>);

#[OpenApi(prefix_path = "/api/v1")]
impl AttendanceApi {
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

    /// Check out, by the same means, where the session asks for it. Whoever goes before its end has left early.
    #[oai(path = "/sessions/:id/check-outs", method = "post", operation_id = "check_out")]
    async fn check_out(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<CheckInProof>,
    ) -> Result<Json<AttendanceDto>, Problem> {
        Ok(Json(self.0.check_out(&caller, id.0.into(), &body.0.try_into()?).await?.into()))
    }

    /// Add people to the frozen roster who came and were not on it, with a reason.
    #[oai(path = "/sessions/:id/roster", method = "post", operation_id = "add_to_session_roster")]
    async fn add_to_roster(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<AddToRosterRequest>,
    ) -> Result<Json<SummaryDto>, Problem> {
        let (people, reason) = body.0.read()?;
        self.0.add_to_roster(&caller, id.0.into(), people, &reason).await?;
        Ok(Json(self.0.summary(&caller, id.0.into()).await?.into()))
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

    /// Somebody's attendance, with what was recorded before it was put right.
    #[oai(path = "/sessions/:id/attendance/:person_id", method = "get", operation_id = "get_attendance")]
    async fn attendance_row(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        person_id: Path<Uuid>,
    ) -> Result<Tagged<AttendanceDetailDto>, Problem> {
        let row = self.0.attendance_row(&caller, id.0.into(), person_id.0.into()).await?;
        let version = row.0.version;
        Ok(Tagged::new(row, version))
    }

    /// Put somebody's attendance right, with a reason; what was there before is kept. After closing, credits and standings
    /// follow.
    #[oai(path = "/sessions/:id/attendance/:person_id", method = "put", operation_id = "correct_attendance")]
    async fn correct(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        person_id: Path<Uuid>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<CorrectionRequest>,
    ) -> Result<Tagged<AttendanceDto>, Problem> {
        let (if_match, correction) = (IfMatch::read(if_match.0.as_deref())?, body.0.read()?);
        let person: PersonId = person_id.0.into();
        let row = self.0.correct(&caller, id.0.into(), person, &if_match, correction).await?;
        let version = row.version;
        Ok(Tagged::new(row, version))
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

    /// Take over a list of who came that was kept on paper or by a turnstile, for a running session: all of it, or nothing if
    /// anything in it is wrong (`applied`). With `dry_run` nothing is written in any case. Each caller for the people of their
    /// units.
    #[oai(path = "/imports/attendance", method = "post", operation_id = "import_attendance")]
    async fn import(
        &self,
        caller: Caller,
        language: Language,
        session_id: Query<Uuid>,
        dry_run: Query<Option<bool>>,
        form: ListForm,
    ) -> Result<Json<ListImportDto>, Problem> {
        let dry_run = dry_run.0.unwrap_or_default();
        let report = self.0.import_attendance(&caller, session_id.0.into(), form.read().await?, dry_run).await?;
        Ok(Json(ListImportDto::new(report, language.0)))
    }

    /// The list of a running session to be filled in and taken over: everybody of the caller's units, with what is recorded by
    /// now. Rows left as they are change nothing. For coordinators and liaisons.
    #[oai(path = "/imports/attendance/list.xlsx", method = "get", operation_id = "get_attendance_list")]
    async fn list(&self, caller: Caller, session_id: Query<Uuid>) -> Result<Workbook, Problem> {
        Ok(Workbook::new(self.0.attendance_list(&caller, session_id.0.into()).await?, "attendance"))
    }

    /// Ask for leave, before the session or afterwards: for oneself, or for somebody of one's units.
    #[oai(path = "/sessions/:id/leave-requests", method = "post", operation_id = "ask_leave")]
    async fn ask_leave(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<AskLeaveRequest>,
    ) -> Result<Json<LeaveDto>, Problem> {
        let (person, reason, attachment) = body.0.read()?;
        Ok(Json(self.0.ask_leave(&caller, id.0.into(), person, &reason, attachment).await?.into()))
    }

    /// Wishes for leave from one session, in order of time.
    #[oai(path = "/sessions/:id/leave-requests", method = "get", operation_id = "list_session_leave_requests")]
    async fn session_leaves(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<LeaveDto>>, Problem> {
        let filter = LeaveFilter { session_id: Some(id.0.into()), state: None };
        Ok(Json(self.0.leaves(&caller, filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// Wishes for leave of the caller's people, from sessions that their units hold, and their own; in order of time.
    #[oai(path = "/leave-requests", method = "get", operation_id = "list_leave_requests")]
    async fn leaves(
        &self,
        caller: Caller,
        state: Query<Option<LeaveStateDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<LeaveDto>>, Problem> {
        let filter = LeaveFilter { session_id: None, state: state.0.map(Into::into) };
        Ok(Json(self.0.leaves(&caller, filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// Grant or refuse leave. By a coordinator of a host, never by the one whose leave it is.
    #[oai(path = "/leave-requests/:id/decide", method = "post", operation_id = "decide_leave")]
    async fn decide_leave(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<DecideLeaveRequest>,
    ) -> Result<Json<LeaveDto>, Problem> {
        let (approve, reason) = body.0.read()?;
        Ok(Json(self.0.decide_leave(&caller, id.0.into(), approve, &reason).await?.into()))
    }

    /// Send a file that is to prove something: leave, study elsewhere, study made up. Name it in what it proves.
    #[oai(path = "/attachments", method = "post", operation_id = "create_attachment")]
    async fn attach(&self, caller: Caller, form: AttachmentForm) -> Result<Json<AttachmentDto>, Problem> {
        Ok(Json(self.0.attach(&caller, form.read().await?).await?.into()))
    }

    /// A file that proves something: for its sender, and for those who look after the people whom it concerns.
    #[oai(path = "/attachments/:id", method = "get", operation_id = "get_attachment")]
    async fn attachment(&self, caller: Caller, id: Path<Uuid>) -> Result<FileAnswer, Problem> {
        let file = self.0.attachment(&caller, id.0.into()).await?;
        Ok(FileAnswer::new(file))
    }
}

/// A file, to be saved and not shown.
#[derive(Debug, ApiResponse)]
enum FileAnswer {
    /// The bytes.
    #[oai(status = 200, content_type = "application/octet-stream")]
    File(
        Binary<Vec<u8>>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl FileAnswer {
    fn new(file: Attachment) -> Self {
        let end = match file.media_type.as_str() {
            "application/pdf" => "pdf",
            "image/png" => "png",
            _ => "jpg",
        };
        Self::File(Binary(file.content), format!("attachment; filename=\"{}.{end}\"", file.id))
    }
}
