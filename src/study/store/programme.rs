//! Programmes and what they ask.

use std::collections::HashMap;

use entity::id::{ProgrammeId, UnitId};
use entity::instant::{Day, Instant};
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::{requirement, session};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::super::model::ProgrammeFilter;
use super::super::requirement::Requirement;
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// Within which subtrees programmes are looked for.
pub(in super::super) struct ProgrammeReach {
    /// All of these units' own programmes.
    pub(in super::super) managed: Vec<UnitId>,
    /// Published ones of these units, of those below and of those above, which concern them.
    pub(in super::super) concerned: Vec<UnitId>,
}

impl ProgrammeReach {
    fn condition(&self) -> Condition {
        let concerned = Condition::any()
            .add(programme::Column::UnitId.in_subquery(tree::within(&self.concerned)))
            .add(programme::Column::UnitId.in_subquery(tree::above(&self.concerned)));
        Condition::any()
            .add(programme::Column::UnitId.in_subquery(tree::within(&self.managed)))
            .add(Condition::all().add(programme::Column::Status.ne(ProgrammeStatus::Draft)).add(concerned))
    }
}

pub(in super::super) async fn insert_programme(
    tx: &impl ConnectionTrait,
    row: programme::Model,
    requirements: Vec<Requirement>,
) -> Result<(), Fault> {
    let id = row.id;
    programme::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    insert_requirements(tx, id, requirements).await
}

async fn insert_requirements(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    requirements: Vec<Requirement>,
) -> Result<(), Fault> {
    let rows = (0..).zip(requirements).map(|(position, r)| requirement::ActiveModel {
        programme_id: Set(id),
        position: Set(position),
        kind: Set(r.kind),
        count: Set(r.count),
        per: Set(r.per),
        due_on: Set(r.due_on),
    });
    insert_all(tx, rows.collect(), false).await
}

/// Replaces a draft, if it is still in the version before. False if it is not.
pub(in super::super) async fn replace_programme(
    tx: &impl ConnectionTrait,
    row: programme::Model,
    requirements: Vec<Requirement>,
) -> Result<bool, Fault> {
    let (id, version) = (row.id, row.version);
    let mut row = row.into_active_model().reset_all();
    row.id = NotSet;
    let changed = programme::Entity::update_many()
        .set(row)
        .filter(programme::Column::Id.eq(id))
        .filter(programme::Column::Status.eq(ProgrammeStatus::Draft))
        .filter(programme::Column::Version.eq(version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Ok(false);
    }
    requirement::Entity::delete_many().filter(requirement::Column::ProgrammeId.eq(id)).exec(tx).await?;
    insert_requirements(tx, id, requirements).await?;
    Ok(true)
}

/// Removes a draft. False if it is none any more.
pub(in super::super) async fn delete_programme(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    version: i32,
) -> Result<bool, Fault> {
    let held = programme::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    if held.is_none_or(|row| row.status != ProgrammeStatus::Draft || row.version != version) {
        return Ok(false);
    }
    requirement::Entity::delete_many().filter(requirement::Column::ProgrammeId.eq(id)).exec(tx).await?;
    programme::Entity::delete_by_id(id).exec(tx).await?;
    Ok(true)
}

/// The title of a session that names a programme, if there is one.
pub(in super::super) async fn session_naming(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Option<String>, Fault> {
    let row = session::Entity::find().filter(session::Column::ProgrammeId.eq(id)).one(conn).await?;
    Ok(row.map(|row| row.title))
}

pub(in super::super) async fn programme(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Option<programme::Model>, Fault> {
    Ok(programme::Entity::find_by_id(id).one(conn).await?)
}

/// One programme, if it lies within reach.
pub(in super::super) async fn programme_within(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
    reach: &ProgrammeReach,
) -> Result<Option<programme::Model>, Fault> {
    Ok(programme::Entity::find_by_id(id).filter(reach.condition()).one(conn).await?)
}

/// Programmes within reach, newest year first.
pub(in super::super) async fn programmes(
    conn: &impl ConnectionTrait,
    reach: &ProgrammeReach,
    filter: &ProgrammeFilter,
    page: &PageRequest,
) -> Result<Page<programme::Model>, Fault> {
    let mut query = programme::Entity::find()
        .filter(reach.condition())
        .order_by_desc(programme::Column::Year)
        .order_by_asc(programme::Column::Id)
        .limit(page.limit + 1);
    if let Some(year) = filter.year {
        query = query.filter(programme::Column::Year.eq(year));
    }
    if let Some(status) = filter.status {
        query = query.filter(programme::Column::Status.eq(status));
    }
    let after = page.after.as_deref().and_then(|after| after.split_once(' '));
    if let Some((year, id)) = after.and_then(|(year, id)| Some((year.parse::<i32>().ok()?, id))) {
        let same = Condition::all().add(programme::Column::Year.eq(year)).add(programme::Column::Id.gt(id));
        query = query.filter(Condition::any().add(programme::Column::Year.lt(year)).add(same));
    }
    Ok(Page::cut(query.all(conn).await?, page, |p| format!("{} {}", p.year, p.id)))
}

/// What each of these programmes asks, in its order.
pub(in super::super) async fn requirements(
    conn: &impl ConnectionTrait,
    ids: &[ProgrammeId],
) -> Result<HashMap<ProgrammeId, Vec<Requirement>>, Fault> {
    let rows = requirement::Entity::find()
        .filter(requirement::Column::ProgrammeId.is_in(ids.iter().copied()))
        .order_by_asc(requirement::Column::Position)
        .all(conn)
        .await?;
    let mut asked: HashMap<ProgrammeId, Vec<Requirement>> = HashMap::new();
    for row in rows {
        let requirement = Requirement { kind: row.kind, count: row.count, per: row.per, due_on: row.due_on };
        asked.entry(row.programme_id).or_default().push(requirement);
    }
    Ok(asked)
}

/// The published and closed programmes of a year.
pub(in super::super) async fn programmes_of(
    conn: &impl ConnectionTrait,
    year: i32,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Year.eq(year))
        .filter(programme::Column::Status.ne(ProgrammeStatus::Draft))
        .order_by_asc(programme::Column::Id)
        .all(conn)
        .await?)
}

/// The published and closed programmes of all years up to this one.
pub(in super::super) async fn programmes_up_to(
    conn: &impl ConnectionTrait,
    year: i32,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Year.lte(year))
        .filter(programme::Column::Status.ne(ProgrammeStatus::Draft))
        .order_by_asc(programme::Column::Id)
        .all(conn)
        .await?)
}

