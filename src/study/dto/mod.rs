//! Wire types.

mod attendance;
mod programme;
mod session;
mod words;

pub(super) use attendance::*;
pub(super) use programme::*;
pub(super) use session::*;
pub use words::{AttendanceMethodDto, AttendanceStatusDto, ProgrammeStatusDto, SessionKindDto, SessionStatusDto};
