//! How somebody stood in a year before Kaofa, as the file told.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{PastYearId, PersonId, UnitId};
use crate::org::person::Category;
use crate::points::Points;

text_enum! {
    /// How somebody studied.
    PastStudy {
        /// 达标
        Completed = "completed",
        /// 参学
        Participated = "participated",
        /// 未参学
        Missed = "missed",
        /// 免学
        Exempt = "exempt",
    }
}

text_enum! {
    /// How somebody stood at the year's exam.
    PastExam {
        /// 优秀
        Excellent = "excellent",
        /// 合格
        Passed = "passed",
        /// 补考合格
        PassedLater = "passed_later",
        /// 不合格
        Failed = "failed",
        /// 缺考
        Absent = "absent",
        /// 免考
        Exempt = "exempt",
    }
}

/// A row of `past_rows`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "past_rows")]
pub struct Model {
    /// The year it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub past_year_id: PastYearId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Their unit then.
    pub unit_id: UnitId,
    /// Their name then.
    pub name: String,
    /// Their categories then.
    pub categories: List<Category>,
    /// How they studied; nothing if no study was asked of them.
    pub study: Option<PastStudy>,
    /// How they stood at the exam; nothing if they were on no roster.
    pub exam: Option<PastExam>,
    /// What they scored, if the file says.
    pub points: Option<Points>,
    /// The row of the file.
    pub row: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
