//! Putting right what was recorded, with what proves it, and adding people whom a roster lacks.

use std::sync::Arc;

use entity::id::{PersonId, SessionId};
use entity::org::roster_row::SubjectKind;
use entity::study::attendance::{self, AttendanceMethod, AttendanceStatus};
use entity::study::session::SessionStatus;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::model::{Attendance, Correction, EarlierAttendance};
use super::super::store;
use super::check_in::named;
use super::standing::{Change, restate};
use super::{Study, StudyError, session_subject};
use crate::auth::{Caller, Denied, MANAGERS, authorise};
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log;
use crate::org::{self, Audience};

impl Study {
    /// Somebody's attendance with what was recorded before it was put right, the latest first; for those who see how their
    /// unit attended.
    pub async fn attendance_row(
        &self,
        caller: &Caller,
        id: SessionId,
        person: PersonId,
    ) -> Result<(Attendance, Vec<EarlierAttendance>), StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        store::session_within(conn, id, &reach).await?.ok_or(Denied::NotFound)?;
        let row = store::attendance_of(conn, &[id], person).await?.remove(&id).ok_or(Denied::NotFound)?;
        if caller.account.person_id != Some(person) {
            authorise::<StudyError>(conn, caller, super::WATCHERS, row.unit_id, self.core.now()).await?;
        }
        let earlier = store::earlier(conn, id, person).await?.into_iter().map(|row| EarlierAttendance {
            status: row.status,
            checked_in_at: row.checked_in_at,
            method: row.method,
            reason: row.reason,
            changed_at: row.changed_at,
            changed_by: row.changed_by,
        });
        Ok((named(conn, id, row).await?, earlier.collect()))
    }

    /// Puts somebody's attendance right, with a reason; what was there before is kept. Who sent somebody names whom, who
    /// made the session up says what was studied and who confirms it. After closing, credits and standings follow. By a
    /// coordinator of a host, for people of their units.
    pub async fn correct(
        &self,
        caller: &Caller,
        id: SessionId,
        person: PersonId,
        if_match: &IfMatch,
        correction: Correction,
    ) -> Result<Attendance, StudyError> {
        let (conn, now, today) = (self.core.db.read(), self.core.now(), self.core.today());
        let session = self.managed(conn, caller, id).await?;
        self.opened(session).await?;
        let known = store::attendance_of(conn, &[id], person).await?.remove(&id).ok_or(Denied::NotFound)?;
        authorise::<StudyError>(conn, caller, MANAGERS, known.unit_id, now).await?;
        self.check_correction(conn, caller, (id, person), &correction).await?;
        let entry =
            self.entry(&caller.actor(), "study.correct_attendance", session_subject(id), known.unit_id, json!({}));
        let (correction, if_match) = (Arc::new(correction), if_match.clone());
        let row = self
            .core
            .db
            .tx("study.correct_attendance", |tx| {
                let (correction, if_match, mut entry) = (Arc::clone(&correction), if_match.clone(), entry.clone());
                Box::pin(async move {
                    let session = store::steady_session(tx, id).await?.ok_or(Denied::NotFound)?;
                    if session.status == SessionStatus::Cancelled {
                        return Err(StudyError::WrongState);
                    }
                    let before = store::hold_row(tx, id, person).await?.ok_or(Denied::NotFound)?;
                    if !if_match.allows(before.version) {
                        return Err(StudyError::Stale);
                    }
                    let row = corrected(&before, &correction);
                    entry.data = json!({
                        "person": person,
                        "from": before.status,
                        "to": row.status,
                        "before": { "method": before.method, "reason": before.reason },
                        "delegate": row.delegate_person_id,
                        "studied": row.studied,
                        "reason": row.reason,
                    });
                    store::keep_earlier(tx, [before.clone()], entry.at, entry.actor.account).await?;
                    store::write_rows(tx, vec![row.clone()]).await?;
                    if let Some(file) = row.evidence_id {
                        store::hand_attachment(tx, file, row.unit_id).await?;
                    }
                    if session.status == SessionStatus::Closed {
                        let sent = before.delegate_person_id.into_iter().chain(row.delegate_person_id);
                        let mut people: Vec<PersonId> = sent.chain([person]).collect();
                        people.sort_unstable();
                        people.dedup();
                        store::credit_people(tx, &session, &people).await?;
                        let units = store::count_for_units(tx, &session, true).await?;
                        restate(tx, &session, Change::Of(&people), &units, today).await?;
                    }
                    log::append(tx, entry).await?;
                    Ok::<_, StudyError>(row)
                })
            })
            .await?;
        Ok(named(conn, id, row).await?)
    }

    async fn check_correction(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        (id, person): (SessionId, PersonId),
        correction: &Correction,
    ) -> Result<(), StudyError> {
        let mut fields = Fields::new();
        if let Some(delegate) = correction.delegate_person_id {
            let one = Audience { person_ids: vec![delegate], ..Audience::default() };
            if delegate == person {
                fields.reject_with("delegate_person_id", FieldCode::Conflict, "person_id");
            } else if self.org.check_audience(caller, &one).await.is_err() {
                fields.reject("delegate_person_id", FieldCode::UnknownReference);
            } else if store::delegates_of(conn, id, delegate).await?.iter().any(|other| *other != person) {
                fields.reject("delegate_person_id", FieldCode::Duplicate);
            }
        }
        if let Some(file) = correction.made_up.as_ref().and_then(|made_up| made_up.evidence_id)
            && !self.may_attach(conn, caller, file).await?
        {
            fields.reject("attachment", FieldCode::UnknownReference);
        }
        Ok(fields.check()?)
    }

    /// Adds people to a roster that is frozen already, with a reason: they came, and nobody had thought of them. Of a closed
    /// session they were absent until that is corrected. By a coordinator of a host, for people of their units.
    pub async fn add_to_roster(
        &self,
        caller: &Caller,
        id: SessionId,
        people: Vec<PersonId>,
        reason: &str,
    ) -> Result<(), StudyError> {
        let (conn, now, today) = (self.core.db.read(), self.core.now(), self.core.today());
        let row = self.managed(conn, caller, id).await?;
        let session = self.opened(row).await?;
        if !matches!(session.status, SessionStatus::Running | SessionStatus::Closed) {
            return Err(StudyError::WrongState);
        }
        let audience = Audience { person_ids: people, ..Audience::default() };
        self.org.check_audience(caller, &audience).await.map_err(|error| named_people(error.into()))?;
        let data = json!({ "people": audience.person_ids, "reason": reason });
        let entry = self.entry(&caller.actor(), "study.add_to_roster", session_subject(id), session.unit_id, data);
        let audience = Arc::new(audience);
        self.core
            .db
            .tx("study.add_to_roster", |tx| {
                let (audience, reason, entry) = (Arc::clone(&audience), reason.to_owned(), entry.clone());
                Box::pin(async move {
                    let session = store::steady_session(tx, id).await?.ok_or(Denied::NotFound)?;
                    if !org::roster(tx, id.into(), Some(&audience.person_ids)).await?.is_empty() {
                        return Err(StudyError::AlreadyOnRoster);
                    }
                    let members = org::preview(tx, &audience, today).await?;
                    if members.len() != audience.person_ids.len() {
                        return Err(Invalid::one("person_ids", FieldCode::UnknownReference).into());
                    }
                    org::freeze_members(tx, SubjectKind::Session, id.into(), &members, now).await?;
                    let status = match session.status {
                        SessionStatus::Closed => AttendanceStatus::Absent,
                        _ => AttendanceStatus::Pending,
                    };
                    let row = |member: &org::RosterMember| attendance::Model {
                        status,
                        added_reason: Some(reason.clone()),
                        ..store::expected_row(id, member.person_id, member.unit_id)
                    };
                    store::insert_rows(tx, members.iter().map(row).collect()).await?;
                    store::note_units(tx, id, members.iter().map(|m| m.unit_id)).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }
}

/// A row as it is once it was put right.
fn corrected(before: &attendance::Model, correction: &Correction) -> attendance::Model {
    let made_up = correction.made_up.clone();
    attendance::Model {
        status: correction.status,
        method: Some(AttendanceMethod::Correction),
        reason: Some(correction.reason.clone()),
        delegate_person_id: correction.delegate_person_id,
        studied: made_up.as_ref().map(|m| m.studied.clone()),
        confirmed_by: made_up.as_ref().map(|m| m.confirmed_by.clone()),
        evidence_id: made_up.and_then(|m| m.evidence_id),
        version: before.version + 1,
        ..before.clone()
    }
}

/// What was said of people of an audience, said of those to be added.
fn named_people(error: StudyError) -> StudyError {
    match error {
        StudyError::Invalid(Invalid(mut errors)) => {
            for error in &mut errors {
                if let Some(place) = error.field.strip_prefix("audience.person_ids") {
                    error.field = format!("person_ids{place}");
                } else if error.field.starts_with("audience") {
                    "person_ids".clone_into(&mut error.field);
                }
            }
            Invalid(errors).into()
        }
        other => other,
    }
}
