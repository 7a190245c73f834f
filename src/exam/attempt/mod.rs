//! Attempts: starting, saving and handing in an exam against the server's clock, and looking at it afterwards.
//!
//! An answer that was acknowledged is never lost, and nothing that betrays a key leaves here before all attempts of the
//! exam have ended. What an attempt counts for is not decided here: `outcome` is told that somebody has sat.

mod api;
mod batch;
mod contact;
mod dto;
mod error;
mod ledger;
mod marks;
mod model;
mod operation;
mod paper;
mod service;
mod store;
mod views;

pub use api::AttemptApi;
pub(in crate::exam) use dto::{ResponseDto, StateDto};
pub use error::AttemptError;
pub use ledger::Counted;
pub(in crate::exam) use model::respond;
pub use model::{MAX_SAVES, RawResponse, RawSave, Seat};
pub use service::Attempts;
pub use store::{Handed, handed_in};
pub use views::{
    Acknowledged, Attempt, AttemptResult, Desk, HistoryRow, ItemResult, Marking, Outcome, Saved, SectionResult,
    Started, Submitted, Ticking, Viewed,
};
