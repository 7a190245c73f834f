//! Sessions, who holds them and which units they concern.

use std::collections::HashMap;

use entity::id::{PersonId, SeriesId, SessionId, UnitId};
use entity::instant::Instant;
use entity::study::session::{self, SessionStatus};
use entity::study::{attendance, host, invited_unit, presenter, series};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::super::model::{NewSession, Presenter, SessionFilter};
use super::turn::step;
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

/// A session with what stands in other tables.
#[derive(Debug, Clone)]
pub(in super::super) struct Draft {
    pub(in super::super) row: session::Model,
    pub(in super::super) hosts: Vec<UnitId>,
    pub(in super::super) presenters: Vec<Presenter>,
}

/// Drafts of sessions, and the series that they make if they do.
pub(in super::super) async fn insert_sessions(
    tx: &impl ConnectionTrait,
    series: Option<series::Model>,
    drafts: Vec<Draft>,
) -> Result<(), Fault> {
    if let Some(series) = series {
        series::Entity::insert(series.into_active_model()).exec_without_returning(tx).await?;
    }
    let (mut hosts, mut presenters) = (Vec::new(), Vec::new());
    let rows: Vec<_> = drafts
        .into_iter()
        .map(|draft| {
            hosts.extend(host_rows(draft.row.id, &draft.hosts));
            presenters.extend(presenter_rows(draft.row.id, &draft.presenters));
            draft.row.into_active_model()
        })
        .collect();
    insert_all(tx, rows, false).await?;
    insert_all(tx, hosts, false).await?;
    insert_all(tx, presenters, false).await
}

fn host_rows(id: SessionId, hosts: &[UnitId]) -> impl Iterator<Item = host::ActiveModel> {
    hosts.iter().map(move |unit| host::ActiveModel { session_id: Set(id), unit_id: Set(*unit) })
}

fn presenter_rows(id: SessionId, presenters: &[Presenter]) -> impl Iterator<Item = presenter::ActiveModel> {
    presenters.iter().map(move |p| presenter::ActiveModel {
        session_id: Set(id),
        person_id: Set(p.person_id),
        form: Set(p.form),
    })
}

/// Replaces a draft, if it is still in the version before. False if it is not.
pub(in super::super) async fn replace_draft(tx: &impl ConnectionTrait, draft: Draft) -> Result<bool, Fault> {
    let (id, version) = (draft.row.id, draft.row.version);
    let mut row = draft.row.into_active_model().reset_all();
    row.id = NotSet;
    let changed = session::Entity::update_many()
        .set(row)
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::Status.eq(SessionStatus::Draft))
        .filter(session::Column::Version.eq(version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Ok(false);
    }
    host::Entity::delete_many().filter(host::Column::SessionId.eq(id)).exec(tx).await?;
    presenter::Entity::delete_many().filter(presenter::Column::SessionId.eq(id)).exec(tx).await?;
    insert_all(tx, host_rows(id, &draft.hosts).collect(), false).await?;
    insert_all(tx, presenter_rows(id, &draft.presenters).collect(), false).await?;
    Ok(true)
}

/// Removes a draft. False if it is none any more.
pub(in super::super) async fn delete_draft(
    tx: &impl ConnectionTrait,
    id: SessionId,
    version: i32,
) -> Result<bool, Fault> {
    let held = session::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    if held.is_none_or(|row| row.status != SessionStatus::Draft || row.version != version) {
        return Ok(false);
    }
    host::Entity::delete_many().filter(host::Column::SessionId.eq(id)).exec(tx).await?;
    presenter::Entity::delete_many().filter(presenter::Column::SessionId.eq(id)).exec(tx).await?;
    session::Entity::delete_by_id(id).exec(tx).await?;
    Ok(true)
}

/// Who reports at each of these sessions.
pub(in super::super) async fn presenters(
    conn: &impl ConnectionTrait,
    ids: &[SessionId],
) -> Result<HashMap<SessionId, Vec<Presenter>>, Fault> {
    let rows = presenter::Entity::find()
        .filter(presenter::Column::SessionId.is_in(ids.iter().copied()))
        .order_by_asc(presenter::Column::PersonId)
        .all(conn)
        .await?;
    let mut presenters: HashMap<SessionId, Vec<Presenter>> = HashMap::new();
    for row in rows {
        presenters.entry(row.session_id).or_default().push(Presenter { person_id: row.person_id, form: row.form });
    }
    Ok(presenters)
}

