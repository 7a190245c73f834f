//! Not to sit an exam (免考), or to sit it later (缓考): asked with a ground by the person or the unit, with the unit's
//! opinion, decided by a coordinator of the exam.
//!
//! What was approved changes what the person owes; nothing here ever touches an attempt.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::ExemptionApi;
pub use model::{Exemption, ExemptionFilter, NewExemption};
pub use service::Exemptions;
