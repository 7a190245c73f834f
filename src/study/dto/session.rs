//! Sessions on the wire.

use entity::id::UnitId;
use entity::instant::{Instant, Millis};
use entity::points::Hours;
use entity::study::session::SessionKind;
use poem_openapi::Object;

use super::super::model::{CheckInRule, MAX_OPENS_BEFORE, NewSession, Presenter, Scope, Session, SessionFilter, Shift};
use super::words::{SessionKindDto, SessionStatusDto};
use crate::http::Decimal;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::AudienceDto;

/// How long a session may last.
const MAX_LENGTH: Millis = Millis(31 * 24 * 3600 * 1000);
/// How long after the start check-in may stay open, in seconds.
const MAX_AFTER: i32 = 31 * 24 * 3600;
/// The most hours that a session earns.
const MAX_HOURS: i64 = 200;
/// How many units may hold a session together.
const MAX_HOSTS: usize = 100;

/// When people may check in.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct CheckInRequest {
    /// It opens so long before the start, at most a day; the roster is frozen then.
    pub opens_before_seconds: i64,
    /// From so long after the start one is late.
    pub late_after_seconds: i64,
    /// It closes so long after the start.
    pub closes_after_seconds: i64,
    /// Whether people must check out too; who does not has left early.
    #[oai(default)]
    pub require_check_out: bool,
}

impl CheckInRequest {
    fn read(&self, fields: &mut Fields) -> CheckInRule {
        let mut seconds = |field: &str, value: i64, low: i32, high: i32| {
            let value = fields.within(&format!("check_in.{field}"), value, low.into(), high.into());
            i32::try_from(value).unwrap_or_default()
        };
        CheckInRule {
            opens_before_seconds: seconds("opens_before_seconds", self.opens_before_seconds, 0, MAX_OPENS_BEFORE),
            late_after_seconds: seconds("late_after_seconds", self.late_after_seconds, 0, MAX_AFTER),
            closes_after_seconds: seconds("closes_after_seconds", self.closes_after_seconds, 1, MAX_AFTER),
            require_check_out: self.require_check_out,
        }
    }
}

/// A session to be drafted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct SessionRequest {
    /// Its title, at most 120 characters.
    pub title: String,
    /// What kind of meeting: `collective_study`, `seminar`, `court_hearing`, `review_hearing`, `duty_report`,
    /// `outreach`, `training`, `external`.
    pub kind: String,
    /// Who holds it; it belongs to the first.
    pub host_unit_ids: Vec<String>,
    /// When it begins, RFC 3339.
    pub starts_at: String,
    /// When it ends, RFC 3339.
    pub ends_at: String,
    /// Where, at most 120 characters.
    pub place: String,
    /// What it earns, 0–200.
    pub credit_hours: Decimal,
    /// Who is invited.
    pub audience: AudienceDto,
    /// When people may check in.
    pub check_in: CheckInRequest,
    /// Counts toward this programme alone; toward all of its year if null.
    pub programme_id: Option<String>,
    /// Whom to ask, at most 120 characters.
    pub contact: Option<String>,
    /// A rule by which it recurs, RFC 5545 (`FREQ=MONTHLY;COUNT=12`), with an end, by the district's clocks; at most 366
    /// meetings, none upon another. Each becomes a session of its own.
    pub recurrence: Option<String>,
    /// Of a duty report: who reports.
    #[oai(default)]
    pub presenters: Vec<PresenterDto>,
    /// Of outreach: how many people listened.
    pub audience_count: Option<i64>,
    /// Of outreach: how many enterprises were reached.
    pub enterprises: Option<i64>,
    /// Of study elsewhere: the attachment that proves it. Without one it cannot be closed.
    pub evidence: Option<String>,
}

/// Somebody who reports.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Presenter", deny_unknown_fields)]
pub struct PresenterDto {
    /// Who.
    pub person_id: String,
    /// `oral` or `written`.
    pub form: String,
}

