//! A node of the tree of units: a department, a street, a town, or a group of them.

use sea_orm::entity::prelude::*;

use crate::id::UnitId;
use crate::instant::Day;

text_enum! {
    /// Whether people can be on its roster.
    UnitKind {
        /// A node between, without people of its own.
        Group = "group",
        /// A department, street or town.
        Unit = "unit",
    }
}

/// A row of `units`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "units")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitId,
    /// The node above; none at the top.
    pub parent_id: Option<UnitId>,
    /// The code by which offices know it; unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place among siblings of the same position: by the pinyin of the name.
    pub sort_key: String,
    /// Group or unit.
    pub kind: UnitKind,
    /// Its place among its siblings, where the office wants another order than that of names; else 0.
    pub position: i32,
    /// The first day it exists.
    pub active_from: Day,
    /// The last day it existed.
    pub active_to: Option<Day>,
    /// The unit that it became part of.
    pub merged_into_id: Option<UnitId>,
    /// Counts its changes.
    pub version: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
