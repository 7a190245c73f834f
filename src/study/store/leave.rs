//! Wishes for leave, and the files that prove something.

use entity::id::{AccountId, AttachmentId, LeaveRequestId, PersonId, SessionId, UnitId};
use entity::instant::Instant;
use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
use entity::study::leave_request::LeaveState;
use entity::study::{attachment, attendance, host, leave_request};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::super::model::LeaveFilter;
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// Marks those on leave who were granted it before the roster was frozen, within the database.
pub(in super::super) async fn grant_leave(tx: &impl ConnectionTrait, session: SessionId) -> Result<(), Fault> {
    let granted = Query::select()
        .column(leave_request::Column::PersonId)
        .from(leave_request::Entity)
        .and_where(leave_request::Column::SessionId.eq(session))
        .and_where(leave_request::Column::State.eq(LeaveState::Approved))
        .to_owned();
    attendance::Entity::update_many()
        .set(attendance::ActiveModel {
            status: Set(AttendanceStatus::OnLeave),
            method: Set(Some(AttendanceMethod::Leave)),
            ..Default::default()
        })
        .col_expr(attendance::Column::Version, Expr::col(attendance::Column::Version).add(1))
        .filter(attendance::Column::SessionId.eq(session))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Pending))
        .filter(attendance::Column::PersonId.in_subquery(granted))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn insert_leave(tx: &impl ConnectionTrait, row: leave_request::Model) -> Result<(), Fault> {
    leave_request::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(in super::super) async fn leave(
    conn: &impl ConnectionTrait,
    id: LeaveRequestId,
) -> Result<Option<leave_request::Model>, Fault> {
    Ok(leave_request::Entity::find_by_id(id).one(conn).await?)
}

/// Whether somebody's wish for leave from a session waits for its decision.
pub(in super::super) async fn leave_waits(
    conn: &impl ConnectionTrait,
    session: SessionId,
    person: PersonId,
) -> Result<bool, Fault> {
    let found = leave_request::Entity::find()
        .filter(leave_request::Column::SessionId.eq(session))
        .filter(leave_request::Column::State.eq(LeaveState::Pending))
        .filter(leave_request::Column::PersonId.eq(person))
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// Notes a decision, unless there is one.
pub(in super::super) async fn decide_leave(
    tx: &impl ConnectionTrait,
    id: LeaveRequestId,
    state: LeaveState,
    by: AccountId,
    at: Instant,
    decision: String,
) -> Result<bool, Fault> {
    let change = leave_request::ActiveModel {
        state: Set(state),
        decided_by: Set(Some(by)),
        decided_at: Set(Some(at)),
        decision: Set(decision),
        ..Default::default()
    };
    let changed = leave_request::Entity::update_many()
        .set(change)
        .filter(leave_request::Column::Id.eq(id))
        .filter(leave_request::Column::State.eq(LeaveState::Pending))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Wishes for leave in order of time: of people within some subtrees, from sessions that units within others hold, and
/// somebody's own.
pub(in super::super) async fn leaves(
    conn: &impl ConnectionTrait,
    (people_of, held_by): (&[UnitId], &[UnitId]),
    own: Option<PersonId>,
    filter: LeaveFilter,
    page: &PageRequest,
) -> Result<Page<leave_request::Model>, Fault> {
    let held = Query::select()
        .column(host::Column::SessionId)
        .from(host::Entity)
        .and_where(host::Column::UnitId.in_subquery(tree::within(held_by)))
        .to_owned();
    let mut reach = Condition::any()
        .add(leave_request::Column::UnitId.in_subquery(tree::within(people_of)))
        .add(leave_request::Column::SessionId.in_subquery(held));
    if let Some(person) = own {
        reach = reach.add(leave_request::Column::PersonId.eq(person));
    }
    let mut query = leave_request::Entity::find()
        .filter(reach)
        .order_by_asc(leave_request::Column::AskedAt)
        .order_by_asc(leave_request::Column::Id)
        .limit(page.limit + 1);
    if let Some(session) = filter.session_id {
        query = query.filter(leave_request::Column::SessionId.eq(session));
    }
    if let Some(state) = filter.state {
        query = query.filter(leave_request::Column::State.eq(state));
    }
    let after = page.after.as_deref().and_then(|after| after.split_once(' '));
    if let Some((at, id)) = after.and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id))) {
        let same = Condition::all().add(leave_request::Column::AskedAt.eq(at)).add(leave_request::Column::Id.gt(id));
        query = query.filter(Condition::any().add(leave_request::Column::AskedAt.gt(at)).add(same));
    }
    Ok(Page::cut(query.all(conn).await?, page, |row| format!("{} {}", row.asked_at.0, row.id)))
}

pub(in super::super) async fn insert_attachment(
    tx: &impl ConnectionTrait,
    row: attachment::Model,
) -> Result<(), Fault> {
    attachment::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// A file with its bytes.
pub(in super::super) async fn attachment(
    conn: &impl ConnectionTrait,
    id: AttachmentId,
) -> Result<Option<attachment::Model>, Fault> {
    Ok(attachment::Entity::find_by_id(id).one(conn).await?)
}

/// Who sent a file, if there is one.
pub async fn attachment_sender(conn: &impl ConnectionTrait, id: AttachmentId) -> Result<Option<AccountId>, Fault> {
    Ok(attachment::Entity::find_by_id(id)
        .select_only()
        .column(attachment::Column::SentBy)
        .into_tuple()
        .one(conn)
        .await?)
}

/// Lets those read a file who look after this unit; whom it was handed to before keeps it.
pub async fn hand_attachment(tx: &impl ConnectionTrait, id: AttachmentId, unit: UnitId) -> Result<(), Fault> {
    attachment::Entity::update_many()
        .col_expr(attachment::Column::UnitId, Expr::value(unit))
        .filter(attachment::Column::Id.eq(id))
        .filter(attachment::Column::UnitId.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
