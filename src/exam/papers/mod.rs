//! Graded papers, read page by page: what an exam adds up to, and what a change of its marking would do, is found here.
//!
//! A hundred thousand papers are read in the order of an index and in pages, so that neither memory nor sorting grows with
//! them. It must never write.

mod model;
mod store;

pub(super) use model::{BETWEEN, place_of, places, response_at};
pub(super) use store::{Paper, Which, after};

/// How many papers are read at once.
pub(super) const AT_ONCE: u64 = 2_000;
