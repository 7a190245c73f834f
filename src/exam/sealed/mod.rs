//! Sealed exams as the hot path needs them: loaded once, checked against their manifest, kept in memory.
//!
//! What is sealed never changes, so it is kept by its manifest's digest and needs no word from elsewhere to be forgotten.
//! It holds keys: nothing here is for the wire but what [`Sheet`] writes.

mod cache;
mod model;
mod sheet;
mod store;

pub use cache::SealedCache;
pub use model::{Mismatch, SealedExam, SealedItem, SealedSection};
pub use sheet::{Line, Sheet};

#[cfg(test)]
pub(super) mod fixtures;
