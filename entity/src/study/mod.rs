//! Programmes, sessions and attendance.

pub mod attachment;
pub mod attendance;
pub mod credit;
pub mod earlier_attendance;
pub mod host;
pub mod invited_unit;
pub mod leave_request;
pub mod presenter;
pub mod programme;
pub mod requirement;
pub mod series;
pub mod session;
pub mod turnout;
pub mod turnout_mark;
pub mod unit_credit;
