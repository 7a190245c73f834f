//! Queries over jobs and the parts of their files.

use entity::id::{AccountId, JobId, UnitId};
use entity::instant::Instant;
use entity::jobs::job::{self, JobState};
use entity::jobs::job_part;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::Fault;

/// How often a job is taken up before it is given up: whoever took it up died each time.
const TURNS: i32 = 5;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its identifier.
    pub id: JobId,
    /// Who carries it out.
    pub kind: &'static str,
    /// What is asked for, JSON.
    pub request: String,
    /// By whom.
    pub account_id: AccountId,
    /// About which unit.
    pub unit_id: UnitId,
    /// How many rows it will have.
    pub total: i64,
    /// What the file is called.
    pub file_name: String,
    /// When.
    pub created_at: Instant,
    /// When it is forgotten.
    pub expires_at: Instant,
}

/// Notes what is asked for.
pub async fn enqueue(tx: &impl ConnectionTrait, new: NewJob) -> Result<job::Model, Fault> {
    let row = job::Model {
        id: new.id,
        kind: new.kind.to_owned(),
        request: new.request,
        account_id: new.account_id,
        unit_id: new.unit_id,
        state: JobState::Waiting,
        done: 0,
        total: new.total,
        turn: 0,
        claimed_until: None,
        file_name: new.file_name,
        size: 0,
        error: None,
        created_at: new.created_at,
        finished_at: None,
        expires_at: new.expires_at,
    };
    job::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(row)
}

