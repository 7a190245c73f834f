//! Years, closed and frozen.

pub mod closing;
pub mod past_row;
pub mod past_year;
pub mod sheet;
pub mod snapshot;
pub mod snapshot_sheet;
