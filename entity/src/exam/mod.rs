//! Exams, attempts and answers.

pub mod attempt;
pub mod exam;
pub mod pool_item;
pub mod save;
pub mod section;
