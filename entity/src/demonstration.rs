//! The mark of a database that holds the demonstration district and nothing else.

use sea_orm::entity::prelude::*;

use crate::instant::Instant;

/// A row of `demonstration`: one, or none in a database that is somebody's own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "demonstration")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// When its filling began.
    pub begun_at: Instant,
    /// When its filling was complete for the first time.
    pub filled_at: Option<Instant>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
