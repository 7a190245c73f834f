//! Checks of the whole log, done by the server a part at a time.

use sea_orm::entity::prelude::*;

use crate::id::AccountId;
use crate::instant::Instant;

/// A check: asked for, under way or done.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_checks")]
pub struct Model {
    /// Counted by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who asked for it; nobody when it was time for one.
    pub asked_by: Option<AccountId>,
    /// When.
    pub asked_at: Instant,
    /// The instance that is at it, by a word of its own.
    pub worker: Option<String>,
    /// When that instance was last at it.
    pub beat_at: Option<Instant>,
    /// How many entries were looked at.
    pub checked: i64,
    /// How many there are to look at.
    pub entries: i64,
    /// When it was done.
    pub done_at: Option<Instant>,
    /// What came out of it, as JSON.
    pub verdict: Option<String>,
}

/// No relations: a check outlives what it speaks of.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
