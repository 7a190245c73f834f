//! The lines of frozen rosters.

use std::collections::HashMap;

use entity::List;
use entity::id::{PersonId, SubjectId, UnitId};
use entity::instant::Instant;
use entity::org::roster_row::{self, SubjectKind};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::org::audience::RosterMember;
use crate::tree;

pub(in crate::org) async fn insert_roster(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    members: &[RosterMember],
    at: Instant,
) -> Result<(), Fault> {
    let rows = members
        .iter()
        .map(|m| roster_row::ActiveModel {
            subject_kind: Set(kind),
            subject_id: Set(subject),
            person_id: Set(m.person_id),
            person_name: Set(m.person_name.clone()),
            unit_id: Set(m.unit_id),
            post: Set(m.post.clone()),
            categories: Set(List(m.categories.clone())),
            frozen_at: Set(at),
        })
        .collect();
    insert_all(tx, rows, false).await
}

/// A frozen roster: all of it, or the lines of some people.
pub async fn roster(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
    people: Option<&[PersonId]>,
) -> Result<Vec<RosterMember>, Fault> {
    let mut query = roster_row::Entity::find().filter(roster_row::Column::SubjectId.eq(subject));
    if let Some(people) = people {
        query = query.filter(roster_row::Column::PersonId.is_in(people.iter().copied()));
    }
    let mut rows = query.all(conn).await?;
    // Asked for in this order, SQLite would read the whole roster by unit to find a few people in it.
    rows.sort_unstable_by_key(|row| (row.unit_id, row.person_id));
    Ok(rows.into_iter().map(RosterMember::from).collect())
}

impl From<roster_row::Model> for RosterMember {
    fn from(row: roster_row::Model) -> Self {
        Self {
            person_id: row.person_id,
            person_name: row.person_name,
            unit_id: row.unit_id,
            post: row.post,
            categories: row.categories.0,
        }
    }
}

/// Who of these people stands on a frozen roster.
pub async fn on_roster(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
    people: &[PersonId],
) -> Result<Vec<PersonId>, Fault> {
    Ok(roster_row::Entity::find()
        .select_only()
        .column(roster_row::Column::PersonId)
        .filter(roster_row::Column::SubjectId.eq(subject))
        .filter(roster_row::Column::PersonId.is_in(people.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?)
}

/// The names on the rosters of these subjects of these people. Who stands on none of them is left out.
pub async fn roster_names(
    conn: &impl ConnectionTrait,
    subjects: &[SubjectId],
    people: &[PersonId],
) -> Result<HashMap<(SubjectId, PersonId), String>, Fault> {
    let rows = roster_row::Entity::find()
        .filter(roster_row::Column::SubjectId.is_in(subjects.iter().copied()))
        .filter(roster_row::Column::PersonId.is_in(people.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.subject_id, row.person_id), row.person_name)).collect())
}

/// On which rosters of a kind somebody stands.
pub async fn rosters_of(
    conn: &impl ConnectionTrait,
    kind: SubjectKind,
    person: PersonId,
) -> Result<Vec<SubjectId>, Fault> {
    let rows = roster_row::Entity::find()
        .filter(roster_row::Column::PersonId.eq(person))
        .filter(roster_row::Column::SubjectKind.eq(kind))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.subject_id).collect())
}

/// The subjects of a kind on whose rosters this person stands, or anybody of a unit in these subtrees; as a subquery.
#[must_use]
pub fn on_rosters(kind: SubjectKind, person: Option<PersonId>, tops: &[UnitId]) -> SelectStatement {
    let mut who = Condition::any().add(roster_row::Column::UnitId.in_subquery(tree::within(tops)));
    if let Some(person) = person {
        who = who.add(roster_row::Column::PersonId.eq(person));
    }
    Query::select()
        .distinct()
        .column(roster_row::Column::SubjectId)
        .from(roster_row::Entity)
        .and_where(roster_row::Column::SubjectKind.eq(kind))
        .cond_where(who)
        .to_owned()
}

/// The people on a roster whose units lie in these subtrees; as a subquery.
#[must_use]
pub fn people_on(subject: SubjectId, tops: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(roster_row::Column::PersonId)
        .from(roster_row::Entity)
        .and_where(roster_row::Column::SubjectId.eq(subject))
        .and_where(roster_row::Column::UnitId.in_subquery(tree::within(tops)))
        .to_owned()
}

/// The part of a roster whose units lie in these subtrees, by unit and person.
pub async fn roster_page(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
    tops: &[UnitId],
    page: &PageRequest,
) -> Result<Page<RosterMember>, Fault> {
    let mut query = part(subject, tops)
        .order_by_asc(roster_row::Column::UnitId)
        .order_by_asc(roster_row::Column::PersonId)
        .limit(page.limit + 1);
    if let Some((unit, person)) = page.after.as_deref().and_then(|after| after.split_once(' ')) {
        let same_unit =
            Condition::all().add(roster_row::Column::UnitId.eq(unit)).add(roster_row::Column::PersonId.gt(person));
        query = query.filter(Condition::any().add(roster_row::Column::UnitId.gt(unit)).add(same_unit));
    }
    let rows = query.all(conn).await?;
    Ok(Page::cut(rows, page, |row| format!("{} {}", row.unit_id, row.person_id)).map(RosterMember::from))
}

/// How many people that part holds.
pub async fn roster_size(conn: &impl ConnectionTrait, subject: SubjectId, tops: &[UnitId]) -> Result<u64, Fault> {
    Ok(part(subject, tops).count(conn).await?)
}

/// How many people are on a roster.
pub async fn roster_count(conn: &impl ConnectionTrait, subject: SubjectId) -> Result<u64, Fault> {
    Ok(roster_row::Entity::find().filter(roster_row::Column::SubjectId.eq(subject)).count(conn).await?)
}

/// Who is on a roster: everybody, or those whose units lie in these subtrees. By person.
pub async fn roster_people(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
    tops: Option<&[UnitId]>,
) -> Result<Vec<PersonId>, Fault> {
    let query = match tops {
        Some(tops) => part(subject, tops),
        None => roster_row::Entity::find().filter(roster_row::Column::SubjectId.eq(subject)),
    };
    let people = query.select_only().column(roster_row::Column::PersonId).order_by_asc(roster_row::Column::PersonId);
    Ok(people.into_tuple().all(conn).await?)
}

fn part(subject: SubjectId, tops: &[UnitId]) -> sea_orm::Select<roster_row::Entity> {
    roster_row::Entity::find()
        .filter(roster_row::Column::SubjectId.eq(subject))
        .filter(roster_row::Column::UnitId.in_subquery(tree::within(tops)))
}

/// Everybody on a frozen roster as a subquery, `person_id` and `unit_id`: for rows made of each of them.
#[must_use]
pub fn everybody_on(kind: SubjectKind, subject: SubjectId) -> SelectStatement {
    Query::select()
        .columns([roster_row::Column::PersonId, roster_row::Column::UnitId])
        .from(roster_row::Entity)
        .and_where(roster_row::Column::SubjectKind.eq(kind))
        .and_where(roster_row::Column::SubjectId.eq(subject))
        .to_owned()
}
