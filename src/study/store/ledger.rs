//! What sessions came to: by kind, by month.

use std::collections::HashMap;

use entity::id::{SessionId, UnitId};
use entity::instant::Instant;
use entity::study::session::{self, SessionKind, SessionStatus};
use entity::study::{host, unit_credit};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::model::Activity;
use super::turnout::persons;
use crate::db::Fault;
use crate::tree;

/// Closed sessions of a year that a unit or one below it held.
pub(super) fn held_in(year: i32, top: UnitId) -> SelectStatement {
    let held = Query::select()
        .column(host::Column::SessionId)
        .from(host::Entity)
        .and_where(host::Column::UnitId.in_subquery(tree::within(&[top])))
        .to_owned();
    Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::Year.eq(year))
        .and_where(session::Column::Status.eq(SessionStatus::Closed))
        .and_where(session::Column::Id.in_subquery(held))
        .to_owned()
}

/// What the closed sessions of a year came to that a unit or one below it held, by kind; kinds without any are left out.
pub(in super::super) async fn activities(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<Activity>, Fault> {
    let sum = |column: session::Column| Expr::expr(Expr::col(column).sum()).cast_as("bigint");
    let held: Vec<(SessionKind, i64, Option<i64>, Option<i64>)> = session::Entity::find()
        .select_only()
        .column(session::Column::Kind)
        .column_as(session::Column::Id.count(), "sessions")
        .column_as(sum(session::Column::AudienceCount), "audience")
        .column_as(sum(session::Column::Enterprises), "enterprises")
        .filter(session::Column::Id.in_subquery(held_in(year, top)))
        .group_by(session::Column::Kind)
        .into_tuple()
        .all(conn)
        .await?;
    let there: Vec<(SessionKind, Option<i64>)> = unit_credit::Entity::find()
        .select_only()
        .column(unit_credit::Column::Kind)
        .column_as(Expr::expr(Expr::col(unit_credit::Column::Attended).sum()).cast_as("bigint"), "attended")
        .filter(unit_credit::Column::Year.eq(year))
        .filter(unit_credit::Column::SessionId.in_subquery(held_in(year, top)))
        .group_by(unit_credit::Column::Kind)
        .into_tuple()
        .all(conn)
        .await?;
    let times: HashMap<SessionKind, i64> = there.into_iter().map(|(kind, n)| (kind, n.unwrap_or_default())).collect();
    let persons = persons(conn, year, top).await?;
    let activity = |(kind, sessions, audience, enterprises): (SessionKind, i64, Option<i64>, Option<i64>)| Activity {
        kind,
        sessions,
        persons: persons.get(&kind).copied().unwrap_or_default(),
        person_times: times.get(&kind).copied().unwrap_or_default(),
        audience: audience.unwrap_or_default(),
        enterprises: enterprises.unwrap_or_default(),
    };
    let mut activities: Vec<Activity> = held.into_iter().map(activity).collect();
    activities.sort_by_key(|activity| activity.kind);
    Ok(activities)
}

/// Of each closed session of a year that concerned a unit or one below it: when it began, its kind, how many of their
/// people were expected and there.
pub(in super::super) async fn ledger(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<(Instant, SessionKind, i64, i64)>, Fault> {
    let sum = |column: unit_credit::Column| Expr::expr(Expr::col(column).sum()).cast_as("bigint");
    let sums: Vec<(SessionId, i64, i64)> = unit_credit::Entity::find()
        .select_only()
        .column(unit_credit::Column::SessionId)
        .column_as(sum(unit_credit::Column::Expected), "expected")
        .column_as(sum(unit_credit::Column::Attended), "attended")
        .filter(unit_credit::Column::Year.eq(year))
        .filter(unit_credit::Column::UnitId.in_subquery(tree::within(&[top])))
        .group_by(unit_credit::Column::SessionId)
        .into_tuple()
        .all(conn)
        .await?;
    let mut sums: HashMap<SessionId, (i64, i64)> = sums.into_iter().map(|(id, e, a)| (id, (e, a))).collect();
    let sessions: Vec<(SessionId, Instant, SessionKind)> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .column(session::Column::StartsAt)
        .column(session::Column::Kind)
        .filter(session::Column::Year.eq(year))
        .filter(session::Column::Status.eq(SessionStatus::Closed))
        .into_tuple()
        .all(conn)
        .await?;
    let line = |(id, at, kind)| sums.remove(&id).map(|(expected, attended)| (at, kind, expected, attended));
    Ok(sessions.into_iter().filter_map(line).collect())
}
