//! Queries over attempts and saves.

use std::collections::{HashMap, HashSet};

use entity::exam::attempt::{self, AttemptState};
use entity::exam::exam::{self, ExamStatus, Release, ShowKey};
use entity::exam::save;
use entity::id::{AttemptId, ExamId, LeaseId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::points::Points;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query, TableRef, ValueTuple};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, Value,
};

use super::clock::{Schedule, Times};
use super::ledger::{Kept, Ledger, Save};
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};

/// How many ids, and how many rows of values, one statement names at most.
const CHUNK: usize = 4_000;
/// What a list of values is called in a statement, and its first columns, in both databases.
const LIST: &str = "list";
const FIRST: (&str, &str) = (LIST, "column1");
const SECOND: (&str, &str) = (LIST, "column2");
const THIRD: (&str, &str) = (LIST, "column3");
const FOURTH: (&str, &str) = (LIST, "column4");
const FIFTH: (&str, &str) = (LIST, "column5");

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
}

impl Head {
    /// When it can be sat.
    pub(super) fn schedule(&self) -> Schedule {
        Schedule {
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            latest_start: self.latest_start_seconds.map(Millis::seconds),
            duration: Millis::seconds(self.duration_seconds),
            grace: Millis::seconds(self.grace_seconds),
        }
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
    pub submitted_at: Option<Instant>,
    pub by_server: bool,
    pub paper_digest: String,
    pub points: Option<Points>,
    pub max_points: Points,
    pub answered: i32,
}

impl Row {
    /// The moments of this sitting.
    pub(super) fn times(&self) -> Times {
        Times { deadline: self.deadline, due_at: self.due_at }
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

/// All saves of these attempts.
pub(super) async fn ledgers(
    conn: &impl ConnectionTrait,
    ids: &[AttemptId],
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    for ids in ids.chunks(CHUNK) {
        read(conn, save::Entity::find().filter(save::Column::AttemptId.is_in(ids.iter().copied())), into).await?;
    }
    Ok(())
}

/// The saves at these positions of these attempts.
pub(super) async fn ledgers_at(
    conn: &impl ConnectionTrait,
    places: &[(AttemptId, i32)],
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    for places in places.chunks(CHUNK) {
        let list = places.iter().map(|(id, position)| vec![(*id).into(), (*position).into()]);
        let mut query = save::Entity::find();
        // Joined rather than looked up with IN: so SQLite too uses both columns of the key.
        QuerySelect::query(&mut query).inner_join(
            values(list),
            Condition::all()
                .add(Expr::col((save::Entity, save::Column::AttemptId)).equals(FIRST))
                .add(Expr::col((save::Entity, save::Column::Position)).equals(SECOND)),
        );
        read(conn, query, into).await?;
    }
    Ok(())
}

async fn read(
    conn: &impl ConnectionTrait,
    query: Select<save::Entity>,
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    let rows: Vec<(AttemptId, i32, i32, String, Instant)> = query.into_tuple().all(conn).await?;
    for (id, position, seq, response, at) in rows {
        into.entry(id).or_default().note(position, seq, Kept { response, at });
    }
    Ok(())
}

/// All saves of one attempt.
pub(super) async fn ledger(conn: &impl ConnectionTrait, id: AttemptId) -> Result<Ledger, Fault> {
    let mut ledgers = HashMap::new();
    self::ledgers(conn, &[id], &mut ledgers).await?;
    Ok(ledgers.remove(&id).unwrap_or_default())
}

/// The saves of an attempt in the order of their arrival, of one moment by position and number.
pub(super) async fn history(
    conn: &impl ConnectionTrait,
    id: AttemptId,
    after: Option<(Instant, i32, i32)>,
    page: &PageRequest,
) -> Result<Page<SaveRow>, Fault> {
    use save::Column::{At, AttemptId, Position, Seq};
    let mut query = save::Entity::find()
        .filter(AttemptId.eq(id))
        .order_by_asc(At)
        .order_by_asc(Position)
        .order_by_asc(Seq)
        .limit(page.limit + 1);
    if let Some((at, position, seq)) = after {
        let later = Condition::any()
            .add(Position.gt(position))
            .add(Condition::all().add(Position.eq(position)).add(Seq.gt(seq)));
        query = query.filter(Condition::any().add(At.gt(at)).add(Condition::all().add(At.eq(at)).add(later)));
    }
    let rows = query.all(conn).await?;
    let rows = rows.into_iter().map(|s| SaveRow { position: s.position, seq: s.seq, response: s.response, at: s.at });
    Ok(Page::cut(rows.collect(), page, |s| format!("{}.{}.{}", s.at.0, s.position, s.seq)))
}

/// Running attempts that the server has to hand in by itself, the longest overdue first.
pub(super) async fn due(conn: &impl ConnectionTrait, now: Instant, limit: u64) -> Result<Vec<AttemptId>, Fault> {
    Ok(attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::State.eq(AttemptState::Running))
        .filter(attempt::Column::DueAt.lte(now))
        .order_by_asc(attempt::Column::DueAt)
        .order_by_asc(attempt::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Writes new attempts and gives those that somebody else had started meanwhile, under the same candidate and number.
pub(super) async fn insert(
    conn: &impl ConnectionTrait,
    attempts: Vec<(Row, &Drawn)>,
) -> Result<HashSet<AttemptId>, Fault> {
    let mut ids: HashSet<AttemptId> = attempts.iter().map(|(row, _)| row.id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let model = |(row, drawn): (Row, &Drawn)| attempt::ActiveModel {
        id: Set(row.id),
        exam_id: Set(row.exam_id),
        person_id: Set(row.person_id),
        number: Set(row.number),
        state: Set(row.state),
        lease: Set(row.lease),
        device: Set(row.device),
        started_at: Set(row.started_at),
        deadline: Set(row.deadline),
        due_at: Set(row.due_at),
        submitted_at: Set(row.submitted_at),
        by_server: Set(row.by_server),
        k: Set(drawn.k),
        items: Set(drawn.items.clone()),
        paper_digest: Set(row.paper_digest),
        points: Set(row.points),
        max_points: Set(row.max_points),
        answered: Set(row.answered),
    };
    insert_all(conn, attempts.into_iter().map(model).collect(), true).await?;
    let there: Vec<AttemptId> = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    for id in there {
        ids.remove(&id);
    }
    Ok(ids)
}

/// Gives attempts to other devices. They must be locked.
pub(super) async fn set_leases(conn: &impl ConnectionTrait, rows: &[&Row]) -> Result<(), Fault> {
    for rows in rows.chunks(CHUNK) {
        let list = rows.iter().map(|r| vec![r.id.into(), r.lease.into(), r.device.clone().into()]);
        let update = Query::update()
            .table(attempt::Entity)
            .value(attempt::Column::Lease, Expr::col(SECOND))
            .value(attempt::Column::Device, Expr::col(THIRD))
            .from(values(list))
            .and_where(Expr::col((attempt::Entity, attempt::Column::Id)).equals(FIRST))
            .to_owned();
        all_of(rows.len(), conn.execute(&update).await?.rows_affected())?;
    }
    Ok(())
}

/// Writes what graded attempts came to. They must be locked and were running.
pub(super) async fn set_graded(conn: &impl ConnectionTrait, rows: &[&Row]) -> Result<(), Fault> {
    for rows in rows.chunks(CHUNK) {
        let list = rows
            .iter()
            .map(|r| vec![r.id.into(), r.submitted_at.into(), r.by_server.into(), r.points.into(), r.answered.into()]);
        let update = Query::update()
            .table(attempt::Entity)
            .value(attempt::Column::State, AttemptState::Graded)
            .value(attempt::Column::SubmittedAt, Expr::col(SECOND))
            .value(attempt::Column::ByServer, Expr::col(THIRD))
            .value(attempt::Column::Points, Expr::col(FOURTH))
            .value(attempt::Column::Answered, Expr::col(FIFTH))
            .from(values(list))
            .and_where(Expr::col((attempt::Entity, attempt::Column::Id)).equals(FIRST))
            .and_where(Expr::col((attempt::Entity, attempt::Column::State)).eq(AttemptState::Running))
            .to_owned();
        all_of(rows.len(), conn.execute(&update).await?.rows_affected())?;
    }
    Ok(())
}

/// Writes saves, none of which is there yet.
pub(super) async fn insert_saves(
    conn: &impl ConnectionTrait,
    saves: Vec<(AttemptId, &Save, Instant)>,
) -> Result<(), Fault> {
    let model = |(id, save, at): (AttemptId, &Save, Instant)| save::ActiveModel {
        attempt_id: Set(id),
        position: Set(save.position),
        seq: Set(save.seq),
        response: Set(save.response.clone()),
        at: Set(at),
    };
    insert_all(conn, saves.into_iter().map(model).collect(), false).await
}

fn values(rows: impl Iterator<Item = Vec<Value>>) -> TableRef {
    TableRef::ValuesList(rows.map(ValueTuple::Many).collect(), LIST.into())
}

/// A locked row that is not there to be changed is a mistake of the program; nothing of the batch may stand then.
fn all_of(wanted: usize, changed: u64) -> Result<(), Fault> {
    if u64::try_from(wanted) == Ok(changed) {
        return Ok(());
    }
    Err(DbErr::Custom(format!("{changed} of {wanted} locked attempts were changed")).into())
}
