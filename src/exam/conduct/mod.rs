//! What becomes of an exam after its sealing by somebody's act: another schedule, more time, a pause, an early end, late
//! candidates, admission by name. Every act needs a reason, is kept as an amendment and told to the log.
//!
//! It changes moments and rights, never a paper or a mark, and takes nothing away from an attempt that runs.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::ConductApi;
pub(in crate::exam) use model::read_reason;
pub use model::{Amendment, CandidateChange, Extended, ExtensionInput, Given, ScheduleInput};
pub use service::Conduct;
pub(in crate::exam) use store::{NewAmendment, amend};
