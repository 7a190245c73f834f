//! Attendance on the wire.

use entity::id::PersonId;
use entity::study::attendance::AttendanceStatus;
use poem_openapi::Object;

use super::super::counting::{GIVEN, Summary, corrected};
use super::super::model::{Attendance, Correction, EarlierAttendance, MadeUp, Proof, RollCallRow};
use super::words::{AttendanceMethodDto, AttendanceStatusDto};
use crate::http::RateDto;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// How many rows one roll call may have.
const MAX_ROWS: usize = 10_000;

/// What proves that somebody is there: the code in the hall, or the ticket that opening the QR's address gave.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct CheckInProof {
    /// The six digits.
    code: Option<String>,
    /// The ticket.
    ticket: Option<String>,
    /// The nonce that came with the ticket.
    nonce: Option<String>,
}

impl TryFrom<CheckInProof> for Proof {
    type Error = Invalid;
    fn try_from(dto: CheckInProof) -> Result<Self, Invalid> {
        match (dto.code, dto.ticket, dto.nonce) {
            (Some(code), None, None) => Ok(Self::Code(code.split_whitespace().collect())),
            (None, Some(ticket), Some(nonce)) => Ok(Self::Ticket { ticket, nonce }),
            (None, Some(_), None) => Err(Invalid::one("nonce", FieldCode::Required)),
            (None, None, _) => Err(Invalid::one("code", FieldCode::Required)),
            (Some(_), _, _) => Err(Invalid::one("ticket", FieldCode::Conflict)),
        }
    }
}

/// How somebody on the roster attended.
#[derive(Debug, Object)]
#[oai(rename = "Attendance")]
pub(in super::super) struct AttendanceDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Which way.
    status: AttendanceStatusDto,
    /// When they checked in.
    checked_in_at: Option<String>,
    /// When they checked out.
    checked_out_at: Option<String>,
    /// How it was recorded; null if it was not.
    method: Option<AttendanceMethodDto>,
    /// Why it was corrected, or what was said at the roll call.
    reason: Option<String>,
    /// Who came for them.
    delegate_person_id: Option<String>,
    /// What they made it up by.
    studied: Option<String>,
    /// Who confirmed that.
    confirmed_by: Option<String>,
    /// The attachment that proves it.
    attachment: Option<String>,
    /// Why they were added to the roster after it was frozen.
    added_reason: Option<String>,
    /// Its version; send it as `If-Match` with a correction.
    etag: String,
}

impl From<Attendance> for AttendanceDto {
    fn from(row: Attendance) -> Self {
        Self {
            person_id: row.person_id.to_string(),
            person_name: row.person_name,
            unit_id: row.unit_id.to_string(),
            status: row.status.into(),
            checked_in_at: row.checked_in_at.map(|at| at.to_string()),
            checked_out_at: row.checked_out_at.map(|at| at.to_string()),
            method: row.method.map(Into::into),
            reason: row.reason,
            delegate_person_id: row.delegate_person_id.map(|id| id.to_string()),
            studied: row.studied,
            confirmed_by: row.confirmed_by,
            attachment: row.evidence_id.map(|id| id.to_string()),
            added_reason: row.added_reason,
            etag: format!("\"{}\"", row.version),
        }
    }
}

/// Somebody's attendance with what was recorded before it was put right.
#[derive(Debug, Object)]
#[oai(rename = "AttendanceDetail")]
pub(in super::super) struct AttendanceDetailDto {
    /// As it is.
    attendance: AttendanceDto,
    /// As it was, the latest first.
    earlier: Vec<EarlierDto>,
}

/// What was recorded before it was put right.
#[derive(Debug, Object)]
#[oai(rename = "EarlierAttendance")]
struct EarlierDto {
    /// Which way.
    status: AttendanceStatusDto,
    /// When they had checked in.
    checked_in_at: Option<String>,
    /// How it was recorded.
    method: Option<AttendanceMethodDto>,
    /// The reason that stood there.
    reason: Option<String>,
    /// When it was put right.
    changed_at: String,
    /// By whose account.
    changed_by: Option<String>,
}

impl From<(Attendance, Vec<EarlierAttendance>)> for AttendanceDetailDto {
    fn from((row, earlier): (Attendance, Vec<EarlierAttendance>)) -> Self {
        let was = |row: EarlierAttendance| EarlierDto {
            status: row.status.into(),
            checked_in_at: row.checked_in_at.map(|at| at.to_string()),
            method: row.method.map(Into::into),
            reason: row.reason,
            changed_at: row.changed_at.to_string(),
            changed_by: row.changed_by.map(|id| id.to_string()),
        };
        Self { attendance: row.into(), earlier: earlier.into_iter().map(was).collect() }
    }
}

/// A correction.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// `present`, `late`, `left_early`, `on_leave`, `absent`, `made_up` or `delegated`.
    pub status: String,
    /// Why, at most 500 characters.
    pub reason: String,
    /// With `delegated`: who came for them.
    pub delegate_person_id: Option<String>,
    /// With `made_up`: what was studied, at most 500 characters.
    pub studied: Option<String>,
    /// With `made_up`: who confirms it, at most 60 characters.
    pub confirmed_by: Option<String>,
    /// With `made_up`: the attachment that proves it.
    pub attachment: Option<String>,
}

