//! A wish not to come to a meeting, or to have been excused from it.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttachmentId, LeaveRequestId, PersonId, SessionId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// How far a wish for leave has come.
    LeaveState { Pending = "pending", Approved = "approved", Refused = "refused" }
}

/// A row of `leave_requests`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leave_requests")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LeaveRequestId,
    /// The session.
    pub session_id: SessionId,
    /// Who.
    pub person_id: PersonId,
    /// Their unit then.
    pub unit_id: UnitId,
    /// Why.
    pub reason: String,
    /// What proves it.
    pub attachment_id: Option<AttachmentId>,
    /// It was asked for after the session had begun.
    pub afterwards: bool,
    /// How far it has come.
    pub state: LeaveState,
    /// Who asked.
    pub asked_by: AccountId,
    /// When.
    pub asked_at: Instant,
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
