//! Which sheet stands behind a snapshot, for a programme or exam and a unit.

use sea_orm::entity::prelude::*;

use crate::id::{SnapshotId, SubjectId, UnitId};
use crate::org::roster_row::SubjectKind;

/// A row of `snapshot_sheets`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshot_sheets")]
pub struct Model {
    /// The snapshot.
    #[sea_orm(primary_key, auto_increment = false)]
    pub snapshot_id: SnapshotId,
    /// Programme or exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// Which one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: SubjectId,
    /// The unit on the roster.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// The digest of the sheet.
    pub digest: String,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
