//! Every node with every node above it and itself, so that a subtree is one join.

use sea_orm::entity::prelude::*;

use crate::id::UnitId;

/// A row of `unit_ancestors`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_ancestors")]
pub struct Model {
    /// The lower one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// The upper one, or the same.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: UnitId,
    /// How many steps lie between; 0 for itself.
    pub depth: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
