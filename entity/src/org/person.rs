//! Somebody who is or was on a unit's roster.

use sea_orm::entity::prelude::*;

use crate::id::{PersonId, UnitId};
use crate::instant::Day;

text_enum! {
    /// What a person is, for the plans and exams that concern only some.
    Category {
        /// 领导干部
        LeadingOfficial = "leading_official",
        /// 公务员
        CivilServant = "civil_servant",
        /// 行政执法人员
        EnforcementOfficer = "enforcement_officer",
        /// 执法辅助人员
        EnforcementAuxiliary = "enforcement_auxiliary",
        /// 其他人员
        Other = "other",
    }
}

/// A row of `people`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people")]
pub struct Model {
    /// Their identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    /// The number by which the offices know them; unique.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Their place in lists: by the pinyin of the name, then by staff number; unique.
    pub sort_key: String,
    /// Their post; empty if unknown.
    pub post: String,
    /// National ID, encrypted.
    pub id_number: Option<String>,
    /// The keyed hash of it, to look it up by; unique.
    pub id_number_hash: Option<String>,
    /// Phone number, encrypted.
    pub phone: Option<String>,
    /// The keyed hash of it, to look it up by.
    pub phone_hash: Option<String>,
    /// Where they are today: that of the posting in force, or of the last one.
    pub unit_id: UnitId,
    /// The first day on a roster.
    pub joined_on: Day,
    /// The first day they were, or will be, on none.
    pub departed_on: Option<Day>,
    /// Counts their changes.
    pub version: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
