//! The leaves of the log's tree.

use sea_orm::entity::prelude::*;

use crate::id::EntryId;

/// A row of `log_leaves`: which entry has which place, and the hash that it was given there.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_leaves")]
pub struct Model {
    /// The place, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idx: i64,
    /// The entry.
    #[sea_orm(unique)]
    pub entry_id: EntryId,
    /// H(0x00 || JCS(entry)), in hex.
    pub hash: String,
}

/// No relations: what is hashed outlives what it speaks of.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
