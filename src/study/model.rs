//! Programmes, sessions and attendance as other rooms see them.

use entity::id::{PersonId, ProgrammeId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::roster_row::SubjectKind;
use entity::points::Hours;
use entity::study::programme::{self, ProgrammeStatus};

use super::requirement::{CreditRule, Plan, Requirement, RequirementProgress};
use crate::kernel::rate::Rate;
use crate::org::{Audience, ChangeKind};
use crate::tally::Subject;

mod attendance;
mod session;

pub use attendance::{
    Activity, Attachment, Attendance, AttendanceFilter, Attended, CheckInCode, Correction, EarlierAttendance,
    LeaveFilter, LeaveRequest, LedgerLine, ListImport, MadeUp, NewAttachment, Proof, RollCallRow, Ticket,
};
pub use session::{CheckInRule, NewSession, OwnAttendance, Presenter, Published, Scope, Session, SessionFilter, Shift};
pub(super) use session::{MAX_OPENS_BEFORE, rule_of};

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
    /// Sessions that each person or unit owes.
    pub requirements: Vec<Requirement>,
    /// What else than a whole session earns its hours.
    pub credits: CreditRule,
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
    /// Counts its changes.
    pub version: i32,
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
    /// What is asked of the unit itself, with what counts for it.
    pub requirements: Vec<RequirementProgress>,
}

/// How far somebody on a programme's roster has come.
#[derive(Debug, Clone)]
pub struct PersonProgress {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// For how many months of the year they are on the roster.
    pub months: u32,
    /// How far.
    pub progress: OwnProgress,
}

/// A change of a programme's roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Who.
    pub person_id: PersonId,
    /// Their name then.
    pub person_name: String,
    /// The unit in whose part of the roster they come or were.
    pub unit_id: UnitId,
    /// Joins or leaves.
    pub kind: ChangeKind,
    /// The first day that it holds.
    pub effective_on: Day,
    /// Why.
    pub reason: String,
    /// It was proposed by the system and confirmed by a person.
    pub proposed: bool,
    /// When it was made.
    pub made_at: Instant,
}

/// Whose progress is asked for.
#[derive(Debug, Clone, Default)]
pub struct PeopleProgressFilter {
    /// Those of this unit with its subtree.
    pub unit_id: Option<UnitId>,
    /// Those who lack something of the whole programme.
    pub lacking: bool,
    /// Those who lack something that is due by now.
    pub lacking_due: bool,
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
    /// Hours that are owed in the part of the year for which they are on the roster.
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
