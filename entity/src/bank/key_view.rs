//! Who has seen the key of a version of a question, and when first.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, QuestionId};
use crate::instant::Instant;

text_enum! {
    /// How a key was seen.
    SeenHow {
        /// By writing it.
        Wrote = "wrote",
        /// On a page or by an operation.
        Read = "read",
        /// In a file.
        Exported = "exported",
    }
}

/// A row of `key_views`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_views")]
pub struct Model {
    /// The question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: QuestionId,
    /// Its version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Who has seen it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// How.
    pub how: SeenHow,
    /// When first.
    pub at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
