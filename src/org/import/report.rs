//! What an import did, or would do.

use entity::id::{PersonId, UnitId};

use crate::files::Mistake;
use crate::kernel::field::FieldCode;

/// How many lines each list of a report holds at most; their numbers are always given.
pub(in crate::org) const MOST_LINES: usize = 1_000;

/// What an import did, or would do.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Nothing was meant to be written.
    pub dry_run: bool,
    /// It was written.
    pub applied: bool,
    /// How many rows the file has below its heads.
    pub rows: usize,
    /// How many of them are new.
    pub created: usize,
    /// How many change or move what is there.
    pub updated: usize,
    /// How many say what is there already.
    pub unchanged: usize,
    /// The new ones.
    pub added: Lines,
    /// Those that change.
    pub changed: Lines,
    /// Those that move.
    pub moved: Lines,
    /// Those who are in a unit of the file but not in the file. Nothing happens to them.
    pub missing: Lines,
    /// Rows that may mean several.
    pub ambiguous: Vec<Ambiguous>,
    /// What is wrong, by row and column.
    pub errors: Vec<Mistake>,
}

/// The first lines of a list, and how many there are in all.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// At most a thousand.
    pub items: Vec<Line>,
    /// How many there are.
    pub count: usize,
}

impl Lines {
    pub(in crate::org) fn push(&mut self, line: Line) {
        self.count += 1;
        if self.items.len() < MOST_LINES {
            self.items.push(line);
        }
    }
}

/// Somebody or a unit, as a report names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The row of the file; none where it has none.
    pub row: Option<u32>,
    /// Their identifier, where they are there already.
    pub id: Option<String>,
    /// Staff number, or a unit's code; empty if it will be made.
    pub number: String,
    /// Their name.
    pub name: String,
    /// The unit that they are in after it, or the node above a unit.
    pub unit: String,
    /// Where they were before, if they move.
    pub from: Option<String>,
    /// Which fields change.
    pub fields: Vec<&'static str>,
}

/// A row that may mean several, or nobody that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// The row of the file.
    pub row: u32,
    /// The name in it.
    pub name: String,
    /// Whom it may mean: identifier, staff number, name, unit.
    pub candidates: Vec<Line>,
}

/// What somebody answers when a row may mean several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// None of them: somebody new.
    New,
    /// This one.
    Person(PersonId),
}

/// A unit as files name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) struct KnownUnit {
    pub(in crate::org) id: UnitId,
    pub(in crate::org) code: String,
    pub(in crate::org) name: String,
    /// Whether people can be on its roster now.
    pub(in crate::org) open: bool,
}

/// A mistake at a cell of a column, or of the row if the table has no such column.
pub(in crate::org) fn at(row: u32, place: Option<usize>, code: FieldCode) -> Mistake {
    match place.and_then(|place| u32::try_from(place).ok()) {
        Some(column) => Mistake::at(row, column, code),
        None => Mistake::of_row(row, code),
    }
}
