//! A time that somebody spends on a unit's roster. The last of them without an end is the present one.

use sea_orm::entity::prelude::*;

use crate::id::{PersonId, UnitId};
use crate::instant::Day;

text_enum! {
    /// How somebody stands on a roster.
    PostingKind {
        /// As one of the unit's own.
        Member = "member",
        /// Lent to it by another.
        Seconded = "seconded",
    }
}

/// A row of `person_postings`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_postings")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_on: Day,
    /// Where.
    pub unit_id: UnitId,
    /// The first day no more.
    pub to_on: Option<Day>,
    /// Own or lent.
    pub kind: PostingKind,
    /// Why it began; empty for the first.
    pub reason: String,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
