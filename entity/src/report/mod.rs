//! Years, closed and frozen.

pub mod closing;
pub mod snapshot;
