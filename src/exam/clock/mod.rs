//! The clock of exams: when one may be started, until when saves are taken, when a paper is handed in, and what pauses,
//! extra time and amendments do to all of that.
//!
//! Pure: every moment is passed in, and the server's alone are. It must never know who sits.

mod schedule;
mod times;

pub use schedule::{Allowance, Entry, Schedule};
pub use times::Times;

#[cfg(test)]
mod tests;
