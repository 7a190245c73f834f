//! Exams, attempts and answers.

pub mod allowance;
pub mod amendment;
pub mod attempt;
pub mod contact;
pub mod exam;
pub mod exemption;
pub mod objection;
pub mod pool_item;
pub mod regrade;
pub mod regraded_attempt;
pub mod save;
pub mod section;
