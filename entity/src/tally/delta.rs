//! A change of a unit's counts, appended in the transaction of its cause and folded later.

use sea_orm::entity::prelude::*;

use crate::id::{SubjectId, UnitId};
use crate::org::roster_row::SubjectKind;

/// A row of `tally_deltas`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_deltas")]
pub struct Model {
    /// Its number, in order of insertion.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Programme or exam.
    pub subject_kind: SubjectKind,
    /// Which programme, or which main exam.
    pub subject_id: SubjectId,
    /// The unit on the roster.
    pub unit_id: UnitId,
    /// A category, or empty for all.
    pub category: String,
    /// Sum: on the roster.
    pub on_roster: i64,
    /// Sum: exempt.
    pub exempt: i64,
    /// Sum: exempt by a decision after the exam opened.
    pub exempt_late: i64,
    /// Sum: expected.
    pub expected: i64,
    /// Sum: credited with study at least once.
    pub participated: i64,
    /// Sum: met the whole programme.
    pub completed: i64,
    /// Sum: met what is due by now.
    pub completed_due: i64,
    /// Sum: sat, main exam or make-up.
    pub sat: i64,
    /// Sum: not sat while a sitting is still possible.
    pub pending: i64,
    /// Sum: deferred while a sitting is still possible.
    pub deferred: i64,
    /// Sum: not sat and no more sitting to come.
    pub absent: i64,
    /// Sum: passed.
    pub passed: i64,
    /// Sum: sat the main exam.
    pub first_sat: i64,
    /// Sum: passed the main exam.
    pub first_passed: i64,
    /// Sum: at or above the excellence line in the main exam.
    pub excellent: i64,
    /// Sum: handed in a blank paper.
    pub blank: i64,
    /// Sum: submitted attempts that stand.
    pub sittings: i64,
    /// Sum: points of the attempt that counts, in hundredths.
    pub points: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
