//! Sessions as other rooms see them.

use entity::id::{AttachmentId, PersonId, ProgrammeId, SeriesId, SessionId, UnitId};
use entity::instant::Instant;
use entity::points::Hours;
use entity::study::attendance::AttendanceStatus;
use entity::study::presenter::ReportForm;
use entity::study::session::{self, SessionKind, SessionStatus};

use super::super::counting::{CheckInTimes, earns};
use crate::org::Audience;

/// How long before the start check-in may open at the earliest, in seconds.
pub(in super::super) const MAX_OPENS_BEFORE: i32 = 24 * 3600;

/// When people may check in, in seconds from a session's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInRule {
    /// It opens so long before.
    pub opens_before_seconds: i32,
    /// From so long after on one is late.
    pub late_after_seconds: i32,
    /// It closes so long after.
    pub closes_after_seconds: i32,
    /// Whoever does not check out has left early.
    pub require_check_out: bool,
}

/// Somebody who reports at a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presenter {
    /// Who.
    pub person_id: PersonId,
    /// In which form.
    pub form: ReportForm,
}

/// Whether a change is of one session of a series or of all that follow too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// This one.
    #[default]
    One,
    /// This one and all later ones of its series that have come as far.
    Following,
}

/// Another time and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where; where it was if none.
    pub place: Option<String>,
    /// Why.
    pub reason: String,
}

/// A session to be drafted.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its title.
    pub title: String,
    /// What kind of meeting.
    pub kind: SessionKind,
    /// Who holds it; the first is the one it belongs to.
    pub host_unit_ids: Vec<UnitId>,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where.
    pub place: String,
    /// What it earns.
    pub credit_hours: Hours,
    /// Who is invited.
    pub audience: Audience,
    /// When people may check in.
    pub check_in: CheckInRule,
    /// Counts toward this programme alone.
    pub programme_id: Option<ProgrammeId>,
    /// Whom to ask; empty if nobody.
    pub contact: String,
    /// Who reports.
    pub presenters: Vec<Presenter>,
    /// Of outreach: how many people listened.
    pub audience_count: Option<i32>,
    /// Of outreach: how many enterprises were reached.
    pub enterprises: Option<i32>,
    /// Of study elsewhere: what proves it.
    pub evidence_id: Option<AttachmentId>,
    /// The rule by which it recurs, as RFC 5545 writes it.
    pub recurrence: Option<String>,
}

/// A session, and how the one who asks attended it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// What kind of meeting.
    pub kind: SessionKind,
    /// How far it has come.
    pub status: SessionStatus,
    /// The year it counts toward.
    pub year: i32,
    /// Who holds it.
    pub host_unit_ids: Vec<UnitId>,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where.
    pub place: String,
    /// What it earns.
    pub credit_hours: Hours,
    /// Who is invited.
    pub audience: Audience,
    /// When people may check in, in seconds from the start.
    pub check_in: CheckInRule,
    /// The same as moments.
    pub times: CheckInTimes,
    /// Counts toward this programme alone.
    pub programme_id: Option<ProgrammeId>,
    /// Whom to ask; empty if nobody.
    pub contact: String,
    /// The series that it belongs to.
    pub series_id: Option<SeriesId>,
    /// Who reports.
    pub presenters: Vec<Presenter>,
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
    /// When it was drafted.
    pub created_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Counts its changes.
    pub version: i32,
    /// The caller's own attendance, once they are on its roster.
    pub own: Option<OwnAttendance>,
}

impl Session {
    /// Whether it was moved since people were invited.
    #[must_use]
    pub fn rescheduled(&self) -> bool {
        self.first_starts_at.is_some()
    }

    /// What the caller was credited with; nothing before it is closed.
    #[must_use]
    pub fn earned(&self) -> Hours {
        let earned = self.status == SessionStatus::Closed && self.own.is_some_and(|own| earns(own.status));
        if earned { self.credit_hours } else { Hours::default() }
    }
}

/// How somebody attended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnAttendance {
    /// Which way.
    pub status: AttendanceStatus,
    /// When they checked in.
    pub checked_in_at: Option<Instant>,
    /// When they checked out.
    pub checked_out_at: Option<Instant>,
}

/// Which sessions are asked for.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Those that begin at this moment or later.
    pub from: Option<Instant>,
    /// Those that begin before this moment.
    pub to: Option<Instant>,
    /// Those of this kind.
    pub kind: Option<SessionKind>,
    /// Those that have come so far.
    pub status: Option<SessionStatus>,
    /// Those of this series.
    pub series_id: Option<SeriesId>,
}

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// `published`, or `running` when check-in was open already.
    pub status: SessionStatus,
    /// How many people are invited.
    pub invited: i32,
}

/// When people may check in, as the row has it.
pub(in super::super) fn rule_of(row: &session::Model) -> CheckInRule {
    CheckInRule {
        opens_before_seconds: row.opens_before_seconds,
        late_after_seconds: row.late_after_seconds,
        closes_after_seconds: row.closes_after_seconds,
        require_check_out: row.require_check_out,
    }
}
