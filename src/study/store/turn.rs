//! Sessions on their way: published, opened, closed, called off, moved.

use entity::id::SessionId;
use entity::instant::Instant;
use entity::study::session::{self, SessionStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::db::Fault;

/// Makes a draft a published session. False if it is none any more.
pub(in super::super) async fn set_session_published(
    tx: &impl ConnectionTrait,
    row: &session::Model,
    at: Instant,
    invited: i32,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        status: Set(SessionStatus::Published),
        published_at: Set(Some(at)),
        invited: Set(Some(invited)),
        ..Default::default()
    };
    // What was read of it must still be so: who is invited depends on it.
    let same = session::Column::Version.eq(row.version);
    step(tx, row.id, &[SessionStatus::Draft], at, change, Some(same)).await
}

/// Makes a published session a running one. False if it is none any more, or has been moved beyond that moment.
pub(in super::super) async fn set_running(
    tx: &impl ConnectionTrait,
    row: &session::Model,
    at: Instant,
) -> Result<bool, Fault> {
    let change =
        session::ActiveModel { status: Set(SessionStatus::Running), frozen_at: Set(Some(at)), ..Default::default() };
    let same = session::Column::StartsAt.eq(row.starts_at);
    step(tx, row.id, &[SessionStatus::Published], at, change, Some(same)).await
}

/// Makes a running session a closed one. False if it is none any more.
pub(in super::super) async fn set_session_closed(
    tx: &impl ConnectionTrait,
    id: SessionId,
    at: Instant,
) -> Result<bool, Fault> {
    let change =
        session::ActiveModel { status: Set(SessionStatus::Closed), closed_at: Set(Some(at)), ..Default::default() };
    step(tx, id, &[SessionStatus::Running], at, change, None).await
}

/// Makes a closed session a running one, or a cancelled one a published one. False if it is none any more.
pub(in super::super) async fn set_reopened(
    tx: &impl ConnectionTrait,
    id: SessionId,
    (from, to): (SessionStatus, SessionStatus),
    at: Instant,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        status: Set(to),
        reopened_at: Set(Some(at)),
        closed_at: Set(None),
        cancel_reason: Set(None),
        ..Default::default()
    };
    step(tx, id, &[from], at, change, None).await
}

/// Calls a session off. False if it is over or was called off before.
pub(in super::super) async fn set_cancelled(
    tx: &impl ConnectionTrait,
    id: SessionId,
    reason: String,
    at: Instant,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        status: Set(SessionStatus::Cancelled),
        cancel_reason: Set(Some(reason)),
        ..Default::default()
    };
    step(tx, id, &[SessionStatus::Published, SessionStatus::Running], at, change, None).await
}

/// Moves a published session. False if it is none any more.
pub(in super::super) async fn set_moved(
    tx: &impl ConnectionTrait,
    row: &session::Model,
    at: Instant,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        starts_at: Set(row.starts_at),
        ends_at: Set(row.ends_at),
        place: Set(row.place.clone()),
        year: Set(row.year),
        first_starts_at: Set(row.first_starts_at),
        reschedule_reason: Set(row.reschedule_reason.clone()),
        ..Default::default()
    };
    step(tx, row.id, &[SessionStatus::Published], at, change, None).await
}

/// One step of a session: false if it does not stand where the step begins.
pub(super) async fn step(
    tx: &impl ConnectionTrait,
    id: SessionId,
    from: &[SessionStatus],
    at: Instant,
    change: session::ActiveModel,
    besides: Option<SimpleExpr>,
) -> Result<bool, Fault> {
    let changed = session::Entity::update_many()
        .set(session::ActiveModel { changed_at: Set(at), ..change })
        .col_expr(session::Column::Version, Expr::col(session::Column::Version).add(1))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::Status.is_in(from.iter().copied()))
        .filter(Condition::all().add_option(besides))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}
