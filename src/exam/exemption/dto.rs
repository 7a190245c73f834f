//! Wire types of requests.

use entity::exam::exemption::{ExemptionKind, ExemptionState};
use poem_openapi::{Enum, Object};

use super::model::{Exemption, NewExemption};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ExemptionKind", rename_all = "snake_case")]
enum KindDto {
    /// Not to sit.
    Exempt,
    /// To sit a make-up instead.
    Deferred,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ExemptionState", rename_all = "snake_case")]
enum StateDto {
    /// It waits to be decided.
    Pending,
    /// It was granted.
    Approved,
    /// It was not.
    Refused,
}

/// A request not to sit an exam, or to sit it later.
#[derive(Debug, Object)]
#[oai(rename = "ExemptionRequest", deny_unknown_fields)]
pub(super) struct AskRequest {
    /// For whom, by their liaison or coordinator; the caller if left out.
    person_id: Option<String>,
    /// `exempt` or `deferred`.
    kind: String,
    /// Why, up to 1000 characters.
    ground: String,
    /// The attachment that proves it.
    attachment: Option<String>,
}

impl From<AskRequest> for NewExemption {
    fn from(dto: AskRequest) -> Self {
        Self { person_id: dto.person_id, kind: dto.kind, ground: dto.ground, attachment: dto.attachment }
    }
}

/// A unit's opinion.
#[derive(Debug, Object)]
#[oai(rename = "ExemptionOpinionRequest", deny_unknown_fields)]
pub(super) struct OpinionRequest {
    /// Whether the unit supports the request.
    pub(super) supported: bool,
    /// What it says, up to 400 characters.
    pub(super) opinion: String,
}

/// A decision.
#[derive(Debug, Object)]
#[oai(rename = "ExemptionDecisionRequest", deny_unknown_fields)]
pub(super) struct DecisionRequest {
    /// Whether it is granted.
    pub(super) approve: bool,
    /// Why, up to 400 characters.
    pub(super) reason: String,
}

/// A request not to sit an exam, or to sit it later.
#[derive(Debug, Object)]
#[oai(rename = "Exemption")]
pub(super) struct ExemptionDto {
    /// Its identifier.
    id: String,
    /// The main exam.
    exam_id: String,
    /// For whom.
    person_id: String,
    /// Their name.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// What is asked for.
    kind: KindDto,
    /// Why.
    ground: String,
    /// The attachment that proves it.
    attachment: Option<String>,
    /// Who asked, by name.
    asked_by: String,
    /// When it was asked.
    asked_at: String,
    /// Whether the unit supports it; null until it has spoken.
    supported: Option<bool>,
    /// What the unit says.
    opinion: String,
    /// When it said so.
    opinion_at: Option<String>,
    /// What became of it.
    status: StateDto,
    /// Why it was decided so.
    decision: String,
    /// When it was decided.
    decided_at: Option<String>,
    /// An exemption that was approved after the exam had opened (事后免考).
    late: bool,
}

impl From<Exemption> for ExemptionDto {
    fn from(row: Exemption) -> Self {
        Self {
            id: row.id.to_string(),
            exam_id: row.exam_id.to_string(),
            person_id: row.person_id.to_string(),
            person_name: row.person_name,
            unit_id: row.unit_id.to_string(),
            kind: match row.kind {
                ExemptionKind::Exempt => KindDto::Exempt,
                ExemptionKind::Deferred => KindDto::Deferred,
            },
            ground: row.ground,
            attachment: row.attachment_id.map(|id| id.to_string()),
            asked_by: row.asked_by,
            asked_at: row.asked_at.to_string(),
            supported: row.supported,
            opinion: row.opinion,
            opinion_at: row.opinion_at.map(|at| at.to_string()),
            status: match row.state {
                ExemptionState::Pending => StateDto::Pending,
                ExemptionState::Approved => StateDto::Approved,
                ExemptionState::Refused => StateDto::Refused,
            },
            decision: row.decision,
            decided_at: row.decided_at.map(|at| at.to_string()),
            late: row.late,
        }
    }
}
