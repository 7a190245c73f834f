//! Meetings that were planned together by a rule.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, SeriesId};
use crate::instant::Instant;

/// A row of `session_series`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_series")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SeriesId,
    /// The rule, as RFC 5545 writes it.
    pub rule: String,
    /// Who made it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
