//! Sessions, who holds them and which units they concern.

use std::collections::HashMap;

use entity::id::{PersonId, SessionId, UnitId};
use entity::instant::Instant;
use entity::study::session::{self, SessionStatus};
use entity::study::{attendance, host, invited_unit};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::super::model::SessionFilter;
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// Which sessions somebody may know of.
#[derive(Debug, Default)]
pub(in super::super) struct SessionReach {
    /// All sessions that these units hold.
    pub(in super::super) managed: Vec<UnitId>,
    /// Published ones that these units hold, or to which their people are invited.
    pub(in super::super) concerned: Vec<UnitId>,
    /// Those on whose roster this person stands.
    pub(in super::super) person: Option<PersonId>,
    /// These besides.
    pub(in super::super) invited: Vec<SessionId>,
}

impl SessionReach {
    fn condition(&self) -> Condition {
        let mut reach = Condition::any();
        if !self.managed.is_empty() {
            reach = reach.add(session::Column::Id.in_subquery(held_by(&self.managed)));
        }
        if !self.concerned.is_empty() {
            let concerned = Condition::any()
                .add(session::Column::Id.in_subquery(held_by(&self.concerned)))
                .add(session::Column::Id.in_subquery(concerning(&self.concerned)));
            reach = reach.add(Condition::all().add(session::Column::Status.ne(SessionStatus::Draft)).add(concerned));
        }
        if let Some(person) = self.person {
            reach = reach.add(session::Column::Id.in_subquery(attended_by(person)));
        }
        if !self.invited.is_empty() || reach.is_empty() {
            reach = reach.add(session::Column::Id.is_in(self.invited.iter().copied()));
        }
        reach
    }
}

fn held_by(tops: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(host::Column::SessionId)
        .from(host::Entity)
        .and_where(host::Column::UnitId.in_subquery(tree::within(tops)))
        .to_owned()
}

fn concerning(tops: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(invited_unit::Column::SessionId)
        .from(invited_unit::Entity)
        .and_where(invited_unit::Column::UnitId.in_subquery(tree::within(tops)))
        .to_owned()
}

fn attended_by(person: PersonId) -> SelectStatement {
    Query::select()
        .column(attendance::Column::SessionId)
        .from(attendance::Entity)
        .and_where(attendance::Column::PersonId.eq(person))
        .to_owned()
}

pub(in super::super) async fn insert_session(
    tx: &impl ConnectionTrait,
    row: session::Model,
    hosts: &[UnitId],
) -> Result<(), Fault> {
    let id = row.id;
    session::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let rows = hosts.iter().map(|unit| host::ActiveModel { session_id: Set(id), unit_id: Set(*unit) });
    insert_all(tx, rows.collect(), false).await
}

pub(in super::super) async fn session(
    conn: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Option<session::Model>, Fault> {
    Ok(session::Entity::find_by_id(id).one(conn).await?)
}

/// A session whose status stays as it is until the transaction ends.
pub(in super::super) async fn steady_session(
    tx: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Option<session::Model>, Fault> {
    Ok(session::Entity::find_by_id(id).lock_shared().one(tx).await?)
}

/// Sessions whose status stays as it is until the transaction ends.
pub(in super::super) async fn steady_sessions(
    tx: &impl ConnectionTrait,
    ids: &[SessionId],
) -> Result<HashMap<SessionId, session::Model>, Fault> {
    let rows = session::Entity::find()
        .filter(session::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(session::Column::Id)
        .lock_shared()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// One session, if it lies within reach.
pub(in super::super) async fn session_within(
    conn: &impl ConnectionTrait,
    id: SessionId,
    reach: &SessionReach,
) -> Result<Option<session::Model>, Fault> {
    Ok(session::Entity::find_by_id(id).filter(reach.condition()).one(conn).await?)
}

/// Sessions within reach, in order of time.
pub(in super::super) async fn sessions(
    conn: &impl ConnectionTrait,
    reach: &SessionReach,
    filter: &SessionFilter,
    page: &PageRequest,
) -> Result<Page<session::Model>, Fault> {
    let mut query = session::Entity::find()
        .filter(reach.condition())
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .limit(page.limit + 1);
    if let Some(from) = filter.from {
        query = query.filter(session::Column::StartsAt.gte(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(session::Column::StartsAt.lt(to));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(session::Column::Kind.eq(kind));
    }
    if let Some(status) = filter.status {
        query = query.filter(session::Column::Status.eq(status));
    }
    let after = page.after.as_deref().and_then(|after| after.split_once(' '));
    if let Some((at, id)) = after.and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id))) {
        let same = Condition::all().add(session::Column::StartsAt.eq(at)).add(session::Column::Id.gt(id));
        query = query.filter(Condition::any().add(session::Column::StartsAt.gt(at)).add(same));
    }
    Ok(Page::cut(query.all(conn).await?, page, |s| format!("{} {}", s.starts_at.0, s.id)))
}

/// Who holds each of these sessions; the one it belongs to is known from the session itself.
pub(in super::super) async fn hosts(
    conn: &impl ConnectionTrait,
    ids: &[SessionId],
) -> Result<HashMap<SessionId, Vec<UnitId>>, Fault> {
    let rows = host::Entity::find()
        .filter(host::Column::SessionId.is_in(ids.iter().copied()))
        .order_by_asc(host::Column::UnitId)
        .all(conn)
        .await?;
    let mut hosts: HashMap<SessionId, Vec<UnitId>> = HashMap::new();
    for row in rows {
        hosts.entry(row.session_id).or_default().push(row.unit_id);
    }
    Ok(hosts)
}

/// Published sessions that have not been opened yet and end after `at`, in order of time.
pub(in super::super) async fn upcoming(conn: &impl ConnectionTrait, at: Instant) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Status.eq(SessionStatus::Published))
        .filter(session::Column::EndsAt.gt(at))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(conn)
        .await?)
}