impl From<&Presenter> for PresenterDto {
    fn from(presenter: &Presenter) -> Self {
        Self { person_id: presenter.person_id.to_string(), form: presenter.form.to_string() }
    }
}

/// How many people or enterprises one session reaches at most.
const MAX_REACH: i64 = 1_000_000;
/// How many people report at one session at most.
const MAX_PRESENTERS: usize = 500;

impl TryFrom<SessionRequest> for NewSession {
    type Error = Invalid;
    fn try_from(dto: SessionRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let title = fields.line("title", &dto.title, 120);
        let kind = fields.parse("kind", &dto.kind, FieldCode::UnknownValue);
        let host_unit_ids = read_hosts(&mut fields, &dto.host_unit_ids);
        let starts_at: Option<Instant> = fields.parse("starts_at", &dto.starts_at, FieldCode::Invalid);
        let ends_at: Option<Instant> = fields.parse("ends_at", &dto.ends_at, FieldCode::Invalid);
        if let Some((start, end)) = starts_at.zip(ends_at) {
            check_length(&mut fields, start, end);
        }
        let place = fields.line("place", &dto.place, 120);
        let credit_hours: Hours = dto.credit_hours.into();
        if credit_hours > Hours::whole(MAX_HOURS) {
            fields.reject_with("credit_hours", FieldCode::OutOfRange, format!("0–{MAX_HOURS}"));
        }
        let audience = dto.audience.read(&mut fields);
        let check_in = dto.check_in.read(&mut fields);
        let programme_id =
            fields.parse_optional("programme_id", dto.programme_id.as_deref(), FieldCode::UnknownReference);
        let contact = fields.optional_line("contact", dto.contact.as_deref().unwrap_or_default(), 120);
        let presenters = read_presenters(&mut fields, &dto.presenters);
        let mut reach = |field: &str, count: Option<i64>| {
            let count = count.map(|n| fields.within(field, n, 0, MAX_REACH));
            count.and_then(|n| i32::try_from(n).ok())
        };
        let audience_count = reach("audience_count", dto.audience_count);
        let enterprises = reach("enterprises", dto.enterprises);
        let evidence_id = fields.parse_optional("evidence", dto.evidence.as_deref(), FieldCode::UnknownReference);
        let recurrence = dto.recurrence.filter(|rule| !rule.trim().is_empty());
        for (field, given, wanted) in [
            ("presenters", !dto.presenters.is_empty(), SessionKind::DutyReport),
            ("audience_count", dto.audience_count.is_some(), SessionKind::Outreach),
            ("enterprises", dto.enterprises.is_some(), SessionKind::Outreach),
            ("evidence", evidence_id.is_some(), SessionKind::External),
        ] {
            if given && kind.is_some_and(|kind| kind != wanted) {
                fields.reject_with(field, FieldCode::Conflict, "kind");
            }
        }
        let new = kind.zip(starts_at.zip(ends_at)).map(|(kind, (starts_at, ends_at))| Self {
            title,
            kind,
            host_unit_ids,
            starts_at,
            ends_at,
            place,
            credit_hours,
            audience,
            check_in,
            programme_id,
            contact,
            presenters,
            audience_count,
            enterprises,
            evidence_id,
            recurrence,
        });
        fields.finish(new)
    }
}

fn read_presenters(fields: &mut Fields, presenters: &[PresenterDto]) -> Vec<Presenter> {
    if presenters.len() > MAX_PRESENTERS {
        fields.reject_with("presenters", FieldCode::TooLong, MAX_PRESENTERS);
    }
    let mut read: Vec<Presenter> = Vec::new();
    for (i, presenter) in presenters.iter().take(MAX_PRESENTERS).enumerate() {
        let name = |field: &str| format!("presenters[{i}].{field}");
        let person_id = fields.parse(&name("person_id"), &presenter.person_id, FieldCode::UnknownReference);
        let form = fields.parse(&name("form"), &presenter.form, FieldCode::UnknownValue);
        let Some((person_id, form)) = person_id.zip(form) else { continue };
        if read.iter().any(|other| other.person_id == person_id) {
            fields.reject(name("person_id"), FieldCode::Duplicate);
        }
        read.push(Presenter { person_id, form });
    }
    read
}

