//! Attendance and leave as other rooms see them.

use entity::id::{AccountId, AttachmentId, LeaveRequestId, PersonId, SessionId, UnitId};
use entity::instant::Instant;
use entity::points::Hours;
use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
use entity::study::leave_request::LeaveState;
use entity::study::session::{SessionKind, SessionStatus};

use crate::files::Mistake;

/// The code that a hall is shown.
#[derive(Debug, Clone)]
pub struct CheckInCode {
    /// Six digits.
    pub code: String,
    /// The address behind the QR code.
    pub url: String,
    /// The QR code as an SVG picture.
    pub qr_svg: String,
    /// Until when they are taken.
    pub valid_until: Instant,
    /// When the next are to be shown.
    pub next_at: Instant,
}

/// What opening the QR's address gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// To be sent with the check-in.
    pub ticket: String,
    /// To be kept by the browser alone; the ticket is worth nothing without it.
    pub nonce: String,
    /// When the address was opened: the time of check-in.
    pub opened_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
}

/// What proves that somebody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The six digits.
    Code(String),
    /// A ticket and the nonce of the browser that it was given to.
    Ticket {
        /// The ticket.
        ticket: String,
        /// The nonce.
        nonce: String,
    },
}

/// How somebody on the roster attended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Which way.
    pub status: AttendanceStatus,
    /// When they checked in.
    pub checked_in_at: Option<Instant>,
    /// When they checked out.
    pub checked_out_at: Option<Instant>,
    /// How it was recorded.
    pub method: Option<AttendanceMethod>,
    /// Why it was corrected, or what was said at the roll call.
    pub reason: Option<String>,
    /// Who came for them.
    pub delegate_person_id: Option<PersonId>,
    /// What they made up by.
    pub studied: Option<String>,
    /// Who confirmed that.
    pub confirmed_by: Option<String>,
    /// What proves it.
    pub evidence_id: Option<AttachmentId>,
    /// Why they were added to the roster after it was frozen.
    pub added_reason: Option<String>,
    /// Counts its changes.
    pub version: i32,
}

/// What an attendance said before it was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierAttendance {
    /// Which way.
    pub status: AttendanceStatus,
    /// When they had checked in.
    pub checked_in_at: Option<Instant>,
    /// How it was recorded.
    pub method: Option<AttendanceMethod>,
    /// The reason that stood there.
    pub reason: Option<String>,
    /// When it was put right.
    pub changed_at: Instant,
    /// By whom.
    pub changed_by: Option<AccountId>,
}

/// How somebody's attendance is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Which way they attended.
    pub status: AttendanceStatus,
    /// Why.
    pub reason: String,
    /// Who came for them, where somebody did.
    pub delegate_person_id: Option<PersonId>,
    /// How they made it up, where they did.
    pub made_up: Option<MadeUp>,
}

/// How somebody made a session up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUp {
    /// What they studied.
    pub studied: String,
    /// Who confirms it.
    pub confirmed_by: String,
    /// What proves it.
    pub evidence_id: Option<AttachmentId>,
}

/// A wish not to come, or to have been excused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveRequest {
    /// Its identifier.
    pub id: LeaveRequestId,
    /// The session.
    pub session_id: SessionId,
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// Their unit.
    pub unit_id: UnitId,
    /// Why.
    pub reason: String,
    /// What proves it.
    pub attachment_id: Option<AttachmentId>,
    /// It was asked for after the session had begun.
    pub afterwards: bool,
    /// How far it has come.
    pub state: LeaveState,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When it was decided.
    pub decided_at: Option<Instant>,
    /// What was written about the decision; empty if nothing.
    pub decision: String,
}

/// Which wishes for leave are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeaveFilter {
    /// Those of this session.
    pub session_id: Option<SessionId>,
    /// Those that have come so far.
    pub state: Option<LeaveState>,
}

/// A file that is to prove something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// Its name.
    pub name: String,
    /// What kind of file.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A file that proves something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its identifier.
    pub id: AttachmentId,
    /// Its name.
    pub name: String,
    /// What kind of file.
    pub media_type: String,
    /// How many bytes.
    pub size: i32,
    /// SHA-256 of the bytes, hex.
    pub digest: String,
    /// Its bytes; empty unless they were asked for.
    pub content: Vec<u8>,
}

/// Whose attendance is asked for.
#[derive(Debug, Clone, Default)]
pub struct AttendanceFilter {
    /// Those of this unit on the roster with its subtree.
    pub unit_id: Option<UnitId>,
    /// Those who attended this way.
    pub status: Option<AttendanceStatus>,
}

/// One line of a roll call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollCallRow {
    /// Who.
    pub person_id: PersonId,
    /// Which way they attend.
    pub status: AttendanceStatus,
    /// What is said of it.
    pub reason: Option<String>,
}

/// A session on whose roster somebody stood, in their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attended {
    /// Which.
    pub session_id: SessionId,
    /// Its title.
    pub title: String,
    /// What kind of meeting.
    pub kind: SessionKind,
    /// How far it has come.
    pub status: SessionStatus,
    /// When it began.
    pub starts_at: Instant,
    /// Where.
    pub place: String,
    /// It was over when it was entered.
    pub entered_afterwards: bool,
    /// How they attended.
    pub attendance: AttendanceStatus,
    /// What they made it up by.
    pub studied: Option<String>,
    /// What it earned them.
    pub earned: Hours,
}

/// What the sessions of one kind came to that some units held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// The kind.
    pub kind: SessionKind,
    /// How many were held and closed.
    pub sessions: i64,
    /// How many different people were there.
    pub persons: i64,
    /// How many times somebody was there.
    pub person_times: i64,
    /// How many people listened to outreach.
    pub audience: i64,
    /// How many enterprises were reached.
    pub enterprises: i64,
}

/// What a month brought the people of a unit, of one kind of session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerLine {
    /// The month, 1–12.
    pub month: u32,
    /// The kind of session.
    pub kind: SessionKind,
    /// How many closed sessions its people were expected at, or it held.
    pub sessions: i64,
    /// How many times somebody of it was expected.
    pub expected: i64,
    /// How many times somebody of it was there.
    pub person_times: i64,
}

/// What taking over a list did, or would do.
#[derive(Debug, Clone)]
pub struct ListImport {
    /// Nothing was meant to be written.
    pub dry_run: bool,
    /// It was written.
    pub applied: bool,
    /// How many rows the list has.
    pub rows: usize,
    /// Of how many people something changes.
    pub changed: usize,
    /// Of how many it says what is there already.
    pub unchanged: usize,
    /// What is wrong, by row and column.
    pub errors: Vec<Mistake>,
}
