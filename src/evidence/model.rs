//! What is asked of the log.

use entity::id::{EntryId, UnitId};
use entity::instant::Instant;

use crate::log::Written;

/// The kinds of things whose entries an audit administrator reads: what the other two administrators act upon.
pub(super) const ADMINISTERED: &[&str] = &["account:", "unit:", "setting:", "backup:"];

/// Which entries a caller may read: those of the units of an auditor, and those of the administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    /// The tops of the subtrees over which the caller is an auditor.
    pub(super) audited: Vec<UnitId>,
    /// The tops of those over which the caller is an audit administrator. What concerns no unit is seen by any.
    pub(super) administered: Vec<UnitId>,
}

/// Which entries are looked for. What is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// From this place on, oldest first; newest first without it.
    pub from_index: Option<u64>,
    /// What was done: `exam.seal`, or `exam.` for all that begins so.
    pub action: Option<String>,
    /// To what: `exam:…`, or `exam:` for all exams.
    pub subject: Option<String>,
    /// Who did it: an account's id, or `system`.
    pub actor: Option<String>,
    /// The unit that it concerned, with those below it.
    pub unit_id: Option<UnitId>,
    /// Not before this moment.
    pub from: Option<Instant>,
    /// Before this moment.
    pub to: Option<Instant>,
}

/// An entry with the names of whom and what it is about, as they are today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The entry.
    pub entry: Written,
    /// The display name of the account that acted.
    pub actor_name: Option<String>,
    /// The name of the unit that it concerns.
    pub unit_name: Option<String>,
}

/// Which entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one at this place.
    Index(u64),
    /// The one with this id.
    Id(EntryId),
}
