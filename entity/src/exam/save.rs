//! A response as it arrived: the history, and by the highest `seq` of a position the answer.

use sea_orm::entity::prelude::*;

use crate::id::AttemptId;
use crate::instant::Instant;

/// A row of `saves`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saves")]
pub struct Model {
    /// The attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// The place on the paper, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Grows with each response to a position.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    /// Option ids in order, `true`, `false`, or empty for none.
    pub response: String,
    /// When it arrived.
    pub at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
