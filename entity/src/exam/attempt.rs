//! One candidate's sitting.

use sea_orm::entity::prelude::*;

use crate::id::{AttemptId, ExamId, LeaseId, PersonId};
use crate::instant::Instant;
use crate::points::Points;

text_enum! {
    /// How far a sitting has come.
    AttemptState { Running = "running", Submitted = "submitted", Graded = "graded", Voided = "voided" }
}

text_enum! {
    /// Why a sitting does not count: as if it had not been sat, or sat and failed.
    VoidKind { Technical = "technical", Misconduct = "misconduct" }
}

/// A row of `attempts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    /// The exam.
    pub exam_id: ExamId,
    /// The candidate.
    pub person_id: PersonId,
    /// The candidate's first, second, … attempt.
    pub number: i32,
    /// How far it has come.
    pub state: AttemptState,
    /// The device that may write.
    pub lease: LeaseId,
    /// What that device calls itself.
    pub device: Option<String>,
    /// When it was started.
    pub started_at: Instant,
    /// When its time is up.
    pub deadline: Instant,
    /// When the server hands it in by itself.
    pub due_at: Instant,
    /// Since when it is paused; its deadline and the server's hand-in wait.
    pub paused_at: Option<Instant>,
    /// How long the pauses lasted that are over, in milliseconds; within the deadline.
    pub paused_ms: i64,
    /// Extra time, in milliseconds; within the deadline.
    pub extra_ms: i64,
    /// When it was handed in; never past the deadline.
    pub submitted_at: Option<Instant>,
    /// The server handed it in.
    pub by_server: bool,
    /// The number of the draw that was taken.
    pub k: i32,
    /// The paper: items and option order, canonical JSON of draw.md.
    pub items: String,
    /// The paper's digest, hex.
    pub paper_digest: String,
    /// What it scored.
    pub points: Option<Points>,
    /// What it could score.
    pub max_points: Points,
    /// How many items were answered when it was handed in.
    pub answered: i32,
    /// How it was voided.
    pub void_kind: Option<VoidKind>,
    /// The responses that counted when it was handed in, in the order of their positions with `;` between: what is in its
    /// saves, in one place. None before.
    pub responses: Option<String>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
