//! Units and people as other rooms see them.

use entity::id::{ChangeId, PersonId, SubjectId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::departure::DepartureKind;
use entity::org::person::Category;
use entity::org::roster_change::{ChangeKind, ChangeSource, ChangeState};
use entity::org::roster_row::SubjectKind;
use entity::org::unit::UnitKind;

use super::national_id::NationalId;
use super::phone::Phone;
use super::standing::Posting;

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
    /// The unit that it became part of.
    pub merged_into_id: Option<UnitId>,
    /// Its place among its siblings, where the office wants another order than that of names; else 0.
    pub position: i32,
    /// Counts its changes.
    pub version: i32,
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
    /// The first day on a roster.
    pub joined_on: Day,
    /// The first day they were, or will be, on none.
    pub departed_on: Option<Day>,
    /// National ID, masked.
    pub id_number_masked: Option<String>,
    /// Phone number, masked.
    pub phone_masked: Option<String>,
    /// Counts their changes.
    pub version: i32,
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
    /// National ID; nobody else's.
    pub id_number: Option<NationalId>,
    /// Phone number.
    pub phone: Option<Phone>,
}

/// What is to be changed of a person; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct PersonChange {
    /// Another number, unique.
    pub staff_no: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Another post; may be empty.
    pub post: Option<String>,
    /// The categories from that day on.
    pub categories: Option<Vec<Category>>,
    /// From which day on they hold these categories; today if none.
    pub categories_from: Option<Day>,
    /// Their unit, which only a transfer changes: it must be the one that it is.
    pub unit_id: Option<UnitId>,
    /// Another national ID, or none any more.
    pub id_number: Option<Option<NationalId>>,
    /// Another phone number, or none any more.
    pub phone: Option<Option<Phone>>,
}

/// What is to be changed of a unit; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct UnitChange {
    /// Another node above; not itself and none below it.
    pub parent_id: Option<UnitId>,
    /// Another code, unique.
    pub code: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Group or unit.
    pub kind: Option<UnitKind>,
    /// Its place among its siblings.
    pub position: Option<i32>,
    /// The last day it exists, or that it goes on.
    pub active_to: Option<Option<Day>>,
    /// The unit that it becomes part of, with everybody on its roster.
    pub merged_into_id: Option<UnitId>,
}

/// A move between units.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Where to.
    pub unit_id: UnitId,
    /// The first day there.
    pub effective_on: Day,
    /// Why.
    pub reason: String,
}

/// A leaving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Why.
    pub kind: DepartureKind,
    /// The first day that they are gone.
    pub effective_on: Day,
    /// The unit on whose roster somebody who is lent elsewhere counts: their own, the one that they are lent to, or none.
    pub counted_unit_id: Option<UnitId>,
    /// What is to be known about it.
    pub reason: String,
}

/// Where somebody was, what they were, and how they left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Their times on rosters, with the unit's name and why each began.
    pub postings: Vec<(Posting, String, String)>,
    /// Their categories, each with its first day and the first day no more.
    pub categories: Vec<(Category, Day, Option<Day>)>,
    /// Their leavings.
    pub departures: Vec<Departure>,
}

/// A change of a frozen roster that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its identifier.
    pub id: ChangeId,
    /// Programme or exam.
    pub subject_kind: SubjectKind,
    /// Which one.
    pub subject_id: SubjectId,
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// The unit in whose part of the roster they are, or come.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Joins or leaves.
    pub kind: ChangeKind,
    /// The first day.
    pub from_on: Day,
    /// Where it comes from.
    pub source: ChangeSource,
    /// What was written about it there.
    pub reason: String,
    /// What was decided.
    pub state: ChangeState,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// When it was decided.
    pub decided_at: Option<Instant>,
    /// What was written about the decision.
    pub decision: String,
}

/// Which changes are asked for.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Those in this state; those that wait for a decision if none.
    pub state: Option<ChangeState>,
    /// Those of this unit's part, with its subtree.
    pub unit_id: Option<UnitId>,
    /// Those of this programme or exam.
    pub subject_id: Option<SubjectId>,
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
