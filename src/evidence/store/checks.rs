//! Checks of the whole log.

use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use entity::log::check;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::db::Fault;
use crate::evidence::model::Check;

fn read(row: &check::Model) -> Result<Check, Fault> {
    let broken = || Fault::from(DbErr::Type(format!("the check {} of the log cannot be read", row.id)));
    let count = |number: i64| u64::try_from(number).map_err(|_negative| broken());
    let done = match (row.done_at, &row.verdict) {
        (Some(at), Some(text)) => Some((at, serde_json::from_str(text).map_err(|_bad| broken())?)),
        _ => None,
    };
    Ok(Check { asked_at: row.asked_at, checked: count(row.checked)?, entries: count(row.entries)?, done })
}

/// The last one that is done.
pub(in crate::evidence) async fn last_check(conn: &impl ConnectionTrait) -> Result<Option<Check>, Fault> {
    let done = check::Entity::find().filter(check::Column::DoneAt.is_not_null());
    done.order_by_desc(check::Column::Id).one(conn).await?.as_ref().map(read).transpose()
}

/// The one that is asked for or under way.
pub(in crate::evidence) async fn open_row(conn: &impl ConnectionTrait) -> Result<Option<check::Model>, Fault> {
    let open = check::Entity::find().filter(check::Column::DoneAt.is_null());
    Ok(open.order_by_asc(check::Column::Id).one(conn).await?)
}

/// The same as others see it.
pub(in crate::evidence) async fn open_check(conn: &impl ConnectionTrait) -> Result<Option<Check>, Fault> {
    open_row(conn).await?.as_ref().map(read).transpose()
}

pub(in crate::evidence) async fn insert_check(
    conn: &impl ConnectionTrait,
    asked_by: Option<AccountId>,
    now: Instant,
) -> Result<i64, Fault> {
    let row = check::ActiveModel {
        id: NotSet,
        asked_by: Set(asked_by),
        asked_at: Set(now),
        worker: Set(None),
        beat_at: Set(None),
        checked: Set(0),
        entries: Set(0),
        done_at: Set(None),
        verdict: Set(None),
    };
    Ok(check::Entity::insert(row).exec(conn).await?.last_insert_id)
}

/// Takes an open check, unless somebody else is at it. False if so.
pub(in crate::evidence) async fn claim(
    conn: &impl ConnectionTrait,
    id: i64,
    worker: &str,
    now: Instant,
    silence: Millis,
) -> Result<bool, Fault> {
    let free = Condition::any().add(check::Column::BeatAt.is_null()).add(check::Column::BeatAt.lte(now - silence));
    let done = check::Entity::update_many()
        .col_expr(check::Column::Worker, Expr::value(worker))
        .col_expr(check::Column::BeatAt, Expr::value(now))
        .filter(check::Column::Id.eq(id))
        .filter(check::Column::DoneAt.is_null())
        .filter(free)
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Notes how far a check has come. False if somebody else has taken it.
pub(in crate::evidence) async fn beat(
    conn: &impl ConnectionTrait,
    id: i64,
    worker: &str,
    progress: (u64, u64),
    now: Instant,
) -> Result<bool, Fault> {
    let [checked, entries] = [progress.0, progress.1].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let done = check::Entity::update_many()
        .col_expr(check::Column::BeatAt, Expr::value(now))
        .col_expr(check::Column::Checked, Expr::value(checked))
        .col_expr(check::Column::Entries, Expr::value(entries))
        .filter(check::Column::Id.eq(id))
        .filter(check::Column::Worker.eq(worker))
        .filter(check::Column::DoneAt.is_null())
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Writes down what came out. False if somebody else has taken it.
pub(in crate::evidence) async fn finish_check(
    conn: &impl ConnectionTrait,
    id: i64,
    worker: &str,
    progress: (u64, u64),
    verdict: String,
    now: Instant,
) -> Result<bool, Fault> {
    if !beat(conn, id, worker, progress, now).await? {
        return Ok(false);
    }
    check::Entity::update_many()
        .col_expr(check::Column::DoneAt, Expr::value(now))
        .col_expr(check::Column::Verdict, Expr::value(verdict))
        .filter(check::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(true)
}
