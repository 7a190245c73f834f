//! Objections: a candidate questions an item or a score within a window, and a coordinator decides, once, with a reason that
//! is kept.
//!
//! It decides nothing about points: what follows from an objection that is upheld is a regrade.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::ObjectionApi;
pub use entity::exam::objection::ObjectionState;
pub use model::{NewObjection, Objection, ObjectionFilter, Waiting};
pub use service::Objections;
