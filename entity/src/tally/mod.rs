//! What each person owes and how it stands, and the counts of units.

pub mod count;
pub mod delta;
pub mod moved;
pub mod obligation;
pub mod reckoning;
pub mod sum;
