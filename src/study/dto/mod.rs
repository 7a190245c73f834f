//! Wire types.

mod attendance;
mod programme;
mod session;
mod words;

pub(super) use attendance::*;
pub use attendance::{CorrectionRequest, RollCallRequest, RollCallRowRequest};
pub(super) use programme::*;
pub use programme::{ProgrammeRequest, RequirementRequest};
pub(super) use session::*;
pub use session::{CheckInRequest, SessionRequest};
pub use words::{AttendanceMethodDto, AttendanceStatusDto, ProgrammeStatusDto, SessionKindDto, SessionStatusDto};