/// What is to be changed of a session; what is not given stays. Of one that is no draft any more only `contact`,
/// `presenters`, `audience_count`, `enterprises` and `evidence`.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct SessionPatch {
    /// Its title.
    pub title: Option<String>,
    /// What kind of meeting.
    pub kind: Option<String>,
    /// Who holds it.
    pub host_unit_ids: Option<Vec<String>>,
    /// When it begins.
    pub starts_at: Option<String>,
    /// When it ends.
    pub ends_at: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// What it earns.
    pub credit_hours: Option<Decimal>,
    /// Who is invited.
    pub audience: Option<AudienceDto>,
    /// When people may check in.
    pub check_in: Option<CheckInRequest>,
    /// Counts toward this programme alone; empty for all of its year.
    pub programme_id: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Who reports.
    pub presenters: Option<Vec<PresenterDto>>,
    /// How many people listened.
    pub audience_count: Option<i64>,
    /// How many enterprises were reached.
    pub enterprises: Option<i64>,
    /// The attachment that proves it.
    pub evidence: Option<String>,
}

impl SessionPatch {
    /// Whether it changes nothing but what can be changed of a session that is no draft any more.
    #[must_use]
    pub fn only_records(&self) -> bool {
        let plan = [
            self.title.is_some(),
            self.kind.is_some(),
            self.host_unit_ids.is_some(),
            self.starts_at.is_some(),
            self.ends_at.is_some(),
            self.place.is_some(),
            self.credit_hours.is_some(),
            self.audience.is_some(),
            self.check_in.is_some(),
            self.programme_id.is_some(),
        ];
        !plan.contains(&true)
    }

    /// The session as it would be.
    pub fn onto(self, session: Session) -> Result<NewSession, Invalid> {
        let check_in = session.check_in;
        let ids = |units: Vec<UnitId>| units.iter().map(ToString::to_string).collect();
        let request = SessionRequest {
            title: self.title.unwrap_or(session.title),
            kind: self.kind.unwrap_or_else(|| session.kind.to_string()),
            host_unit_ids: self.host_unit_ids.unwrap_or_else(|| ids(session.host_unit_ids)),
            starts_at: self.starts_at.unwrap_or_else(|| session.starts_at.to_string()),
            ends_at: self.ends_at.unwrap_or_else(|| session.ends_at.to_string()),
            place: self.place.unwrap_or(session.place),
            credit_hours: self.credit_hours.unwrap_or_else(|| session.credit_hours.into()),
            audience: self.audience.unwrap_or_else(|| session.audience.into()),
            check_in: self.check_in.unwrap_or(CheckInRequest {
                opens_before_seconds: check_in.opens_before_seconds.into(),
                late_after_seconds: check_in.late_after_seconds.into(),
                closes_after_seconds: check_in.closes_after_seconds.into(),
                require_check_out: check_in.require_check_out,
            }),
            programme_id: self.programme_id.or_else(|| session.programme_id.map(|id| id.to_string())),
            contact: self.contact.or(Some(session.contact)),
            recurrence: None,
            presenters: self.presenters.unwrap_or_else(|| session.presenters.iter().map(PresenterDto::from).collect()),
            audience_count: self.audience_count.or(session.audience_count.map(i64::from)),
            enterprises: self.enterprises.or(session.enterprises.map(i64::from)),
            evidence: self.evidence.or_else(|| session.evidence_id.map(|id| id.to_string())),
        };
        request.try_into()
    }
}

/// Another time and place.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RescheduleRequest {
    /// When it begins, RFC 3339.
    pub starts_at: String,
    /// When it ends, RFC 3339.
    pub ends_at: String,
    /// Where; where it was if null.
    pub place: Option<String>,
    /// Why, at most 500 characters; people are told.
    pub reason: String,
    /// `one`, or `following`: those that follow in its series move by as much.
    #[oai(default)]
    pub scope: Option<String>,
}

