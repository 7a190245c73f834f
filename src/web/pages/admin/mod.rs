//! What the security administrator does: accounts and grants. The units are at `coordinator::units`.

pub(in crate::web) mod accounts;
pub(in crate::web) mod unit;
pub(in crate::web) mod unit_files;
pub(in crate::web) mod units;
