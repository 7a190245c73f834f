//! What each person on the roster of a main exam owes, and how it stands: the facts of the main exam and its make-ups
//! turned into figures (`rates/1`).
//!
//! Everything that changes one of those facts calls [`restate`] in its own transaction. It never keeps a figure of its
//! own, so what the tally holds can always be recounted from rosters and attempts.

mod model;
mod store;

pub use model::{Excuse, Family, Member, Sitting, excused, figures, is_used};
pub use store::{family_of, figures_of, restate, restate_everybody};
