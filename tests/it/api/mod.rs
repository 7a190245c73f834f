//! One file a slice: what its operations answer, and what they refuse.

mod auth;
mod bank;
mod errors;
mod report;
mod log;
mod study;
