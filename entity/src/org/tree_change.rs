//! A change of what lies below what.

use sea_orm::entity::prelude::*;

use crate::id::UnitId;

/// A row of `tree_changes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tree_changes")]
pub struct Model {
    /// Counted up by the database.
    #[sea_orm(primary_key)]
    pub number: i64,
    /// The unit that was hung elsewhere; none if many were.
    pub unit_id: Option<UnitId>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
