//! How far people have come with a programme, on the wire.

use entity::id::PersonId;
use entity::instant::Day;
use poem_openapi::Object;

use super::super::model::{Amendment, PersonProgress, ProgrammeCounts, Progress, UnitProgress};
use super::super::requirement::RequirementProgress;
use super::words::{PerDto, SessionKindDto};
use crate::http::{Decimal, RateDto};
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::ChangeKind;

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

/// Somebody comes to a programme's roster or leaves it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct ProgrammeAmendmentRequest {
    /// Who.
    person_id: String,
    /// `joins` or `leaves`.
    kind: String,
    /// The first day, within the year.
    effective_on: String,
    /// Why, at most 500 characters.
    reason: String,
}

impl ProgrammeAmendmentRequest {
    /// Who, what, from when on, and why.
    pub(in super::super) fn read(&self) -> Result<(PersonId, (ChangeKind, Day), String), Invalid> {
        let mut fields = Fields::new();
        let person = fields.parse("person_id", &self.person_id, FieldCode::UnknownReference);
        let kind = fields.parse("kind", &self.kind, FieldCode::UnknownValue);
        let day = fields.parse("effective_on", &self.effective_on, FieldCode::Invalid);
        let reason = fields.text("reason", &self.reason, 500);
        fields.finish(person.zip(kind.zip(day)).map(|(person, change)| (person, change, reason)))
    }
}

/// A change of a programme's roster.
#[derive(Debug, Object)]
#[oai(rename = "ProgrammeAmendment")]
pub(in super::super) struct AmendmentDto {
    /// Who.
    person_id: String,
    /// Their name then.
    person_name: String,
    /// The unit in whose part of the roster they come or were.
    unit_id: String,
    /// `joins` or `leaves`.
    kind: String,
    /// The first day that it holds.
    effective_on: String,
    /// Why.
    reason: String,
    /// It was proposed by the system and confirmed by a person.
    proposed: bool,
    /// When it was made.
    made_at: String,
}

/// The changes of a programme's roster.
#[derive(Debug, Object)]
#[oai(rename = "ProgrammeAmendments")]
pub(in super::super) struct AmendmentsDto {
    /// In the order in which they were made.
    items: Vec<AmendmentDto>,
}

impl From<Vec<Amendment>> for AmendmentsDto {
    fn from(made: Vec<Amendment>) -> Self {
        let item = |made: Amendment| AmendmentDto {
            person_id: made.person_id.to_string(),
            person_name: made.person_name,
            unit_id: made.unit_id.to_string(),
            kind: made.kind.to_string(),
            effective_on: made.effective_on.to_string(),
            reason: made.reason,
            proposed: made.proposed,
            made_at: made.made_at.to_string(),
        };
        Self { items: made.into_iter().map(item).collect() }
    }
}
