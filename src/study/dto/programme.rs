//! Programmes on the wire.

use entity::instant::Day;
use entity::points::Hours;
use entity::study::session::SessionKind;
use poem_openapi::Object;

use super::super::model::{NewProgramme, Programme, ProgrammeCounts, Progress, UnitProgress};
use super::super::requirement::Requirement;
use super::words::{ProgrammeStatusDto, SessionKindDto};
use crate::http::{Decimal, RateDto};
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::AudienceDto;

/// The years for which there can be a programme.
const YEARS: (i32, i32) = (2000, 2100);
/// The hours that a year has.
const HOURS_OF_A_YEAR: i64 = 8_784;
/// How many requirements a programme may have.
const MAX_REQUIREMENTS: usize = 40;

/// So many sessions of a kind.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RequirementRequest {
    /// The kind of session: `collective_study`, `seminar`, `court_hearing`, `review_hearing`, `duty_report`,
    /// `outreach`, `training`, `external`.
    pub kind: String,
    /// How many in the year up to `due_on`, 1–366.
    pub count: i64,
    /// Who owes them: `person`, each for themself.
    #[oai(default = "person")]
    pub per: String,
    /// The last day, within the year; the year's end if null.
    pub due_on: Option<String>,
}

fn person() -> String {
    "person".to_owned()
}

/// A programme to be drafted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ProgrammeRequest {
    /// The year of the plan.
    pub year: i64,
    /// Its title, at most 120 characters.
    pub title: String,
    /// Whose plan it is.
    pub unit_id: String,
    /// Who must study.
    pub audience: AudienceDto,
    /// Hours that each person owes in the year. Hours, sessions or both are required.
    pub required_hours: Option<Decimal>,
    /// Sessions that each person owes. Two of one kind with different last days ask for so many by then.
    #[oai(default)]
    pub required_sessions: Vec<RequirementRequest>,
}

impl TryFrom<ProgrammeRequest> for NewProgramme {
    type Error = Invalid;
    fn try_from(dto: ProgrammeRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let year = fields.within("year", dto.year, YEARS.0.into(), YEARS.1.into());
        let year = i32::try_from(year).unwrap_or_default();
        let title = fields.line("title", &dto.title, 120);
        let unit_id = fields.parse("unit_id", &dto.unit_id, FieldCode::UnknownReference);
        let audience = dto.audience.read(&mut fields);
        let required_hours: Option<Hours> = dto.required_hours.map(Into::into);
        if required_hours.is_some_and(|h| h <= Hours::default() || h > Hours::whole(HOURS_OF_A_YEAR)) {
            fields.reject_with("required_hours", FieldCode::OutOfRange, format!("0.01–{HOURS_OF_A_YEAR}"));
        }
        if dto.required_sessions.len() > MAX_REQUIREMENTS {
            fields.reject_with("required_sessions", FieldCode::TooLong, MAX_REQUIREMENTS);
        }
        let asked = dto.required_sessions.iter().enumerate();
        let requirements: Vec<_> = asked.filter_map(|(i, r)| r.read(&mut fields, i, year)).collect();
        for (i, one) in requirements.iter().enumerate() {
            if requirements.iter().take(i).any(|r| (r.kind, r.due_on) == (one.kind, one.due_on)) {
                fields.reject(format!("required_sessions[{i}].kind"), FieldCode::Duplicate);
            }
        }
        if dto.required_sessions.is_empty() && required_hours.is_none() {
            fields.reject("required_hours", FieldCode::Required);
        }
        let new = unit_id.map(|unit_id| Self { year, title, unit_id, audience, required_hours, requirements });
        fields.finish(new)
    }
}

impl RequirementRequest {
    fn read(&self, fields: &mut Fields, i: usize, year: i32) -> Option<Requirement> {
        let name = |field: &str| format!("required_sessions[{i}].{field}");
        let kind: Option<SessionKind> = fields.parse(&name("kind"), &self.kind, FieldCode::UnknownValue);
        let count = fields.within(&name("count"), self.count, 1, 366);
        if self.per != "person" {
            fields.reject_with(name("per"), FieldCode::UnknownValue, &self.per);
        }
        let due_on: Option<Day> = fields.parse_optional(&name("due_on"), self.due_on.as_deref(), FieldCode::Invalid);
        if due_on.is_some_and(|day| day.year() != year) {
            fields.reject_with(name("due_on"), FieldCode::OutOfRange, format!("{year}-01-01–{year}-12-31"));
        }
        Some(Requirement { kind: kind?, count: i32::try_from(count).ok()?, due_on })
    }
}

/// So many sessions of a kind.
#[derive(Debug, Object)]
#[oai(rename = "Requirement")]
pub(in super::super) struct RequirementDto {
    /// The kind of session.
    kind: SessionKindDto,
    /// How many in the year up to `due_on`.
    count: i32,
    /// Who owes them: `person`.
    per: String,
    /// The last day; null for the year's end.
    due_on: Option<String>,
}

impl From<Requirement> for RequirementDto {
    fn from(r: Requirement) -> Self {
        Self { kind: r.kind.into(), count: r.count, per: person(), due_on: r.due_on.map(|day| day.to_string()) }
    }
}

/// A programme.
#[derive(Debug, Object)]
#[oai(rename = "Programme")]
pub(in super::super) struct ProgrammeDto {
    /// Its identifier.
    id: String,
    /// The year of the plan.
    year: i32,
    /// Its title.
    title: String,
    /// Whose plan it is.
    unit_id: String,
    /// Who must study.
    audience: AudienceDto,
    /// Hours that each person owes in the year.
    required_hours: Option<Decimal>,
    /// Sessions that each person owes.
    required_sessions: Vec<RequirementDto>,
    /// How far it has come.
    status: ProgrammeStatusDto,
    /// When its roster was frozen.
    published_at: Option<String>,
    /// When it was closed.
    closed_at: Option<String>,
}

impl From<Programme> for ProgrammeDto {
    fn from(programme: Programme) -> Self {
        Self {
            id: programme.id.to_string(),
            year: programme.plan.year,
            title: programme.title,
            unit_id: programme.unit_id.to_string(),
            audience: programme.audience.into(),
            required_hours: programme.plan.required_hours.map(Into::into),
            required_sessions: programme.plan.requirements.into_iter().map(Into::into).collect(),
            status: programme.status.into(),
            published_at: programme.published_at.map(|at| at.to_string()),
            closed_at: programme.closed_at.map(|at| at.to_string()),
        }
    }
}

/// What publishing a programme did.
#[derive(Debug, Object)]
pub(in super::super) struct ProgrammePublished {
    /// How far it has come.
    pub(in super::super) status: ProgrammeStatusDto,
    /// How many people are on its roster and not exempt.
    pub(in super::super) expected: u64,
}

/// What closing a programme did.
#[derive(Debug, Object)]
pub(in super::super) struct ProgrammeClosed {
    /// How far it has come.
    pub(in super::super) status: ProgrammeStatusDto,
}

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
}

impl From<UnitProgress> for UnitProgressDto {
    fn from(unit: UnitProgress) -> Self {
        Self { unit_id: unit.unit_id.to_string(), unit_name: unit.unit_name, counts: unit.counts.into() }
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
