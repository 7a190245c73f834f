//! A section of an exam's blueprint.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::bank::question_version::{Difficulty, QuestionKind};
use crate::id::ExamId;
use crate::points::Points;

text_enum! {
    /// How a multiple choice is scored.
    Scoring { AllOrNothing = "all_or_nothing", PartialNoWrong = "partial_no_wrong", Net = "net" }
}

/// A row of `exam_sections`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_sections")]
pub struct Model {
    /// The exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub exam_id: ExamId,
    /// Its place, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Its title.
    pub title: String,
    /// The kind of its questions.
    pub kind: QuestionKind,
    /// The topics it draws from, as JSON; empty means any.
    pub topics: String,
    /// The difficulties it draws from; empty means any.
    pub difficulties: List<Difficulty>,
    /// How many questions.
    pub count: i32,
    /// What each is worth.
    pub points_each: Points,
    /// How a multiple choice is scored.
    pub scoring: Scoring,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
