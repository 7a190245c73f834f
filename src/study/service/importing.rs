//! Taking over a list of who came that was kept on paper or by a turnstile.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{PersonId, SessionId, UnitId};
use entity::instant::Instant;
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use entity::study::session::{self, SessionStatus};
use serde_json::json;

use super::super::counting::CheckInTimes;
use super::super::list::{self, COLUMNS, Listed, Reading};
use super::super::model::ListImport;
use super::super::store;
use super::{CALLERS, Study, StudyError, session_subject};
use crate::auth::{Caller, Denied};
use crate::files::{self, Field, Limits, Mistake, Page};
use crate::kernel::field::FieldCode;
use crate::log;

impl Study {
    /// What a list says of the people of a session, how many rows it has, and what is wrong in it.
    async fn read_list(
        &self,
        session: &session::Model,
        bytes: Vec<u8>,
    ) -> Result<(HashMap<PersonId, Listed>, usize, Vec<Mistake>), StudyError> {
        let (conn, id) = (self.core.db.read(), session.id);
        let table = files::elsewhere(move || files::read(&bytes, Limits::default())).await??;
        let calendar = self.core.settings.calendar;
        let reading = Reading {
            times: CheckInTimes::of(session),
            day: calendar.day(session.starts_at),
            check_out: session.require_check_out,
            calendar,
        };
        let (listed, rows, mut errors) = list::read(&table, reading);
        let everybody: Vec<PersonId> = store::everybody(conn, id).await?.into_iter().map(|row| row.person_id).collect();
        let numbers = self.org.staff_numbers(&everybody).await?;
        let by_number: HashMap<&str, PersonId> = numbers.iter().map(|(id, number)| (number.as_str(), *id)).collect();
        let mut found: HashMap<PersonId, Listed> = HashMap::new();
        for (number, listed) in listed {
            match by_number.get(number.as_str()) {
                Some(person) => {
                    found.insert(*person, listed);
                }
                None => errors.push(Mistake::of_row(listed.row, FieldCode::UnknownReference).with(number)),
            }
        }
        Ok((found, rows, errors))
    }

