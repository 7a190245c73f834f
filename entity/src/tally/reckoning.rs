//! How far the sums of a subject have come.

use sea_orm::entity::prelude::*;

use crate::id::SubjectId;

/// A row of `tally_reckonings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_reckonings")]
pub struct Model {
    /// Which programme, or which main exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: SubjectId,
    /// The change of the tree after which its sums were made: of another tree they say nothing.
    pub tree: i64,
    /// The last place among those who came to its roster, left it or stand elsewhere on it.
    pub moves: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
