//! Sessions as they are answered.

use entity::instant::Instant;
use poem_openapi::Object;

use super::super::model::{CheckInCode, OwnAttendance, Published, Session};
use super::session::PresenterDto;
use super::words::{AttendanceStatusDto, SessionKindDto, SessionStatusDto};
use crate::http::Decimal;
use crate::org::AudienceDto;

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
    /// When they checked out.
    checked_out_at: Option<String>,
}

impl From<OwnAttendance> for OwnAttendanceDto {
    fn from(own: OwnAttendance) -> Self {
        Self {
            status: own.status.into(),
            checked_in_at: own.checked_in_at.map(|at| at.to_string()),
            checked_out_at: own.checked_out_at.map(|at| at.to_string()),
        }
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
    /// The series that it belongs to.
    series_id: Option<String>,
    /// Of a duty report: who reports.
    presenters: Vec<PresenterDto>,
    /// Of outreach: how many people listened.
    audience_count: Option<i32>,
    /// Of outreach: how many enterprises were reached.
    enterprises: Option<i32>,
    /// Of study elsewhere: the attachment that proves it.
    evidence: Option<String>,
    /// It was over when it was entered (补录).
    entered_afterwards: bool,
    /// It was moved since people were invited (已改期).
    rescheduled: bool,
    /// The start that people were first told of, if it was moved.
    first_starts_at: Option<String>,
    /// Why it was moved last.
    reschedule_reason: Option<String>,
    /// Why it was called off.
    cancel_reason: Option<String>,
    /// When it was last opened again.
    reopened_at: Option<String>,
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
                require_check_out: session.check_in.require_check_out,
                opens_at: session.times.opens_at.to_string(),
                late_from: session.times.late_from.to_string(),
                closes_at: session.times.closes_at.to_string(),
            },
            programme_id: session.programme_id.map(|id| id.to_string()),
            contact: session.contact,
            series_id: session.series_id.map(|id| id.to_string()),
            presenters: session.presenters.iter().map(Into::into).collect(),
            audience_count: session.audience_count,
            enterprises: session.enterprises,
            evidence: session.evidence_id.map(|id| id.to_string()),
            entered_afterwards: session.entered_afterwards,
            rescheduled: session.first_starts_at.is_some(),
            first_starts_at: text(session.first_starts_at),
            reschedule_reason: session.reschedule_reason,
            cancel_reason: session.cancel_reason,
            reopened_at: text(session.reopened_at),
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
