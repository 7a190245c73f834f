//! Sessions on the wire.

use entity::id::UnitId;
use entity::instant::{Instant, Millis};
use entity::points::Hours;
use poem_openapi::Object;

use super::super::model::{
    CheckInCode, CheckInRule, MAX_OPENS_BEFORE, NewSession, OwnAttendance, Published, Session, SessionFilter,
};
use super::words::{AttendanceStatusDto, SessionKindDto, SessionStatusDto};
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
    /// Whether people must check out too: not yet.
    #[oai(default)]
    pub require_check_out: bool,
}

impl CheckInRequest {
    fn read(&self, fields: &mut Fields) -> CheckInRule {
        let mut seconds = |field: &str, value: i64, low: i32, high: i32| {
            let value = fields.within(&format!("check_in.{field}"), value, low.into(), high.into());
            i32::try_from(value).unwrap_or_default()
        };
        let rule = CheckInRule {
            opens_before_seconds: seconds("opens_before_seconds", self.opens_before_seconds, 0, MAX_OPENS_BEFORE),
            late_after_seconds: seconds("late_after_seconds", self.late_after_seconds, 0, MAX_AFTER),
            closes_after_seconds: seconds("closes_after_seconds", self.closes_after_seconds, 1, MAX_AFTER),
        };
        if self.require_check_out {
            fields.reject_with("check_in.require_check_out", FieldCode::UnknownValue, true);
        }
        rule
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
}

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
            if end <= start {
                fields.reject_with("ends_at", FieldCode::NotAfter, "starts_at");
            } else if end - start > MAX_LENGTH {
                fields.reject_with("ends_at", FieldCode::OutOfRange, format!("{start}–{}", start + MAX_LENGTH));
            }
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
        });
        fields.finish(new)
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
) -> Result<SessionFilter, Invalid> {
    let mut fields = Fields::new();
    let from = fields.parse_optional("from", from, FieldCode::Invalid);
    let to = fields.parse_optional("to", to, FieldCode::Invalid);
    fields.finish(Some(SessionFilter { from, to, kind: kind.map(Into::into), status: status.map(Into::into) }))
}

/// When people may check in.
#[derive(Debug, Object)]
#[oai(rename = "CheckIn")]
pub(in super::super) struct CheckInDto {
    /// It opens so long before the start.
    opens_before_seconds: i32,
    /// From so long after the start one is late.
    late_after_seconds: i32,
    /// It closes so long after the start.
    closes_after_seconds: i32,
    /// Whether people must check out too.
    require_check_out: bool,
    /// When it opens.
    opens_at: String,
    /// From when on one is late.
    late_from: String,
    /// When it closes.
    closes_at: String,
}

/// The caller's own attendance.
#[derive(Debug, Object)]
#[oai(rename = "OwnAttendance")]
pub(in super::super) struct OwnAttendanceDto {
    /// Which way.
    status: AttendanceStatusDto,
    /// When they checked in.
    checked_in_at: Option<String>,
}

impl From<OwnAttendance> for OwnAttendanceDto {
    fn from(own: OwnAttendance) -> Self {
        Self { status: own.status.into(), checked_in_at: own.checked_in_at.map(|at| at.to_string()) }
    }
}

/// A session.
#[derive(Debug, Object)]
#[oai(rename = "Session")]
pub(in super::super) struct SessionDto {
    /// Its identifier.
    id: String,
    /// Its title.
    title: String,
    /// What kind of meeting.
    kind: SessionKindDto,
    /// How far it has come.
    status: SessionStatusDto,
    /// The year it counts toward.
    year: i32,
    /// Who holds it; it belongs to the first.
    host_unit_ids: Vec<String>,
    /// When it begins.
    starts_at: String,
    /// When it ends.
    ends_at: String,
    /// Where.
    place: String,
    /// What it earns.
    credit_hours: Decimal,
    /// Who is invited.
    audience: AudienceDto,
    /// When people may check in.
    check_in: CheckInDto,
    /// Counts toward this programme alone; toward all of its year if null.
    programme_id: Option<String>,
    /// Whom to ask; empty if nobody.
    contact: String,
    /// How many people were invited; null for a draft.
    invited: Option<i32>,
    /// When people were invited.
    published_at: Option<String>,
    /// When the roster was frozen.
    frozen_at: Option<String>,
    /// When the figures were fixed.
    closed_at: Option<String>,
    /// The caller's own attendance, once they are on its roster.
    own: Option<OwnAttendanceDto>,
}

impl From<Session> for SessionDto {
    fn from(session: Session) -> Self {
        let text = |at: Option<Instant>| at.map(|at| at.to_string());
        Self {
            id: session.id.to_string(),
            title: session.title,
            kind: session.kind.into(),
            status: session.status.into(),
            year: session.year,
            host_unit_ids: session.host_unit_ids.iter().map(ToString::to_string).collect(),
            starts_at: session.starts_at.to_string(),
            ends_at: session.ends_at.to_string(),
            place: session.place,
            credit_hours: session.credit_hours.into(),
            audience: session.audience.into(),
            check_in: CheckInDto {
                opens_before_seconds: session.check_in.opens_before_seconds,
                late_after_seconds: session.check_in.late_after_seconds,
                closes_after_seconds: session.check_in.closes_after_seconds,
                require_check_out: false,
                opens_at: session.times.opens_at.to_string(),
                late_from: session.times.late_from.to_string(),
                closes_at: session.times.closes_at.to_string(),
            },
            programme_id: session.programme_id.map(|id| id.to_string()),
            contact: session.contact,
            invited: session.invited,
            published_at: text(session.published_at),
            frozen_at: text(session.frozen_at),
            closed_at: text(session.closed_at),
            own: session.own.map(Into::into),
        }
    }
}

/// What publishing a session did.
#[derive(Debug, Object)]
pub(in super::super) struct SessionPublished {
    /// `published`, or `running` when check-in was due to be open already.
    status: SessionStatusDto,
    /// How many people are invited.
    invited: i32,
}

impl From<Published> for SessionPublished {
    fn from(published: Published) -> Self {
        Self { status: published.status.into(), invited: published.invited }
    }
}

/// What closing a session did.
#[derive(Debug, Object)]
pub(in super::super) struct SessionClosed {
    /// How far it has come.
    pub(in super::super) status: SessionStatusDto,
}

/// What a hall is shown.
#[derive(Debug, Object)]
#[oai(rename = "CheckInCode")]
pub(in super::super) struct CheckInCodeDto {
    /// Six digits.
    code: String,
    /// Until when this code and this address are taken.
    valid_until: String,
    /// When the next are to be shown.
    next_at: String,
    /// The address behind the QR code.
    url: String,
    /// The QR code as an SVG picture.
    qr_svg: String,
}

impl From<CheckInCode> for CheckInCodeDto {
    fn from(code: CheckInCode) -> Self {
        Self {
            code: code.code,
            valid_until: code.valid_until.to_string(),
            next_at: code.next_at.to_string(),
            url: code.url,
            qr_svg: code.qr_svg,
        }
    }
}
