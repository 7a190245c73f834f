//! Floor 11: the log searched, exported, proved and verified.
//!
//! It must never write: who looks at the evidence leaves it as it was.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::EvidenceApi;
pub use model::{EntryFilter, LogEntry, Which};
pub use service::{Evidence, EvidenceError};
