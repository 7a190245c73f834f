//! What a year's rates ask of exams: which count, which are still open, which attempts stand.
//!
//! Look-ups alone: who may ask is decided by whoever reports.

mod store;

pub use store::{
    MainExam, StandingAttempt, attempt_facts, family, family_facts, main_of, mains, standing_attempts, still_open,
    years,
};
