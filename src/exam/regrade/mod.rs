//! Regrades: what is done about a faulty item once an exam is over. First as a dry run that names who rises and falls, then
//! applied to all papers at once, with a reason, in the log; a further one undoes it.
//!
//! Points and figures follow from `ruling`; here they are worked out for everybody and written. It must never touch a paper,
//! a save or the sealed key.

mod api;
mod dto;
mod model;
mod service;
mod store;

pub use api::RegradeApi;
pub use model::{Affected, Effect, ItemView, Regrade, RegradeInput};
pub use service::Regrades;
