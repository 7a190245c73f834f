//! How the people on a session's roster attended.

use std::collections::HashMap;

use entity::id::{AccountId, PersonId, SessionId, UnitId};
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use entity::study::earlier_attendance;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::super::model::AttendanceFilter;
use crate::db::{Fault, insert_all};
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

/// All rows of a session, by unit and person.
pub(in super::super) async fn everybody(
    conn: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Vec<attendance::Model>, Fault> {
    Ok(attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(id))
        .order_by_asc(attendance::Column::UnitId)
        .order_by_asc(attendance::Column::PersonId)
        .all(conn)
        .await?)
}

/// All rows of a session within some subtrees, by unit and person.
pub(in super::super) async fn everybody_within(
    conn: &impl ConnectionTrait,
    id: SessionId,
    tops: &[UnitId],
) -> Result<Vec<attendance::Model>, Fault> {
    Ok(attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(id))
        .filter(attendance::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(attendance::Column::UnitId)
        .order_by_asc(attendance::Column::PersonId)
        .all(conn)
        .await?)
}

/// The row of somebody of whom nothing is known yet.
pub(in super::super) fn expected_row(session_id: SessionId, person_id: PersonId, unit_id: UnitId) -> attendance::Model {
    attendance::Model {
        session_id,
        person_id,
        unit_id,
        status: AttendanceStatus::Pending,
        checked_in_at: None,
        checked_out_at: None,
        method: None,
        reason: None,
        delegate_person_id: None,
        studied: None,
        confirmed_by: None,
        evidence_id: None,
        added_reason: None,
        version: 1,
    }
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

/// The rows of these people within some subtrees, held in the order of people until the transaction ends.
pub(in super::super) async fn hold_rows_within(
    tx: &impl ConnectionTrait,
    session: SessionId,
    tops: &[UnitId],
    people: &[PersonId],
) -> Result<HashMap<PersonId, attendance::Model>, Fault> {
    let mut people = people.to_vec();
    people.sort_unstable();
    let mut found = HashMap::new();
    for people in people.chunks(CHUNK) {
        let rows = attendance::Entity::find()
            .filter(attendance::Column::SessionId.eq(session))
            .filter(attendance::Column::UnitId.in_subquery(tree::within(tops)))
            .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
            .order_by_asc(attendance::Column::PersonId)
            .lock_exclusive()
            .all(tx)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.person_id, row)));
    }
    Ok(found)
}

/// Whether somebody comes for another at a session already.
pub(in super::super) async fn delegates_of(
    conn: &impl ConnectionTrait,
    session: SessionId,
    delegate: PersonId,
) -> Result<Vec<PersonId>, Fault> {
    let rows = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::SessionId.eq(session))
        .filter(attendance::Column::DelegatePersonId.eq(delegate))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows)
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
            attendance::Column::CheckedOutAt,
            attendance::Column::Method,
            attendance::Column::Reason,
            attendance::Column::DelegatePersonId,
            attendance::Column::Studied,
            attendance::Column::ConfirmedBy,
            attendance::Column::EvidenceId,
            attendance::Column::Version,
        ])
        .to_owned();
    attendance::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(change)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Gives people a status by a list, all with the same reason. What was said of a delegate or of study made up is gone.
pub(in super::super) async fn call(
    tx: &impl ConnectionTrait,
    session: SessionId,
    people: &[PersonId],
    (status, method): (AttendanceStatus, AttendanceMethod),
    reason: Option<&str>,
) -> Result<(), Fault> {
    for people in people.chunks(CHUNK) {
        attendance::Entity::update_many()
            .set(attendance::ActiveModel {
                status: Set(status),
                method: Set(Some(method)),
                reason: Set(reason.map(str::to_owned)),
                delegate_person_id: Set(None),
                studied: Set(None),
                confirmed_by: Set(None),
                evidence_id: Set(None),
                ..Default::default()
            })
            .col_expr(attendance::Column::Version, Expr::col(attendance::Column::Version).add(1))
            .filter(attendance::Column::SessionId.eq(session))
            .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Whoever checked in and never checked out, where that is asked for, left early.
pub(in super::super) async fn close_stays(tx: &impl ConnectionTrait, session: SessionId) -> Result<u64, Fault> {
    let changed = attendance::Entity::update_many()
        .col_expr(attendance::Column::Status, Expr::value(AttendanceStatus::LeftEarly))
        .col_expr(attendance::Column::Version, Expr::col(attendance::Column::Version).add(1))
        .filter(attendance::Column::SessionId.eq(session))
        .filter(attendance::Column::Status.is_in([AttendanceStatus::Present, AttendanceStatus::Late]))
        .filter(attendance::Column::Method.is_in([AttendanceMethod::Code, AttendanceMethod::Qr]))
        .filter(attendance::Column::CheckedOutAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}

/// Rows of people who come onto the roster late.
pub(in super::super) async fn insert_rows(
    tx: &impl ConnectionTrait,
    rows: Vec<attendance::Model>,
) -> Result<(), Fault> {
    insert_all(tx, rows.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// Keeps what rows say before they are put right.
pub(in super::super) async fn keep_earlier(
    tx: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = attendance::Model>,
    at: Instant,
    by: Option<AccountId>,
) -> Result<(), Fault> {
    let rows = rows.into_iter().map(|row| earlier_attendance::ActiveModel {
        session_id: Set(row.session_id),
        person_id: Set(row.person_id),
        version: Set(row.version),
        status: Set(row.status),
        checked_in_at: Set(row.checked_in_at),
        checked_out_at: Set(row.checked_out_at),
        method: Set(row.method),
        reason: Set(row.reason),
        delegate_person_id: Set(row.delegate_person_id),
        changed_at: Set(at),
        changed_by: Set(by),
    });
    insert_all(tx, rows.collect(), false).await
}

/// What a row said before it was put right, the latest first.
pub(in super::super) async fn earlier(
    conn: &impl ConnectionTrait,
    session: SessionId,
    person: PersonId,
) -> Result<Vec<earlier_attendance::Model>, Fault> {
    Ok(earlier_attendance::Entity::find()
        .filter(earlier_attendance::Column::SessionId.eq(session))
        .filter(earlier_attendance::Column::PersonId.eq(person))
        .order_by_desc(earlier_attendance::Column::Version)
        .all(conn)
        .await?)
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
