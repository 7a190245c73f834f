//! The inner nodes of the log's tree.

use sea_orm::entity::prelude::*;

/// A row of `log_nodes`: the root of the full subtree over the leaves `idx * 2^level ..`, kept so that proofs are short.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_nodes")]
pub struct Model {
    /// How high it is, from 1; the leaves are in their own table.
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: i32,
    /// Which one of its level, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idx: i64,
    /// H(0x01 || left || right), in hex.
    pub hash: String,
}

/// No relations: what is hashed outlives what it speaks of.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
