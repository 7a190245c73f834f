//! Attendance on the wire.

use entity::study::attendance::AttendanceStatus;
use poem_openapi::Object;

use super::super::counting::{GIVEN, Summary};
use super::super::model::{Attendance, Proof, RollCallRow};
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
    /// How it was recorded; null if it was not.
    method: Option<AttendanceMethodDto>,
    /// Why it was corrected.
    reason: Option<String>,
}

impl From<Attendance> for AttendanceDto {
    fn from(row: Attendance) -> Self {
        Self {
            person_id: row.person_id.to_string(),
            person_name: row.person_name,
            unit_id: row.unit_id.to_string(),
            status: row.status.into(),
            checked_in_at: row.checked_in_at.map(|at| at.to_string()),
            method: row.method.map(Into::into),
            reason: row.reason,
        }
    }
}

/// A correction.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// `present`, `late`, `left_early`, `on_leave` or `absent`.
    pub status: String,
    /// Why, at most 500 characters; the log keeps it.
    pub reason: String,
}

impl CorrectionRequest {
    /// The status and the reason.
    pub fn read(&self) -> Result<(AttendanceStatus, String), Invalid> {
        let mut fields = Fields::new();
        let status = given(&mut fields, "status", &self.status);
        let reason = fields.text("reason", &self.reason, 500);
        fields.finish(status.map(|status| (status, reason)))
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
            Some(RollCallRow { person_id: person_id?, status: status? })
        });
        let rows = rows.collect();
        fields.finish(Some(rows))
    }
}

/// A status that a roll call or a correction may give.
fn given(fields: &mut Fields, field: &str, value: &str) -> Option<AttendanceStatus> {
    let status: AttendanceStatus = fields.parse(field, value, FieldCode::UnknownValue)?;
    if GIVEN.contains(&status) {
        return Some(status);
    }
    fields.reject_with(field, FieldCode::UnknownValue, value);
    None
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
