//! A candidate's doubt about an item or a score.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttemptId, ExamId, ObjectionId, PersonId};
use crate::instant::Instant;

text_enum! {
    /// How far an objection has come.
    ObjectionState { Open = "open", Upheld = "upheld", Rejected = "rejected" }
}

/// A row of `objections`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "objections")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ObjectionId,
    /// The exam.
    pub exam_id: ExamId,
    /// The attempt that it is about.
    pub attempt_id: AttemptId,
    /// Whose.
    pub person_id: PersonId,
    /// The item that is doubted, `question id@version`; empty for the score as a whole.
    pub item: String,
    /// Where it stands on that paper.
    pub position: Option<i32>,
    /// What is doubted.
    pub body: String,
    /// How far it has come.
    pub state: ObjectionState,
    /// Why it was decided so; empty before.
    pub answer: String,
    /// Who raised it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<Instant>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
