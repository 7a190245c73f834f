//! A change of a frozen roster that the system proposed and somebody decides about.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ChangeId, PersonId, SubjectId, UnitId};
use crate::instant::{Day, Instant};
use crate::org::roster_row::SubjectKind;

text_enum! {
    /// What happens to the roster.
    ChangeKind { Joins = "joins", Leaves = "leaves" }
}

text_enum! {
    /// What it comes from.
    ChangeSource { Transfer = "transfer", Departure = "departure", Entry = "entry", Categories = "categories", Import = "import" }
}

text_enum! {
    /// What was decided.
    ChangeState { Proposed = "proposed", Confirmed = "confirmed", Refused = "refused" }
}

/// A row of `roster_changes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roster_changes")]
pub struct Model {
    /// Counted up by the database: the order in which they came.
    #[sea_orm(primary_key)]
    pub number: i64,
    /// Its identifier.
    pub id: ChangeId,
    /// Programme or exam.
    pub subject_kind: SubjectKind,
    /// Which one.
    pub subject_id: SubjectId,
    /// Who.
    pub person_id: PersonId,
    /// The unit in whose part of the roster they are, or come.
    pub unit_id: UnitId,
    /// Joins or leaves.
    pub kind: ChangeKind,
    /// The first day.
    pub from_on: Day,
    /// Where it comes from.
    pub source: ChangeSource,
    /// What was written about it there.
    pub reason: String,
    /// What was decided.
    pub state: ChangeState,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<Instant>,
    /// What was written about the decision; empty if nothing.
    pub decision: String,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
