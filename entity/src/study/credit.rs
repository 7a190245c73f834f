//! Hours earned by a person at a closed session; counted once.

use sea_orm::entity::prelude::*;

use crate::id::{PersonId, ProgrammeId, SessionId};
use crate::points::Hours;
use crate::study::session::SessionKind;

text_enum! {
    /// What a credit rests on.
    CreditBasis {
        /// The whole session: it counts everywhere.
        Full = "full",
        /// Left early: it counts where the programme says so.
        LeftEarly = "left_early",
        /// Somebody came for them: it counts where the programme says so.
        Delegated = "delegated",
    }
}

/// A row of `credits`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credits")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The year it counts toward.
    pub year: i32,
    /// The kind of session.
    pub kind: SessionKind,
    /// What was earned.
    pub hours: Hours,
    /// What it rests on.
    pub basis: CreditBasis,
    /// It counts toward this programme alone; toward all of the year if none.
    pub programme_id: Option<ProgrammeId>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
