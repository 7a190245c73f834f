//! One file a slice: what its operations answer, and what they refuse.

mod accounts;
mod activation;
mod attempt;
mod auth;
mod bank;
mod conduct;
mod desk;
mod drafts;
pub(crate) mod draw;
mod errors;
mod exam_setup;
mod faulty_item;
mod hand_in;
mod idempotency;
mod log;
mod monitor;
mod org;
mod regrade;
pub(crate) mod report;
mod rescue;
mod scene;
mod study;
mod study_life;
mod study_scene;
mod study_years;
mod tokens;