    /// A running session that the caller calls the roll of.
    async fn called(&self, caller: &Caller, id: SessionId) -> Result<session::Model, StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        let row = store::session_within(conn, id, &reach).await?.ok_or(Denied::NotFound)?;
        let session = self.opened(row).await?;
        if session.status == SessionStatus::Running { Ok(session) } else { Err(StudyError::WrongState) }
    }

    /// The list of a running session to be filled in and taken over, an xlsx file: everybody of the caller's units by unit,
    /// with what is recorded by now. By coordinators and liaisons.
    pub async fn attendance_list(&self, caller: &Caller, id: SessionId) -> Result<Vec<u8>, StudyError> {
        let (conn, scope) = (self.core.db.read(), caller.scope(CALLERS, self.core.now())?);
        self.called(caller, id).await?;
        let rows = store::everybody_within(conn, id, &scope.0).await?;
        let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
        let units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
        let (numbers, names) = (self.org.staff_numbers(&people).await?, self.org.person_names(&people).await?);
        let units = self.org.unit_names(&units).await?;
        let calendar = self.core.settings.calendar;
        let line = |row: &attendance::Model| {
            let came = row.checked_in_at.map(|at| calendar.wall(at).format("%Y-%m-%d %H:%M:%S").to_string());
            vec![
                Field::from(numbers.get(&row.person_id).map_or("", String::as_str)),
                Field::from(list::said(row.status)),
                Field::from(came.as_deref().unwrap_or_default()),
                Field::from(row.reason.as_deref().unwrap_or_default()),
                Field::from(names.get(&row.person_id).map_or("", String::as_str)),
                Field::from(units.get(&row.unit_id).map_or("", String::as_str)),
            ]
        };
        let heads = files::titles(COLUMNS).into_iter().chain(["姓名", "单位"].map(Field::from)).collect();
        // Who is a delegate or has made it up is not for a list to say.
        let said = rows.iter().filter(|row| !list::said(row.status).is_empty()).map(line);
        let rows: Vec<Vec<Field>> = std::iter::once(heads).chain(said).collect();
        let page = Page { name: "到会情况".to_owned(), widths: vec![16, 12, 22, 30, 14, 34], head: Some(0), rows };
        Ok(files::elsewhere(move || files::write_xlsx(&[page])).await??)
    }

    /// Takes over a list of who came to a running session: all of it, or nothing if anything in it is wrong; nothing in any
    /// case on a dry run. By coordinators and liaisons, each for the people of their units.
    pub async fn import_attendance(
        &self,
        caller: &Caller,
        id: SessionId,
        bytes: Vec<u8>,
        dry_run: bool,
    ) -> Result<ListImport, StudyError> {
        let scope = caller.scope(CALLERS, self.core.now())?;
        let session = self.called(caller, id).await?;
        let (found, rows, errors) = self.read_list(&session, bytes).await?;
        let entry =
            self.entry(&caller.actor(), "study.import_attendance", session_subject(id), session.unit_id, json!({}));
        let (found, tops, errors) = (Arc::new(found), Arc::new(scope.0), Arc::new(errors));
        self.core
            .db
            .tx("study.import_attendance", |tx| {
                let (found, tops, mut entry) = (Arc::clone(&found), Arc::clone(&tops), entry.clone());
                let mut errors = errors.as_ref().clone();
                Box::pin(async move {
                    let session = store::steady_session(tx, id).await?.ok_or(Denied::NotFound)?;
                    if session.status != SessionStatus::Running {
                        return Err(StudyError::WrongState);
                    }
                    let people: Vec<PersonId> = found.keys().copied().collect();
                    let mut before = store::hold_rows_within(tx, id, &tops, &people).await?;
                    let (mut earlier, mut changed, mut unchanged) = (Vec::new(), Vec::new(), 0);
                    for (person, listed) in found.iter() {
                        let Some(was) = before.remove(person) else {
                            errors.push(Mistake::of_row(listed.row, FieldCode::UnknownReference));
                            continue;
                        };
                        let mut row = was.clone();
                        row.status = listed.status;
                        row.checked_in_at = told(listed.came_at, was.checked_in_at);
                        row.checked_out_at = told(listed.left_at, was.checked_out_at);
                        row.reason = listed.reason.clone().or(was.reason.clone());
                        if row == was {
                            unchanged += 1;
                            continue;
                        }
                        row.method = Some(AttendanceMethod::Import);
                        row.version += 1;
                        if was.status != AttendanceStatus::Pending {
                            earlier.push(was);
                        }
                        changed.push(row);
                    }
                    errors.sort_by_key(|mistake| (mistake.row, mistake.column));
                    let report = ListImport {
                        dry_run,
                        applied: !dry_run && errors.is_empty(),
                        rows,
                        changed: changed.len(),
                        unchanged,
                        errors,
                    };
                    if report.applied && !changed.is_empty() {
                        entry.data = json!({ "changed": report.changed, "overridden": earlier.len() });
                        store::keep_earlier(tx, earlier, entry.at, entry.actor.account).await?;
                        for rows in changed.chunks(500) {
                            store::write_rows(tx, rows.to_vec()).await?;
                        }
                        log::append(tx, entry).await?;
                    }
                    Ok(report)
                })
            })
            .await
    }
}

/// When it was, as a list tells or else as it is recorded. Lists tell seconds: what is recorded within the same one stays.
fn told(listed: Option<Instant>, recorded: Option<Instant>) -> Option<Instant> {
    let second = |at: Instant| at.0.div_euclid(1000);
    match (listed, recorded) {
        (Some(listed), Some(recorded)) if second(listed) == second(recorded) => Some(recorded),
        (listed, recorded) => listed.or(recorded),
    }
}
