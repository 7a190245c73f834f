//! Queries over keys.

use entity::http::idempotency_key::{ActiveModel, Column, Entity, Model};
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::Run;
use crate::db::Fault;

pub(super) async fn find(conn: &impl ConnectionTrait, id: &str) -> Result<Option<Model>, Fault> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// Takes a key that nobody has.
pub(super) async fn insert(conn: &impl ConnectionTrait, row: Model) -> Result<(), Fault> {
    Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

fn of(run: &Run) -> Condition {
    Condition::all().add(Column::Id.eq(run.id.as_str())).add(Column::Claim.eq(run.claim.as_str()))
}

/// Takes a key over from a run that is dead and has changed nothing. False if it has, or lives after all.
pub(super) async fn take_over(
    conn: &impl ConnectionTrait,
    dead: &Run,
    claim: &str,
    now: Instant,
    until: Instant,
) -> Result<bool, Fault> {
    let change = ActiveModel { claim: Set(claim.to_owned()), claimed_until: Set(until), ..Default::default() };
    let done = Entity::update_many()
        .set(change)
        .filter(of(dead))
        .filter(Column::ClaimedUntil.lte(now))
        .filter(Column::Subject.is_null())
        .filter(Column::Status.is_null())
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Keeps a run's key for longer.
pub(super) async fn renew(conn: &impl ConnectionTrait, run: &Run, until: Instant) -> Result<(), Fault> {
    let change = ActiveModel { claimed_until: Set(until), ..Default::default() };
    Entity::update_many().set(change).filter(of(run)).exec(conn).await?;
    Ok(())
}

/// Notes what a run changed, the first thing if there are several. False if the key is no longer the run's.
pub(super) async fn mark(conn: &impl ConnectionTrait, run: &Run, subject: &str) -> Result<bool, Fault> {
    let first = Func::coalesce([Expr::col(Column::Subject), Expr::val(subject)]);
    let done = Entity::update_many().col_expr(Column::Subject, first.into()).filter(of(run)).exec(conn).await?;
    Ok(done.rows_affected == 1)
}

/// Keeps a run's answer.
pub(super) async fn complete(
    conn: &impl ConnectionTrait,
    run: &Run,
    status: i32,
    answer: Vec<u8>,
    expires_at: Instant,
) -> Result<(), Fault> {
    let change = ActiveModel {
        status: Set(Some(status)),
        answer: Set(Some(answer)),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(of(run)).exec(conn).await?;
    Ok(())
}

/// Gives a key back that changed nothing; of one that did, the run has ended without an answer.
pub(super) async fn release(conn: &impl ConnectionTrait, run: &Run, now: Instant) -> Result<(), Fault> {
    Entity::delete_many().filter(of(run)).filter(Column::Subject.is_null()).exec(conn).await?;
    renew(conn, run, now).await
}

/// Whether any key is older than it needs to be.
pub(super) async fn any_expired(conn: &impl ConnectionTrait, now: Instant) -> Result<bool, Fault> {
    let first = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lte(now)).limit(1);
    Ok(first.into_tuple::<String>().one(conn).await?.is_some())
}

/// Forgets keys that have expired.
pub(super) async fn forget(conn: &impl ConnectionTrait, now: Instant) -> Result<(), Fault> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(conn).await?;
    Ok(())
}
