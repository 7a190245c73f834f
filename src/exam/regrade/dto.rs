//! Wire types of regrades.

use entity::exam::regrade::RegradeAction;
use entity::id::AttemptId;
use poem_openapi::{Enum, Object};

use super::model::{Affected, Effect, Regrade, RegradeInput};
use crate::bank::KindDto;
use crate::exam::attempt::ResponseDto;
use crate::exam::grading::Response;
use crate::http::Decimal;

/// A regrade to be tried or applied.
#[derive(Debug, Object)]
#[oai(rename = "RegradeRequest", deny_unknown_fields)]
pub(super) struct RegradeRequest {
    /// The item, as papers and results name it.
    item: String,
    /// `correct_key`, `also_accept`, `full_marks` or `drop_item`.
    action: String,
    /// The key of the first two, as a response to the item; null with the others.
    key: Option<ResponseDto>,
    /// No paper has fewer points for the item than before.
    #[oai(default)]
    never_lower: bool,
    /// Why, up to 400 characters; the log keeps it. May be empty in a dry run.
    #[oai(default)]
    reason: String,
    /// The objections that led to it.
    #[oai(default)]
    objection_ids: Vec<String>,
}

impl From<RegradeRequest> for RegradeInput {
    fn from(dto: RegradeRequest) -> Self {
        Self {
            item: dto.item,
            action: dto.action,
            key: dto.key.map(ResponseDto::into_raw),
            never_lower: dto.never_lower,
            reason: dto.reason,
            objection_ids: dto.objection_ids,
        }
    }
}

/// What a regrade does, or would do.
#[derive(Debug, Object)]
#[oai(rename = "RegradeEffect")]
pub(super) struct EffectDto {
    /// Its identifier; null for a dry run.
    id: Option<String>,
    /// On how many papers the item stands.
    papers: u64,
    /// How many papers score more or less, or of another total.
    changed: u64,
    /// How many people's result rises.
    rises: u64,
    /// How many people's result falls.
    falls: u64,
    /// How many pass who did not before.
    newly_passed: u64,
    /// How many passed before and do not any more.
    no_longer_passed: u64,
    /// How many have sat the exam.
    sat: u64,
    /// How many of them passed it before.
    passed_before: u64,
    /// How many of them pass it with the regrade.
    passed_after: u64,
    /// Whose result changes, those first who begin or cease to pass; at most 1000 are named.
    people: Vec<AffectedDto>,
}

/// Somebody whose points change.
#[derive(Debug, Object)]
#[oai(rename = "RegradedPerson")]
pub(super) struct AffectedDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// The attempt whose points changed; null in the effect of a regrade, which tells of what counts.
    attempt_id: Option<String>,
    /// The points before.
    points_before: Decimal,
    /// The points afterwards.
    points_after: Decimal,
    /// Whether they reached the pass line.
    passed_before: bool,
    /// Whether they reach it afterwards.
    passed_after: bool,
}

impl AffectedDto {
    pub(super) fn of((attempt, person): (Option<AttemptId>, Affected)) -> Self {
        Self {
            person_id: person.person_id.to_string(),
            person_name: person.person_name,
            unit_id: person.unit_id.to_string(),
            unit_name: person.unit_name,
            attempt_id: attempt.map(|id| id.to_string()),
            points_before: person.before.into(),
            points_after: person.after.into(),
            passed_before: person.passed_before,
            passed_after: person.passed_after,
        }
    }
}

impl From<(AttemptId, Affected)> for AffectedDto {
    fn from((attempt, person): (AttemptId, Affected)) -> Self {
        Self::of((Some(attempt), person))
    }
}

impl From<Effect> for EffectDto {
    fn from(effect: Effect) -> Self {
        Self {
            id: effect.id.map(|id| id.to_string()),
            papers: effect.papers,
            changed: effect.changed,
            rises: effect.rises,
            falls: effect.falls,
            newly_passed: effect.newly_passed,
            no_longer_passed: effect.no_longer_passed,
            sat: effect.sat,
            passed_before: effect.passed_before,
            passed_after: effect.passed_after,
            people: effect.people.into_iter().map(|person| AffectedDto::of((None, person))).collect(),
        }
    }
}

/// What is done about a faulty item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "RegradeAction", rename_all = "snake_case")]
pub(super) enum ActionDto {
    /// Another answer is right, and no other.
    CorrectKey,
    /// Another answer is right too.
    AlsoAccept,
    /// Whatever was answered, or nothing, has full marks.
    FullMarks,
    /// It counts for nothing: neither what it scored nor what it could score.
    DropItem,
}

impl From<RegradeAction> for ActionDto {
    fn from(action: RegradeAction) -> Self {
        match action {
            RegradeAction::CorrectKey => Self::CorrectKey,
            RegradeAction::AlsoAccept => Self::AlsoAccept,
            RegradeAction::FullMarks => Self::FullMarks,
            RegradeAction::DropItem => Self::DropItem,
        }
    }
}

/// The regrades of an exam.
#[derive(Debug, Object)]
#[oai(rename = "Regrades")]
pub(super) struct RegradesDto {
    /// In order.
    pub(super) items: Vec<RegradeDto>,
}

/// A regrade that was applied.
#[derive(Debug, Object)]
#[oai(rename = "Regrade")]
pub(super) struct RegradeDto {
    /// Its identifier.
    id: String,
    /// The exam's first, second, … regrade.
    number: i32,
    /// The item.
    item: String,
    /// What it asks.
    stem: String,
    /// What was done.
    action: ActionDto,
    /// The key that went with it; null where none does.
    key: Option<ResponseDto>,
    /// No paper had fewer points for the item than before.
    never_lower: bool,
    /// Why.
    reason: String,
    /// The objections that led to it.
    objection_ids: Vec<String>,
    /// On how many papers the item stands.
    papers: i32,
    /// How many people's result rose.
    rises: i32,
    /// How many people's result fell.
    falls: i32,
    /// How many began to pass.
    newly_passed: i32,
    /// How many ceased to pass.
    no_longer_passed: i32,
    /// How many had sat the exam.
    sat: i32,
    /// How many of them passed it afterwards.
    passed_after: i32,
    /// Who applied it.
    by: String,
    /// When.
    at: String,
}

impl From<Regrade> for RegradeDto {
    fn from(regrade: Regrade) -> Self {
        let kind: KindDto = regrade.kind.into();
        Self {
            id: regrade.id.to_string(),
            number: regrade.number,
            item: regrade.item,
            stem: regrade.stem,
            action: regrade.action.into(),
            key: Some(regrade.key).filter(|key| *key != Response::Blank).map(|key| ResponseDto::new(kind, key)),
            never_lower: regrade.never_lower,
            reason: regrade.reason,
            objection_ids: regrade.objections.iter().map(ToString::to_string).collect(),
            papers: regrade.papers,
            rises: regrade.moved.0,
            falls: regrade.moved.1,
            newly_passed: regrade.turned.0,
            no_longer_passed: regrade.turned.1,
            sat: regrade.passed.0,
            passed_after: regrade.passed.1,
            by: regrade.by,
            at: regrade.at.to_string(),
        }
    }
}
