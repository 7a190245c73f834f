//! One meeting.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttachmentId, ProgrammeId, SeriesId, SessionId, UnitId};
use crate::instant::Instant;
use crate::points::Hours;

text_enum! {
    /// What kind of meeting it is.
    SessionKind {
        /// 集体学法
        CollectiveStudy = "collective_study",
        /// 专题研讨
        Seminar = "seminar",
        /// 旁听庭审
        CourtHearing = "court_hearing",
        /// 旁听复议听证
        ReviewHearing = "review_hearing",
        /// 述法
        DutyReport = "duty_report",
        /// 普法宣讲
        Outreach = "outreach",
        /// 业务培训
        Training = "training",
        /// 外出培训
        External = "external",
    }
}

text_enum! {
    /// How far a session has come.
    SessionStatus { Draft = "draft", Published = "published", Running = "running", Closed = "closed", Cancelled = "cancelled" }
}

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// What kind of meeting.
    pub kind: SessionKind,
    /// The year it counts toward, by the district's calendar.
    pub year: i32,
    /// The first host; decides who may manage it.
    pub unit_id: UnitId,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where.
    pub place: String,
    /// What it earns.
    pub credit_hours: Hours,
    /// Who is invited: units, categories, people, as JSON.
    pub audience: String,
    /// Check-in opens so long before the start.
    pub opens_before_seconds: i32,
    /// Late from so long after the start.
    pub late_after_seconds: i32,
    /// Check-in closes so long after the start.
    pub closes_after_seconds: i32,
    /// Whoever does not check out has left early.
    pub require_check_out: bool,
    /// Counts toward this programme alone.
    pub programme_id: Option<ProgrammeId>,
    /// The series that it belongs to.
    pub series_id: Option<SeriesId>,
    /// Whom to ask; empty if nobody.
    pub contact: String,
    /// How far it has come.
    pub status: SessionStatus,
    /// The key of the rotating code, hex.
    pub code_secret: String,
    /// Of outreach: how many people listened.
    pub audience_count: Option<i32>,
    /// Of outreach: how many enterprises were reached.
    pub enterprises: Option<i32>,
    /// Of study elsewhere: what proves it.
    pub evidence_id: Option<AttachmentId>,
    /// It was over when it was entered.
    pub entered_afterwards: bool,
    /// The start that people were first told of, once it was moved.
    pub first_starts_at: Option<Instant>,
    /// Why it was moved last.
    pub reschedule_reason: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// When it was last reopened.
    pub reopened_at: Option<Instant>,
    /// How many people were invited.
    pub invited: Option<i32>,
    /// When people were invited.
    pub published_at: Option<Instant>,
    /// When the roster was frozen.
    pub frozen_at: Option<Instant>,
    /// When the figures were fixed.
    pub closed_at: Option<Instant>,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Counts its changes.
    pub version: i32,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
