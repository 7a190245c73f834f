//! What attempts are asked with, what they answer, and when they refuse.

use std::sync::Arc;

use entity::exam::attempt::AttemptState;
use entity::exam::exam::ExamStatus;
use entity::id::{AttemptId, ExamId, LeaseId, PersonId};
use entity::instant::Instant;
use entity::points::Points;

use super::clock::Entry;
use super::ledger::{Counted, Save};
use super::store::{Head, Row};
use crate::bank::Kind;
use crate::exam::grading::Response;
use crate::exam::sealed::Sheet;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// How many saves one request may bring.
pub const MAX_SAVES: usize = 200;

/// A save as a device sent it, nothing checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSave {
    /// The place on the paper, from 1.
    pub position: i64,
    /// Grows with each response to a position, from 1.
    pub seq: i64,
    /// The response.
    pub response: RawResponse,
}

/// A response as a device sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawResponse {
    /// Nothing: an answer is taken back.
    Blank,
    /// True or false.
    Truth(bool),
    /// Ids of options; an empty list takes an answer back.
    Options(Vec<String>),
    /// None of these.
    Malformed,
}

/// Whose attempt it is and what its paper holds: what is true of an attempt for ever.
#[derive(Debug)]
pub struct Seat {
    /// The exam.
    pub exam: ExamId,
    /// The candidate.
    pub person: PersonId,
    /// The paper.
    pub sheet: Sheet,
}

impl Seat {
    /// Checks saves against the paper, every fault named: the positions, the numbers, and that each response is one to
    /// its item.
    pub(super) fn read(&self, raw: &[RawSave]) -> Result<Vec<Save>, Invalid> {
        let mut fields = Fields::new();
        if raw.len() > MAX_SAVES {
            fields.reject_with("saves", FieldCode::TooLong, MAX_SAVES);
            return fields.finish(None);
        }
        let mut saves = Vec::with_capacity(raw.len());
        for (at, save) in raw.iter().enumerate() {
            let position = i32::try_from(save.position).ok();
            let item = position.and_then(|p| self.sheet.item(p));
            if item.is_none() {
                fields.reject_with(format!("saves[{at}].position"), FieldCode::UnknownReference, save.position);
            }
            let seq = i32::try_from(save.seq).ok().filter(|seq| *seq >= 1);
            if seq.is_none() {
                fields.reject_with(format!("saves[{at}].seq"), FieldCode::OutOfRange, format!("1–{}", i32::MAX));
            }
            let Some(item) = item else { continue };
            match respond(&save.response, item.content.kind, |id| item.content.options.iter().any(|o| o.id == id)) {
                Ok(response) => {
                    if let (Some(position), Some(seq)) = (position, seq) {
                        saves.push(Save { position, seq, response: response.to_string() });
                    }
                }
                Err(code) => fields.reject(format!("saves[{at}].response"), code),
            }
        }
        fields.finish(Some(saves))
    }
}

/// A response to an item of this kind with these options.
fn respond(raw: &RawResponse, kind: Kind, offers: impl Fn(&str) -> bool) -> Result<Response, FieldCode> {
    match (kind, raw) {
        (_, RawResponse::Blank) => Ok(Response::Blank),
        (_, RawResponse::Options(ids)) if ids.is_empty() => Ok(Response::Blank),
        (Kind::Judgement, RawResponse::Truth(truth)) => Ok(Response::Truth(*truth)),
        (Kind::Single, RawResponse::Options(ids)) if ids.len() > 1 => Err(FieldCode::TooLong),
        (Kind::Single | Kind::Multiple, RawResponse::Options(ids)) => {
            if !ids.iter().all(|id| offers(id)) {
                return Err(FieldCode::UnknownReference);
            }
            let chosen: std::collections::BTreeSet<String> = ids.iter().cloned().collect();
            if chosen.len() == ids.len() { Ok(Response::Options(chosen)) } else { Err(FieldCode::Duplicate) }
        }
        (Kind::Judgement, RawResponse::Options(_) | RawResponse::Malformed)
        | (Kind::Single | Kind::Multiple, RawResponse::Truth(_) | RawResponse::Malformed) => Err(FieldCode::Invalid),
    }
}

/// Why the rules refuse something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing there that the caller may know of.
    NotFound,
    /// The exam has not opened yet.
    NotOpenYet,
    /// Too late to start.
    StartClosed,
    /// All attempts are used.
    NoAttemptLeft,
    /// The attempt has ended.
    Closed,
    /// Another device holds the attempt.
    TakenOver,
    /// The save at this place of the list has the number of another response.
    SeqConflict(usize),
    /// What was drawn beforehand is for another seal or another attempt.
    Redraw,
}

/// What starting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// This attempt runs and goes on.
    Resume(AttemptId),
    /// A new attempt of this number begins.
    Begin(i32),
}

