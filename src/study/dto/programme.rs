//! Programmes on the wire.

use entity::instant::Day;
use entity::points::Hours;
use entity::study::requirement::Per;
use entity::study::session::SessionKind;
use poem_openapi::Object;

use super::super::model::{NewProgramme, Programme};
use super::super::requirement::{CreditRule, Requirement};
use super::words::{PerDto, ProgrammeStatusDto, SessionKindDto};
use crate::http::Decimal;
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
    /// Who owes them: `person`, each for themself; or `unit`, each unit with people on the roster: sessions that it held,
    /// or at which people of it were credited.
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
    /// Sessions that each person or unit owes. Two of one kind with different last days ask for so many by then.
    #[oai(default)]
    pub required_sessions: Vec<RequirementRequest>,
    /// What else than a whole session earns its hours; nothing if null.
    pub credits: Option<CreditsDto>,
}

/// What else than a whole session earns its hours.
#[derive(Debug, Clone, Copy, Default, Object)]
#[oai(rename = "ProgrammeCredits", deny_unknown_fields)]
pub struct CreditsDto {
    /// Leaving early does.
    #[oai(default)]
    pub left_early: bool,
    /// Sending somebody does.
    #[oai(default)]
    pub delegated: bool,
}

/// What is to be changed of a draft; what is not given stays.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct ProgrammePatch {
    /// The year of the plan.
    pub year: Option<i64>,
    /// Its title.
    pub title: Option<String>,
    /// Whose plan it is.
    pub unit_id: Option<String>,
    /// Who must study.
    pub audience: Option<AudienceDto>,
    /// Hours that each person owes in the year.
    pub required_hours: Option<Decimal>,
    /// Sessions that each person or unit owes.
    pub required_sessions: Option<Vec<RequirementRequest>>,
    /// What else than a whole session earns its hours.
    pub credits: Option<CreditsDto>,
}

impl ProgrammePatch {
    /// The programme as it would be.
    pub fn onto(self, programme: Programme) -> Result<NewProgramme, Invalid> {
        let plan = programme.plan;
        let asked = |r: &Requirement| RequirementRequest {
            kind: r.kind.to_string(),
            count: r.count.into(),
            per: r.per.to_string(),
            due_on: r.due_on.map(|day| day.to_string()),
        };
        let credits = CreditsDto { left_early: plan.credits.left_early, delegated: plan.credits.delegated };
        let request = ProgrammeRequest {
            year: self.year.unwrap_or(plan.year.into()),
            title: self.title.unwrap_or(programme.title),
            unit_id: self.unit_id.unwrap_or_else(|| programme.unit_id.to_string()),
            audience: self.audience.unwrap_or_else(|| programme.audience.into()),
            required_hours: self.required_hours.or(plan.required_hours.map(Into::into)),
            required_sessions: self.required_sessions.unwrap_or_else(|| plan.requirements.iter().map(asked).collect()),
            credits: Some(self.credits.unwrap_or(credits)),
        };
        request.try_into()
    }
}

/// The year for which a plan is taken over.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct CopyRequest {
    /// The year.
    pub year: i64,
    /// Its title; that of the old one with the year put right if null.
    pub title: Option<String>,
}

impl CopyRequest {
    /// The year and the title.
    pub fn read(&self) -> Result<(i32, Option<String>), Invalid> {
        let mut fields = Fields::new();
        let year = i32::try_from(fields.within("year", self.year, YEARS.0.into(), YEARS.1.into())).unwrap_or_default();
        let title = self.title.as_deref().map(|title| fields.line("title", title, 120));
        fields.finish(Some((year, title)))
    }
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
            if requirements.iter().take(i).any(|r| (r.kind, r.per, r.due_on) == (one.kind, one.per, one.due_on)) {
                fields.reject(format!("required_sessions[{i}].kind"), FieldCode::Duplicate);
            }
        }
        if dto.required_sessions.is_empty() && required_hours.is_none() {
            fields.reject("required_hours", FieldCode::Required);
        }
        let credits = dto.credits.unwrap_or_default();
        let credits = CreditRule { left_early: credits.left_early, delegated: credits.delegated };
        let new = unit_id.map(|unit_id| Self { year, title, unit_id, audience, required_hours, requirements, credits });
        fields.finish(new)
    }
}

impl RequirementRequest {
    fn read(&self, fields: &mut Fields, i: usize, year: i32) -> Option<Requirement> {
        let name = |field: &str| format!("required_sessions[{i}].{field}");
        let kind: Option<SessionKind> = fields.parse(&name("kind"), &self.kind, FieldCode::UnknownValue);
        let count = fields.within(&name("count"), self.count, 1, 366);
        let per: Option<Per> = fields.parse(&name("per"), &self.per, FieldCode::UnknownValue);
        let due_on: Option<Day> = fields.parse_optional(&name("due_on"), self.due_on.as_deref(), FieldCode::Invalid);
        if due_on.is_some_and(|day| day.year() != year) {
            fields.reject_with(name("due_on"), FieldCode::OutOfRange, format!("{year}-01-01–{year}-12-31"));
        }
        Some(Requirement { kind: kind?, count: i32::try_from(count).ok()?, per: per?, due_on })
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
    /// Who owes them.
    per: PerDto,
    /// The last day; null for the year's end.
    due_on: Option<String>,
}

impl From<Requirement> for RequirementDto {
    fn from(r: Requirement) -> Self {
        Self { kind: r.kind.into(), count: r.count, per: r.per.into(), due_on: r.due_on.map(|day| day.to_string()) }
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
    /// Sessions that each person or unit owes.
    required_sessions: Vec<RequirementDto>,
    /// What else than a whole session earns its hours.
    credits: CreditsDto,
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
            credits: CreditsDto {
                left_early: programme.plan.credits.left_early,
                delegated: programme.plan.credits.delegated,
            },
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
