//! How many different people were at the closed sessions of a kind in a year, by the units that held those at which they
//! were. Everybody is in one row of a kind and year, so rows add up to the people of any units.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::UnitId;
use crate::study::session::SessionKind;

/// A row of `turnouts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "turnouts")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The year of the sessions.
    pub year: i32,
    /// Their kind.
    pub kind: SessionKind,
    /// The units that held them, in order: each at least one at which the people were, and no other unit any.
    pub units: List<UnitId>,
    /// How many people.
    pub persons: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
