//! The log: one row for each act, never changed but for its index and never removed, and the tree over the rows.

use sea_orm::entity::prelude::*;

use crate::id::{EntryId, UnitId};
use crate::instant::Instant;

pub mod check;
pub mod head;
pub mod leaf;
pub mod node;

text_enum! {
    /// Whether the act was carried out.
    Outcome { Done = "done", Refused = "refused" }
}

/// An entry, written in the transaction of the change that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_entries")]
pub struct Model {
    /// The order of insertion, counted by the database. Says nothing but in which order the sequencer takes new entries.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// Its identifier.
    #[sea_orm(unique)]
    pub id: EntryId,
    /// Its place in the log, from 0; nothing until the sequencer has come by.
    #[sea_orm(unique)]
    pub idx: Option<i64>,
    /// When it happened, by the server's clock.
    pub at: Instant,
    /// Who did it: an account's id, `nobody` or `system`.
    pub actor: String,
    /// What was done, as `slice.act`.
    pub action: String,
    /// What it was done to, as `kind:id`.
    pub subject: String,
    /// The unit it concerns; decides which auditor may read it.
    pub unit_id: Option<UnitId>,
    /// What changed, as canonical JSON.
    pub data: String,
    /// The client's address, where there is one.
    pub address: Option<String>,
    /// Whether it was carried out.
    pub outcome: Outcome,
}

/// No relations: an entry outlives what it speaks of.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
