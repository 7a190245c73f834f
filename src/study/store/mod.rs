//! Queries over programmes, sessions, attendance and credits. No policy, no clock.

mod attendance;
mod credit;
mod facts;
mod leave;
mod ledger;
mod programme;
mod session;
mod turn;
mod turnout;

pub(super) use attendance::*;
pub(super) use credit::*;
pub(super) use facts::*;
pub(super) use leave::*;
pub use leave::{attachment_sender, hand_attachment};
pub(super) use ledger::*;
pub(super) use programme::*;
pub(super) use session::*;
pub(super) use turn::*;
pub(super) use turnout::{count_turnouts, marked, put_turnouts};
