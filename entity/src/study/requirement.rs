//! So many sessions of a kind that a programme asks of each person.

use sea_orm::entity::prelude::*;

use crate::id::ProgrammeId;
use crate::instant::Day;
use crate::study::session::SessionKind;

/// A row of `programme_requirements`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_requirements")]
pub struct Model {
    /// The programme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The kind of session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: SessionKind,
    /// How many.
    pub count: i32,
    /// The last day; the year's end if none.
    pub due_on: Option<Day>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
