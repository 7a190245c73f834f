//! 变动待确认: what moves mean for rosters that are frozen, and what is decided about it.

use std::collections::HashMap;

use entity::List;
use entity::auth::grant::Role;
use entity::id::{ChangeId, PersonId, SubjectId, UnitId};
use entity::instant::Day;
use entity::org::roster_change::{ChangeKind, ChangeState};
use entity::org::roster_row::SubjectKind;
use entity::org::{person, roster_amendment, roster_change};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{AmendError, KEEPERS, Org, ROSTER_READERS};
use crate::auth::{Caller, Denied, authorise};
use crate::core::Core;
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::log;
use crate::org::audience::Audience;
use crate::org::model::{Change, ChangeFilter};
use crate::org::proposal::{self, Moved, OpenRoster};
use crate::org::store;
use crate::tree;

/// Those who read what is proposed.
const CHANGE_READERS: &[Role] = ROSTER_READERS;

/// Proposes the changes of open rosters that follow from these moves. Call it in the transaction of the moves.
pub(super) async fn propose(tx: &impl ConnectionTrait, core: &Core, moved: Vec<Moved>) -> Result<usize, Fault> {
    let rosters = store::open_rosters(tx).await?;
    if rosters.is_empty() || moved.is_empty() {
        return Ok(0);
    }
    let rosters: Vec<OpenRoster> = rosters
        .into_iter()
        .map(|row| {
            Ok(OpenRoster {
                kind: row.subject_kind,
                subject: row.subject_id,
                audience: Audience::from_text(&row.audience)?,
                frozen_on: core.settings.calendar.day(row.frozen_at),
            })
        })
        .collect::<Result<_, Fault>>()?;
    let subjects: Vec<SubjectId> = rosters.iter().map(|roster| roster.subject).collect();
    let people: Vec<PersonId> = moved.iter().map(|m| m.person).collect();
    let stands = store::stands(tx, &subjects, &people).await?;
    let units: Vec<UnitId> = moved.iter().filter_map(|m| m.unit).collect();
    let above = tree::paths(tx, units).await?;
    let mut rows = Vec::new();
    for moved in &moved {
        for roster in &rosters {
            let stand = stands.get(&(roster.subject, moved.person)).copied().unwrap_or_default();
            for proposal in proposal::propose(roster, moved, stand.proposed, &above) {
                rows.push(roster_change::Model {
                    number: 0,
                    id: core.id(),
                    subject_kind: proposal.subject.0,
                    subject_id: proposal.subject.1,
                    person_id: proposal.person,
                    unit_id: proposal.unit,
                    kind: proposal.kind,
                    from_on: proposal.from_on,
                    source: moved.source,
                    reason: moved.reason.clone(),
                    state: ChangeState::Proposed,
                    proposed_at: core.now(),
                    decided_by: None,
                    decided_at: None,
                    decision: String::new(),
                });
            }
        }
    }
    let count = rows.len();
    store::insert_changes(tx, rows).await?;
    Ok(count)
}

