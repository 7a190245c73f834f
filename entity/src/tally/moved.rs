//! Somebody came to a roster, left it, or stands elsewhere on it: where they stood before. Appended in the transaction of
//! the cause and given its place later.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{PersonId, SubjectId, UnitId};
use crate::org::person::Category;

/// A row of `tally_moves`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_moves")]
pub struct Model {
    /// Its number, in order of insertion.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The programme, or the main exam.
    pub subject_id: SubjectId,
    /// Who; null if they were too many to be named.
    pub person_id: Option<PersonId>,
    /// The unit on whose part of the roster they stood before; null if on none.
    pub unit_id: Option<UnitId>,
    /// The categories that they held on the roster before.
    pub categories: List<Category>,
    /// Its place among those of its subject, from 1, in which they came to be known; null until then.
    pub place: Option<i64>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
