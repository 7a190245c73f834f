//! A report as it stood, with its digest.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, SnapshotId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// How a snapshot came about.
    SnapshotKind {
        /// 年度定稿
        Closing = "closing",
        /// By hand.
        Manual = "manual",
        /// At the end of a month.
        Monthly = "monthly",
        /// Of a year before Kaofa that was brought in (补录).
        Imported = "imported",
    }
}

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
    /// How it came about.
    pub kind: SnapshotKind,
    /// Why it was taken; empty for what is taken by itself.
    pub note: String,
    /// Month and unit of one that is taken each month: unique, so that it is taken once.
    #[sea_orm(unique)]
    pub month_key: Option<String>,
    /// The report, canonical JSON.
    pub body: String,
    /// SHA-256 of the body, hex.
    pub digest: String,
    /// The digest over the sheets behind it, hex.
    pub facts_digest: String,
    /// Who froze it; nobody if it was taken by itself.
    pub created_by: Option<AccountId>,
    /// When.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
