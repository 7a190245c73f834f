//! Attempts: starting, saving and handing in an exam against the server's clock, and looking at it afterwards.
//!
//! An answer that was acknowledged is never lost, and nothing that betrays a key leaves here before all attempts of the
//! exam have ended. What an attempt counts for is not decided here: `outcome` is told that somebody has sat.

mod api;
mod batch;
mod clock;
mod dto;
mod ledger;
mod marks;
mod model;
mod paper;
mod service;
mod store;

pub use api::AttemptApi;
pub use clock::{Entry, Schedule, Times};
pub use ledger::Counted;
pub use model::{
    Acknowledged, Attempt, AttemptResult, Desk, HistoryRow, ItemResult, MAX_SAVES, Outcome, RawResponse, RawSave,
    Saved, Seat, SectionResult, Started, Submitted, Viewed,
};
pub use service::{AttemptError, Attempts};
