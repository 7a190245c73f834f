//! Years, closed and frozen.

use entity::id::{AccountId, ClosingId, PastYearId, PersonId, SnapshotId, UnitId};
use entity::instant::Instant;
use entity::report::snapshot::SnapshotKind;
use serde_json::Value;

use crate::report::sheet::Differs;
use crate::tally::{Figures, Subject};

/// A year as it stands for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// The year.
    pub year: i32,
    /// It is closed, for the unit itself or with one above it.
    pub closed: bool,
    /// Every act of closing it for the unit or one above it, the newest first.
    pub closings: Vec<Closing>,
}

/// A year before Kaofa that was brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastYear {
    /// Its identifier.
    pub id: PastYearId,
    /// The year.
    pub year: i32,
    /// Of which unit, with its subtree.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Where its figures come from.
    pub source: String,
    /// Who brought it in.
    pub imported_by: AccountId,
    /// When.
    pub imported_at: Instant,
    /// When it was taken back; it counts no more since.
    pub withdrawn_at: Option<Instant>,
    /// Why.
    pub withdraw_reason: Option<String>,
}

/// An act of closing, and of opening again if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Its identifier.
    pub id: ClosingId,
    /// The year.
    pub year: i32,
    /// For which unit, with its subtree.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// What was frozen.
    pub snapshot_id: SnapshotId,
    /// Who closed it.
    pub closed_by: AccountId,
    /// When.
    pub closed_at: Instant,
    /// Why.
    pub reason: String,
    /// When it was opened again.
    pub reopened_at: Option<Instant>,
    /// Who opened it again.
    pub reopened_by: Option<AccountId>,
    /// Why it was opened again.
    pub reopen_reason: Option<String>,
}

/// A report as it was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its identifier.
    pub id: SnapshotId,
    /// The year.
    pub year: i32,
    /// The unit, with its subtree.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// How it came about.
    pub kind: SnapshotKind,
    /// Why it was taken; empty for what is taken by itself.
    pub note: String,
    /// SHA-256 of the report as canonical JSON (RFC 8785), hex.
    pub digest: String,
    /// SHA-256 over the sheets of people behind it, hex.
    pub facts_digest: String,
    /// Who froze it; nobody if it was taken by itself.
    pub created_by: Option<AccountId>,
    /// When.
    pub created_at: Instant,
    /// The report as it was sent then: every unit down to six levels below.
    pub report: Value,
}

/// A snapshot in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotBrief {
    /// Its identifier.
    pub id: SnapshotId,
    /// The year.
    pub year: i32,
    /// How it came about.
    pub kind: SnapshotKind,
    /// Why it was taken.
    pub note: String,
    /// The report's digest, hex.
    pub digest: String,
    /// When.
    pub created_at: Instant,
}

/// What has become of a snapshot's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    /// What is kept of it is what its digests say.
    pub sound: bool,
    /// The log knows these digests.
    pub logged: bool,
    /// Today's records give the same figures for the same people.
    pub same: bool,
    /// The counts that are others now.
    pub figures: Vec<FigureChange>,
    /// Who stands otherwise, or whose rows were changed.
    pub people: Vec<PersonChange>,
    /// How many of them are not listed.
    pub more: usize,
}

/// A count that is another now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureChange {
    /// The unit.
    pub unit_id: String,
    /// Its name then.
    pub unit_name: String,
    /// The figure, such as `exam.sat`.
    pub figure: String,
    /// What it was.
    pub then: Value,
    /// What it is; null if the unit is in the report no more.
    pub now: Value,
}

/// Somebody who stands otherwise than they did, or the rows behind whose figures are others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChange {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// The programme or exam.
    pub subject: Subject,
    /// Its title.
    pub title: String,
    /// What is not as it was.
    pub differs: Differs,
    /// How they stood.
    pub then: Option<Figures>,
    /// How they stand.
    pub now: Option<Figures>,
    /// Only what is due by now differs, as it does with every day.
    pub by_time: bool,
    /// What the log tells of it since, the newest first.
    pub tellings: Vec<Telling>,
}

impl PersonChange {
    /// Whether something was changed of which the log tells nothing.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        !self.by_time && self.tellings.is_empty()
    }
}

/// An act that the log tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Its place in the log; nothing while it is new.
    pub index: Option<i64>,
    /// When.
    pub at: Instant,
    /// Who, by name.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Why, if they said.
    pub reason: String,
}
