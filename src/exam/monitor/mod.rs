//! Watching an exam while it is sat: who has started, whose device is heard of, who has handed in, unit by unit.
//!
//! However many look, one watcher an exam finds out, at most once a second, and only while somebody looks. It shows no
//! answer and no points, and changes nothing: what is done for a candidate is done elsewhere.

mod api;
mod dto;
mod model;
mod service;
mod store;
mod watch;

pub use api::MonitorApi;
pub use model::{Act, Counts, Row, Sight, Standing, UnitCounts};
pub use service::Monitors;
