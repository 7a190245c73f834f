//! Programmes, sessions and attendance.

pub mod attendance;
pub mod credit;
pub mod host;
pub mod invited_unit;
pub mod programme;
pub mod requirement;
pub mod session;
