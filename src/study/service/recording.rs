//! Seeing how people attended, and calling the roll.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{PersonId, SessionId};
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use entity::study::session::SessionStatus;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::counting::Summary;
use super::super::model::{Attendance, AttendanceFilter, RollCallRow, Session};
use super::super::store;
use super::{CALLERS, Study, StudyError, WATCHERS, session_subject};
use crate::auth::{Caller, Denied, authorise};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};
use crate::org::{self, Audience};

/// A row as it is shown.
pub(super) fn attendance_view(row: attendance::Model, person_name: String) -> Attendance {
    Attendance {
        person_id: row.person_id,
        person_name,
        unit_id: row.unit_id,
        status: row.status,
        checked_in_at: row.checked_in_at,
        checked_out_at: row.checked_out_at,
        method: row.method,
        reason: row.reason,
        delegate_person_id: row.delegate_person_id,
        studied: row.studied,
        confirmed_by: row.confirmed_by,
        evidence_id: row.evidence_id,
        added_reason: row.added_reason,
        version: row.version,
    }
}

impl Study {
    /// How the people within the caller's units attended, by unit; nobody before check-in opens.
    pub async fn attendance(
        &self,
        caller: &Caller,
        id: SessionId,
        filter: &AttendanceFilter,
        page: &PageRequest,
    ) -> Result<Page<Attendance>, StudyError> {
        let conn = self.core.db.read();
        let scope = caller.scope(WATCHERS, self.core.now())?;
        self.watched(caller, id).await?;
        if let Some(unit) = filter.unit_id {
            authorise::<StudyError>(conn, caller, WATCHERS, unit, self.core.now()).await?;
        }
        let found = store::attendance(conn, id, &scope.0, filter, page).await?;
        let people: Vec<PersonId> = found.items.iter().map(|row| row.person_id).collect();
        let roster = org::roster(conn, id.into(), Some(&people)).await?;
        let mut names: HashMap<PersonId, String> = roster.into_iter().map(|m| (m.person_id, m.person_name)).collect();
        Ok(found.map(|row| {
            let name = names.remove(&row.person_id).unwrap_or_default();
            attendance_view(row, name)
        }))
    }

    /// How many of the people within the caller's units attended in which way.
    pub async fn summary(&self, caller: &Caller, id: SessionId) -> Result<Summary, StudyError> {
        let scope = caller.scope(WATCHERS, self.core.now())?;
        self.watched(caller, id).await?;
        Ok(Summary::of(&store::count_by_status(self.core.db.read(), id, &scope.0).await?))
    }

    /// Ok if the caller may know of the session, which is opened if its time has come.
    async fn watched(&self, caller: &Caller, id: SessionId) -> Result<(), StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        let row = store::session_within(conn, id, &reach).await?.ok_or(Denied::NotFound)?;
        self.opened(row).await?;
        Ok(())
    }

    /// Everybody who is to sign on paper, by unit: the roster, or before it is frozen those who would be on it today. For
    /// coordinators of a host.
    pub async fn sign_sheet(&self, caller: &Caller, id: SessionId) -> Result<(Session, Vec<Attendance>), StudyError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        let row = self.opened(row).await?;
        let rows = if row.frozen_at.is_some() {
            let mut names: HashMap<PersonId, String> =
                org::roster(conn, id.into(), None).await?.into_iter().map(|m| (m.person_id, m.person_name)).collect();
            let rows = store::everybody(conn, id).await?.into_iter();
            rows.map(|row| {
                let name = names.remove(&row.person_id).unwrap_or_default();
                attendance_view(row, name)
            })
            .collect()
        } else {
            let audience = Audience::from_text(&row.audience)?;
            let invited = org::preview(conn, &audience, self.core.today()).await?.into_iter();
            invited.map(|m| attendance_view(store::expected_row(id, m.person_id, m.unit_id), m.person_name)).collect()
        };
        Ok((self.session(caller, id).await?, rows))
    }

    /// Calls the roll of a running session, all rows or none. The same again changes nothing. By coordinators and
    /// liaisons, each for the people of their units.
    pub async fn roll_call(&self, caller: &Caller, id: SessionId, rows: Vec<RollCallRow>) -> Result<(), StudyError> {
        let scope = caller.scope(CALLERS, self.core.now())?;
        let reach = self.session_reach(self.core.db.read(), caller).await?;
        let row = store::session_within(self.core.db.read(), id, &reach).await?.ok_or(Denied::NotFound)?;
        let session = self.opened(row).await?;
        refuse_twice(&rows)?;
        let entry = self.entry(&caller.actor(), "study.roll_call", session_subject(id), session.unit_id, json!({}));
        let (rows, tops) = (std::sync::Arc::new(rows), std::sync::Arc::new(scope.0));
        self.core
            .db
            .tx("study.roll_call", |tx| {
                let (rows, tops, mut entry) = (rows.clone(), tops.clone(), entry.clone());
                Box::pin(async move {
                    let session = store::steady_session(tx, id).await?.ok_or(Denied::NotFound)?;
                    if session.status != SessionStatus::Running {
                        return Err(StudyError::WrongState);
                    }
                    let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
                    let before = store::hold_rows_within(tx, id, &tops, &people).await?;
                    refuse_unknown(&rows, &before)?;
                    write_call(tx, id, (&rows, &before), AttendanceMethod::RollCall, &mut entry).await
                })
            })
            .await
    }
}

