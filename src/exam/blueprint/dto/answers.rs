//! Wire types of what comes out.

use poem_openapi::Object;

use super::super::model::{Exam, ExamSummary, SectionPlan};
use super::draw::{BalanceDto, BeaconDto};
use super::words::{AttemptScoringDto, ExamKindDto, ExamStatusDto, ReleaseDto, ScoringDto, ShowKeyDto};
use crate::bank::{DifficultyDto, KindDto};
use crate::http::Decimal;
use crate::org::AudienceDto;

/// An exam.
#[derive(Debug, Object)]
#[oai(rename = "Exam")]
pub(in crate::exam) struct ExamDto {
    /// Its identifier.
    id: String,
    /// Its title.
    title: String,
    /// What it is for.
    kind: ExamKindDto,
    /// The year it counts toward.
    year: i32,
    /// Whose exam it is.
    unit_id: String,
    /// The banks that it draws from.
    bank_ids: Vec<String>,
    /// From when it can be started.
    opens_at: String,
    /// Nobody sits past this moment.
    closes_at: String,
    /// The latest start, after the opening; null for any time before closing.
    latest_start_seconds: Option<i32>,
    /// How long a candidate has.
    duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken.
    grace_seconds: i32,
    /// The pass line.
    pass_points: Decimal,
    /// The excellence line; null if there is none.
    excellence_points: Option<Decimal>,
    /// What a paper can score.
    max_points: Decimal,
    /// How often a candidate may sit.
    attempts_allowed: i32,
    /// Which of several attempts counts.
    attempt_scoring: AttemptScoringDto,
    /// Who must sit.
    audience: AudienceDto,
    /// The sections, in order.
    sections: Vec<SectionDto>,
    /// When candidates see their results.
    release: ReleaseDto,
    /// Whether they ever see the key.
    show_key: ShowKeyDto,
    /// The main exam that it makes up; null for a main exam.
    makes_up_exam_id: Option<String>,
    /// How papers are brought near to a common mean facility; null if they are not.
    balance: Option<BalanceDto>,
    /// The public randomness that goes into the draw; null if the secret alone decides.
    beacon_rule: Option<String>,
    /// Its value, once it is recorded; without it an exam with a rule does not open.
    beacon: Option<BeaconDto>,
    /// Whom to ask; may be empty.
    contact: String,
    /// For how many days after their release results may be objected to; 0 for never.
    objection_days: i32,
    /// How far it has come.
    status: ExamStatusDto,
    /// When it was sealed; null for a draft.
    sealed_at: Option<String>,
    /// The digest of its manifest, hex.
    manifest_digest: Option<String>,
    /// The commitment to its secret, hex.
    commitment: Option<String>,
    /// Since when it is paused; null if its clock runs.
    paused_at: Option<String>,
    /// How long the pauses lasted that are over.
    paused_seconds: i64,
    /// How often it was sealed; null for a draft.
    seal_number: Option<i32>,
    /// When its last possible attempt had ended.
    closed_at: Option<String>,
    /// When its results were released.
    released_at: Option<String>,
    /// When it was made.
    created_at: String,
}

/// A section of an exam.
#[derive(Debug, Object)]
#[oai(rename = "Section")]
struct SectionDto {
    /// Its title.
    title: String,
    /// The kind of its questions.
    kind: KindDto,
    /// Topics they may have; any if empty.
    topics: Vec<String>,
    /// Difficulties they may have; any if empty.
    difficulties: Vec<DifficultyDto>,
    /// How many questions.
    count: i32,
    /// What each is worth.
    points_each: Decimal,
    /// How a multiple choice is scored.
    scoring: ScoringDto,
}

