//! Queries over programmes, sessions, attendance and credits. No policy, no clock.

mod attendance;
mod credit;
mod programme;
mod session;

pub(super) use attendance::*;
pub(super) use credit::*;
pub(super) use programme::*;
pub(super) use session::*;