impl CorrectionRequest {
    /// What is to be written.
    pub fn read(&self) -> Result<Correction, Invalid> {
        let mut fields = Fields::new();
        let status: Option<AttendanceStatus> = fields.parse("status", &self.status, FieldCode::UnknownValue);
        if status.is_some_and(|status| !corrected().any(|c| c == status)) {
            fields.reject_with("status", FieldCode::UnknownValue, &self.status);
        }
        let reason = fields.text("reason", &self.reason, 500);
        let delegate_person_id = fields.parse_optional(
            "delegate_person_id",
            self.delegate_person_id.as_deref(),
            FieldCode::UnknownReference,
        );
        let evidence_id = fields.parse_optional("attachment", self.attachment.as_deref(), FieldCode::UnknownReference);
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let (delegated, made_up) =
            (status == Some(AttendanceStatus::Delegated), status == Some(AttendanceStatus::MadeUp));
        if delegated && delegate_person_id.is_none() && !fields.has("delegate_person_id") {
            fields.reject("delegate_person_id", FieldCode::Required);
        }
        for (field, given, wanted) in [
            ("delegate_person_id", filled(&self.delegate_person_id), delegated),
            ("studied", filled(&self.studied), made_up),
            ("confirmed_by", filled(&self.confirmed_by), made_up),
            ("attachment", filled(&self.attachment), made_up),
        ] {
            if given && !wanted {
                fields.reject_with(field, FieldCode::Conflict, "status");
            }
        }
        let made_up = made_up.then(|| MadeUp {
            studied: fields.text("studied", self.studied.as_deref().unwrap_or_default(), 500),
            confirmed_by: fields.line("confirmed_by", self.confirmed_by.as_deref().unwrap_or_default(), 60),
            evidence_id,
        });
        fields.finish(status.map(|status| Correction { status, reason, delegate_person_id, made_up }))
    }
}

/// A roll call.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RollCallRequest {
    /// Its rows, 1–10 000; each person once.
    pub rows: Vec<RollCallRowRequest>,
}

/// One line of a roll call.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct RollCallRowRequest {
    /// Who.
    pub person_id: String,
    /// `present`, `late`, `left_early`, `on_leave` or `absent`.
    pub status: String,
    /// What is said of it, at most 200 characters.
    pub reason: Option<String>,
}

impl RollCallRequest {
    /// The rows.
    pub fn read(&self) -> Result<Vec<RollCallRow>, Invalid> {
        let mut fields = Fields::new();
        if self.rows.is_empty() {
            fields.reject("rows", FieldCode::Required);
        } else if self.rows.len() > MAX_ROWS {
            fields.reject_with("rows", FieldCode::TooLong, MAX_ROWS);
        }
        let rows = self.rows.iter().take(MAX_ROWS).enumerate().filter_map(|(i, row)| {
            let person = format!("rows[{i}].person_id");
            let person_id = fields.parse(&person, &row.person_id, FieldCode::UnknownReference);
            let status = given(&mut fields, &format!("rows[{i}].status"), &row.status);
            let reason = row.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| fields.optional_line(&format!("rows[{i}].reason"), reason, 200));
            Some(RollCallRow { person_id: person_id?, status: status?, reason })
        });
        let rows = rows.collect();
        fields.finish(Some(rows))
    }
}

/// A status that a roll call may give.
fn given(fields: &mut Fields, field: &str, value: &str) -> Option<AttendanceStatus> {
    let status: AttendanceStatus = fields.parse(field, value, FieldCode::UnknownValue)?;
    if GIVEN.contains(&status) {
        return Some(status);
    }
    fields.reject_with(field, FieldCode::UnknownValue, value);
    None
}

/// People who were not on the roster and came all the same.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AddToRosterRequest {
    /// Who, 1–500.
    pub person_ids: Vec<String>,
    /// Why, at most 500 characters.
    pub reason: String,
}

impl AddToRosterRequest {
    /// Whom and why.
    pub fn read(&self) -> Result<(Vec<PersonId>, String), Invalid> {
        let mut fields = Fields::new();
        if self.person_ids.is_empty() {
            fields.reject("person_ids", FieldCode::Required);
        } else if self.person_ids.len() > 500 {
            fields.reject_with("person_ids", FieldCode::TooLong, 500);
        }
        let people: Vec<PersonId> = fields.parse_all("person_ids", &self.person_ids, FieldCode::UnknownReference);
        for (i, person) in people.iter().enumerate() {
            if people.iter().take(i).any(|other| other == person) {
                fields.reject(format!("person_ids[{i}]"), FieldCode::Duplicate);
            }
        }
        let reason = fields.text("reason", &self.reason, 500);
        fields.finish(Some((people, reason)))
    }
}

/// How many of the people within the caller's units attended in which way.
#[derive(Debug, Object)]
#[oai(rename = "AttendanceSummary")]
pub(in super::super) struct SummaryDto {
    /// On the roster.
    expected: i64,
    /// Have not checked in yet.
    pending: i64,
    /// Were there.
    present: i64,
    /// Came late.
    late: i64,
    /// Left early.
    left_early: i64,
    /// On leave.
    on_leave: i64,
    /// Were not there.
    absent: i64,
    /// Made it up afterwards.
    made_up: i64,
    /// Sent somebody.
    delegated: i64,
    /// Present, late, left early, made up or delegated, of all expected.
    attendance_rate: RateDto,
    /// The same of all but those on leave.
    attendance_rate_without_leave: RateDto,
}

impl From<Summary> for SummaryDto {
    fn from(summary: Summary) -> Self {
        Self {
            expected: summary.expected(),
            pending: summary.pending,
            present: summary.present,
            late: summary.late,
            left_early: summary.left_early,
            on_leave: summary.on_leave,
            absent: summary.absent,
            made_up: summary.made_up,
            delegated: summary.delegated,
            attendance_rate: summary.attendance_rate().into(),
            attendance_rate_without_leave: summary.attendance_rate_without_leave().into(),
        }
    }
}
