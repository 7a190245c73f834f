//! A collection of questions that belongs to a unit.

use sea_orm::entity::prelude::*;

use crate::id::{BankId, UnitId};
use crate::instant::Instant;

/// A row of `banks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "banks")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BankId,
    /// Whose it is.
    pub unit_id: UnitId,
    /// Its title.
    pub title: String,
    /// A question is approved by somebody other than its author.
    pub review_required: bool,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
