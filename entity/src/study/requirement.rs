//! So many sessions of a kind that a programme asks of each person or each unit.

use sea_orm::entity::prelude::*;

use crate::id::ProgrammeId;
use crate::instant::Day;
use crate::study::session::SessionKind;

text_enum! {
    /// Who owes a requirement.
    Per {
        /// Each person on the roster.
        Person = "person",
        /// Each unit with people on the roster.
        Unit = "unit",
    }
}

/// A row of `programme_requirements`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_requirements")]
pub struct Model {
    /// The programme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Its place in the list, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The kind of session.
    pub kind: SessionKind,
    /// How many of the whole year.
    pub count: i32,
    /// Who owes them.
    pub per: Per,
    /// The last day; the year's end if none.
    pub due_on: Option<Day>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
