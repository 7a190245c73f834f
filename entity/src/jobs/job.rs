//! A piece of long work that somebody asked for and comes back to.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, JobId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// How far it has come.
    JobState {
        /// Nobody has taken it yet.
        Waiting = "waiting",
        /// Somebody works on it.
        Running = "running",
        /// Its file is whole.
        Done = "done",
        /// It cannot be done.
        Failed = "failed",
        /// Whoever asked for it wants it no more.
        Cancelled = "cancelled",
    }
}

/// A row of `jobs`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Who carries it out, and what is asked for.
    pub kind: String,
    /// What is asked for, JSON.
    pub request: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// The unit that it concerns: whoever may no longer read that unit gets nothing.
    pub unit_id: UnitId,
    /// How far it has come.
    pub state: JobState,
    /// How many rows are done.
    pub done: i64,
    /// Of how many.
    pub total: i64,
    /// How often it was taken up; whoever took it up earlier may write no more.
    pub turn: i32,
    /// Until when whoever took it up is taken to be alive.
    pub claimed_until: Option<Instant>,
    /// What its file is called.
    pub file_name: String,
    /// How long its file is, in bytes.
    pub size: i64,
    /// Why it cannot be done.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// When it and its file are forgotten.
    pub expires_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