impl Org {
    /// Changes of frozen rosters within the caller's reach, in the order in which they were proposed.
    pub async fn changes(
        &self,
        caller: &Caller,
        filter: &ChangeFilter,
        page: &PageRequest,
    ) -> Result<Page<Change>, AmendError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let scope = caller.scope(CHANGE_READERS, now)?;
        if let Some(unit) = filter.unit_id {
            authorise::<AmendError>(conn, caller, CHANGE_READERS, unit, now).await?;
        }
        let found = store::changes(conn, &scope.0, filter, page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: Self::named(conn, found.items).await?, next_cursor })
    }

    async fn named(conn: &impl ConnectionTrait, rows: Vec<roster_change::Model>) -> Result<Vec<Change>, AmendError> {
        let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
        let units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
        let people: HashMap<PersonId, String> = store::names_of_people(conn, &people).await?;
        let units = tree::unit_names(conn, &units).await?;
        let change = |row: roster_change::Model| Change {
            person_name: people.get(&row.person_id).cloned().unwrap_or_default(),
            unit_name: units.get(&row.unit_id).cloned().unwrap_or_default(),
            id: row.id,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            person_id: row.person_id,
            unit_id: row.unit_id,
            kind: row.kind,
            from_on: row.from_on,
            source: row.source,
            reason: row.reason,
            state: row.state,
            proposed_at: row.proposed_at,
            decided_at: row.decided_at,
            decision: row.decision,
        };
        Ok(rows.into_iter().map(change).collect())
    }

    /// Confirms or refuses a proposed change. What was proposed about somebody on a roster is confirmed in its order: who
    /// comes to another part of it has left theirs first. By a coordinator of the roster's part.
    pub async fn decide_change(
        &self,
        caller: &Caller,
        id: ChangeId,
        approve: bool,
        decision: &str,
    ) -> Result<Change, AmendError> {
        let conn = self.core.db.read();
        let row = store::change(conn, id).await?.ok_or(Denied::NotFound)?;
        authorise::<AmendError>(conn, caller, KEEPERS, row.unit_id, self.core.now()).await?;
        let state = if approve { ChangeState::Confirmed } else { ChangeState::Refused };
        let data = json!({
            "person": row.person_id, "subject": format!("{}:{}", row.subject_kind, row.subject_id), "kind": row.kind,
            "from": row.from_on.to_string(), "state": state, "reason": decision,
        });
        let entry = self.entry(caller.actor(), "org.decide_change", format!("change:{id}"), Some(row.unit_id), data);
        let by = caller.account.id;
        self.core
            .db
            .tx("org.decide_change", |tx| {
                let (core, row, entry) = (self.core.clone(), row.clone(), entry.clone());
                let decision = decision.to_owned();
                Box::pin(async move {
                    if approve {
                        amend(tx, &core, &row).await?;
                    }
                    if !store::decide(tx, row.id, state, by, core.now(), &decision).await? {
                        return Err(AmendError::WrongState);
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        let row = store::change(conn, id).await?.ok_or(Denied::NotFound)?;
        Ok(Self::named(conn, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }
}

/// Makes the change that was proposed, as the person stands today. Once the programme or exam has closed there is none.
async fn amend(tx: &impl ConnectionTrait, core: &Core, row: &roster_change::Model) -> Result<(), AmendError> {
    if !store::is_open(tx, row.subject_id).await? {
        return Err(AmendError::WrongState);
    }
    let earlier = store::change_rows(tx, row.subject_id, row.person_id).await?;
    if earlier.first().is_some_and(|first| first.id != row.id) {
        return Err(AmendError::WrongState);
    }
    let stands = store::stands(tx, &[row.subject_id], &[row.person_id]).await?;
    let stand = stands.get(&(row.subject_id, row.person_id)).copied().unwrap_or_default();
    let fits = match row.kind {
        ChangeKind::Joins => stand.now.is_none(),
        ChangeKind::Leaves => stand.now == Some(row.unit_id),
    };
    if !fits {
        return Err(AmendError::WrongState);
    }
    let person = store::person(tx, row.person_id).await?.ok_or(AmendError::WrongState)?;
    let change = (row.kind, row.from_on, row.unit_id);
    let why = (row.reason.as_str(), Some(row.id));
    Ok(note(tx, core, (row.subject_kind, row.subject_id), person, change, why).await?)
}

/// Makes a change of a frozen roster that nobody proposed, within the caller's transaction and on their authority. False if
/// it does not fit: who joins must not be there, who leaves must, and what was proposed about them wants its decision first.
pub async fn amend_roster(
    tx: &impl ConnectionTrait,
    core: &Core,
    (subject_kind, subject_id): (SubjectKind, SubjectId),
    person_id: PersonId,
    (kind, from_on): (ChangeKind, Day),
    reason: &str,
) -> Result<bool, Fault> {
    if !store::change_rows(tx, subject_id, person_id).await?.is_empty() {
        return Ok(false);
    }
    let stands = store::stands(tx, &[subject_id], &[person_id]).await?;
    let stand = stands.get(&(subject_id, person_id)).copied().unwrap_or_default();
    let Some(person) = store::person(tx, person_id).await? else { return Ok(false) };
    let unit_id = match (kind, stand.now) {
        (ChangeKind::Joins, None) => person.unit_id,
        (ChangeKind::Leaves, Some(unit)) => unit,
        _ => return Ok(false),
    };
    note(tx, core, (subject_kind, subject_id), person, (kind, from_on, unit_id), (reason, None)).await?;
    Ok(true)
}

/// Notes what became of somebody on a roster, with how they stand then.
async fn note(
    tx: &impl ConnectionTrait,
    core: &Core,
    (subject_kind, subject_id): (SubjectKind, SubjectId),
    person: person::Model,
    (kind, from_on, unit_id): (ChangeKind, Day, UnitId),
    (reason, change_id): (&str, Option<ChangeId>),
) -> Result<(), Fault> {
    let held = store::categories_of(tx, &[person.id], from_on).await?;
    let amendment = roster_amendment::Model {
        number: 0,
        id: core.id(),
        subject_kind,
        subject_id,
        person_id: person.id,
        kind,
        from_on,
        person_name: person.name,
        unit_id,
        post: person.post,
        categories: List(held.into_iter().map(|held| held.category).collect()),
        reason: reason.to_owned(),
        change_id,
        made_at: core.now(),
        effect: None,
    };
    store::insert_amendments(tx, vec![amendment]).await
}
