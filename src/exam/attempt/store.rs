//! Queries over exams as they are sat, and attempts.

use std::collections::{HashMap, HashSet};

use entity::exam::allowance;
use entity::exam::attempt::{self, AttemptState, VoidKind};
use entity::exam::exam::{self, ExamStatus, Release, ShowKey};
use entity::id::{AttemptId, ExamId, LeaseId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::points::Points;
use sea_orm::sea_query::{TableRef, ValueTuple};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::marks::Marks;
use crate::db::Fault;
use crate::exam::clock::{Allowance, Schedule, Times};
use crate::org;

mod handed;
mod saves;
mod writing;

pub use handed::{Handed, handed_in};
pub(super) use saves::{history, insert_saves, ledger, ledgers, ledgers_at};
pub(super) use writing::{contacts, insert, open_again, set_graded, set_leases, set_state};

/// How many ids, and how many rows of values, one statement names at most.
const CHUNK: usize = 4_000;
/// What a list of values is called in a statement, and its first columns, in both databases.
const LIST: &str = "list";
const FIRST: (&str, &str) = (LIST, "column1");
const SECOND: (&str, &str) = (LIST, "column2");
const THIRD: (&str, &str) = (LIST, "column3");
const FOURTH: (&str, &str) = (LIST, "column4");
const FIFTH: (&str, &str) = (LIST, "column5");
const SIXTH: (&str, &str) = (LIST, "column6");
const SEVENTH: (&str, &str) = (LIST, "column7");

/// An exam as attempts need it: without the manifest, which is large.
#[derive(Debug, Clone, DerivePartialModel)]
#[sea_orm(entity = "exam::Entity")]
pub(super) struct Head {
    pub id: ExamId,
    pub unit_id: UnitId,
    pub opens_at: Instant,
    pub closes_at: Instant,
    pub latest_start_seconds: Option<i32>,
    pub duration_seconds: i32,
    pub grace_seconds: i32,
    pub pass_points: Points,
    pub attempts_allowed: i32,
    pub release: Release,
    pub show_key: ShowKey,
    pub contact: String,
    pub status: ExamStatus,
    pub manifest_digest: Option<String>,
    pub paused_ms: i64,
    pub closed_at: Option<Instant>,
    pub regrades: i32,
    pub beacon_rule: Option<String>,
    pub beacon: Option<String>,
}

impl Head {
    /// Whether the value of the beacon is still to be recorded: nothing can be drawn before that.
    pub(super) fn awaits_beacon(&self) -> bool {
        self.beacon_rule.is_some() && self.beacon.is_none()
    }

    /// When it can be sat.
    pub(super) fn schedule(&self) -> Schedule {
        Schedule {
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            latest_start: self.latest_start_seconds.map(Millis::seconds),
            duration: Millis::seconds(self.duration_seconds),
            grace: Millis::seconds(self.grace_seconds),
            paused: Millis(self.paused_ms),
        }
    }

    /// Whether all its attempts have ended for good.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status, ExamStatus::Closed | ExamStatus::Released)
    }

    /// Whether candidates see their results.
    pub(super) fn shows_results(&self) -> bool {
        self.release == Release::OnSubmit || self.status == ExamStatus::Released
    }

    /// Whether candidates see the key: never before all attempts have ended.
    pub(super) fn shows_key(&self) -> bool {
        self.show_key == ShowKey::AfterClose && self.status == ExamStatus::Released
    }
}

/// Since when somebody sits an exam; nothing if they don't.
pub(super) async fn sitting_since(conn: &impl ConnectionTrait, person: PersonId) -> Result<Option<Instant>, Fault> {
    let running = attempt::Entity::find()
        .select_only()
        .column_as(attempt::Column::StartedAt.max(), "since")
        .filter(attempt::Column::PersonId.eq(person))
        .filter(attempt::Column::State.eq(AttemptState::Running));
    Ok(running.into_tuple::<Option<Instant>>().one(conn).await?.flatten())
}

/// An attempt without its paper.
#[derive(Debug, Clone, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "attempt::Entity")]
pub(super) struct Row {
    pub id: AttemptId,
    pub exam_id: ExamId,
    pub person_id: PersonId,
    pub number: i32,
    pub state: AttemptState,
    pub lease: LeaseId,
    pub device: Option<String>,
    pub started_at: Instant,
    pub deadline: Instant,
    pub due_at: Instant,
    pub paused_at: Option<Instant>,
    pub paused_ms: i64,
    pub extra_ms: i64,
    pub submitted_at: Option<Instant>,
    pub by_server: bool,
    pub paper_digest: String,
    pub points: Option<Points>,
    pub max_points: Points,
    pub answered: i32,
    pub void_kind: Option<VoidKind>,
    pub responses: Option<String>,
}

