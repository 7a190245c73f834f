//! An exam, from its blueprint to its release.

use sea_orm::entity::prelude::*;

use crate::List;
use crate::id::{AccountId, BankId, EntryId, ExamId, UnitId};
use crate::instant::Instant;
use crate::points::Points;

text_enum! {
    /// What an exam is for.
    ExamKind { Qualification = "qualification", Annual = "annual", Mock = "mock" }
}

text_enum! {
    /// How far an exam has come.
    ExamStatus { Draft = "draft", Sealed = "sealed", Open = "open", Paused = "paused", Closed = "closed", Released = "released" }
}

text_enum! {
    /// Which of several attempts counts.
    AttemptScoring { Highest = "highest", Latest = "latest" }
}

text_enum! {
    /// When candidates see their results.
    Release { OnSubmit = "on_submit", OnClose = "on_close", Manual = "manual" }
}

text_enum! {
    /// Whether candidates ever see the key.
    ShowKey { Never = "never", AfterClose = "after_close" }
}

/// A row of `exams`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exams")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExamId,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: ExamKind,
    /// The year it counts toward.
    pub year: i32,
    /// Whose exam it is.
    pub unit_id: UnitId,
    /// The banks that it draws from.
    pub bank_ids: List<BankId>,
    /// From when it can be started.
    pub opens_at: Instant,
    /// Nobody sits past this moment.
    pub closes_at: Instant,
    /// The latest start, after the opening.
    pub latest_start_seconds: Option<i32>,
    /// How long a candidate has.
    pub duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken.
    pub grace_seconds: i32,
    /// The pass line.
    pub pass_points: Points,
    /// The excellence line.
    pub excellence_points: Option<Points>,
    /// How often a candidate may sit.
    pub attempts_allowed: i32,
    /// Which attempt counts.
    pub attempt_scoring: AttemptScoring,
    /// Who must sit: units, categories, people, as JSON.
    pub audience: String,
    /// When results are shown.
    pub release: Release,
    /// Whether the key is ever shown.
    pub show_key: ShowKey,
    /// The main exam that it makes up.
    pub makes_up_exam_id: Option<ExamId>,
    /// How papers are brought near to a common mean facility, as JSON of draw.md.
    pub balance: Option<String>,
    /// The public randomness that goes into the draw and does not exist yet when it is sealed.
    pub beacon_rule: Option<String>,
    /// Whom to ask; empty if nobody.
    pub contact: String,
    /// For how many days after their release results may be objected to; 0 for never.
    pub objection_days: i32,
    /// How far it has come.
    pub status: ExamStatus,
    /// The draw's secret, hex; disclosed after closing.
    pub secret: Option<String>,
    /// The value that the beacon's rule named, once it is known; then the exam can open.
    pub beacon: Option<String>,
    /// Where it was published.
    pub beacon_source: Option<String>,
    /// How often it was sealed; nothing for a draft.
    pub seal_number: Option<i32>,
    /// The log's entry of the seal that counts.
    pub seal_entry_id: Option<EntryId>,
    /// When its papers were last counted for statistics; nothing once something about them has changed since.
    pub counted_at: Option<Instant>,
    /// How often it was regraded.
    pub regrades: i32,
    /// The sealed manifest, canonical JSON.
    pub manifest: Option<String>,
    /// Its digest, hex.
    pub manifest_digest: Option<String>,
    /// The commitment to the secret, hex.
    pub commitment: Option<String>,
    /// When it was sealed.
    pub sealed_at: Option<Instant>,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
    /// How long the pauses lasted that are over, in milliseconds.
    pub paused_ms: i64,
    /// When its last possible attempt had ended; while it is open, since when nobody starts any more: it was ended by hand,
    /// or had closed before an attempt was reopened.
    pub closed_at: Option<Instant>,
    /// When results were released.
    pub released_at: Option<Instant>,
    /// Counts its changes.
    pub version: i32,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
