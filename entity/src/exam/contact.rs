//! When an attempt's device was last heard of.

use sea_orm::entity::prelude::*;

use crate::id::{AttemptId, ExamId};
use crate::instant::Instant;

/// A row of `attempt_contacts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_contacts")]
pub struct Model {
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// Its exam.
    pub exam_id: ExamId,
    /// When its device was last heard of.
    pub at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
