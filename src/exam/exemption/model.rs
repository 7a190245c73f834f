//! Requests as they are asked and read.

use entity::exam::exemption::{ExemptionKind, ExemptionState};
use entity::id::{AttachmentId, ExamId, ExemptionId, PersonId, UnitId};
use entity::instant::Instant;

use crate::kernel::field::{FieldCode, Fields};

/// The longest ground and the longest opinion, in characters.
const MAX_GROUND: usize = 1_000;
pub(super) const MAX_OPINION: usize = 400;

/// A request as somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewExemption {
    /// For whom; the caller's own person if none is named.
    pub person_id: Option<String>,
    /// `exempt` or `deferred`.
    pub kind: String,
    /// Why.
    pub ground: String,
    /// The attachment that proves it.
    pub attachment: Option<String>,
}

/// What was asked, checked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) person: Option<PersonId>,
    pub(super) kind: ExemptionKind,
    pub(super) ground: String,
    pub(super) attachment: Option<AttachmentId>,
}

impl NewExemption {
    pub(super) fn read(&self, fields: &mut Fields) -> Option<Asked> {
        let unknown = FieldCode::UnknownReference;
        let person = fields.parse_optional("person_id", self.person_id.as_deref(), unknown);
        let kind = fields.parse("kind", &self.kind, FieldCode::UnknownValue);
        let ground = fields.text("ground", &self.ground, MAX_GROUND);
        let attachment = fields.parse_optional("attachment", self.attachment.as_deref(), unknown);
        Some(Asked { person, kind: kind?, ground, attachment })
    }
}

/// Which requests are looked for; what is not given does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExemptionFilter {
    /// Toward this exam, or the one that it makes up.
    pub exam: Option<ExamId>,
    /// This far.
    pub state: Option<ExemptionState>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Its identifier.
    pub id: ExemptionId,
    /// The main exam.
    pub exam_id: ExamId,
    /// For whom.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// What is asked for.
    pub kind: ExemptionKind,
    /// Why.
    pub ground: String,
    /// What proves it.
    pub attachment_id: Option<AttachmentId>,
    /// Who asked, by name.
    pub asked_by: String,
    /// When.
    pub asked_at: Instant,
    /// Whether the unit supports it.
    pub supported: Option<bool>,
    /// What the unit says.
    pub opinion: String,
    /// Who said it, by name.
    pub opinion_by: Option<String>,
    /// When.
    pub opinion_at: Option<Instant>,
    /// What became of it.
    pub state: ExemptionState,
    /// Why it was decided so.
    pub decision: String,
    /// By whom, by name.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Instant>,
    /// An exemption that was approved after the exam had opened (事后免考).
    pub late: bool,
}
