//! What was changed about an exam after its sealing, by whom and why.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttemptId, ExamAmendmentId, ExamId, PersonId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// What was changed.
    AmendmentKind {
        /// The schedule.
        Schedule = "schedule",
        /// More time for everybody, a unit or some people.
        Extension = "extension",
        /// The clock was stopped.
        Pause = "pause",
        /// The clock goes on.
        Resume = "resume",
        /// Nobody starts any more.
        Close = "close",
        /// Somebody came onto the roster late.
        Addition = "addition",
        /// What one candidate is allowed.
        Candidate = "candidate",
        /// An attempt does not count.
        Void = "void",
        /// An attempt goes on.
        Reopen = "reopen",
    }
}

/// A row of `exam_amendments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_amendments")]
pub struct Model {
    /// Its identifier; a later one is higher.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExamAmendmentId,
    /// The exam.
    pub exam_id: ExamId,
    /// What was changed.
    pub kind: AmendmentKind,
    /// The one candidate whom it concerns.
    pub person_id: Option<PersonId>,
    /// The unit whose candidates it concerns, with its subtree.
    pub unit_id: Option<UnitId>,
    /// The attempt that it concerns.
    pub attempt_id: Option<AttemptId>,
    /// What changed, as JSON: integers, moments, words.
    pub data: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub created_by: AccountId,
    /// When.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
