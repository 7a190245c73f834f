//! Units, people and frozen rosters.

pub mod departure;
pub mod frozen_roster;
pub mod person;
pub mod person_category;
pub mod posting;
pub mod roster_amendment;
pub mod roster_change;
pub mod roster_row;
pub mod tree_change;
pub mod unit;
pub mod unit_ancestor;
