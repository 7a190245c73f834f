//! How somebody on a session's roster attended.

use sea_orm::entity::prelude::*;

use crate::id::{AttachmentId, PersonId, SessionId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// 到会情况
    AttendanceStatus {
        /// 未签到
        Pending = "pending",
        /// 已到
        Present = "present",
        /// 迟到
        Late = "late",
        /// 早退
        LeftEarly = "left_early",
        /// 请假
        OnLeave = "on_leave",
        /// 缺席
        Absent = "absent",
        /// 补学
        MadeUp = "made_up",
        /// 代会
        Delegated = "delegated",
    }
}

text_enum! {
    /// How the status came about.
    AttendanceMethod {
        /// Six digits typed in.
        Code = "code",
        /// The QR's address opened.
        Qr = "qr",
        /// Called by name.
        RollCall = "roll_call",
        /// Read from a list that was kept elsewhere.
        Import = "import",
        /// Leave that was granted.
        Leave = "leave",
        /// Put right afterwards.
        Correction = "correction",
    }
}

/// A row of `attendance`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// How they attended.
    pub status: AttendanceStatus,
    /// When they checked in.
    pub checked_in_at: Option<Instant>,
    /// When they checked out.
    pub checked_out_at: Option<Instant>,
    /// How it was recorded.
    pub method: Option<AttendanceMethod>,
    /// Why it was corrected, or what was said at the roll call.
    pub reason: Option<String>,
    /// Who came for them.
    pub delegate_person_id: Option<PersonId>,
    /// What they made up by.
    pub studied: Option<String>,
    /// Who confirmed that.
    pub confirmed_by: Option<String>,
    /// What proves it.
    pub evidence_id: Option<AttachmentId>,
    /// Why they were added to the roster after it was frozen.
    pub added_reason: Option<String>,
    /// Counts its changes.
    pub version: i32,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
