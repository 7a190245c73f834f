//! Wire types of acts on sealed exams.

use entity::exam::amendment::AmendmentKind;
use poem_openapi::types::{Any, MaybeUndefined};
use poem_openapi::{Enum, Object};
use serde_json::Value;

use super::model::{Amendment, CandidateChange, Extended, ExtensionInput, Given, ScheduleInput};

/// Why something is done.
#[derive(Debug, Default, Object)]
#[oai(rename = "ExamReasonRequest", deny_unknown_fields)]
pub(super) struct ReasonRequest {
    /// Why, up to 400 characters; the log keeps it.
    pub(super) reason: String,
}

/// A schedule to be changed.
#[derive(Debug, Object)]
#[oai(rename = "ExamAmendmentRequest", deny_unknown_fields)]
pub(super) struct ExamAmendmentRequest {
    /// What is to change.
    schedule: ScheduleDto,
    /// Why, up to 400 characters; the log keeps it.
    pub(super) reason: String,
}

/// Changes to a schedule; what is left out stays.
#[derive(Debug, Object)]
#[oai(rename = "ScheduleChanges", deny_unknown_fields)]
struct ScheduleDto {
    /// From when it can be started; not once it has opened.
    opens_at: Option<String>,
    /// Nobody sits past this moment, but for extra time and pauses.
    closes_at: Option<String>,
    /// The latest start, after the opening; null takes it away.
    latest_start_seconds: MaybeUndefined<i32>,
    /// How long a candidate has, 60–86400.
    duration_seconds: Option<i32>,
    /// How long after the deadline a save on its way is still taken, 0–120.
    grace_seconds: Option<i32>,
}

impl ExamAmendmentRequest {
    /// The changes.
    pub(super) fn schedule(&self) -> ScheduleInput {
        let schedule = &self.schedule;
        ScheduleInput {
            opens_at: schedule.opens_at.clone(),
            closes_at: schedule.closes_at.clone(),
            latest_start_seconds: given(schedule.latest_start_seconds),
            duration_seconds: schedule.duration_seconds,
            grace_seconds: schedule.grace_seconds,
        }
    }
}

fn given<T>(value: MaybeUndefined<T>) -> Given<T> {
    match value {
        MaybeUndefined::Undefined => Given::Kept,
        MaybeUndefined::Null => Given::Gone,
        MaybeUndefined::Value(value) => Given::Now(value),
    }
}

/// More time.
#[derive(Debug, Object)]
#[oai(rename = "ExtensionRequest", deny_unknown_fields)]
pub(super) struct ExtensionRequest {
    /// For whom; everybody if left out.
    scope: Option<ScopeDto>,
    /// How much more, 1–86400.
    seconds: i32,
    /// Why, up to 400 characters; the log keeps it.
    reason: String,
}

/// Some of an exam's candidates; all of them if empty.
#[derive(Debug, Default, Object)]
#[oai(rename = "CandidateScope", deny_unknown_fields)]
struct ScopeDto {
    /// Those of this unit and its subtree.
    unit_id: Option<String>,
    /// These people, at most 500.
    #[oai(default)]
    person_ids: Vec<String>,
}

impl From<ExtensionRequest> for ExtensionInput {
    fn from(dto: ExtensionRequest) -> Self {
        let scope = dto.scope.unwrap_or_default();
        Self { unit_id: scope.unit_id, person_ids: scope.person_ids, seconds: dto.seconds, reason: dto.reason }
    }
}

/// What an extension came to.
#[derive(Debug, Object)]
#[oai(rename = "Extension")]
pub(super) struct ExtensionDto {
    /// How many candidates have more time now.
    people: u64,
    /// How many of them are sitting.
    running: u64,
}

impl From<Extended> for ExtensionDto {
    fn from(extended: Extended) -> Self {
        Self { people: extended.people, running: extended.running }
    }
}

/// Late candidates.
#[derive(Debug, Object)]
#[oai(rename = "AdditionRequest", deny_unknown_fields)]
pub(super) struct AdditionRequest {
    /// Who, 1–500 people.
    pub(super) person_ids: Vec<String>,
    /// Why, up to 400 characters; the log keeps it.
    pub(super) reason: String,
}

/// What came of late candidates.
#[derive(Debug, Object)]
#[oai(rename = "Addition")]
pub(super) struct AdditionDto {
    /// How many people were added.
    pub(super) added: u64,
    /// How many people are on the roster now.
    pub(super) expected: u64,
}

/// What one candidate is to be allowed; what is left out stays.
#[derive(Debug, Object)]
#[oai(rename = "CandidateChanges", deny_unknown_fields)]
pub(super) struct CandidateRequest {
    /// Extra time in all, 0–86400.
    extra_seconds: Option<i32>,
    /// Extra attempts in all, 0–10.
    extra_attempts: Option<i32>,
    /// They may start until then, whatever the latest start is; null takes it away.
    admit_until: MaybeUndefined<String>,
    /// Why, up to 400 characters; the log keeps it.
    reason: String,
}

impl From<CandidateRequest> for CandidateChange {
    fn from(dto: CandidateRequest) -> Self {
        Self {
            extra_seconds: dto.extra_seconds,
            extra_attempts: dto.extra_attempts,
            admit_until: given(dto.admit_until),
            reason: dto.reason,
        }
    }
}

/// What was changed about an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AmendmentKind", rename_all = "snake_case")]
enum KindDto {
    /// The schedule.
    Schedule,
    /// More time for everybody, a unit or somebody.
    Extension,
    /// The clock was stopped.
    Pause,
    /// The clock goes on.
    Resume,
    /// Nobody starts any more.
    Close,
    /// Somebody came onto the roster late.
    Addition,
    /// What one candidate is allowed.
    Candidate,
    /// An attempt does not count.
    Void,
    /// An attempt goes on.
    Reopen,
}

impl From<AmendmentKind> for KindDto {
    fn from(kind: AmendmentKind) -> Self {
        match kind {
            AmendmentKind::Schedule => Self::Schedule,
            AmendmentKind::Extension => Self::Extension,
            AmendmentKind::Pause => Self::Pause,
            AmendmentKind::Resume => Self::Resume,
            AmendmentKind::Close => Self::Close,
            AmendmentKind::Addition => Self::Addition,
            AmendmentKind::Candidate => Self::Candidate,
            AmendmentKind::Void => Self::Void,
            AmendmentKind::Reopen => Self::Reopen,
        }
    }
}

/// A change to an exam after its sealing.
#[derive(Debug, Object)]
#[oai(rename = "Amendment")]
pub(super) struct AmendmentDto {
    /// Its identifier.
    id: String,
    /// What was changed.
    kind: KindDto,
    /// The one candidate whom it concerns.
    person_id: Option<String>,
    /// The unit whose candidates it concerns.
    unit_id: Option<String>,
    /// The attempt that it concerns.
    attempt_id: Option<String>,
    /// What changed: what was before and after, how many seconds.
    data: Any<Value>,
    /// Why.
    reason: String,
    /// When.
    at: String,
}

impl From<Amendment> for AmendmentDto {
    fn from(amendment: Amendment) -> Self {
        Self {
            id: amendment.id.to_string(),
            kind: amendment.kind.into(),
            person_id: amendment.person_id.map(|id| id.to_string()),
            unit_id: amendment.unit_id.map(|id| id.to_string()),
            attempt_id: amendment.attempt_id.map(|id| id.to_string()),
            data: Any(amendment.data),
            reason: amendment.reason,
            at: amendment.at.to_string(),
        }
    }
}
