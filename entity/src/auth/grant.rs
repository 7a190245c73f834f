//! A role over a unit's subtree.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, GrantId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// What an account may be to a unit and everything below it.
    Role {
        /// 参训人员
        Official = "official",
        /// 单位联络员
        Liaison = "liaison",
        /// 培训协调员
        Coordinator = "coordinator",
        /// 审计人员
        Auditor = "auditor",
        /// 系统管理员
        SystemAdmin = "system_admin",
        /// 安全管理员
        SecurityAdmin = "security_admin",
        /// 审计管理员
        AuditAdmin = "audit_admin",
    }
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// Who holds it.
    pub account_id: AccountId,
    /// The role.
    pub role: Role,
    /// The top of the subtree.
    pub unit_id: UnitId,
    /// It ends at this moment.
    pub valid_until: Option<Instant>,
    /// When it was given.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
