//! The log: one row for each act, never changed and never removed.

use sea_orm::entity::prelude::*;

use crate::id::{EntryId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// Whether the act was carried out.
    Outcome { Done = "done", Refused = "refused" }
}

/// An entry, written in the transaction of the change that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_entries")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    /// When it happened, by the server's clock.
    pub at: Instant,
    /// Who did it: an account's id, or `system`.
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
