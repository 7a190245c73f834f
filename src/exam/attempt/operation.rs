//! What is queued before the database, and what becomes of it.

use std::sync::Arc;

use entity::id::{AttemptId, ExamId, LeaseId, PersonId};
use entity::instant::Instant;
use uuid::Uuid;

use super::ledger::{Counted, Save};
use super::model::{Refusal, Seat};
use super::store::{Drawn, Head, Row};
use crate::log::Actor;

/// Something to be written.
#[derive(Debug)]
pub(super) enum Operation {
    Start(Start),
    Save(Writing),
    HandIn(HandIn),
}

/// Somebody starts or resumes.
#[derive(Debug)]
pub(super) struct Start {
    pub exam: ExamId,
    pub person: PersonId,
    pub at: Instant,
    /// The id of a new attempt.
    pub id: AttemptId,
    pub lease: LeaseId,
    pub device: Option<String>,
    /// The seal that the paper was drawn from.
    pub seal: String,
    /// The paper, unless an attempt ran when it was looked for.
    pub drawn: Option<Drawn>,
    pub actor: Actor,
    pub entry: Uuid,
}

/// A device sends answers.
#[derive(Debug)]
pub(super) struct Writing {
    pub attempt: AttemptId,
    pub seat: Arc<Seat>,
    pub arrival: Instant,
    pub lease: LeaseId,
    pub saves: Vec<Save>,
    /// The number of a log entry, should one be needed.
    pub entry: Uuid,
}

/// A paper is handed in.
#[derive(Debug)]
pub(super) struct HandIn {
    pub attempt: AttemptId,
    pub seat: Arc<Seat>,
    pub arrival: Instant,
    pub by: By,
    pub entry: Uuid,
}

/// Who hands in.
#[derive(Debug)]
pub(super) enum By {
    /// The candidate, with the last answers.
    Candidate { lease: LeaseId, saves: Vec<Save>, actor: Actor },
    /// The server, the time being up.
    Server,
}

/// What became of an operation.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Started(Row),
    Saved {
        deadline: Instant,
        paused: bool,
        counted: Vec<Counted>,
    },
    HandedIn {
        row: Row,
        head: Box<Head>,
    },
    /// There was nothing to hand in any more.
    Idle,
    Refused(Refusal),
}

impl Operation {
    /// Operations of one candidate are carried out in their order.
    pub(super) fn key(&self) -> u64 {
        let person = match self {
            Self::Start(start) => start.person,
            Self::Save(writing) => writing.seat.person,
            Self::HandIn(hand_in) => hand_in.seat.person,
        };
        // The second half of such an id is random.
        person.0.as_u64_pair().1
    }
}
