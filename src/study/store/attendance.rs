//! How the people on a session's roster attended.

use std::collections::HashMap;

use entity::id::{PersonId, SessionId, UnitId};
use entity::org::roster_row::SubjectKind;
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::super::model::AttendanceFilter;
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::org;
use crate::tree;

/// How many people one look-up names at most.
const CHUNK: usize = 5_000;

/// Everybody on a roster that was just frozen, without a status yet, within the database.
pub(in super::super) async fn insert_pending(tx: &impl ConnectionTrait, id: SessionId) -> Result<(), Fault> {
    let everybody = Query::select()
        .expr(Expr::value(id))
        .columns([attendance::Column::PersonId, attendance::Column::UnitId])
        .expr(Expr::value(AttendanceStatus::Pending))
        .expr(Expr::value(1))
        .from_subquery(org::everybody_on(SubjectKind::Session, id.into()), Alias::new("roster"))
        .to_owned();
    let insert = Query::insert()
        .into_table(attendance::Entity)
        .columns([
            attendance::Column::SessionId,
            attendance::Column::PersonId,
            attendance::Column::UnitId,
            attendance::Column::Status,
            attendance::Column::Version,
        ])
        .select_from(everybody)
        .map_err(|error| DbErr::Type(error.to_string()))?
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}

/// The attendance of people within some subtrees, by unit and person.
pub(in super::super) async fn attendance(
    conn: &impl ConnectionTrait,
    id: SessionId,
    tops: &[UnitId],
    filter: &AttendanceFilter,
    page: &PageRequest,
) -> Result<Page<attendance::Model>, Fault> {
    let mut query = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(id))
        .filter(attendance::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(attendance::Column::UnitId)
        .order_by_asc(attendance::Column::PersonId)
        .limit(page.limit + 1);
    if let Some(unit) = filter.unit_id {
        query = query.filter(attendance::Column::UnitId.in_subquery(tree::within(&[unit])));
    }
    if let Some(status) = filter.status {
        query = query.filter(attendance::Column::Status.eq(status));
    }
    if let Some((unit, person)) = page.after.as_deref().and_then(|after| after.split_once(' ')) {
        let same =
            Condition::all().add(attendance::Column::UnitId.eq(unit)).add(attendance::Column::PersonId.gt(person));
        query = query.filter(Condition::any().add(attendance::Column::UnitId.gt(unit)).add(same));
    }
    Ok(Page::cut(query.all(conn).await?, page, |row| format!("{} {}", row.unit_id, row.person_id)))
}

/// How many people within some subtrees attended in which way.
pub(in super::super) async fn count_by_status(
    conn: &impl ConnectionTrait,
    id: SessionId,
    tops: &[UnitId],
) -> Result<Vec<(AttendanceStatus, i64)>, Fault> {
    Ok(attendance::Entity::find()
        .select_only()
        .column(attendance::Column::Status)
        .column_as(attendance::Column::PersonId.count(), "people")
        .filter(attendance::Column::SessionId.eq(id))
        .filter(attendance::Column::UnitId.in_subquery(tree::within(tops)))
        .group_by(attendance::Column::Status)
        .into_tuple()
        .all(conn)
        .await?)
}

/// How somebody attended these sessions.
pub(in super::super) async fn attendance_of(
    conn: &impl ConnectionTrait,
    sessions: &[SessionId],
    person: PersonId,
) -> Result<HashMap<SessionId, attendance::Model>, Fault> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::PersonId.eq(person))
        .filter(attendance::Column::SessionId.is_in(sessions.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.session_id, row)).collect())
}

/// One row, held until the transaction ends.
pub(in super::super) async fn hold_row(
    tx: &impl ConnectionTrait,
    session: SessionId,
    person: PersonId,
) -> Result<Option<attendance::Model>, Fault> {
    Ok(attendance::Entity::find_by_id((session, person)).lock_exclusive().one(tx).await?)
}

/// Rows of people, held in the order of people until the transaction ends.
pub(in super::super) async fn hold_rows(
    tx: &impl ConnectionTrait,
    session: SessionId,
    people: &[PersonId],
) -> Result<Vec<attendance::Model>, Fault> {
    Ok(attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session))
        .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
        .order_by_asc(attendance::Column::PersonId)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// Whose status is which among these people, held in the order of people until the transaction ends.
pub(in super::super) async fn hold_statuses(
    tx: &impl ConnectionTrait,
    session: SessionId,
    tops: &[UnitId],
    people: &[PersonId],
) -> Result<HashMap<PersonId, AttendanceStatus>, Fault> {
    let mut found = HashMap::new();
    for people in people.chunks(CHUNK) {
        let rows: Vec<(PersonId, AttendanceStatus)> = attendance::Entity::find()
            .select_only()
            .column(attendance::Column::PersonId)
            .column(attendance::Column::Status)
            .filter(attendance::Column::SessionId.eq(session))
            .filter(attendance::Column::UnitId.in_subquery(tree::within(tops)))
            .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
            .order_by_asc(attendance::Column::PersonId)
            .lock_exclusive()
            .into_tuple()
            .all(tx)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Writes rows that are there already, all in one statement. They must be held.
pub(in super::super) async fn write_rows(tx: &impl ConnectionTrait, rows: Vec<attendance::Model>) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let change = OnConflict::columns([attendance::Column::SessionId, attendance::Column::PersonId])
        .update_columns([
            attendance::Column::Status,
            attendance::Column::CheckedInAt,
            attendance::Column::Method,
            attendance::Column::Reason,
            attendance::Column::Version,
        ])
        .to_owned();
    attendance::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(change)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Gives people a status by roll call.
pub(in super::super) async fn call(
    tx: &impl ConnectionTrait,
    session: SessionId,
    people: &[PersonId],
    status: AttendanceStatus,
) -> Result<(), Fault> {
    for people in people.chunks(CHUNK) {
        attendance::Entity::update_many()
            .col_expr(attendance::Column::Status, Expr::value(status))
            .col_expr(attendance::Column::Method, Expr::value(AttendanceMethod::RollCall))
            .col_expr(attendance::Column::Version, Expr::col(attendance::Column::Version).add(1))
            .filter(attendance::Column::SessionId.eq(session))
            .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Whoever has not come by now was absent. Returns how many.
pub(in super::super) async fn close_pending(tx: &impl ConnectionTrait, session: SessionId) -> Result<u64, Fault> {
    let changed = attendance::Entity::update_many()
        .col_expr(attendance::Column::Status, Expr::value(AttendanceStatus::Absent))
        .col_expr(attendance::Column::Version, Expr::col(attendance::Column::Version).add(1))
        .filter(attendance::Column::SessionId.eq(session))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Pending))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}

/// How many stand on a session's roster.
pub(in super::super) async fn count_roster(conn: &impl ConnectionTrait, session: SessionId) -> Result<u64, Fault> {
    Ok(attendance::Entity::find().filter(attendance::Column::SessionId.eq(session)).count(conn).await?)
}
