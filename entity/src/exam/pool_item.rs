//! A question version in the pool of a sealed exam.

use sea_orm::entity::prelude::*;

use crate::id::{ExamId, QuestionId};
use crate::points::Points;

/// A row of `exam_pool`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_pool")]
pub struct Model {
    /// The exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub exam_id: ExamId,
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: QuestionId,
    /// Its version.
    pub version: i32,
    /// On how many graded papers it stood when the exam was last counted; nothing before that.
    pub sittings: Option<i32>,
    /// What it scored on them.
    pub points: Option<Points>,
    /// What it could have scored.
    pub max_points: Option<Points>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
