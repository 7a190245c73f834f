//! Years, closed and frozen.

use entity::id::{AccountId, ClosingId, SnapshotId, UnitId};
use entity::instant::Instant;
use serde_json::Value;

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
    /// SHA-256 of the report as canonical JSON (RFC 8785), hex.
    pub digest: String,
    /// Who froze it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
    /// The report as it was sent then: every unit down to six levels below.
    pub report: Value,
}
