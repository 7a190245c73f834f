//! What a question says; never changed once written.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, QuestionId};
use crate::instant::{Day, Instant};

text_enum! {
    /// How a question is answered.
    QuestionKind {
        /// 单选题
        Single = "single",
        /// 多选题
        Multiple = "multiple",
        /// 判断题
        Judgement = "judgement",
    }
}

text_enum! {
    /// How hard it is thought to be.
    Difficulty { Easy = "easy", Medium = "medium", Hard = "hard" }
}

/// A row of `question_versions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "question_versions")]
pub struct Model {
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: QuestionId,
    /// Its number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Its kind.
    pub kind: QuestionKind,
    /// What it is about.
    pub topic: String,
    /// How hard it is thought to be.
    pub difficulty: Difficulty,
    /// The text of the question.
    pub stem: String,
    /// The options as JSON: id, text, pinned; without the key.
    pub options: String,
    /// The key as JSON: a sorted list of option ids, or true or false.
    pub answer: String,
    /// Why the key is right.
    pub explanation: String,
    /// The law that it cites.
    pub law: String,
    /// The article of the law.
    pub article: String,
    /// Which version of the law.
    pub law_version: String,
    /// When the citation was last checked.
    pub verified_on: Day,
    /// 32 random bytes, hex, disclosed only with the answer.
    pub salt: String,
    /// Salted digest of its content, hex.
    pub digest: String,
    /// Who wrote it.
    pub author_id: AccountId,
    /// When it was written.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
