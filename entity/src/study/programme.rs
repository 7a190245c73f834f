//! Who must study what in a year.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ProgrammeId, UnitId};
use crate::instant::{Day, Instant};
use crate::points::Hours;

text_enum! {
    /// How far a programme has come.
    ProgrammeStatus { Draft = "draft", Published = "published", Closed = "closed" }
}

/// A row of `programmes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programmes")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProgrammeId,
    /// The year of the plan.
    pub year: i32,
    /// Its title.
    pub title: String,
    /// Whose plan it is.
    pub unit_id: UnitId,
    /// Who must study: units, categories, people, as JSON.
    pub audience: String,
    /// Hours that each person owes.
    pub required_hours: Option<Hours>,
    /// Leaving early earns the hours all the same.
    pub credits_left_early: bool,
    /// Sending somebody earns the hours all the same.
    pub credits_delegated: bool,
    /// How far it has come.
    pub status: ProgrammeStatus,
    /// When its roster was frozen.
    pub published_at: Option<Instant>,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// The day for which it was last stated who has met what is due.
    pub due_stated_on: Option<Day>,
    /// The number of the last change of its roster that its figures know of.
    pub amended_to: i64,
    /// Counts its changes.
    pub version: i32,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
