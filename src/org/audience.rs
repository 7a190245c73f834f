//! Who is meant, and the freezing of a roster: the one way for programmes, sessions and exams.

use std::collections::HashMap;

use entity::id::{PersonId, SubjectId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::store;
use crate::db::Fault;

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
    /// Whether it means a person who is in post in the last of the units `above` (from the top of the tree down) and
    /// holds these categories: the same as [`preview`] finds for everybody.
    #[must_use]
    pub fn means(&self, person: PersonId, above: &[UnitId], categories: &[Category]) -> bool {
        let by_unit = self.unit_ids.iter().any(|unit| above.contains(unit));
        let by_category = self.categories.is_empty() || self.categories.iter().any(|c| categories.contains(c));
        self.person_ids.contains(&person) || (by_unit && by_category)
    }

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
    freeze_members(tx, kind, subject, &members, at).await?;
    // A session is over before anybody could decide about a change of its roster.
    if kind != SubjectKind::Session {
        watch_roster(tx, kind, subject, audience, at).await?;
    }
    Ok(members)
}

/// From now on moves of people are proposed as changes of this roster. [`freeze`] does it by itself; a subject that picks its
/// people calls it if its audience tells who joins later.
pub async fn watch_roster(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    audience: &Audience,
    at: Instant,
) -> Result<(), Fault> {
    store::insert_frozen_roster(tx, kind, subject, audience.to_text(), at).await
}

/// Nothing is proposed any more: the programme or exam has closed.
pub async fn close_roster(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    at: Instant,
) -> Result<(), Fault> {
    store::close_frozen_roster(tx, kind, subject, at).await
}

/// The same of members that a preview in the same transaction has found, all or those that the subject picks: those
/// who have yet to pass, for a make-up.
pub async fn freeze_members(
    tx: &impl ConnectionTrait,
    kind: SubjectKind,
    subject: SubjectId,
    members: &[RosterMember],
    at: Instant,
) -> Result<(), Fault> {
    store::insert_roster(tx, kind, subject, members, at).await
}
