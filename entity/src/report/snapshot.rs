//! A report as it stood, with its digest.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, SnapshotId, UnitId};
use crate::instant::Instant;

/// A row of `snapshots`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshots")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SnapshotId,
    /// The year.
    pub year: i32,
    /// The top of the subtree.
    pub unit_id: UnitId,
    /// The report, canonical JSON.
    pub body: String,
    /// SHA-256 of the body, hex.
    pub digest: String,
    /// Who froze it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
