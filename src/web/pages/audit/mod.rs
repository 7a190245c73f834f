//! What an auditor reads and does: rates, the people behind them, years, the log. Coordinators read the rates too.

pub(in crate::web) mod compare;
pub(in crate::web) mod draws;
pub(in crate::web) mod files;
pub(in crate::web) mod heads;
pub(in crate::web) mod log;
pub(in crate::web) mod past;
pub(in crate::web) mod people;
pub(in crate::web) mod rates;
mod subject;
pub(in crate::web) mod years;
