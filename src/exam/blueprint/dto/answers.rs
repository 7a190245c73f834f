//! Wire types of what comes out.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde_json::Value;

use super::super::model::{Exam, ExamSummary, SealReceipt, SealedManifest, SectionPlan, SectionRoom};
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
    /// Whom to ask; may be empty.
    contact: String,
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
        let (sealed_at, digests) = exam.seal.map(|s| (s.at.to_string(), (s.manifest_digest, s.commitment))).unzip();
        let (manifest_digest, commitment) = digests.unzip();
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
            contact: plan.contact,
            status: exam.status.into(),
            sealed_at,
            manifest_digest,
            commitment,
            paused_at: exam.paused_at.map(|t| t.to_string()),
            paused_seconds: exam.paused.0 / 1000,
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

/// Whether the banks fill a blueprint.
#[derive(Debug, Object)]
#[oai(rename = "Feasibility")]
pub(in super::super) struct FeasibilityDto {
    /// Every section can be filled, whatever the ones before it draw.
    feasible: bool,
    /// Section by section.
    sections: Vec<RoomDto>,
}

/// The room of a section.
#[derive(Debug, Object)]
#[oai(rename = "SectionRoom")]
struct RoomDto {
    /// Its place as text, from "1".
    section: String,
    /// Its title.
    title: String,
    /// How many questions it wants.
    count: i32,
    /// Questions left to it at the worst; below zero where the sections before it overlap.
    room: i64,
    /// How many are missing; 0 if it can always be filled.
    lacks: u64,
}

impl From<Vec<SectionRoom>> for FeasibilityDto {
    fn from(rooms: Vec<SectionRoom>) -> Self {
        let room = |r: SectionRoom| RoomDto {
            section: r.position.to_string(),
            title: r.title,
            count: r.count,
            room: r.room,
            lacks: r.lacks,
        };
        Self { feasible: rooms.iter().all(|r| r.lacks == 0), sections: rooms.into_iter().map(room).collect() }
    }
}

/// What sealing published.
#[derive(Debug, Object)]
#[oai(rename = "Seal")]
pub(in super::super) struct SealDto {
    /// How far the exam has come.
    status: ExamStatusDto,
    /// The digest of its manifest, hex.
    manifest_digest: String,
    /// The commitment to its secret, hex.
    commitment: String,
    /// When it was sealed.
    sealed_at: String,
    /// How many people are on the roster.
    expected: u64,
}

impl From<SealReceipt> for SealDto {
    fn from(receipt: SealReceipt) -> Self {
        Self {
            status: receipt.status.into(),
            manifest_digest: receipt.seal.manifest_digest,
            commitment: receipt.seal.commitment,
            sealed_at: receipt.seal.at.to_string(),
            expected: u64::try_from(receipt.expected).unwrap_or(u64::MAX),
        }
    }
}

/// A sealed manifest.
#[derive(Debug, Object)]
#[oai(rename = "Manifest")]
pub(in super::super) struct ManifestDto {
    /// The manifest of `kaofa-draw/1`.
    manifest: Any<Value>,
    /// SHA-256 of its canonical JSON (RFC 8785), hex.
    manifest_digest: String,
    /// The commitment to its secret, hex.
    commitment: String,
    /// When it was sealed.
    sealed_at: String,
}

impl TryFrom<SealedManifest> for ManifestDto {
    type Error = serde_json::Error;
    fn try_from(sealed: SealedManifest) -> Result<Self, serde_json::Error> {
        Ok(Self {
            manifest: Any(serde_json::from_str(&sealed.manifest)?),
            manifest_digest: sealed.seal.manifest_digest,
            commitment: sealed.seal.commitment,
            sealed_at: sealed.seal.at.to_string(),
        })
    }
}
