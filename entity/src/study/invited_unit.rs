//! A unit some of whose people are invited to a session: who may know of it before its roster is frozen.

use sea_orm::entity::prelude::*;

use crate::id::{SessionId, UnitId};

/// A row of `session_invited_units`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_invited_units")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
