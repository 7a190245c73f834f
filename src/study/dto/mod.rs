//! Wire types.

mod attendance;
mod leave;
mod programme;
mod progress;
mod session;
mod session_answers;
mod words;

pub(super) use attendance::*;
pub use attendance::{AddToRosterRequest, CorrectionRequest, RollCallRequest, RollCallRowRequest};
pub(super) use leave::*;
pub use leave::{AskLeaveRequest, DecideLeaveRequest};
pub(super) use programme::*;
pub use programme::{CopyRequest, CreditsDto, ProgrammePatch, ProgrammeRequest, RequirementRequest};
pub(super) use progress::*;
pub(super) use session::*;
pub use session::{CheckInRequest, PresenterDto, RescheduleRequest, SessionPatch, SessionRequest, StudyReasonRequest};
pub(super) use session_answers::*;
pub(super) use words::LeaveStateDto;
pub use words::{AttendanceMethodDto, AttendanceStatusDto, ProgrammeStatusDto, SessionKindDto, SessionStatusDto};
