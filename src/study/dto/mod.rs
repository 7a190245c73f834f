//! Wire types.

mod attendance;
mod programme;
mod session;
mod words;

pub(super) use attendance::*;
pub(super) use programme::*;
pub(super) use session::*;
pub use attendance::{CorrectionRequest, RollCallRequest, RollCallRowRequest};
pub use programme::{ProgrammeRequest, RequirementRequest};
pub use session::{CheckInRequest, SessionRequest};
pub use words::{AttendanceMethodDto, AttendanceStatusDto, ProgrammeStatusDto, SessionKindDto, SessionStatusDto};