/// The sessions of a series that begin at `from` or later and have come so far, in order of time.
pub(in super::super) async fn following(
    conn: &impl ConnectionTrait,
    series: SeriesId,
    from: Instant,
    statuses: &[SessionStatus],
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::SeriesId.eq(series))
        .filter(session::Column::StartsAt.gte(from))
        .filter(session::Column::Status.is_in(statuses.iter().copied()))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(conn)
        .await?)
}

/// Meetings of a unit at a place between two moments that are not called off, of other series than this one.
pub(in super::super) async fn meetings_at(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    place: &str,
    (from, to): (Instant, Instant),
    but: Option<SeriesId>,
) -> Result<Vec<(Instant, Instant)>, Fault> {
    let mut query = session::Entity::find()
        .select_only()
        .column(session::Column::StartsAt)
        .column(session::Column::EndsAt)
        .filter(session::Column::UnitId.eq(unit))
        .filter(session::Column::SeriesId.is_not_null())
        .filter(session::Column::Place.eq(place))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(session::Column::StartsAt.lt(to))
        .filter(session::Column::EndsAt.gt(from));
    if let Some(series) = but {
        query = query.filter(session::Column::SeriesId.ne(series));
    }
    Ok(query.into_tuple().all(conn).await?)
}

/// Sessions that run at this moment: their ids and secrets.
pub(in super::super) async fn running_codes(conn: &impl ConnectionTrait) -> Result<Vec<(SessionId, String)>, Fault> {
    Ok(session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .column(session::Column::CodeSecret)
        .filter(session::Column::Status.eq(SessionStatus::Running))
        .limit(1_000)
        .into_tuple()
        .all(conn)
        .await?)
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

/// Lets nobody else act on a session until the transaction ends.
pub(in super::super) async fn lock_session(tx: &impl ConnectionTrait, id: SessionId) -> Result<(), Fault> {
    session::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    Ok(())
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
    if let Some(series) = filter.series_id {
        query = query.filter(session::Column::SeriesId.eq(series));
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

/// Sessions on whose roster somebody stands that end at `since` or later, however far they have come.
pub(in super::super) async fn on_roster_of(
    conn: &impl ConnectionTrait,
    person: PersonId,
    since: Instant,
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Id.in_subquery(attended_by(person)))
        .filter(session::Column::EndsAt.gte(since))
        .all(conn)
        .await?)
}

/// Sessions of a year on whose roster somebody stands, in order of time.
pub(in super::super) async fn attended_in(
    conn: &impl ConnectionTrait,
    person: PersonId,
    year: i32,
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Id.in_subquery(attended_by(person)))
        .filter(session::Column::Year.eq(year))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(conn)
        .await?)
}

/// Sessions that end at `since` or later and were called off before their roster was frozen.
pub(in super::super) async fn called_off(
    conn: &impl ConnectionTrait,
    since: Instant,
) -> Result<Vec<session::Model>, Fault> {
    Ok(session::Entity::find()
        .filter(session::Column::Status.eq(SessionStatus::Cancelled))
        .filter(session::Column::FrozenAt.is_null())
        .filter(session::Column::EndsAt.gte(since))
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

/// Changes what can be changed of a session that is no draft any more. False if somebody else changed it meanwhile.
pub(in super::super) async fn set_records(
    tx: &impl ConnectionTrait,
    id: SessionId,
    version: i32,
    new: &NewSession,
    at: Instant,
) -> Result<bool, Fault> {
    let change = session::ActiveModel {
        contact: Set(new.contact.clone()),
        audience_count: Set(new.audience_count),
        enterprises: Set(new.enterprises),
        evidence_id: Set(new.evidence_id),
        ..Default::default()
    };
    let alive = [SessionStatus::Published, SessionStatus::Running, SessionStatus::Closed];
    if !step(tx, id, &alive, at, change, Some(session::Column::Version.eq(version))).await? {
        return Ok(false);
    }
    presenter::Entity::delete_many().filter(presenter::Column::SessionId.eq(id)).exec(tx).await?;
    insert_all(tx, presenter_rows(id, &new.presenters).collect(), false).await?;
    Ok(true)
}
