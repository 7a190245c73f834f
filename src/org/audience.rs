//! Who is meant, and the freezing of a roster: the one way for programmes, sessions and exams.

use std::collections::HashMap;

use entity::List;
use entity::id::{PersonId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::person::Category;
use entity::org::roster_row;
use entity::org::roster_row::SubjectKind;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use super::store;
use crate::db::{Fault, insert_all};
use entity::id::SubjectId;

/// Whom a programme, a session or an exam concerns: everybody of these units with their subtrees who holds one of these
/// categories (any, if none is named), and these people besides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audience {
    /// Units, each with its subtree.
    pub unit_ids: Vec<UnitId>,
    /// One of these categories; any if empty.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// People by name, whatever their unit and category.
    #[serde(default)]
    pub person_ids: Vec<PersonId>,
}

impl Audience {
    /// As stored with a programme, session or exam.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("ids and words are always JSON")
    }

    /// From what was stored.
    pub fn from_text(text: &str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|e| Fault::from(sea_orm::DbErr::Type(format!("an audience: {e}"))))
    }
}

/// A line of a roster: a person as they stood on the day of freezing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterMember {
    /// Who.
    pub person_id: PersonId,
    /// Their name then.
    pub person_name: String,
    /// Their unit then.
    pub unit_id: UnitId,
    /// Their post then.
    pub post: String,
    /// Their categories then.
    pub categories: Vec<Category>,
}

/// Who would be on the roster if it were frozen on that day, by unit and staff number.
pub async fn preview(conn: &impl ConnectionTrait, audience: &Audience, day: Day) -> Result<Vec<RosterMember>, Fault> {
    let people = store::in_post(conn, audience, day).await?;
    let mut held: HashMap<PersonId, Vec<Category>> = HashMap::new();
    for row in store::categories_on(conn, audience, day).await? {
        held.entry(row.person_id).or_default().push(row.category);
    }
    let members = people.into_iter().filter_map(|p| {
        let mut categories = held.remove(&p.id).unwrap_or_default();
        categories.sort_unstable();
        categories.dedup();
        let meant = audience.categories.is_empty()
            || audience.person_ids.contains(&p.id)
            || categories.iter().any(|c| audience.categories.contains(c));
        meant.then_some(RosterMember {
            person_id: p.id,
            person_name: p.name,
            unit_id: p.unit_id,
            post: p.post,
            categories,
        })
    });
    Ok(members.collect())
}

/// Writes the roster of a subject as people stand on that day, and gives it back. Call it in the transaction that
/// publishes, opens or seals; a roster is written once.
pub async fn freeze(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    audience: &Audience,
    day: Day,
    at: Instant,
) -> Result<Vec<RosterMember>, Fault> {
    let members = preview(tx, audience, day).await?;
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
    insert_all(tx, rows, false).await?;
    Ok(members)
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
