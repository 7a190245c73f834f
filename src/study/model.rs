//! Programmes, sessions and attendance as other rooms see them.

use entity::id::{PersonId, ProgrammeId, SessionId, UnitId};
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use entity::points::Hours;
use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::session::{self, SessionKind, SessionStatus};

use super::counting::{CheckInTimes, earns};
use super::requirement::{Plan, Requirement, RequirementProgress};
use crate::kernel::rate::Rate;
use crate::org::Audience;
use crate::tally::Subject;

/// A programme to be drafted.
#[derive(Debug, Clone)]
pub struct NewProgramme {
    /// The year of the plan.
    pub year: i32,
    /// Its title.
    pub title: String,
    /// Whose plan it is.
    pub unit_id: UnitId,
    /// Who must study.
    pub audience: Audience,
    /// Hours that each person owes in the year.
    pub required_hours: Option<Hours>,
    /// Sessions that each person owes.
    pub requirements: Vec<Requirement>,
}

/// A programme.
#[derive(Debug, Clone)]
pub struct Programme {
    /// Its identifier.
    pub id: ProgrammeId,
    /// Its title.
    pub title: String,
    /// Whose plan it is.
    pub unit_id: UnitId,
    /// Who must study.
    pub audience: Audience,
    /// What each person owes.
    pub plan: Plan,
    /// How far it has come.
    pub status: ProgrammeStatus,
    /// When its roster was frozen.
    pub published_at: Option<Instant>,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// When it was drafted.
    pub created_at: Instant,
}

/// Which programmes are asked for.
#[derive(Debug, Clone, Default)]
pub struct ProgrammeFilter {
    /// Those of this year.
    pub year: Option<i32>,
    /// Those that have come so far.
    pub status: Option<ProgrammeStatus>,
}

/// A programme as a report knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeSubject {
    /// What its figures are kept under.
    pub subject: Subject,
    /// Its identifier.
    pub id: ProgrammeId,
    /// The year of the plan.
    pub year: i32,
    /// Its title.
    pub title: String,
    /// Whose plan it is.
    pub unit_id: UnitId,
    /// Published or closed.
    pub status: ProgrammeStatus,
}

impl From<programme::Model> for ProgrammeSubject {
    fn from(row: programme::Model) -> Self {
        Self {
            subject: subject_of(row.id),
            id: row.id,
            year: row.year,
            title: row.title,
            unit_id: row.unit_id,
            status: row.status,
        }
    }
}

/// What the figures of a programme are kept under.
pub(super) fn subject_of(id: ProgrammeId) -> Subject {
    Subject { kind: SubjectKind::Programme, id: id.into() }
}

/// The counts of a programme over some people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProgrammeCounts {
    /// On the roster and not exempt.
    pub expected: i64,
    /// Credited with study at least once.
    pub participated: i64,
    /// Met the whole programme.
    pub completed: i64,
    /// Met what is due by now.
    pub completed_due: i64,
}

impl ProgrammeCounts {
    /// 参学率.
    #[must_use]
    pub fn participation_rate(self) -> Rate {
        Rate::new(self.participated, self.expected)
    }

    /// 达标率.
    #[must_use]
    pub fn completion_rate(self) -> Rate {
        Rate::new(self.completed, self.expected)
    }

    /// Against what is due by now.
    #[must_use]
    pub fn completion_due_rate(self) -> Rate {
        Rate::new(self.completed_due, self.expected)
    }
}

/// How far the people of a programme have come, by the unit on the roster.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// The moment that the counts are of.
    pub as_of: Instant,
    /// All units together.
    pub total: ProgrammeCounts,
    /// Each unit by itself, without its subtree; units without anybody are left out.
    pub units: Vec<UnitProgress>,
}

/// How far the people of a unit have come.
#[derive(Debug, Clone)]
pub struct UnitProgress {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Its counts.
    pub counts: ProgrammeCounts,
}

/// How far somebody has come with a programme.
#[derive(Debug, Clone)]
pub struct OwnProgress {
    /// Which programme.
    pub programme_id: ProgrammeId,
    /// Its title.
    pub title: String,
    /// The year of the plan.
    pub year: i32,
    /// Published or closed.
    pub status: ProgrammeStatus,
    /// Hours that are owed in the year.
    pub required_hours: Option<Hours>,
    /// Hours earned toward it.
    pub hours: Hours,
    /// Each requirement with what was done of it.
    pub requirements: Vec<RequirementProgress>,
    /// All of it is met.
    pub completed: bool,
    /// All that is due by now is met.
    pub completed_due: bool,
}

impl OwnProgress {
    /// Hours that are lacking.
    #[must_use]
    pub fn lacking_hours(&self) -> Hours {
        let owed = self.required_hours.unwrap_or_default();
        (owed - self.hours).max(Hours::default())
    }
}

/// How long before the start check-in may open at the earliest, in seconds.
pub(super) const MAX_OPENS_BEFORE: i32 = 24 * 3600;

/// When people may check in, in seconds from a session's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInRule {
    /// It opens so long before.
    pub opens_before_seconds: i32,
    /// From so long after on one is late.
    pub late_after_seconds: i32,
    /// It closes so long after.
    pub closes_after_seconds: i32,
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
    /// The caller's own attendance, once they are on its roster.
    pub own: Option<OwnAttendance>,
}

impl Session {
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
}

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// `published`, or `running` when check-in was open already.
    pub status: SessionStatus,
    /// How many people are invited.
    pub invited: i32,
}

/// The code that a hall is shown.
#[derive(Debug, Clone)]
pub struct CheckInCode {
    /// Six digits.
    pub code: String,
    /// The address behind the QR code.
    pub url: String,
    /// The QR code as an SVG picture.
    pub qr_svg: String,
    /// Until when they are taken.
    pub valid_until: Instant,
    /// When the next are to be shown.
    pub next_at: Instant,
}

/// What opening the QR's address gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// To be sent with the check-in.
    pub ticket: String,
    /// To be kept by the browser alone; the ticket is worth nothing without it.
    pub nonce: String,
    /// When the address was opened: the time of check-in.
    pub opened_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
}

/// What proves that somebody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The six digits.
    Code(String),
    /// A ticket and the nonce of the browser that it was given to.
    Ticket {
        /// The ticket.
        ticket: String,
        /// The nonce.
        nonce: String,
    },
}

/// How somebody on the roster attended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Which way.
    pub status: AttendanceStatus,
    /// When they checked in.
    pub checked_in_at: Option<Instant>,
    /// How it was recorded.
    pub method: Option<AttendanceMethod>,
    /// Why it was corrected.
    pub reason: Option<String>,
}

/// Whose attendance is asked for.
#[derive(Debug, Clone, Default)]
pub struct AttendanceFilter {
    /// Those of this unit on the roster with its subtree.
    pub unit_id: Option<UnitId>,
    /// Those who attended this way.
    pub status: Option<AttendanceStatus>,
}

/// One line of a roll call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollCallRow {
    /// Who.
    pub person_id: PersonId,
    /// Which way they attend.
    pub status: AttendanceStatus,
}

/// When people may check in, as the row has it.
pub(super) fn rule_of(row: &session::Model) -> CheckInRule {
    CheckInRule {
        opens_before_seconds: row.opens_before_seconds,
        late_after_seconds: row.late_after_seconds,
        closes_after_seconds: row.closes_after_seconds,
    }
}
