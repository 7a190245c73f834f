//! Years, closed and frozen.

pub mod closing;
pub mod sheet;
pub mod snapshot;
pub mod snapshot_sheet;
