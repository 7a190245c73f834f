//! Floor 11: the log searched, exported, proved and verified.
//!
//! It must never touch what it looks at; what it writes is its own checks, and that they were made.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::EvidenceApi;
pub use model::{Check, EntryFilter, Finding, Kept, LogEntry, Outcome, Which};
pub use service::{Evidence, EvidenceError, LOG_READERS};
