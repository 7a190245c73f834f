//! Grading: what a response is worth.
//!
//! Arithmetic in hundredths of a point on what it is handed. It must never know who answered, when, or whether anybody
//! may see the result.

mod response;
mod score;

pub use entity::exam::section::Scoring;
pub use response::Response;
pub use score::{score, score_by};
