//! Long work and what it made.

pub mod job;
pub mod job_part;
