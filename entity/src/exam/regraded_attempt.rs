//! An attempt whose points a regrade changed.

use sea_orm::entity::prelude::*;

use crate::id::{AttemptId, PersonId, RegradeId};
use crate::points::Points;

/// A row of `regraded_attempts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "regraded_attempts")]
pub struct Model {
    /// The regrade.
    #[sea_orm(primary_key, auto_increment = false)]
    pub regrade_id: RegradeId,
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// What it had scored.
    pub before: Points,
    /// What it scores.
    pub after: Points,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
