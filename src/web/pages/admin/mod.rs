//! What the administrators do: accounts and grants, units.

pub(in crate::web) mod accounts;
pub(in crate::web) mod units;
