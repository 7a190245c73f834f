//! A frozen line of a roster, as the person stood on that day.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{PersonId, SubjectId, UnitId};
use crate::instant::Instant;
use crate::org::person::Category;

text_enum! {
    /// What a roster is of.
    SubjectKind { Programme = "programme", Session = "session", Exam = "exam" }
}

/// A row of `roster_rows`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roster_rows")]
pub struct Model {
    /// Programme, session or exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// Which one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: SubjectId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Their name then.
    pub person_name: String,
    /// Their unit then.
    pub unit_id: UnitId,
    /// Their post then.
    pub post: String,
    /// Their categories then.
    pub categories: List<Category>,
    /// When the line was written.
    pub frozen_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
