//! Exams, attempts and answers.

pub mod allowance;
pub mod amendment;
pub mod attempt;
pub mod exam;
pub mod pool_item;
pub mod save;
pub mod section;