/// Writes what a list says of people whose rows are held, and what stood there before where it was something; logs it if
/// anything changes.
pub(super) async fn write_call(
    tx: &impl ConnectionTrait,
    id: SessionId,
    (rows, before): (&[RollCallRow], &HashMap<PersonId, attendance::Model>),
    method: AttendanceMethod,
    entry: &mut Entry,
) -> Result<(), StudyError> {
    let call = Call::of(rows, before);
    if call.given.is_empty() {
        return Ok(());
    }
    let overridden = call.overridden.iter().filter_map(|(person, ..)| before.get(person).cloned());
    store::keep_earlier(tx, overridden, entry.at, entry.actor.account).await?;
    for ((status, reason), people) in &call.given {
        store::call(tx, id, people, (*status, method), reason.as_deref()).await?;
    }
    entry.data = call.told();
    Ok(log::append(tx, entry.clone()).await?)
}

/// A roll call names nobody twice.
pub(super) fn refuse_twice(rows: &[RollCallRow]) -> Result<(), StudyError> {
    let (mut fields, mut named) = (Fields::new(), HashSet::new());
    for (i, row) in rows.iter().enumerate() {
        if !named.insert(row.person_id) {
            fields.reject(format!("rows[{i}].person_id"), FieldCode::Duplicate);
        }
    }
    Ok(fields.check()?)
}

/// Whoever is called must stand on the roster, in a unit of the caller.
fn refuse_unknown(rows: &[RollCallRow], roster: &HashMap<PersonId, attendance::Model>) -> Result<(), StudyError> {
    let mut fields = Fields::new();
    for (i, row) in rows.iter().enumerate() {
        if !roster.contains_key(&row.person_id) {
            fields.reject(format!("rows[{i}].person_id"), FieldCode::UnknownReference);
        }
    }
    Ok(fields.check()?)
}

/// What a roll call changes.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    /// Whom it gives which status.
    given: BTreeMap<(AttendanceStatus, Option<String>), Vec<PersonId>>,
    /// Of whom something else was recorded before.
    overridden: Vec<(PersonId, AttendanceStatus, AttendanceStatus)>,
}

impl Call {
    fn of(rows: &[RollCallRow], before: &HashMap<PersonId, attendance::Model>) -> Self {
        let mut call = Self { given: BTreeMap::new(), overridden: Vec::new() };
        for row in rows {
            let Some(was) = before.get(&row.person_id) else { continue };
            let new_reason = row.reason.is_some() && row.reason != was.reason;
            if was.status == row.status && !new_reason {
                continue;
            }
            call.given.entry((row.status, row.reason.clone())).or_default().push(row.person_id);
            if was.status != AttendanceStatus::Pending {
                call.overridden.push((row.person_id, was.status, row.status));
            }
        }
        call
    }

    /// As the log keeps it.
    fn told(&self) -> serde_json::Value {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for ((status, _), people) in &self.given {
            *counts.entry(status.to_string()).or_default() += people.len();
        }
        let overridden =
            self.overridden.iter().map(|(person, from, to)| json!({ "person": person, "from": from, "to": to }));
        json!({ "given": counts, "overridden": overridden.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_roll_call_changes_what_differs() {
        let person = |n: u128| PersonId(Uuid::from_u128(n));
        let row = |n, status| RollCallRow { person_id: person(n), status, reason: None };
        let stood = |n, status| {
            let unit = entity::id::UnitId(Uuid::from_u128(8));
            let row =
                attendance::Model { status, ..store::expected_row(SessionId(Uuid::from_u128(9)), person(n), unit) };
            (person(n), row)
        };
        let before = HashMap::from([
            stood(1, AttendanceStatus::Pending),
            stood(2, AttendanceStatus::Present),
            stood(3, AttendanceStatus::Present),
            stood(4, AttendanceStatus::OnLeave),
        ]);
        let ill = RollCallRow { reason: Some("病假".to_owned()), ..row(4, AttendanceStatus::OnLeave) };
        let rows = [
            row(1, AttendanceStatus::Present),
            row(2, AttendanceStatus::Present),
            row(3, AttendanceStatus::LeftEarly),
            ill.clone(),
        ];
        let call = Call::of(&rows, &before);
        assert_eq!(call.given[&(AttendanceStatus::Present, None)], [person(1)]);
        assert_eq!(call.given[&(AttendanceStatus::OnLeave, ill.reason.clone())], [person(4)]);
        assert_eq!(call.overridden[0], (person(3), AttendanceStatus::Present, AttendanceStatus::LeftEarly));
        assert_eq!(call.told()["given"], json!({ "present": 1, "left_early": 1, "on_leave": 1 }));
        assert!(refuse_unknown(&[row(5, AttendanceStatus::Late)], &before).is_err());
        assert!(refuse_twice(&[rows[0].clone(), rows[0].clone()]).is_err());
    }
}
