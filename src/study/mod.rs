//! Floor 9: who must study what in a year, the sessions at which they do, and how they attended.
//!
//! A programme goes from draft to published, when its roster is frozen and everybody on it owes it, to closed. A session
//! goes from draft to published, when people are invited, to running, when check-in opens and its roster is frozen, to
//! closed, when those who were there are credited. Credits alone decide how people stand toward programmes; attendance
//! decides credits.
//!
//! It must never know of exams, of reports over several programmes, or of a page that shows a code.

mod api;
mod code;
mod counting;
mod dto;
mod guess;
mod list;
mod model;
mod recurrence;
mod requirement;
mod service;
mod store;

pub use api::{AttendanceApi, LedgerApi, StudyApi};
pub use counting::{CheckInTimes, Summary};
pub use dto::{
    AddToRosterRequest, AskLeaveRequest, AttendanceMethodDto, AttendanceStatusDto, CheckInRequest, CopyRequest,
    CorrectionRequest, CreditsDto, DecideLeaveRequest, PresenterDto, ProgrammePatch, ProgrammeRequest,
    ProgrammeStatusDto, RequirementRequest, RescheduleRequest, RollCallRequest, RollCallRowRequest, SessionKindDto,
    SessionPatch, SessionRequest, SessionStatusDto, StudyReasonRequest,
};
pub use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
pub use entity::study::leave_request::LeaveState;
pub use entity::study::presenter::ReportForm;
pub use entity::study::programme::ProgrammeStatus;
pub use entity::study::requirement::Per;
pub use entity::study::session::{SessionKind, SessionStatus};
pub use model::{
    Activity, Amendment, Attachment, Attendance, AttendanceFilter, Attended, CheckInCode, CheckInRule, Correction,
    EarlierAttendance, LeaveFilter, LeaveRequest, LedgerLine, ListImport, MadeUp, NewAttachment, NewProgramme,
    NewSession, OwnAttendance, OwnProgress, PeopleProgressFilter, PersonProgress, Presenter, Programme,
    ProgrammeCounts, ProgrammeFilter, ProgrammeSubject, Progress, Proof, Published, RollCallRow, Scope, Session,
    SessionFilter, Shift, Ticket, UnitProgress,
};
pub use requirement::{CreditRule, Plan, Requirement, RequirementProgress, Term};
pub use service::{
    Study, StudyError, close_with_year, facts_of, figures_of, open_programmes, open_sessions, programme_facts,
    programmes_in, programmes_up_to,
};
pub use store::{attachment_sender, hand_attachment};