/// The published programmes of a year that belong to a unit or one below it.
pub(in super::super) async fn open_programmes_of(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Year.eq(year))
        .filter(programme::Column::Status.eq(ProgrammeStatus::Published))
        .filter(programme::Column::UnitId.in_subquery(tree::within(&[top])))
        .order_by_asc(programme::Column::Id)
        .all(conn)
        .await?)
}

/// Those among these programmes that are published or closed in a year.
pub(in super::super) async fn programmes_among(
    conn: &impl ConnectionTrait,
    ids: Vec<ProgrammeId>,
    year: i32,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Id.is_in(ids))
        .filter(programme::Column::Year.eq(year))
        .filter(programme::Column::Status.ne(ProgrammeStatus::Draft))
        .order_by_asc(programme::Column::Id)
        .all(conn)
        .await?)
}

/// All programmes of a year, held until the transaction ends: whoever changes credits or rosters of a year waits here,
/// so that nobody states a figure without seeing what the one before has written.
pub(in super::super) async fn hold_programmes(
    tx: &impl ConnectionTrait,
    year: i32,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Year.eq(year))
        .order_by_asc(programme::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?)
}

/// Makes a draft a published programme. False if it is none any more.
pub(in super::super) async fn set_published(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    at: Instant,
    today: Day,
) -> Result<bool, Fault> {
    let change = programme::ActiveModel {
        status: Set(ProgrammeStatus::Published),
        published_at: Set(Some(at)),
        due_stated_on: Set(Some(today)),
        ..Default::default()
    };
    step(tx, id, ProgrammeStatus::Draft, change).await
}

/// Makes a published programme a closed one. False if it is none any more.
pub(in super::super) async fn set_closed(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    at: Instant,
) -> Result<bool, Fault> {
    let change = programme::ActiveModel {
        status: Set(ProgrammeStatus::Closed),
        closed_at: Set(Some(at)),
        due_stated_on: Set(None),
        ..Default::default()
    };
    step(tx, id, ProgrammeStatus::Published, change).await
}

async fn step(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    from: ProgrammeStatus,
    change: programme::ActiveModel,
) -> Result<bool, Fault> {
    let changed = programme::Entity::update_many()
        .set(change)
        .col_expr(programme::Column::Version, Expr::col(programme::Column::Version).add(1))
        .filter(programme::Column::Id.eq(id))
        .filter(programme::Column::Status.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Published programmes for which it was last stated before `today` who has met what is due.
pub(in super::super) async fn stated_before(
    conn: &impl ConnectionTrait,
    today: Day,
) -> Result<Vec<programme::Model>, Fault> {
    Ok(programme::Entity::find()
        .filter(programme::Column::Status.eq(ProgrammeStatus::Published))
        .filter(programme::Column::DueStatedOn.lt(today))
        .order_by_asc(programme::Column::Id)
        .all(conn)
        .await?)
}

/// Notes up to which change of its roster a programme's figures know of it.
pub(in super::super) async fn set_amended(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    newest: i64,
) -> Result<(), Fault> {
    programme::Entity::update_many()
        .col_expr(programme::Column::AmendedTo, Expr::value(newest))
        .filter(programme::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes for which day it was stated who has met what is due. False if somebody else did so meanwhile.
pub(in super::super) async fn set_due_stated(
    tx: &impl ConnectionTrait,
    id: ProgrammeId,
    before: Day,
    today: Day,
) -> Result<bool, Fault> {
    let changed = programme::Entity::update_many()
        .col_expr(programme::Column::DueStatedOn, Expr::value(today))
        .filter(programme::Column::Id.eq(id))
        .filter(programme::Column::Status.eq(ProgrammeStatus::Published))
        .filter(programme::Column::DueStatedOn.eq(before))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The titles of sessions that name a programme and are neither closed nor mere drafts.
pub(in super::super) async fn open_sessions_toward(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Vec<String>, Fault> {
    use entity::study::session::SessionStatus;
    let rows = session::Entity::find()
        .filter(session::Column::ProgrammeId.eq(id))
        .filter(session::Column::Status.is_in([SessionStatus::Published, SessionStatus::Running]))
        .order_by_asc(session::Column::StartsAt)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.title).collect())
}
