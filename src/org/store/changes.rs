//! Changes of frozen rosters: proposed, decided, made.

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, ChangeId, PersonId, SubjectId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::roster_amendment::Effect;
use entity::org::roster_change::{ChangeKind, ChangeState};
use entity::org::roster_row::SubjectKind;
use entity::org::{frozen_roster, roster_amendment, roster_change, roster_row};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::org::model::ChangeFilter;
use crate::tree;

/// The rosters of which changes are still proposed.
pub(in crate::org) async fn open_rosters(conn: &impl ConnectionTrait) -> Result<Vec<frozen_roster::Model>, Fault> {
    Ok(frozen_roster::Entity::find().filter(frozen_roster::Column::ClosedAt.is_null()).all(conn).await?)
}

pub(in crate::org) async fn insert_frozen_roster(
    tx: &impl ConnectionTrait,
    subject_kind: SubjectKind,
    subject_id: SubjectId,
    audience: String,
    frozen_at: Instant,
) -> Result<(), Fault> {
    let row = frozen_roster::Model { subject_kind, subject_id, audience, frozen_at, closed_at: None };
    frozen_roster::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::org) async fn close_frozen_roster(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    at: Instant,
) -> Result<(), Fault> {
    frozen_roster::Entity::update_many()
        .set(frozen_roster::ActiveModel { closed_at: Set(Some(at)), ..Default::default() })
        .filter(frozen_roster::Column::SubjectKind.eq(kind))
        .filter(frozen_roster::Column::SubjectId.eq(subject))
        .filter(frozen_roster::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// In whose part of which roster people stand: as frozen, as amended, and as it would be if everything proposed were
/// confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::org) struct Stand {
    /// With what was confirmed.
    pub(in crate::org) now: Option<UnitId>,
    /// With what waits for a decision too.
    pub(in crate::org) proposed: Option<UnitId>,
}

/// Where these people stand on these rosters.
pub(in crate::org) async fn stands(
    conn: &impl ConnectionTrait,
    subjects: &[SubjectId],
    people: &[PersonId],
) -> Result<HashMap<(SubjectId, PersonId), Stand>, Fault> {
    let mut stands: HashMap<(SubjectId, PersonId), Stand> = HashMap::new();
    let unit = |kind, unit| if kind == ChangeKind::Joins { Some(unit) } else { None };
    for part in people.chunks(5_000) {
        let rows = roster_row::Entity::find()
            .filter(roster_row::Column::SubjectId.is_in(subjects.iter().copied()))
            .filter(roster_row::Column::PersonId.is_in(part.iter().copied()))
            .all(conn)
            .await?;
        for row in rows {
            let stand = Stand { now: Some(row.unit_id), proposed: Some(row.unit_id) };
            stands.insert((row.subject_id, row.person_id), stand);
        }
        let made = roster_amendment::Entity::find()
            .filter(roster_amendment::Column::SubjectId.is_in(subjects.iter().copied()))
            .filter(roster_amendment::Column::PersonId.is_in(part.iter().copied()))
            .order_by_asc(roster_amendment::Column::Number)
            .all(conn)
            .await?;
        for row in made {
            let stand = unit(row.kind, row.unit_id);
            stands.insert((row.subject_id, row.person_id), Stand { now: stand, proposed: stand });
        }
        let waiting = roster_change::Entity::find()
            .filter(roster_change::Column::SubjectId.is_in(subjects.iter().copied()))
            .filter(roster_change::Column::PersonId.is_in(part.iter().copied()))
            .filter(roster_change::Column::State.eq(ChangeState::Proposed))
            .order_by_asc(roster_change::Column::Number)
            .all(conn)
            .await?;
        for row in waiting {
            stands.entry((row.subject_id, row.person_id)).or_default().proposed = unit(row.kind, row.unit_id);
        }
    }
    Ok(stands)
}

pub(in crate::org) async fn insert_changes(
    tx: &impl ConnectionTrait,
    rows: Vec<roster_change::Model>,
) -> Result<(), Fault> {
    let row = |row: roster_change::Model| roster_change::ActiveModel { number: NotSet, ..row.into_active_model() };
    insert_all(tx, rows.into_iter().map(row).collect(), false).await
}

pub(in crate::org) async fn change(
    conn: &impl ConnectionTrait,
    id: ChangeId,
) -> Result<Option<roster_change::Model>, Fault> {
    Ok(roster_change::Entity::find().filter(roster_change::Column::Id.eq(id)).one(conn).await?)
}

/// Changes in the parts of rosters within `tops`, in the order in which they were proposed.
pub(in crate::org) async fn changes(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &ChangeFilter,
    page: &PageRequest,
) -> Result<Page<roster_change::Model>, Fault> {
    let mut query = roster_change::Entity::find()
        .filter(roster_change::Column::UnitId.in_subquery(tree::within(tops)))
        .filter(roster_change::Column::State.eq(filter.state.unwrap_or(ChangeState::Proposed)))
        .order_by_asc(roster_change::Column::Number)
        .limit(page.limit + 1);
    if let Some(unit) = filter.unit_id {
        query = query.filter(roster_change::Column::UnitId.in_subquery(tree::within(&[unit])));
    }
    if let Some(subject) = filter.subject_id {
        query = query.filter(roster_change::Column::SubjectId.eq(subject));
    }
    if let Some(after) = page.after.as_deref().and_then(|after| after.parse::<i64>().ok()) {
        query = query.filter(roster_change::Column::Number.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |row| row.number.to_string()))
}

/// What waits for a decision about somebody on a roster, in the order in which it was proposed.
pub(in crate::org) async fn change_rows(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
    person: PersonId,
) -> Result<Vec<roster_change::Model>, Fault> {
    Ok(roster_change::Entity::find()
        .filter(roster_change::Column::SubjectId.eq(subject))
        .filter(roster_change::Column::PersonId.eq(person))
        .filter(roster_change::Column::State.eq(ChangeState::Proposed))
        .order_by_asc(roster_change::Column::Number)
        .all(conn)
        .await?)
}

/// Notes a decision, unless there is one.
pub(in crate::org) async fn decide(
    tx: &impl ConnectionTrait,
    id: ChangeId,
    state: ChangeState,
    by: AccountId,
    at: Instant,
    decision: &str,
) -> Result<bool, Fault> {
    let done = roster_change::Entity::update_many()
        .set(roster_change::ActiveModel {
            state: Set(state),
            decided_by: Set(Some(by)),
            decided_at: Set(Some(at)),
            decision: Set(decision.to_owned()),
            ..Default::default()
        })
        .filter(roster_change::Column::Id.eq(id))
        .filter(roster_change::Column::State.eq(ChangeState::Proposed))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(in crate::org) async fn insert_amendments(
    tx: &impl ConnectionTrait,
    rows: Vec<roster_amendment::Model>,
) -> Result<(), Fault> {
    let row =
        |row: roster_amendment::Model| roster_amendment::ActiveModel { number: NotSet, ..row.into_active_model() };
    insert_all(tx, rows.into_iter().map(row).collect(), false).await
}

/// The changes that were made of a roster, in the order in which they were made.
pub async fn amendments(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
) -> Result<Vec<roster_amendment::Model>, Fault> {
    Ok(roster_amendment::Entity::find()
        .filter(roster_amendment::Column::SubjectId.eq(subject))
        .order_by_asc(roster_amendment::Column::Number)
        .all(conn)
        .await?)
}

/// The number of the newest change of each roster of a kind that was changed at all.
pub async fn newest_amendments(
    conn: &impl ConnectionTrait,
    kind: SubjectKind,
) -> Result<HashMap<SubjectId, i64>, Fault> {
    let rows: Vec<(SubjectId, i64)> = roster_amendment::Entity::find()
        .select_only()
        .column(roster_amendment::Column::SubjectId)
        .column_as(roster_amendment::Column::Number.max(), "newest")
        .filter(roster_amendment::Column::SubjectKind.eq(kind))
        .group_by(roster_amendment::Column::SubjectId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Whether changes of a roster are still decided: the programme or exam has not closed.
pub(in crate::org) async fn is_open(conn: &impl ConnectionTrait, subject: SubjectId) -> Result<bool, Fault> {
    let open = frozen_roster::Entity::find()
        .filter(frozen_roster::Column::SubjectId.eq(subject))
        .filter(frozen_roster::Column::ClosedAt.is_null());
    Ok(open.count(conn).await? > 0)
}

/// The subjects of a kind whose rosters were changed from a day on that has come, and of which nothing has come yet.
pub async fn due_amendments(
    conn: &impl ConnectionTrait,
    kind: SubjectKind,
    today: Day,
) -> Result<Vec<SubjectId>, Fault> {
    Ok(roster_amendment::Entity::find()
        .select_only()
        .column(roster_amendment::Column::SubjectId)
        .distinct()
        .filter(roster_amendment::Column::SubjectKind.eq(kind))
        .filter(roster_amendment::Column::Effect.is_null())
        .filter(roster_amendment::Column::FromOn.lte(today))
        .order_by_asc(roster_amendment::Column::SubjectId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Notes what came of those changes of a roster whose day has come, and gives them in the order in which they were made.
/// Of one that has had its effect nothing comes again.
pub async fn effect_amendments(
    tx: &impl ConnectionTrait,
    subject: SubjectId,
    today: Day,
    effect: Effect,
) -> Result<Vec<roster_amendment::Model>, Fault> {
    let due = roster_amendment::Entity::find()
        .filter(roster_amendment::Column::SubjectId.eq(subject))
        .filter(roster_amendment::Column::Effect.is_null())
        .filter(roster_amendment::Column::FromOn.lte(today))
        .order_by_asc(roster_amendment::Column::Number)
        .all(tx)
        .await?;
    let numbers: Vec<i64> = due.iter().map(|row| row.number).collect();
    roster_amendment::Entity::update_many()
        .set(roster_amendment::ActiveModel { effect: Set(Some(effect)), ..Default::default() })
        .filter(roster_amendment::Column::Number.is_in(numbers))
        .exec(tx)
        .await?;
    Ok(due)
}

/// Who left a roster by a change that has had its effect, and has not come back.
pub async fn left(conn: &impl ConnectionTrait, subject: SubjectId) -> Result<HashSet<PersonId>, Fault> {
    let rows: Vec<(PersonId, ChangeKind)> = roster_amendment::Entity::find()
        .select_only()
        .columns([roster_amendment::Column::PersonId, roster_amendment::Column::Kind])
        .filter(roster_amendment::Column::SubjectId.eq(subject))
        .filter(roster_amendment::Column::Effect.eq(Effect::Made))
        .order_by_asc(roster_amendment::Column::Number)
        .into_tuple()
        .all(conn)
        .await?;
    let mut left = HashSet::new();
    for (person, kind) in rows {
        match kind {
            ChangeKind::Leaves => left.insert(person),
            ChangeKind::Joins => left.remove(&person),
        };
    }
    Ok(left)
}
