//! Leave and attachments on the wire.

use entity::id::{AttachmentId, PersonId};
use poem_openapi::Multipart;
use poem_openapi::Object;
use poem_openapi::types::multipart::Upload;

use super::super::model::{Attachment, LeaveRequest, ListImport, NewAttachment};
use super::words::LeaveStateDto;
use crate::files::{Mistake, letters};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, FieldError, Fields, Invalid};
use crate::kernel::texts::Lang;

/// How many bytes a file may have that proves something.
const MAX_SIZE: usize = 5 << 20;
/// The kinds of files that are kept, and how each begins: what a browser shows without running anything in it.
const KINDS: &[(&str, &[u8])] = &[
    ("application/pdf", b"%PDF-"),
    ("image/jpeg", &[0xff, 0xd8, 0xff]),
    ("image/png", &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a]),
];

/// A wish not to come, or to have been excused.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AskLeaveRequest {
    /// Why, at most 500 characters.
    pub reason: String,
    /// The attachment that proves it.
    pub attachment: Option<String>,
    /// For whom, by their liaison or coordinator; the caller if null.
    pub person_id: Option<String>,
}

impl AskLeaveRequest {
    /// For whom, why, and with what proof.
    pub fn read(&self) -> Result<(Option<PersonId>, String, Option<AttachmentId>), Invalid> {
        let mut fields = Fields::new();
        let reason = fields.text("reason", &self.reason, 500);
        let unknown = FieldCode::UnknownReference;
        let attachment = fields.parse_optional("attachment", self.attachment.as_deref(), unknown);
        let person = fields.parse_optional("person_id", self.person_id.as_deref(), unknown);
        fields.finish(Some((person, reason, attachment)))
    }
}

/// A decision.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct DecideLeaveRequest {
    /// Whether it is granted.
    pub approve: bool,
    /// Why, at most 500 characters; wanted where it is refused.
    pub reason: Option<String>,
}

impl DecideLeaveRequest {
    /// Whether, and why.
    pub fn read(&self) -> Result<(bool, String), Invalid> {
        let mut fields = Fields::new();
        let reason = self.reason.as_deref().unwrap_or_default();
        let reason =
            if self.approve { fields.optional_line("reason", reason, 500) } else { fields.text("reason", reason, 500) };
        fields.finish(Some((self.approve, reason)))
    }
}

/// A wish for leave.
#[derive(Debug, Object)]
#[oai(rename = "LeaveRequest")]
pub(in super::super) struct LeaveDto {
    /// Its identifier.
    id: String,
    /// The session.
    session_id: String,
    /// Who.
    person_id: String,
    /// Their name.
    person_name: String,
    /// Their unit.
    unit_id: String,
    /// Why.
    reason: String,
    /// The attachment that proves it.
    attachment: Option<String>,
    /// It was asked for after the session had begun.
    afterwards: bool,
    /// How far it has come.
    state: LeaveStateDto,
    /// When it was asked for.
    asked_at: String,
    /// When it was decided.
    decided_at: Option<String>,
    /// What was written about the decision; empty if nothing.
    decision: String,
}

impl From<LeaveRequest> for LeaveDto {
    fn from(row: LeaveRequest) -> Self {
        Self {
            id: row.id.to_string(),
            session_id: row.session_id.to_string(),
            person_id: row.person_id.to_string(),
            person_name: row.person_name,
            unit_id: row.unit_id.to_string(),
            reason: row.reason,
            attachment: row.attachment_id.map(|id| id.to_string()),
            afterwards: row.afterwards,
            state: row.state.into(),
            asked_at: row.asked_at.to_string(),
            decided_at: row.decided_at.map(|at| at.to_string()),
            decision: row.decision,
        }
    }
}

/// A file that is to prove something.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct AttachmentForm {
    /// Pdf, jpeg or png; at most 5 MB.
    file: Upload,
}

impl AttachmentForm {
    /// The file, if it is what it says and not too large.
    pub(in super::super) async fn read(self) -> Result<NewAttachment, Problem> {
        let mut fields = Fields::new();
        let name = self.file.file_name().unwrap_or("file").rsplit(['/', '\\']).next().unwrap_or("file").to_owned();
        let name = fields.line("file", &name, 200);
        let content = self.file.into_vec().await.map_err(|error| {
            tracing::error!(%error, "a file that was sent cannot be read again");
            Problem::new(Code::Internal)
        })?;
        if content.len() > MAX_SIZE {
            return Err(Problem::new(Code::TooLarge));
        }
        let kind = KINDS.iter().find(|(_, begins)| content.starts_with(begins));
        let Some((media_type, _)) = kind else {
            return Err(Invalid::one("file", FieldCode::UnknownValue).into());
        };
        fields.check()?;
        Ok(NewAttachment { name, media_type: (*media_type).to_owned(), content })
    }
}

/// A file that proves something.
#[derive(Debug, Object)]
#[oai(rename = "Attachment")]
pub(in super::super) struct AttachmentDto {
    /// Its identifier.
    id: String,
    /// Its name.
    name: String,
    /// What kind of file.
    media_type: String,
    /// How many bytes.
    size: i32,
    /// SHA-256 of the bytes, hex.
    digest: String,
}

impl From<Attachment> for AttachmentDto {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            digest: file.digest,
        }
    }
}

/// A list of who came.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct ListForm {
    /// Xlsx, or csv in UTF-8 or GB18030, with the columns 人员编号 (工号), and 到会情况, 签到时间, 备注 where there are any.
    file: Upload,
}

impl ListForm {
    /// The bytes of the file.
    pub(in super::super) async fn read(self) -> Result<Vec<u8>, Problem> {
        self.file.into_vec().await.map_err(|error| {
            tracing::error!(%error, "a file that was sent cannot be read again");
            Problem::new(Code::Internal)
        })
    }
}

/// What taking over a list did, or would do.
#[derive(Debug, Object)]
#[oai(rename = "AttendanceImport")]
pub(in super::super) struct ListImportDto {
    /// Nothing was meant to be written.
    dry_run: bool,
    /// It was written.
    applied: bool,
    /// How many rows the list has.
    rows: usize,
    /// Of how many people something changes.
    changed: usize,
    /// Of how many it says what is there already.
    unchanged: usize,
    /// What is wrong. Nothing is written while anything is.
    errors: Vec<ListMistake>,
}

/// Something wrong in a list.
#[derive(Debug, Object)]
#[oai(rename = "AttendanceImportError")]
struct ListMistake {
    /// The row, from 1 as spreadsheets count.
    row: u32,
    /// The column by its letters; null where the whole row is meant.
    column: Option<String>,
    /// What is wrong.
    code: String,
    /// The same in words.
    message: String,
}

impl ListImportDto {
    /// In a language.
    pub(in super::super) fn new(report: ListImport, lang: Lang) -> Self {
        let wrong = |mistake: Mistake| {
            let error = FieldError { field: String::new(), code: mistake.code, detail: mistake.detail.clone() };
            ListMistake {
                row: mistake.row,
                column: mistake.column.map(letters),
                code: mistake.code.as_str().to_owned(),
                message: Problem::field_words(&error, lang),
            }
        };
        Self {
            dry_run: report.dry_run,
            applied: report.applied,
            rows: report.rows,
            changed: report.changed,
            unchanged: report.unchanged,
            errors: report.errors.into_iter().map(wrong).collect(),
        }
    }
}