/// Sessions on whose roster somebody stands that run, or were closed and began at `since` or later; in order of time.
pub(in super::super) async fn attended(
    conn: &impl ConnectionTrait,
    person: PersonId,
    since: Instant,
) -> Result<Vec<session::Model>, Fault> {
    let recent = Condition::all()
        .add(session::Column::Status.eq(SessionStatus::Closed))
        .add(session::Column::StartsAt.gte(since));
    Ok(session::Entity::find()
        .filter(session::Column::Id.in_subquery(attended_by(person)))
        .filter(Condition::any().add(session::Column::Status.eq(SessionStatus::Running)).add(recent))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(conn)
        .await?)
}

/// Published sessions that begin before `at`.
pub(in super::super) async fn published_before(
    conn: &impl ConnectionTrait,
    at: Instant,
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Status.eq(SessionStatus::Published))
        .filter(session::Column::StartsAt.lte(at))
        .order_by_asc(session::Column::StartsAt)
        .all(conn)
        .await?)
}

/// Running sessions of a year, held until the transaction ends.
pub(in super::super) async fn hold_running(tx: &impl ConnectionTrait, year: i32) -> Result<(), Fault> {
    session::Entity::find()
        .filter(session::Column::Year.eq(year))
        .filter(session::Column::Status.eq(SessionStatus::Running))
        .order_by_asc(session::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(())
}

/// Published and running sessions of a year that belong to a unit or one below it.
pub(in super::super) async fn open_sessions_of(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Year.eq(year))
        .filter(session::Column::Status.is_in([SessionStatus::Published, SessionStatus::Running]))
        .filter(
            Condition::any()
                .add(session::Column::Id.in_subquery(held_by(&[top])))
                .add(session::Column::Id.in_subquery(concerning(&[top]))),
        )
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(conn)
        .await?)
}

/// Notes which units a session concerns; those known already stay.
pub(in super::super) async fn note_units(
    tx: &impl ConnectionTrait,
    id: SessionId,
    units: impl Iterator<Item = UnitId>,
) -> Result<(), Fault> {
    let rows = units.map(|unit| invited_unit::ActiveModel { session_id: Set(id), unit_id: Set(unit) });
    insert_all(tx, rows.collect(), true).await
}

/// Makes a draft a published session. False if it is none any more.
pub(in super::super) async fn set_session_published(
    tx: &impl ConnectionTrait,
    id: SessionId,
    at: Instant,
    invited: i32,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        status: Set(SessionStatus::Published),
        published_at: Set(Some(at)),
        invited: Set(Some(invited)),
        ..Default::default()
    };
    step(tx, id, SessionStatus::Draft, change).await
}

/// Makes a published session a running one. False if it is none any more.
pub(in super::super) async fn set_running(
    tx: &impl ConnectionTrait,
    id: SessionId,
    at: Instant,
) -> Result<bool, Fault> {
    let change =
        session::ActiveModel { status: Set(SessionStatus::Running), frozen_at: Set(Some(at)), ..Default::default() };
    step(tx, id, SessionStatus::Published, change).await
}

/// Makes a running session a closed one. False if it is none any more.
pub(in super::super) async fn set_session_closed(
    tx: &impl ConnectionTrait,
    id: SessionId,
    at: Instant,
) -> Result<bool, Fault> {
    let change =
        session::ActiveModel { status: Set(SessionStatus::Closed), closed_at: Set(Some(at)), ..Default::default() };
    step(tx, id, SessionStatus::Running, change).await
}

async fn step(
    tx: &impl ConnectionTrait,
    id: SessionId,
    from: SessionStatus,
    change: session::ActiveModel,
) -> Result<bool, Fault> {
    let changed = session::Entity::update_many()
        .set(change)
        .col_expr(session::Column::Version, Expr::col(session::Column::Version).add(1))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::Status.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}
