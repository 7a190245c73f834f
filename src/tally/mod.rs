//! Floor 8: what each person owes to each programme and exam, how it stands, and the counts of units.
//!
//! The slices above state the figures of a person; here the difference is appended in their transaction and folded later,
//! so that no two transactions ever wait for the same unit's row. Nothing here knows why a figure is what it is.

mod model;
mod store;
mod worker;

pub use model::{Counted, Figure, Figures, Standing, Subject};
pub use store::{
    Behind, Difference, Place, Rosters, Stands, below, counts, hold, owe, people_behind, people_from, people_of,
    persons, recount, restate, rosters, standings, transfer,
};
pub use worker::fold;
