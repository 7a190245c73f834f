//! What one person owes to one programme or exam, and how it stands: the facts behind every figure.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{PersonId, SubjectId, UnitId};
use crate::org::person::Category;
use crate::org::roster_row::SubjectKind;

/// A row of `obligations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "obligations")]
pub struct Model {
    /// Programme or exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// Which programme, or which main exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: SubjectId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The unit on the roster.
    pub unit_id: UnitId,
    /// The categories on the roster.
    pub categories: List<Category>,
    /// Of a person 0 or 1: on the roster.
    pub on_roster: i64,
    /// Of a person 0 or 1: exempt.
    pub exempt: i64,
    /// Of a person 0 or 1: exempt by a decision after the exam opened.
    pub exempt_late: i64,
    /// Of a person 0 or 1: expected.
    pub expected: i64,
    /// Of a person 0 or 1: credited with study at least once.
    pub participated: i64,
    /// Of a person 0 or 1: met the whole programme.
    pub completed: i64,
    /// Of a person 0 or 1: met what is due by now.
    pub completed_due: i64,
    /// Of a person 0 or 1: sat, main exam or make-up.
    pub sat: i64,
    /// Of a person 0 or 1: not sat while a sitting is still possible.
    pub pending: i64,
    /// Of a person 0 or 1: deferred while a sitting is still possible.
    pub deferred: i64,
    /// Of a person 0 or 1: not sat and no more sitting to come.
    pub absent: i64,
    /// Of a person 0 or 1: passed.
    pub passed: i64,
    /// Of a person 0 or 1: sat the main exam.
    pub first_sat: i64,
    /// Of a person 0 or 1: passed the main exam.
    pub first_passed: i64,
    /// Of a person 0 or 1: at or above the excellence line in the main exam.
    pub excellent: i64,
    /// Of a person 0 or 1: handed in a blank paper.
    pub blank: i64,
    /// Number: submitted attempts that stand.
    pub sittings: i64,
    /// Number: points of the attempt that counts, in hundredths.
    pub points: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
