//! Units and people as other rooms see them.

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::person::Category;
use entity::org::unit::UnitKind;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its identifier.
    pub id: UnitId,
    /// The node above.
    pub parent_id: Option<UnitId>,
    /// The code by which offices know it.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Group or unit.
    pub kind: UnitKind,
    /// The names from the top down to itself.
    pub path: Vec<String>,
    /// How many units lie between it and the top.
    pub depth: i32,
    /// The first day it exists.
    pub active_from: Day,
    /// The last day it existed.
    pub active_to: Option<Day>,
}

/// A unit to be made.
#[derive(Debug, Clone)]
pub struct NewUnit {
    /// The node above; none for the top of the tree.
    pub parent_id: Option<UnitId>,
    /// The code by which offices know it; unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Group or unit.
    pub kind: UnitKind,
    /// The first day it exists; today if none.
    pub active_from: Option<Day>,
}

/// Somebody on a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their identifier.
    pub id: PersonId,
    /// The number by which the offices know them.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Their post; empty if unknown.
    pub post: String,
    /// Their categories today.
    pub categories: Vec<Category>,
    /// Their unit today.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Whether they are on a roster today.
    pub in_post: bool,
}

/// A person to be entered.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Unique; made if none.
    pub staff_no: Option<String>,
    /// Their name.
    pub name: String,
    /// Their post; may be empty.
    pub post: String,
    /// Their categories.
    pub categories: Vec<Category>,
    /// Their unit.
    pub unit_id: UnitId,
    /// The first day on the roster; today if none.
    pub joined_on: Option<Day>,
}

/// Which people are asked for.
#[derive(Debug, Clone, Default)]
pub struct PeopleFilter {
    /// Those of this unit.
    pub unit_id: Option<UnitId>,
    /// And of all units below it.
    pub subtree: bool,
    /// Those of this category today.
    pub category: Option<Category>,
    /// Those whose name, number or post holds this text.
    pub q: Option<String>,
}
