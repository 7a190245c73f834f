//! Wire types of objections.

use entity::exam::objection::ObjectionState;
use poem_openapi::{Enum, Object};

use super::model::{NewObjection, Objection};

/// An objection to be raised.
#[derive(Debug, Object)]
#[oai(rename = "ObjectionRequest", deny_unknown_fields)]
pub(super) struct ObjectionRequest {
    /// The item that is doubted; the score as a whole if neither this nor a position is said.
    item: Option<String>,
    /// The same by its place on the paper, from 1.
    position: Option<i32>,
    /// What is doubted and why, up to 1000 characters.
    text: String,
}

impl From<ObjectionRequest> for NewObjection {
    fn from(dto: ObjectionRequest) -> Self {
        Self { item: dto.item, position: dto.position, text: dto.text }
    }
}

/// A decision about an objection.
#[derive(Debug, Object)]
#[oai(rename = "ObjectionDecision", deny_unknown_fields)]
pub(super) struct DecisionRequest {
    /// `upheld` or `rejected`.
    pub(super) decision: String,
    /// Why, up to 400 characters: the candidate reads it and the log keeps it.
    pub(super) reason: String,
}

/// How far an objection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ObjectionState", rename_all = "snake_case")]
pub(super) enum ObjectionStateDto {
    /// It waits for a decision.
    Open,
    /// It was right.
    Upheld,
    /// It was not.
    Rejected,
}

impl From<ObjectionState> for ObjectionStateDto {
    fn from(state: ObjectionState) -> Self {
        match state {
            ObjectionState::Open => Self::Open,
            ObjectionState::Upheld => Self::Upheld,
            ObjectionState::Rejected => Self::Rejected,
        }
    }
}

impl From<ObjectionStateDto> for ObjectionState {
    fn from(state: ObjectionStateDto) -> Self {
        match state {
            ObjectionStateDto::Open => Self::Open,
            ObjectionStateDto::Upheld => Self::Upheld,
            ObjectionStateDto::Rejected => Self::Rejected,
        }
    }
}

/// The objections about an attempt.
#[derive(Debug, Object)]
#[oai(rename = "Objections")]
pub(super) struct ObjectionsDto {
    /// Oldest first.
    pub(super) items: Vec<ObjectionDto>,
}

/// An objection.
#[derive(Debug, Object)]
#[oai(rename = "Objection")]
pub(super) struct ObjectionDto {
    /// Its identifier.
    id: String,
    /// The exam.
    exam_id: String,
    /// The attempt that it is about.
    attempt_id: String,
    /// Whose.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// The name of their unit on the roster.
    unit_name: String,
    /// The item that is doubted; null for the score as a whole.
    item: Option<String>,
    /// Where it stands on that paper.
    position: Option<i32>,
    /// What is doubted.
    text: String,
    /// How far it has come.
    state: ObjectionStateDto,
    /// Why it was decided so; null before.
    reason: Option<String>,
    /// Who decided; null before.
    decided_by: Option<String>,
    /// When.
    decided_at: Option<String>,
    /// When it was raised.
    created_at: String,
}

impl From<Objection> for ObjectionDto {
    fn from(objection: Objection) -> Self {
        let decided = objection.decided_at.is_some();
        Self {
            id: objection.id.to_string(),
            exam_id: objection.exam_id.to_string(),
            attempt_id: objection.attempt_id.to_string(),
            person_id: objection.person_id.to_string(),
            person_name: objection.person_name,
            unit_name: objection.unit_name,
            item: objection.item,
            position: objection.position,
            text: objection.text,
            state: objection.state.into(),
            reason: decided.then_some(objection.reason),
            decided_by: decided.then_some(objection.decided_by),
            decided_at: objection.decided_at.map(|at| at.to_string()),
            created_at: objection.created_at.to_string(),
        }
    }
}
