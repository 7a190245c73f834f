//! What is asked of the log.

use entity::id::{EntryId, UnitId};
use entity::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::kernel::digest::Digest;
use crate::log::{self, Consistency, SignedHead, Verdict, Written};

/// The kinds of things whose entries an audit administrator reads: what the other two administrators act upon.
pub(super) const ADMINISTERED: &[&str] = &["account:", "unit:", "setting:", "backup:", "log:"];

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

/// Something that is not as it was signed, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// One word for programs.
    pub kind: String,
    /// The place from which on something is wrong.
    pub index: u64,
    /// The entry concerned, where it is one and its id is known.
    pub entry_id: Option<String>,
    /// The same in a sentence.
    pub text: String,
}

/// What came out of a check, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether everything is as it was signed.
    pub sound: bool,
    /// How many entries were looked at.
    pub entries: u64,
    /// How many signed heads were looked at.
    pub heads: u64,
    /// The root over the entries as they are.
    pub root: String,
    /// The keys with which heads were signed.
    pub public_keys: Vec<String>,
    /// How many entries had no place yet.
    pub unnumbered: u64,
    /// What is not as it was signed, by place; at most a hundred.
    pub findings: Vec<Finding>,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        let finding = |finding: &log::Finding| Finding {
            kind: finding.kind().to_owned(),
            index: finding.index(),
            entry_id: finding.entry_id().map(str::to_owned),
            text: finding.to_string(),
        };
        Self {
            sound: verdict.is_sound(),
            entries: verdict.entries,
            heads: verdict.heads,
            root: verdict.root.to_string(),
            public_keys: verdict.keys.iter().map(ToString::to_string).collect(),
            unnumbered: verdict.unnumbered,
            findings: verdict.findings.iter().map(finding).collect(),
        }
    }
}

/// A check of the whole log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// When it was asked for, or was due.
    pub asked_at: Instant,
    /// How many entries were looked at.
    pub checked: u64,
    /// How many there are to look at; 0 before it has begun.
    pub entries: u64,
    /// When it was done and what came out of it.
    pub done: Option<(Instant, Outcome)>,
}

/// How the log stands to a head that somebody kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The log begins with what the head covered and has only grown since: the proof, and the head of now.
    Grown(Box<(Consistency, SignedHead)>),
    /// So many entries had another root: this one. What lay before them was changed, or the head is not of this log.
    Rewritten(Digest),
    /// The log has fewer entries than the head covered: so many.
    Shorter(u64),
}

/// Which entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one at this place.
    Index(u64),
    /// The one with this id.
    Id(EntryId),
}
