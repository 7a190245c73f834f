//! What one candidate of an exam is allowed beyond its schedule.

use sea_orm::entity::prelude::*;

use crate::id::{ExamId, PersonId};
use crate::instant::Instant;

/// A row of `exam_allowances`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_allowances")]
pub struct Model {
    /// The exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub exam_id: ExamId,
    /// The candidate.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Extra time in seconds.
    pub extra_seconds: i32,
    /// Extra attempts.
    pub extra_attempts: i32,
    /// They may start until then, whatever the latest start is.
    pub admit_until: Option<Instant>,
    /// They need not sit, and so cannot.
    pub exempt: bool,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
