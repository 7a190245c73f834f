//! Floor 10: exams, from the blueprint over the sealed draw and the papers to what each person has made of them.
//!
//! It must never know how figures are summed or printed: it states how each person stands and leaves the rest to `tally`
//! and `report`.

pub mod draw;
pub mod outcome;
mod yearly;

pub use yearly::{MainExam, StandingAttempt, main_of, mains, standing_attempts, still_open};
