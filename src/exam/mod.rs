//! Floor 10: exams.

pub mod draw;
