//! What attempts answer with.

use std::sync::Arc;

use entity::exam::attempt::{AttemptState, VoidKind};
use entity::id::{AttemptId, ExamId, LeaseId, PersonId};
use entity::instant::Instant;
use entity::points::Points;

use super::ledger::Counted;
use super::model::Seat;
use super::store::{Head, Row};
use crate::bank::Kind;
use crate::exam::grading::Response;
use crate::exam::ruling::Valid;

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
    /// When its time is up; during a pause it moves on with the clock.
    pub deadline: Instant,
    /// The clock is stopped.
    pub paused: bool,
    /// When it was handed in.
    pub submitted_at: Option<Instant>,
    /// The server handed it in.
    pub by_server: bool,
    /// How it was voided.
    pub void_kind: Option<VoidKind>,
    /// The paper's digest, hex.
    pub paper_digest: String,
}

impl Attempt {
    /// As it stands now.
    pub(super) fn of(row: Row, now: Instant) -> Self {
        let times = row.times();
        let runs = row.state == AttemptState::Running;
        Self {
            id: row.id,
            exam_id: row.exam_id,
            person_id: row.person_id,
            number: row.number,
            state: row.state,
            device: row.device,
            started_at: row.started_at,
            deadline: if runs { times.deadline_at(now) } else { row.deadline },
            paused: runs && times.paused_at.is_some(),
            submitted_at: row.submitted_at,
            by_server: row.by_server,
            void_kind: row.void_kind,
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
    /// How many items were answered, for its candidate once it is over.
    pub answered: Option<usize>,
    /// The server's time.
    pub server_time: Instant,
}

/// The moments of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticking {
    /// The attempt.
    pub attempt: Attempt,
    /// The lease that was asked about may still write.
    pub held: bool,
    /// The server's time.
    pub server_time: Instant,
}

/// Saves that were committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The server's time when they arrived.
    pub server_time: Instant,
    /// When the attempt's time is up; during a pause it moves on with the clock.
    pub deadline: Instant,
    /// The clock is stopped.
    pub paused: bool,
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
        let void = row.void_kind.is_some();
        let counted = if void { Points(0) } else { points };
        Some(Self { points: counted, max_points: row.max_points, passed: !void && points >= head.pass_points })
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

/// How an item is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marking {
    /// By its key.
    Key,
    /// Whatever was answered has full marks.
    FullMarks,
    /// It counts for nothing.
    Dropped,
}

impl Marking {
    /// As it was ruled; by its key if nothing was.
    pub(super) fn of(valid: Option<&Valid>) -> Self {
        match valid {
            None | Some(Valid::Keys(_)) => Self::Key,
            Some(Valid::Full) => Self::FullMarks,
            Some(Valid::Dropped) => Self::Dropped,
        }
    }
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
    /// Others that were accepted too after the exam.
    pub also_accepted: Vec<Response>,
    /// How it is marked.
    pub marking: Marking,
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