impl Row {
    /// The moments of this sitting.
    pub(super) fn times(&self) -> Times {
        Times { deadline: self.deadline, due_at: self.due_at, paused_at: self.paused_at }
    }

    /// Whether the server handed it in before something was written that had arrived in time.
    pub(super) fn was_overtaken(&self, arrival: Instant) -> bool {
        self.state == AttemptState::Graded && self.by_server && self.times().takes(arrival)
    }

    /// Takes what it came to.
    pub(super) fn take(&mut self, marks: Marks) {
        (self.points, self.max_points, self.answered) = (Some(marks.points), marks.max_points, marks.answered);
        self.responses = Some(marks.responses);
    }

    /// Takes other moments on.
    pub(super) fn retime(&mut self, times: Times) {
        (self.deadline, self.due_at, self.paused_at) = (times.deadline, times.due_at, times.paused_at);
    }
}

/// What is drawn for an attempt and never changes.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    /// The attempt that it was drawn for.
    pub number: i32,
    /// The number of the draw that was taken.
    pub k: i32,
    /// The paper's items, canonical JSON.
    pub items: String,
    /// The paper's digest, hex.
    pub digest: String,
    /// What the paper is worth.
    pub max_points: Points,
}

/// A save in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SaveRow {
    pub position: i32,
    pub seq: i32,
    pub response: String,
    pub at: Instant,
}

pub(super) async fn head(conn: &impl ConnectionTrait, id: ExamId) -> Result<Option<Head>, Fault> {
    Ok(exam::Entity::find_by_id(id).into_partial_model().one(conn).await?)
}

pub(super) async fn heads(conn: &impl ConnectionTrait, ids: &[ExamId]) -> Result<HashMap<ExamId, Head>, Fault> {
    let mut heads = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<Head> = exam::Entity::find()
            .filter(exam::Column::Id.is_in(ids.iter().copied()))
            .into_partial_model()
            .all(conn)
            .await?;
        heads.extend(rows.into_iter().map(|h| (h.id, h)));
    }
    Ok(heads)
}

/// The exams, held so that nobody seals, reschedules or closes them before this transaction has ended. In the order of
/// their ids, before any attempt.
pub(super) async fn held_heads(conn: &impl ConnectionTrait, ids: &[ExamId]) -> Result<HashMap<ExamId, Head>, Fault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Head> = exam::Entity::find()
        .filter(exam::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(exam::Column::Id)
        .lock_shared()
        .into_partial_model()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|h| (h.id, h)).collect())
}

/// One exam, held alone.
pub(super) async fn held_head(tx: &impl ConnectionTrait, id: ExamId) -> Result<Option<Head>, Fault> {
    Ok(exam::Entity::find_by_id(id).lock_exclusive().into_partial_model().one(tx).await?)
}

pub(super) async fn attempt(conn: &impl ConnectionTrait, id: AttemptId) -> Result<Option<Row>, Fault> {
    Ok(attempt::Entity::find_by_id(id).into_partial_model().one(conn).await?)
}

/// Whose attempt it is, of which exam under which seal, and its paper.
pub(super) async fn paper(
    conn: &impl ConnectionTrait,
    id: AttemptId,
) -> Result<Option<(ExamId, PersonId, String, Option<String>)>, Fault> {
    let row: Option<(ExamId, PersonId, String)> = attempt::Entity::find_by_id(id)
        .select_only()
        .columns([attempt::Column::ExamId, attempt::Column::PersonId, attempt::Column::Items])
        .into_tuple()
        .one(conn)
        .await?;
    let Some((exam, person, items)) = row else { return Ok(None) };
    let seal = head(conn, exam).await?.and_then(|h| h.manifest_digest);
    Ok(Some((exam, person, items, seal)))
}

/// What somebody who wants to start has to be known by.
#[derive(Debug, Clone, Default)]
pub(super) struct Prospect {
    /// Stands on the exam's roster.
    pub expected: bool,
    /// What they are allowed beyond the schedule.
    pub allowed: Allowance,
    /// Their attempts in it, by number.
    pub attempts: Vec<Row>,
}

