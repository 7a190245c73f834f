//! A change of how an item is marked, after the exam.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{AccountId, ExamId, ObjectionId, RegradeId};
use crate::instant::Instant;

text_enum! {
    /// What is done about a faulty item.
    RegradeAction {
        /// Another answer is right.
        CorrectKey = "correct_key",
        /// Another answer is right too.
        AlsoAccept = "also_accept",
        /// Whatever was answered has full marks.
        FullMarks = "full_marks",
        /// It counts for nothing.
        DropItem = "drop_item",
    }
}

/// A row of `exam_regrades`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_regrades")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegradeId,
    /// The exam.
    pub exam_id: ExamId,
    /// The exam's first, second, … regrade.
    pub number: i32,
    /// The item, `question id@version`.
    pub item: String,
    /// What was done.
    pub action: RegradeAction,
    /// The key that goes with it, as a response is kept; empty if none does.
    pub response: String,
    /// Nobody's points for the item become fewer.
    pub never_lower: bool,
    /// Why.
    pub reason: String,
    /// The objections that led to it.
    pub objections: List<ObjectionId>,
    /// On how many papers the item stands.
    pub papers: i32,
    /// How many people's result rose.
    pub rises: i32,
    /// How many people's result fell.
    pub falls: i32,
    /// How many pass who did not before.
    pub newly_passed: i32,
    /// How many passed before and do not any more.
    pub no_longer_passed: i32,
    /// How many sat the exam.
    pub sat: i32,
    /// How many of them pass it afterwards.
    pub passed: i32,
    /// By whom.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
