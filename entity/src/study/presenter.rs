//! Somebody who reports at a session.

use sea_orm::entity::prelude::*;

use crate::id::{PersonId, SessionId};

text_enum! {
    /// How a report is given.
    ReportForm {
        /// 口头
        Oral = "oral",
        /// 书面
        Written = "written",
    }
}

/// A row of `session_presenters`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_presenters")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// In which form.
    pub form: ReportForm,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
