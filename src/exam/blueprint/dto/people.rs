//! Wire types of candidates and results.

use poem_openapi::Object;

use super::super::model::{Candidate, ExamResults, ResultRow, ResultsSummary};
use crate::exam::attempt::StateDto;
use crate::http::Decimal;

/// Somebody on an exam's roster.
#[derive(Debug, Object)]
#[oai(rename = "Candidate")]
pub(in crate::exam) struct CandidateDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Their post on the roster.
    post: String,
    /// How many attempts they have used.
    attempts: i32,
    /// Their newest attempt; null if they have not started.
    attempt_id: Option<String>,
    /// How far it has come.
    state: Option<StateDto>,
    /// How it was voided: `technical` or `misconduct`.
    void_kind: Option<String>,
    /// Extra time.
    extra_seconds: i64,
    /// Extra attempts.
    extra_attempts: i32,
    /// They may start until then, whatever the latest start is.
    admit_until: Option<String>,
    /// When they first saw the key of a question of the pool, if that was before their newest attempt or they have none;
    /// null otherwise, and for liaisons.
    saw_key_at: Option<String>,
    /// The points that count, once results are released and if the reader may see them.
    points: Option<Decimal>,
}

impl From<Candidate> for CandidateDto {
    fn from(candidate: Candidate) -> Self {
        Self {
            person_id: candidate.person_id.to_string(),
            person_name: candidate.person_name,
            unit_id: candidate.unit_id.to_string(),
            unit_name: candidate.unit_name,
            post: candidate.post,
            attempts: candidate.attempts,
            attempt_id: candidate.attempt_id.map(|id| id.to_string()),
            state: candidate.state.map(StateDto::from),
            void_kind: candidate.void_kind.map(|kind| kind.to_string()),
            extra_seconds: candidate.allowed.extra.0 / 1000,
            extra_attempts: candidate.allowed.attempts,
            admit_until: candidate.allowed.admit_until.map(|t| t.to_string()),
            saw_key_at: candidate.saw_key.map(|t| t.to_string()),
            points: candidate.points.map(Decimal::from),
        }
    }
}

/// What came of an exam.
#[derive(Debug, Object)]
#[oai(rename = "ExamResults")]
pub(in super::super) struct ResultsDto {
    /// Everybody's within the reader's reach together, over all pages.
    summary: SummaryDto,
    /// Person by person, by unit.
    items: Vec<ResultDto>,
    /// What to send as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// The results of many candidates of one exam; make-ups are exams of their own here.
#[derive(Debug, Object)]
#[oai(rename = "ResultsSummary")]
struct SummaryDto {
    /// On this exam's roster.
    on_roster: u64,
    /// With a submitted attempt that stands.
    sat: u64,
    /// At or above the pass line.
    passed: u64,
    /// At or above the excellence line.
    excellent: u64,
    /// Whose attempt that counts is blank.
    blank: u64,
    /// Submitted attempts that stand.
    sittings: u64,
}

/// The result of one candidate.
#[derive(Debug, Object)]
#[oai(rename = "ExamResult")]
struct ResultDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// How many submitted attempts stand.
    sittings: u64,
    /// The attempt that counts; null if they have not sat.
    attempt_id: Option<String>,
    /// When it was handed in.
    submitted_at: Option<String>,
    /// Its points.
    points: Option<Decimal>,
    /// Whether they reach the pass line.
    passed: Option<bool>,
}

/// Results on the wire.
pub(in super::super) fn results(results: ExamResults) -> ResultsDto {
    let ResultsSummary { on_roster, sat, passed, excellent, blank, sittings } = results.summary;
    let row = |r: ResultRow| ResultDto {
        person_id: r.person_id.to_string(),
        person_name: r.person_name,
        unit_id: r.unit_id.to_string(),
        unit_name: r.unit_name,
        sittings: r.sittings,
        attempt_id: r.attempt_id.map(|id| id.to_string()),
        submitted_at: r.submitted_at.map(|t| t.to_string()),
        points: r.points.map(Decimal::from),
        passed: r.passed,
    };
    ResultsDto {
        summary: SummaryDto { on_roster, sat, passed, excellent, blank, sittings },
        items: results.page.items.into_iter().map(row).collect(),
        next_cursor: results.page.next_cursor,
    }
}