/// The same of many candidates, each in one exam.
pub(super) async fn prospects(
    conn: &impl ConnectionTrait,
    candidates: Vec<(ExamId, PersonId)>,
) -> Result<HashMap<(ExamId, PersonId), Prospect>, Fault> {
    let candidates: HashSet<(ExamId, PersonId)> = candidates.into_iter().collect();
    let mut prospects: HashMap<_, _> = candidates.iter().map(|c| (*c, Prospect::default())).collect();
    for (candidate, allowed) in allowances(conn, &candidates).await? {
        prospects.entry(candidate).or_default().allowed = allowed;
    }
    let mut people: HashMap<ExamId, Vec<PersonId>> = HashMap::new();
    for (exam, person) in candidates {
        people.entry(exam).or_default().push(person);
    }
    for (exam, people) in people {
        let left = org::left(conn, exam.into()).await?;
        for member in org::on_roster(conn, exam.into(), &people).await? {
            prospects.entry((exam, member)).or_default().expected = !left.contains(&member);
        }
        let rows: Vec<Row> = attempt::Entity::find()
            .filter(attempt::Column::ExamId.eq(exam))
            .filter(attempt::Column::PersonId.is_in(people))
            .order_by_asc(attempt::Column::Number)
            .into_partial_model()
            .all(conn)
            .await?;
        for row in rows {
            prospects.entry((exam, row.person_id)).or_default().attempts.push(row);
        }
    }
    Ok(prospects)
}

/// Somebody's attempts in an exam, by number.
pub(super) async fn attempts_of(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    person: PersonId,
) -> Result<Vec<Row>, Fault> {
    Ok(attempt::Entity::find()
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::PersonId.eq(person))
        .order_by_asc(attempt::Column::Number)
        .into_partial_model()
        .all(conn)
        .await?)
}

/// The attempts of candidates, each in one exam.
pub(super) async fn ids_of(
    conn: &impl ConnectionTrait,
    candidates: &HashSet<(ExamId, PersonId)>,
) -> Result<Vec<AttemptId>, Fault> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let exams: HashSet<ExamId> = candidates.iter().map(|(exam, _)| *exam).collect();
    let people: HashSet<PersonId> = candidates.iter().map(|(_, person)| *person).collect();
    let rows: Vec<(AttemptId, ExamId, PersonId)> = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::Id, attempt::Column::ExamId, attempt::Column::PersonId])
        .filter(attempt::Column::ExamId.is_in(exams))
        .filter(attempt::Column::PersonId.is_in(people))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter(|(_, exam, person)| candidates.contains(&(*exam, *person))).map(|row| row.0).collect())
}

/// What candidates are allowed beyond the schedule, each in one exam. Who is allowed nothing is left out.
pub(super) async fn allowances(
    conn: &impl ConnectionTrait,
    candidates: &HashSet<(ExamId, PersonId)>,
) -> Result<HashMap<(ExamId, PersonId), Allowance>, Fault> {
    if candidates.is_empty() {
        return Ok(HashMap::new());
    }
    let exams: HashSet<ExamId> = candidates.iter().map(|(exam, _)| *exam).collect();
    let people: HashSet<PersonId> = candidates.iter().map(|(_, person)| *person).collect();
    let rows = allowance::Entity::find()
        .filter(allowance::Column::ExamId.is_in(exams))
        .filter(allowance::Column::PersonId.is_in(people))
        .all(conn)
        .await?;
    let of = |row: allowance::Model| {
        let allowed = Allowance {
            extra: Millis::seconds(row.extra_seconds),
            attempts: row.extra_attempts,
            admit_until: row.admit_until,
            exempt: row.exempt,
        };
        ((row.exam_id, row.person_id), allowed)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// These attempts, locked in the order of their ids, so that two transactions over the same ones wait and don't clash.
pub(super) async fn locked(conn: &impl ConnectionTrait, ids: &[AttemptId]) -> Result<HashMap<AttemptId, Row>, Fault> {
    let mut rows = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let found: Vec<Row> = attempt::Entity::find()
            .filter(attempt::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(attempt::Column::Id)
            .lock_exclusive()
            .into_partial_model()
            .all(conn)
            .await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}

/// Running attempts that the server has to hand in by itself, the longest overdue first.
pub(super) async fn due(conn: &impl ConnectionTrait, now: Instant, limit: u64) -> Result<Vec<AttemptId>, Fault> {
    Ok(attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::State.eq(AttemptState::Running))
        .filter(attempt::Column::DueAt.lte(now))
        .filter(attempt::Column::PausedAt.is_null())
        .order_by_asc(attempt::Column::DueAt)
        .order_by_asc(attempt::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

fn values(rows: impl Iterator<Item = Vec<Value>>) -> TableRef {
    TableRef::ValuesList(rows.map(ValueTuple::Many).collect(), LIST.into())
}
