//! A change of a frozen roster, dated and with its reason. The roster's own rows stay as they were frozen.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{AmendmentId, ChangeId, PersonId, SubjectId, UnitId};
use crate::instant::{Day, Instant};
use crate::org::person::Category;
use crate::org::roster_change::ChangeKind;
use crate::org::roster_row::SubjectKind;

text_enum! {
    /// What came of a change of an exam's roster.
    Effect {
        /// It holds.
        Made = "made",
        /// Its day came after the exam had closed.
        PassedOver = "passed_over",
    }
}

/// A row of `roster_amendments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roster_amendments")]
pub struct Model {
    /// Counted up by the database: the order in which they came.
    #[sea_orm(primary_key)]
    pub number: i64,
    /// Its identifier.
    pub id: AmendmentId,
    /// Programme, session or exam.
    pub subject_kind: SubjectKind,
    /// Which one.
    pub subject_id: SubjectId,
    /// Who.
    pub person_id: PersonId,
    /// Joins or leaves.
    pub kind: ChangeKind,
    /// The first day that it holds.
    pub from_on: Day,
    /// Their name then.
    pub person_name: String,
    /// The unit in whose part of the roster they come or were.
    pub unit_id: UnitId,
    /// Their post then.
    pub post: String,
    /// Their categories then.
    pub categories: List<Category>,
    /// Why.
    pub reason: String,
    /// The proposal that was confirmed, if there was one.
    pub change_id: Option<ChangeId>,
    /// When it was made.
    pub made_at: Instant,
    /// What came of it on an exam's roster, once its day had come. A programme counts months and needs none.
    pub effect: Option<Effect>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