/// Takes up the oldest job of a kind that nobody works on. What an earlier turn left is thrown away.
pub async fn claim(
    tx: &impl ConnectionTrait,
    kind: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<job::Model>, Fault> {
    let abandoned =
        Condition::all().add(job::Column::State.eq(JobState::Running)).add(job::Column::ClaimedUntil.lt(now));
    let found = job::Entity::find()
        .filter(job::Column::Kind.eq(kind))
        .filter(Condition::any().add(job::Column::State.eq(JobState::Waiting)).add(abandoned))
        .order_by_asc(job::Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(tx)
        .await?;
    let Some(mut row) = found else { return Ok(None) };
    job_part::Entity::delete_many().filter(job_part::Column::JobId.eq(row.id)).exec(tx).await?;
    row.turn += 1;
    if row.turn > TURNS {
        let change = job::ActiveModel {
            state: Set(JobState::Failed),
            error: Set(Some("whoever worked on it ended each time".to_owned())),
            finished_at: Set(Some(now)),
            ..Default::default()
        };
        job::Entity::update_many().set(change).filter(job::Column::Id.eq(row.id)).exec(tx).await?;
        return Ok(None);
    }
    row.state = JobState::Running;
    row.done = 0;
    row.claimed_until = Some(until);
    let change = job::ActiveModel {
        state: Set(row.state),
        turn: Set(row.turn),
        done: Set(0),
        claimed_until: Set(row.claimed_until),
        ..Default::default()
    };
    job::Entity::update_many().set(change).filter(job::Column::Id.eq(row.id)).exec(tx).await?;
    Ok(Some(row))
}

/// The job while this turn may write for it.
fn held(job: &job::Model) -> Condition {
    Condition::all()
        .add(job::Column::Id.eq(job.id))
        .add(job::Column::State.eq(JobState::Running))
        .add(job::Column::Turn.eq(job.turn))
}

async fn change(tx: &impl ConnectionTrait, job: &job::Model, change: job::ActiveModel) -> Result<bool, Fault> {
    let done = job::Entity::update_many().set(change).filter(held(job)).exec(tx).await?;
    Ok(done.rows_affected > 0)
}

/// Notes how far a turn has come, and that it is alive. `false` if the job is no longer its own: it was cancelled, or taken
/// up by another.
pub async fn progress(tx: &impl ConnectionTrait, job: &job::Model, done: i64, until: Instant) -> Result<bool, Fault> {
    let noted = job::ActiveModel { done: Set(done), claimed_until: Set(Some(until)), ..Default::default() };
    change(tx, job, noted).await
}

/// Adds a part to the file. Call [`progress`] in the same transaction.
pub async fn put_part(tx: &impl ConnectionTrait, job: JobId, number: i32, bytes: Vec<u8>) -> Result<(), Fault> {
    let row = job_part::Model { job_id: job, number, bytes };
    job_part::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that the file is whole. `false` as in [`progress`].
pub async fn finish(tx: &impl ConnectionTrait, job: &job::Model, size: i64, now: Instant) -> Result<bool, Fault> {
    let noted = job::ActiveModel {
        state: Set(JobState::Done),
        done: Set(job.total),
        size: Set(size),
        finished_at: Set(Some(now)),
        ..Default::default()
    };
    change(tx, job, noted).await
}

/// Notes that it cannot be done.
pub async fn fail(tx: &impl ConnectionTrait, job: &job::Model, why: &str, now: Instant) -> Result<bool, Fault> {
    let noted = job::ActiveModel {
        state: Set(JobState::Failed),
        error: Set(Some(why.to_owned())),
        finished_at: Set(Some(now)),
        ..Default::default()
    };
    job_part::Entity::delete_many().filter(job_part::Column::JobId.eq(job.id)).exec(tx).await?;
    change(tx, job, noted).await
}

/// Ends a job that nobody wants any more, and forgets its file. `false` if it was cancelled already.
pub async fn cancel(tx: &impl ConnectionTrait, id: JobId, now: Instant) -> Result<bool, Fault> {
    let noted = job::ActiveModel { state: Set(JobState::Cancelled), finished_at: Set(Some(now)), ..Default::default() };
    let done = job::Entity::update_many()
        .set(noted)
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.ne(JobState::Cancelled))
        .exec(tx)
        .await?;
    job_part::Entity::delete_many().filter(job_part::Column::JobId.eq(id)).exec(tx).await?;
    Ok(done.rows_affected > 0)
}

/// Somebody's jobs of a kind, the newest first.
pub async fn of_account(
    conn: &impl ConnectionTrait,
    account: AccountId,
    kind: &str,
    limit: u64,
) -> Result<Vec<job::Model>, Fault> {
    Ok(job::Entity::find()
        .filter(job::Column::AccountId.eq(account))
        .filter(job::Column::Kind.eq(kind))
        .filter(job::Column::State.ne(JobState::Cancelled))
        .order_by_desc(job::Column::Id)
        .limit(limit)
        .all(conn)
        .await?)
}

/// A job.
pub async fn one(conn: &impl ConnectionTrait, id: JobId) -> Result<Option<job::Model>, Fault> {
    Ok(job::Entity::find_by_id(id).one(conn).await?)
}

/// A part of a job's file.
pub async fn part(conn: &impl ConnectionTrait, id: JobId, number: i32) -> Result<Option<Vec<u8>>, Fault> {
    Ok(job_part::Entity::find_by_id((id, number)).one(conn).await?.map(|part| part.bytes))
}

/// How many jobs are in each state, in the order of [`JobState::ALL`].
pub async fn counted(conn: &impl ConnectionTrait) -> Result<Vec<(JobState, i64)>, Fault> {
    let found: Vec<(JobState, i64)> = job::Entity::find()
        .select_only()
        .column(job::Column::State)
        .column_as(job::Column::Id.count(), "jobs")
        .group_by(job::Column::State)
        .into_tuple()
        .all(conn)
        .await?;
    let number = |state| found.iter().find(|(of, _)| *of == state).map_or(0, |(_, number)| *number);
    Ok(JobState::ALL.iter().map(|state| (*state, number(*state))).collect())
}

/// Forgets what has expired, with its file.
pub async fn forget(tx: &impl ConnectionTrait, now: Instant) -> Result<(), Fault> {
    let expired: Vec<JobId> = job::Entity::find()
        .select_only()
        .column(job::Column::Id)
        .filter(job::Column::ExpiresAt.lt(now))
        .limit(100)
        .into_tuple()
        .all(tx)
        .await?;
    if !expired.is_empty() {
        job_part::Entity::delete_many().filter(job_part::Column::JobId.is_in(expired.clone())).exec(tx).await?;
        job::Entity::delete_many().filter(job::Column::Id.is_in(expired)).exec(tx).await?;
    }
    Ok(())
}
