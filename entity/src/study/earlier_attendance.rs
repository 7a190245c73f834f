//! What an attendance row said before it was put right.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, PersonId, SessionId};
use crate::instant::Instant;
use crate::study::attendance::{AttendanceMethod, AttendanceStatus};

/// A row of `earlier_attendance`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earlier_attendance")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Which version it was.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// How they attended, it said.
    pub status: AttendanceStatus,
    /// When they checked in.
    pub checked_in_at: Option<Instant>,
    /// When they checked out.
    pub checked_out_at: Option<Instant>,
    /// How it was recorded.
    pub method: Option<AttendanceMethod>,
    /// The reason that stood there.
    pub reason: Option<String>,
    /// Who came for them.
    pub delegate_person_id: Option<PersonId>,
    /// When it was put right.
    pub changed_at: Instant,
    /// By whom; nobody if the server did so.
    pub changed_by: Option<AccountId>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