impl From<Exam> for ExamDto {
    fn from(exam: Exam) -> Self {
        let (max_points, plan) = (exam.blueprint.max_points(), exam.blueprint);
        let (sealed_at, manifest_digest, commitment, seal_number, beacon) = match exam.seal {
            Some(s) => (Some(s.at.to_string()), Some(s.manifest_digest), Some(s.commitment), Some(s.number), s.beacon),
            None => (None, None, None, None, None),
        };
        Self {
            id: exam.id.to_string(),
            title: plan.title,
            kind: plan.kind.into(),
            year: plan.year,
            unit_id: plan.unit_id.to_string(),
            bank_ids: plan.bank_ids.iter().map(ToString::to_string).collect(),
            opens_at: plan.times.opens_at.to_string(),
            closes_at: plan.times.closes_at.to_string(),
            latest_start_seconds: plan.times.latest_start_seconds,
            duration_seconds: plan.times.duration_seconds,
            grace_seconds: plan.times.grace_seconds,
            pass_points: plan.pass_points.into(),
            excellence_points: plan.excellence_points.map(Decimal::from),
            max_points: max_points.into(),
            attempts_allowed: plan.attempts_allowed,
            attempt_scoring: plan.attempt_scoring.into(),
            audience: plan.audience.into(),
            sections: plan.sections.into_iter().map(SectionDto::from).collect(),
            release: plan.release.into(),
            show_key: plan.show_key.into(),
            makes_up_exam_id: plan.makes_up.map(|id| id.to_string()),
            balance: plan.balance.map(BalanceDto::from),
            beacon_rule: plan.beacon_rule,
            beacon: beacon.map(BeaconDto::from),
            contact: plan.contact,
            objection_days: plan.objection_days,
            status: exam.status.into(),
            sealed_at,
            manifest_digest,
            commitment,
            paused_at: exam.paused_at.map(|t| t.to_string()),
            paused_seconds: exam.paused.0 / 1000,
            seal_number,
            closed_at: exam.closed_at.map(|t| t.to_string()),
            released_at: exam.released_at.map(|t| t.to_string()),
            created_at: exam.created_at.to_string(),
        }
    }
}

impl From<SectionPlan> for SectionDto {
    fn from(plan: SectionPlan) -> Self {
        Self {
            title: plan.title,
            kind: plan.kind.into(),
            topics: plan.topics,
            difficulties: plan.difficulties.into_iter().map(DifficultyDto::from).collect(),
            count: plan.count,
            points_each: plan.points_each.into(),
            scoring: plan.scoring.into(),
        }
    }
}

/// An exam in a list.
#[derive(Debug, Object)]
#[oai(rename = "ExamSummary")]
pub(in super::super) struct ExamSummaryDto {
    /// Its identifier.
    id: String,
    /// Its title.
    title: String,
    /// What it is for.
    kind: ExamKindDto,
    /// The year it counts toward.
    year: i32,
    /// Whose exam it is.
    unit_id: String,
    /// The unit's name.
    unit_name: String,
    /// From when it can be started.
    opens_at: String,
    /// Nobody sits past this moment.
    closes_at: String,
    /// How long a candidate has.
    duration_seconds: i32,
    /// The pass line.
    pass_points: Decimal,
    /// The main exam that it makes up; null for a main exam.
    makes_up_exam_id: Option<String>,
    /// How far it has come.
    status: ExamStatusDto,
}

impl From<ExamSummary> for ExamSummaryDto {
    fn from(summary: ExamSummary) -> Self {
        let exam = summary.exam;
        Self {
            id: exam.id.to_string(),
            title: exam.title,
            kind: exam.kind.into(),
            year: exam.year,
            unit_id: exam.unit_id.to_string(),
            unit_name: summary.unit_name,
            opens_at: exam.times.opens_at.to_string(),
            closes_at: exam.times.closes_at.to_string(),
            duration_seconds: exam.times.duration_seconds,
            pass_points: exam.pass_points.into(),
            makes_up_exam_id: exam.makes_up.map(|id| id.to_string()),
            status: exam.status.into(),
        }
    }
}
