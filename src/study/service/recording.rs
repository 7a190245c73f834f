//! Seeing how people attended, calling the roll, and putting right what was recorded.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{PersonId, SessionId};
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use entity::study::session::SessionStatus;
use serde_json::json;

use super::super::counting::{Summary, earns};
use super::super::model::{Attendance, AttendanceFilter, RollCallRow};
use super::super::store;
use super::check_in::named;
use super::standing::{Change, restate};
use super::{CALLERS, Study, StudyError, WATCHERS, session_subject};
use crate::auth::{Caller, Denied, MANAGERS, authorise};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::{Page, PageRequest};
use crate::log;
use crate::org;

/// A row as it is shown.
pub(super) fn attendance_view(row: attendance::Model, person_name: String) -> Attendance {
    Attendance {
        person_id: row.person_id,
        person_name,
        unit_id: row.unit_id,
        status: row.status,
        checked_in_at: row.checked_in_at,
        method: row.method,
        reason: row.reason,
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
                    let before = store::hold_statuses(tx, id, &tops, &people).await?;
                    refuse_unknown(&rows, &before)?;
                    let call = Call::of(&rows, &before);
                    for (status, people) in &call.given {
                        store::call(tx, id, people, *status).await?;
                    }
                    if !call.given.is_empty() {
                        entry.data = call.told();
                        log::append(tx, entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Puts somebody's attendance right, with a reason; the log keeps what was there before. After closing, credit
    /// and standing follow. By a coordinator of a host, for people of their units.
    pub async fn correct(
        &self,
        caller: &Caller,
        id: SessionId,
        person: PersonId,
        status: AttendanceStatus,
        reason: &str,
    ) -> Result<Attendance, StudyError> {
        let (conn, now, today) = (self.core.db.read(), self.core.now(), self.core.today());
        let session = self.managed(conn, caller, id).await?;
        self.opened(session).await?;
        let known = store::attendance_of(conn, &[id], person).await?.remove(&id).ok_or(Denied::NotFound)?;
        authorise::<StudyError>(conn, caller, MANAGERS, known.unit_id, now).await?;
        let entry =
            self.entry(&caller.actor(), "study.correct_attendance", session_subject(id), known.unit_id, json!({}));
        let row = self
            .core
            .db
            .tx("study.correct_attendance", |tx| {
                let (reason, mut entry) = (reason.to_owned(), entry.clone());
                Box::pin(async move {
                    let session = store::steady_session(tx, id).await?.ok_or(Denied::NotFound)?;
                    let mut row = store::hold_row(tx, id, person).await?.ok_or(Denied::NotFound)?;
                    entry.data = json!({
                        "person": person,
                        "from": row.status,
                        "to": status,
                        "before": { "method": row.method, "reason": row.reason },
                        "reason": reason,
                    });
                    let before = row.status;
                    row.status = status;
                    row.method = Some(AttendanceMethod::Correction);
                    row.reason = Some(reason);
                    row.version += 1;
                    store::write_rows(tx, vec![row.clone()]).await?;
                    if session.status == SessionStatus::Closed && earns(before) != earns(status) {
                        let change = if earns(status) {
                            store::insert_credit(tx, &session, person).await?;
                            Change::Gained(person)
                        } else {
                            store::delete_credit(tx, id, person).await?;
                            Change::Lost(person)
                        };
                        restate(tx, &session, change, today).await?;
                    }
                    log::append(tx, entry).await?;
                    Ok::<_, StudyError>(row)
                })
            })
            .await?;
        Ok(named(conn, id, row).await?)
    }
}

/// A roll call names nobody twice.
fn refuse_twice(rows: &[RollCallRow]) -> Result<(), StudyError> {
    let (mut fields, mut named) = (Fields::new(), HashSet::new());
    for (i, row) in rows.iter().enumerate() {
        if !named.insert(row.person_id) {
            fields.reject(format!("rows[{i}].person_id"), FieldCode::Duplicate);
        }
    }
    Ok(fields.check()?)
}

/// Whoever is called must stand on the roster, in a unit of the caller.
fn refuse_unknown(rows: &[RollCallRow], roster: &HashMap<PersonId, AttendanceStatus>) -> Result<(), StudyError> {
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
    given: BTreeMap<AttendanceStatus, Vec<PersonId>>,
    /// Of whom something else was recorded before.
    overridden: Vec<(PersonId, AttendanceStatus, AttendanceStatus)>,
}

impl Call {
    fn of(rows: &[RollCallRow], before: &HashMap<PersonId, AttendanceStatus>) -> Self {
        let mut call = Self { given: BTreeMap::new(), overridden: Vec::new() };
        for row in rows {
            let Some(was) = before.get(&row.person_id).copied().filter(|was| *was != row.status) else { continue };
            call.given.entry(row.status).or_default().push(row.person_id);
            if was != AttendanceStatus::Pending {
                call.overridden.push((row.person_id, was, row.status));
            }
        }
        call
    }

    /// As the log keeps it.
    fn told(&self) -> serde_json::Value {
        let counts: serde_json::Map<String, serde_json::Value> =
            self.given.iter().map(|(status, people)| (status.to_string(), json!(people.len()))).collect();
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
        let row = |n, status| RollCallRow { person_id: person(n), status };
        let before = HashMap::from([
            (person(1), AttendanceStatus::Pending),
            (person(2), AttendanceStatus::Present),
            (person(3), AttendanceStatus::Present),
        ]);
        let rows =
            [row(1, AttendanceStatus::Present), row(2, AttendanceStatus::Present), row(3, AttendanceStatus::LeftEarly)];
        let call = Call::of(&rows, &before);
        assert_eq!(call.given[&AttendanceStatus::Present], [person(1)]);
        assert_eq!(call.overridden, [(person(3), AttendanceStatus::Present, AttendanceStatus::LeftEarly)]);
        assert_eq!(call.told()["given"], json!({ "present": 1, "left_early": 1 }));
        assert!(refuse_unknown(&[row(4, AttendanceStatus::Late)], &before).is_err());
        assert!(refuse_twice(&[rows[0], rows[0]]).is_err());
    }
}