/// Whether somebody with these attempts (all of theirs in this exam) may start or resume now.
pub(super) fn admit(head: &Head, attempts: &[&Row], now: Instant) -> Result<Admission, Refusal> {
    if let Some(running) = attempts.iter().find(|a| a.state == AttemptState::Running) {
        // Past its last save it waits to be handed in; there is nothing left to go on with.
        let open = running.times().takes(now);
        return if open { Ok(Admission::Resume(running.id)) } else { Err(Refusal::Closed) };
    }
    match head.status {
        ExamStatus::Draft => return Err(Refusal::NotFound),
        ExamStatus::Sealed | ExamStatus::Open => {}
        ExamStatus::Closed | ExamStatus::Released => return Err(Refusal::StartClosed),
    }
    match head.schedule().entry(now) {
        Entry::Early => return Err(Refusal::NotOpenYet),
        Entry::Late => return Err(Refusal::StartClosed),
        Entry::Open => {}
    }
    let used = i32::try_from(attempts.len()).unwrap_or(i32::MAX);
    if used >= head.attempts_allowed {
        return Err(Refusal::NoAttemptLeft);
    }
    Ok(Admission::Begin(attempts.iter().map(|a| a.number).max().unwrap_or(0) + 1))
}

/// An attempt as its candidate and those who watch over it may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its identifier.
    pub id: AttemptId,
    /// The exam.
    pub exam_id: ExamId,
    /// The candidate.
    pub person_id: PersonId,
    /// The candidate's first, second, … attempt.
    pub number: i32,
    /// How far it has come.
    pub state: AttemptState,
    /// What the device that holds it calls itself.
    pub device: Option<String>,
    /// When it was started.
    pub started_at: Instant,
    /// When its time is up.
    pub deadline: Instant,
    /// When it was handed in.
    pub submitted_at: Option<Instant>,
    /// The server handed it in.
    pub by_server: bool,
    /// The paper's digest, hex.
    pub paper_digest: String,
}

impl From<Row> for Attempt {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            exam_id: row.exam_id,
            person_id: row.person_id,
            number: row.number,
            state: row.state,
            device: row.device,
            started_at: row.started_at,
            deadline: row.deadline,
            submitted_at: row.submitted_at,
            by_server: row.by_server,
            paper_digest: row.paper_digest,
        }
    }
}

/// The answer that counts at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The place on the paper, from 1.
    pub position: i32,
    /// The highest number there.
    pub seq: i32,
    /// The kind of its item.
    pub kind: Kind,
    /// The answer.
    pub response: Response,
}

/// What a candidate has before them.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The paper.
    pub seat: Arc<Seat>,
    /// The answers that count, by position.
    pub saved: Vec<Saved>,
}

/// An attempt that was started or resumed.
#[derive(Debug, Clone)]
pub struct Started {
    /// The attempt.
    pub attempt: Attempt,
    /// What the device must send with each save.
    pub lease: LeaseId,
    /// The paper and the answers so far.
    pub desk: Desk,
    /// The server's time.
    pub server_time: Instant,
}

/// An attempt that was looked up.
#[derive(Debug, Clone)]
pub struct Viewed {
    /// The attempt.
    pub attempt: Attempt,
    /// Paper and answers, for its candidate while it runs.
    pub desk: Option<Desk>,
    /// The server's time.
    pub server_time: Instant,
}

/// Saves that were committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The server's time when they arrived.
    pub server_time: Instant,
    /// When the attempt's time is up.
    pub deadline: Instant,
    /// What counts at each of their positions.
    pub saved: Vec<Counted>,
}

/// An attempt that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// How far it has come.
    pub state: AttemptState,
    /// When it counts as handed in.
    pub submitted_at: Instant,
    /// The result, if it may be seen already.
    pub result: Option<Outcome>,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What it scored.
    pub points: Points,
    /// What it could score.
    pub max_points: Points,
    /// Whether it reaches the pass line.
    pub passed: bool,
}

impl Outcome {
    /// Of a graded attempt.
    pub(super) fn of(head: &Head, row: &Row) -> Option<Self> {
        let points = row.points?;
        Some(Self { points, max_points: row.max_points, passed: points >= head.pass_points })
    }
}

/// An attempt's result in full.
#[derive(Debug, Clone)]
pub struct AttemptResult {
    /// The attempt.
    pub attempt: Attempt,
    /// The sum of it.
    pub outcome: Outcome,
    /// Section by section.
    pub sections: Vec<SectionResult>,
    /// Item by item with the key, once that may be seen.
    pub items: Option<Vec<ItemResult>>,
}

/// What a section came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SectionResult {
    /// Its title.
    pub title: String,
    /// What it scored.
    pub points: Points,
    /// What it could score.
    pub max_points: Points,
}

/// What an item came to, with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemResult {
    /// The place on the paper, from 1.
    pub position: i32,
    /// `question id@version`.
    pub item: String,
    /// Its kind.
    pub kind: Kind,
    /// What was asked.
    pub stem: String,
    /// The options as they stood on the paper: id and text.
    pub options: Vec<(String, String)>,
    /// What was answered.
    pub response: Response,
    /// The right answer.
    pub key: Response,
    /// What it scored.
    pub points: Points,
    /// What it could score.
    pub max_points: Points,
}

/// A save as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The place on the paper, from 1.
    pub position: i32,
    /// Its number.
    pub seq: i32,
    /// The kind of its item.
    pub kind: Kind,
    /// What was answered.
    pub response: Response,
    /// When it arrived.
    pub at: Instant,
}

#[cfg(test)]
mod tests;
