//! That credits of a kind and year have changed since their turnouts were counted, appended in the transaction of the
//! change and taken off by the next count.

use sea_orm::entity::prelude::*;

use crate::study::session::SessionKind;

/// A row of `turnout_marks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "turnout_marks")]
pub struct Model {
    /// Its number, in order of insertion.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The year of the session.
    pub year: i32,
    /// Its kind.
    pub kind: SessionKind,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
