//! What the fault tests and the measurements stand on: the real program as a process of its own, a PostgreSQL server of
//! one's own, a hall with candidates and a sealed exam, and connections with next to no cost of their own.
//!
//! Nothing here knows what is tested or measured; that is said in `tests/crash/` and `benches/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a rig that cannot go on ends what stands on it")]

mod hall;
mod postgres;
mod program;
mod wire;

pub use hall::{Candidate, Hall, Plan, Sitting, furnish, open};
pub use postgres::Cluster;
pub use program::{Program, Server, Usage, free_port};
pub use wire::{Answer, Wire, request};
