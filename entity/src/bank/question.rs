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
    /// A paper takes at most one question of a group. No part of what it says, so no version has it.
    pub group_key: Option<String>,
    /// The law that it cites in the newest version, as names of laws are compared.
    pub law: String,
    /// The same as it is written.
    pub law_name: String,
    /// Which version of the law.
    pub law_version: String,
    /// The article, as texts are compared.
    pub article: String,
    /// Stem and options of the newest version, as texts are compared.
    pub search: String,
    /// Which characters and pairs of them occur in that text and in the article: 512 bits in eight columns.
    pub grams0: i64,
    /// The next 64.
    pub grams1: i64,
    /// The next 64.
    pub grams2: i64,
    /// The next 64.
    pub grams3: i64,
    /// The next 64.
    pub grams4: i64,
    /// The next 64.
    pub grams5: i64,
    /// The next 64.
    pub grams6: i64,
    /// The last 64.
    pub grams7: i64,
    /// Who wrote the newest version.
    pub author_id: AccountId,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
