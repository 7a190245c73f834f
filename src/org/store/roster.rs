//! The lines of frozen rosters.

use std::collections::HashMap;

use entity::List;
use entity::id::{PersonId, SubjectId};
use entity::instant::Instant;
use entity::org::roster_row::{self, SubjectKind};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::db::{Fault, insert_all};
use crate::org::audience::RosterMember;

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
    let mut query = roster_row::Entity::find()
        .filter(roster_row::Column::SubjectId.eq(subject))
        .order_by_asc(roster_row::Column::UnitId)
        .order_by_asc(roster_row::Column::PersonId);
    if let Some(people) = people {
        query = query.filter(roster_row::Column::PersonId.is_in(people.iter().copied()));
    }
    let rows = query.all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| RosterMember {
            person_id: row.person_id,
            person_name: row.person_name,
            unit_id: row.unit_id,
            post: row.post,
            categories: row.categories.0,
        })
        .collect())
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
