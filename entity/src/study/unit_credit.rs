//! What a closed session was for a unit: of its people how many were expected and came, and whether it counts for it: it
//! held it, or people of it were credited with all of it.

use sea_orm::entity::prelude::*;

use crate::id::{ProgrammeId, SessionId, UnitId};
use crate::study::session::SessionKind;

/// A row of `unit_credits`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_credits")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// The year it counts toward.
    pub year: i32,
    /// The kind of session.
    pub kind: SessionKind,
    /// It counts toward this programme alone; toward all of the year if none.
    pub programme_id: Option<ProgrammeId>,
    /// It counts for the unit.
    pub counts: bool,
    /// How many of its people were on the roster.
    pub expected: i32,
    /// How many of them were there in some way.
    pub attended: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
