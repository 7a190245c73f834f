//! Floor 1: what every room needs and that knows nothing of the world: time, randomness, digests,
//! canonical JSON, Merkle trees, pages of lists, rates, errors of fields, texts.
//!
//! Never HTTP, never SQL, never a rule of law study or exams.

mod aside;
pub mod calendar;
pub mod clock;
pub mod digest;
pub mod entropy;
pub mod field;
pub mod jcs;
pub mod merkle;
pub mod metrics;
pub mod page;
pub mod pinyin;
pub mod rate;
pub mod settings;
pub mod texts;

pub use aside::aside;
