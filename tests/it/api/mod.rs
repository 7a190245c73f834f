//! One file a slice: what its operations answer, and what they refuse.

mod attempt;
mod auth;
mod bank;
mod desk;
mod drafts;
mod errors;
mod exam_setup;
mod idempotency;
mod log;
mod org;
mod report;
mod study;
mod study_life;
mod study_years;
