//! Somebody's leaving, as it was reported.

use sea_orm::entity::prelude::*;

use crate::id::{DepartureId, PersonId, UnitId};
use crate::instant::{Day, Instant};

text_enum! {
    /// Why somebody left.
    DepartureKind {
        /// 退休
        Retired = "retired",
        /// 辞职、调出
        Resigned = "resigned",
        /// 去世
        Died = "died",
        /// 借调、挂职
        Seconded = "seconded",
    }
}

/// A row of `person_departures`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_departures")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DepartureId,
    /// Who.
    pub person_id: PersonId,
    /// From which unit.
    pub unit_id: UnitId,
    /// Why.
    pub kind: DepartureKind,
    /// The first day they were gone.
    pub effective_on: Day,
    /// The unit on whose roster somebody lent elsewhere counts; none if on no roster of the district.
    pub counted_unit_id: Option<UnitId>,
    /// What was written about it.
    pub reason: String,
    /// When it was reported.
    pub recorded_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