impl RescheduleRequest {
    /// When, where, why, and of how many.
    pub fn read(&self) -> Result<(Shift, Scope), Invalid> {
        let mut fields = Fields::new();
        let starts_at: Option<Instant> = fields.parse("starts_at", &self.starts_at, FieldCode::Invalid);
        let ends_at: Option<Instant> = fields.parse("ends_at", &self.ends_at, FieldCode::Invalid);
        let times = starts_at.zip(ends_at);
        if let Some((start, end)) = times {
            check_length(&mut fields, start, end);
        }
        let place = self.place.as_deref().map(|place| fields.line("place", place, 120));
        let reason = fields.text("reason", &self.reason, 500);
        let scope = read_scope(&mut fields, self.scope.as_deref());
        let shift = times.map(|(starts_at, ends_at)| (Shift { starts_at, ends_at, place, reason }, scope));
        fields.finish(shift)
    }
}

fn check_length(fields: &mut Fields, start: Instant, end: Instant) {
    if end <= start {
        fields.reject_with("ends_at", FieldCode::NotAfter, "starts_at");
    } else if end - start > MAX_LENGTH {
        fields.reject_with("ends_at", FieldCode::OutOfRange, format!("{start}–{}", start + MAX_LENGTH));
    }
}

/// `one`, `following`, or nothing.
pub(in super::super) fn read_scope(fields: &mut Fields, scope: Option<&str>) -> Scope {
    match scope.map(str::trim) {
        None | Some("" | "one") => Scope::One,
        Some("following") => Scope::Following,
        Some(other) => {
            fields.reject_with("scope", FieldCode::UnknownValue, other);
            Scope::One
        }
    }
}

/// The scope of a query.
pub(in super::super) fn scope_of(scope: Option<&str>) -> Result<Scope, Invalid> {
    let mut fields = Fields::new();
    let scope = read_scope(&mut fields, scope);
    fields.finish(Some(scope))
}

/// Why something is done.
#[derive(Debug, Object)]
#[oai(rename = "StudyReason", deny_unknown_fields)]
pub struct StudyReasonRequest {
    /// At most 500 characters; the log keeps it.
    pub reason: String,
    /// `one`, or `following`: those that follow in its series too.
    #[oai(default)]
    pub scope: Option<String>,
}

impl StudyReasonRequest {
    /// Why, and of how many.
    pub fn read(&self) -> Result<(String, Scope), Invalid> {
        let mut fields = Fields::new();
        let reason = fields.text("reason", &self.reason, 500);
        let scope = read_scope(&mut fields, self.scope.as_deref());
        fields.finish(Some((reason, scope)))
    }
}

fn read_hosts(fields: &mut Fields, ids: &[String]) -> Vec<UnitId> {
    if ids.is_empty() {
        fields.reject("host_unit_ids", FieldCode::Required);
    } else if ids.len() > MAX_HOSTS {
        fields.reject_with("host_unit_ids", FieldCode::TooLong, MAX_HOSTS);
    }
    let hosts: Vec<UnitId> = fields.parse_all("host_unit_ids", ids, FieldCode::UnknownReference);
    for (i, host) in hosts.iter().enumerate() {
        if hosts.iter().take(i).any(|other| other == host) {
            fields.reject(format!("host_unit_ids[{i}]"), FieldCode::Duplicate);
        }
    }
    hosts
}

/// Reads the filter of a list.
pub(in super::super) fn session_filter(
    from: Option<&str>,
    to: Option<&str>,
    kind: Option<SessionKindDto>,
    status: Option<SessionStatusDto>,
    series_id: Option<uuid::Uuid>,
) -> Result<SessionFilter, Invalid> {
    let mut fields = Fields::new();
    let from = fields.parse_optional("from", from, FieldCode::Invalid);
    let to = fields.parse_optional("to", to, FieldCode::Invalid);
    let (kind, status, series_id) = (kind.map(Into::into), status.map(Into::into), series_id.map(Into::into));
    fields.finish(Some(SessionFilter { from, to, kind, status, series_id }))
}
