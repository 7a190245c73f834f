//! Floor 4: the log. An entry is a row in the transaction of the act that it tells of.
//!
//! Never read here but by evidence, and never changed by anybody.

mod store;

pub use store::{Actor, Entry, append, append_all};
