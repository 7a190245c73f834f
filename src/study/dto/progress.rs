//! How far people have come with a programme, on the wire.

use poem_openapi::Object;

use super::super::model::{PersonProgress, ProgrammeCounts, Progress, UnitProgress};
use super::super::requirement::RequirementProgress;
use super::words::{PerDto, SessionKindDto};
use crate::http::{Decimal, RateDto};

/// How far people have come with a programme.
#[derive(Debug, Object)]
#[oai(rename = "ProgrammeCounts")]
pub(in super::super) struct CountsDto {
    /// On the roster and not exempt.
    expected: i64,
    /// Credited with study at least once.
    participated: i64,
    /// Met the whole programme.
    completed: i64,
    /// Met what is due by now.
    completed_due: i64,
    /// Participated of expected.
    participation_rate: RateDto,
    /// Completed of expected.
    completion_rate: RateDto,
    /// Completed by now of expected.
    completion_due_rate: RateDto,
}

impl From<ProgrammeCounts> for CountsDto {
    fn from(counts: ProgrammeCounts) -> Self {
        Self {
            expected: counts.expected,
            participated: counts.participated,
            completed: counts.completed,
            completed_due: counts.completed_due,
            participation_rate: counts.participation_rate().into(),
            completion_rate: counts.completion_rate().into(),
            completion_due_rate: counts.completion_due_rate().into(),
        }
    }
}

/// How far the people of one unit have come, without the units below it.
#[derive(Debug, Object)]
#[oai(rename = "UnitProgress")]
pub(in super::super) struct UnitProgressDto {
    /// The unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Its counts.
    counts: CountsDto,
    /// What is asked of the unit itself, with what counts for it.
    required_sessions: Vec<RequirementProgressDto>,
}

/// A requirement, and how far it is met.
#[derive(Debug, Object)]
#[oai(rename = "RequirementProgress")]
pub(in super::super) struct RequirementProgressDto {
    /// The kind of session.
    kind: SessionKindDto,
    /// Who owes them.
    per: PerDto,
    /// The last day; null for the year's end.
    due_on: Option<String>,
    /// How many are asked; of somebody who is on the roster for part of the year their part.
    asked: i64,
    /// How many were done.
    done: i64,
    /// How many are lacking.
    lacking: i64,
    /// Whether its last day has passed.
    due: bool,
}

impl From<RequirementProgress> for RequirementProgressDto {
    fn from(progress: RequirementProgress) -> Self {
        Self {
            kind: progress.requirement.kind.into(),
            per: progress.requirement.per.into(),
            due_on: progress.requirement.due_on.map(|day| day.to_string()),
            asked: progress.asked,
            done: progress.done,
            lacking: progress.lacking(),
            due: progress.due,
        }
    }
}

/// How far somebody on the roster of a programme has come.
#[derive(Debug, Object)]
#[oai(rename = "PersonProgress")]
pub(in super::super) struct PersonProgressDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// For how many months of the year they are on the roster.
    months: u32,
    /// Hours that they owe; null if none are asked.
    required_hours: Option<Decimal>,
    /// Hours that they earned toward it.
    hours: Decimal,
    /// Hours that are lacking.
    lacking_hours: Decimal,
    /// Each requirement.
    required_sessions: Vec<RequirementProgressDto>,
    /// All of it is met.
    completed: bool,
    /// All that is due by now is met.
    completed_due: bool,
}

impl From<PersonProgress> for PersonProgressDto {
    fn from(person: PersonProgress) -> Self {
        let progress = person.progress;
        Self {
            person_id: person.person_id.to_string(),
            person_name: person.person_name,
            unit_id: person.unit_id.to_string(),
            months: person.months,
            required_hours: progress.required_hours.map(Into::into),
            hours: progress.hours.into(),
            lacking_hours: progress.lacking_hours().into(),
            completed: progress.completed,
            completed_due: progress.completed_due,
            required_sessions: progress.requirements.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<UnitProgress> for UnitProgressDto {
    fn from(unit: UnitProgress) -> Self {
        Self {
            unit_id: unit.unit_id.to_string(),
            unit_name: unit.unit_name,
            counts: unit.counts.into(),
            required_sessions: unit.requirements.into_iter().map(Into::into).collect(),
        }
    }
}

/// How far the people of a programme have come, those within the caller's units.
#[derive(Debug, Object)]
#[oai(rename = "Progress")]
pub(in super::super) struct ProgressDto {
    /// Which programme.
    programme_id: String,
    /// The moment that the counts are of.
    as_of: String,
    /// All units together.
    total: CountsDto,
    /// Each unit by itself. Units without anybody are left out.
    units: Vec<UnitProgressDto>,
}

impl From<Progress> for ProgressDto {
    fn from(progress: Progress) -> Self {
        Self {
            programme_id: progress.programme_id.to_string(),
            as_of: progress.as_of.to_string(),
            total: progress.total.into(),
            units: progress.units.into_iter().map(Into::into).collect(),
        }
    }
}
