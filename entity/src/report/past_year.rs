//! A year before Kaofa that was brought in person by person (补录).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, PastYearId, SubjectId, UnitId};
use crate::instant::Instant;

/// A row of `past_years`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "past_years")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PastYearId,
    /// The year.
    pub year: i32,
    /// The unit with the subtree of which it tells.
    pub unit_id: UnitId,
    /// What its study is called in the tally, as if it were a programme.
    pub study_id: SubjectId,
    /// What its exam is called in the tally, as if it were an exam.
    pub exam_id: SubjectId,
    /// Where the figures come from, as somebody said who brought them in.
    pub source: String,
    /// SHA-256 of the file, hex.
    pub file_digest: String,
    /// Who brought it in.
    pub imported_by: AccountId,
    /// When.
    pub imported_at: Instant,
    /// Year and unit while it counts: unique.
    #[sea_orm(unique)]
    pub open_key: Option<String>,
    /// When it was taken back.
    pub withdrawn_at: Option<Instant>,
    /// By whom.
    pub withdrawn_by: Option<AccountId>,
    /// Why.
    pub withdraw_reason: Option<String>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
