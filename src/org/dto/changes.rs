//! Changes of frozen rosters on the wire.

use entity::org::roster_change::ChangeState;
use poem_openapi::{Enum, Object};

use crate::kernel::field::{Fields, Invalid};
use crate::org::model::Change;

/// What was decided about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ChangeState", rename_all = "snake_case")]
pub(in crate::org) enum ChangeStateDto {
    Proposed,
    Confirmed,
    Refused,
}

impl From<ChangeStateDto> for ChangeState {
    fn from(state: ChangeStateDto) -> Self {
        match state {
            ChangeStateDto::Proposed => Self::Proposed,
            ChangeStateDto::Confirmed => Self::Confirmed,
            ChangeStateDto::Refused => Self::Refused,
        }
    }
}

impl From<ChangeState> for ChangeStateDto {
    fn from(state: ChangeState) -> Self {
        match state {
            ChangeState::Proposed => Self::Proposed,
            ChangeState::Confirmed => Self::Confirmed,
            ChangeState::Refused => Self::Refused,
        }
    }
}

/// A change of a frozen roster.
#[derive(Debug, Object)]
#[oai(rename = "RosterChange")]
pub(in crate::org) struct ChangeDto {
    /// Its identifier.
    id: String,
    /// `programme` or `exam`.
    subject_kind: String,
    /// Which one.
    subject_id: String,
    /// Who.
    person_id: String,
    /// Their name.
    person_name: String,
    /// The unit in whose part of the roster they are, or come.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// `joins` or `leaves`.
    kind: String,
    /// The first day.
    from_on: String,
    /// `transfer`, `departure`, `entry`, `categories` or `import`.
    source: String,
    /// What was written about it there.
    reason: String,
    /// What was decided.
    state: ChangeStateDto,
    /// When it was proposed.
    proposed_at: String,
    /// When it was decided.
    decided_at: Option<String>,
    /// What was written about the decision; empty if nothing.
    decision: String,
}

impl From<Change> for ChangeDto {
    fn from(change: Change) -> Self {
        Self {
            id: change.id.to_string(),
            subject_kind: change.subject_kind.to_string(),
            subject_id: change.subject_id.to_string(),
            person_id: change.person_id.to_string(),
            person_name: change.person_name,
            unit_id: change.unit_id.to_string(),
            unit_name: change.unit_name,
            kind: change.kind.to_string(),
            from_on: change.from_on.to_string(),
            source: change.source.to_string(),
            reason: change.reason,
            state: change.state.into(),
            proposed_at: change.proposed_at.to_string(),
            decided_at: change.decided_at.map(|at| at.to_string()),
            decision: change.decision,
        }
    }
}

/// A decision.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::org) struct DecisionRequest {
    /// Whether the roster is to be changed so.
    pub(in crate::org) approve: bool,
    /// Why, at most 200 characters; needed for a refusal.
    reason: Option<String>,
}

impl DecisionRequest {
    pub(in crate::org) fn read(&self) -> Result<String, Invalid> {
        let mut fields = Fields::new();
        let reason = self.reason.as_deref().unwrap_or_default();
        let reason =
            if self.approve { fields.optional_line("reason", reason, 200) } else { fields.line("reason", reason, 200) };
        fields.finish(Some(reason))
    }
}
