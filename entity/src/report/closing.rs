//! The act of closing a year for a unit and its subtree.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ClosingId, SnapshotId, UnitId};
use crate::instant::Instant;

/// A row of `year_closings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "year_closings")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClosingId,
    /// The year.
    pub year: i32,
    /// The top of the subtree.
    pub unit_id: UnitId,
    /// The figures as they stood.
    pub snapshot_id: SnapshotId,
    /// Who closed it.
    pub closed_by: AccountId,
    /// When.
    pub closed_at: Instant,
    /// Why.
    pub reason: String,
    /// Year and unit while it is closed, nothing once it was opened again: unique, so that a year is closed once.
    #[sea_orm(unique)]
    pub open_key: Option<String>,
    /// When it was opened again.
    pub reopened_at: Option<Instant>,
    /// Who opened it again.
    pub reopened_by: Option<AccountId>,
    /// Why it was opened again.
    pub reopen_reason: Option<String>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
