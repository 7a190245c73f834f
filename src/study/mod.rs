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
mod model;
mod requirement;
mod service;
mod store;

pub use api::StudyApi;
pub use counting::{CheckInTimes, Summary};
pub use dto::{
    AttendanceMethodDto, AttendanceStatusDto, CheckInRequest, CorrectionRequest, ProgrammeRequest, ProgrammeStatusDto,
    RequirementRequest, RollCallRequest, RollCallRowRequest, SessionKindDto, SessionRequest, SessionStatusDto,
};
pub use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
pub use entity::study::programme::ProgrammeStatus;
pub use entity::study::session::{SessionKind, SessionStatus};
pub use model::{
    Attendance, AttendanceFilter, CheckInCode, CheckInRule, NewProgramme, NewSession, OwnAttendance, OwnProgress,
    Programme, ProgrammeCounts, ProgrammeFilter, ProgrammeSubject, Progress, Proof, Published, RollCallRow, Session,
    SessionFilter, Ticket, UnitProgress,
};
pub use requirement::{Plan, Requirement, RequirementProgress};
pub use service::{
    Study, StudyError, close_with_year, open_programmes, open_sessions, programmes_in, programmes_up_to,
};
