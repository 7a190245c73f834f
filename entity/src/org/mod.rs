//! Units, people and frozen rosters.

pub mod person;
pub mod person_category;
pub mod roster_row;
pub mod unit;
pub mod unit_ancestor;
