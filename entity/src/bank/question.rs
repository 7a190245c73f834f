//! A question; what it says stands in its versions.

use sea_orm::entity::prelude::*;

use crate::bank::question_version::{Difficulty, QuestionKind};
use crate::id::{AccountId, BankId, QuestionId};
use crate::instant::Instant;

text_enum! {
    /// How far a question has come.
    QuestionStatus { Draft = "draft", Submitted = "submitted", Approved = "approved", Retired = "retired" }
}

/// A row of `questions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "questions")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QuestionId,
    /// Its bank.
    pub bank_id: BankId,
    /// How far it has come.
    pub status: QuestionStatus,
    /// The newest version.
    pub version: i32,
    /// Its kind.
    pub kind: QuestionKind,
    /// Its topic in the newest version.
    pub topic: String,
    /// Its declared difficulty in the newest version.
    pub difficulty: Difficulty,
    /// Who wrote the newest version.
    pub author_id: AccountId,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
