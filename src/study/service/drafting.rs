//! Drafting sessions, one or a series, and changing and removing drafts.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::auth::grant::Role;
use entity::id::{SeriesId, SessionId, UnitId};
use entity::instant::{Day, Instant};
use entity::study::programme::ProgrammeStatus;
use entity::study::series;
use entity::study::session::{self, SessionStatus};
use serde_json::json;

use super::super::model::{NewSession, Scope, Session};
use super::super::recurrence::{MAX_MEETINGS, expand};
use super::super::store::{self, Draft};
use super::{Study, StudyError, session_subject};
use crate::auth::{Caller, Denied};
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::{self, Entry};
use crate::org::Audience;
use crate::tree;

impl Study {
    /// Drafts a session, or as many as its rule gives. Returns the first. By a coordinator of all its hosts and of
    /// everybody who is invited.
    pub async fn create_session(&self, caller: &Caller, new: NewSession) -> Result<Session, StudyError> {
        self.check_session(caller, &new, None).await?;
        let starts = self.starts(&new).await?;
        let series_id: Option<SeriesId> = new.recurrence.as_ref().map(|_| self.core.id());
        let series = series_id.zip(new.recurrence.clone()).map(|(id, rule)| series::Model {
            id,
            rule,
            created_by: caller.account.id,
            created_at: self.core.now(),
        });
        let length = new.ends_at - new.starts_at;
        let mut drafts = Vec::with_capacity(starts.len());
        for starts_at in starts {
            let one = NewSession { starts_at, ends_at: starts_at + length, ..new.clone() };
            drafts.push(Draft {
                row: self.row(caller, &one, series_id)?,
                hosts: one.host_unit_ids,
                presenters: one.presenters,
            });
        }
        let first = drafts.first().map(|draft| draft.row.id).ok_or(Denied::NotFound)?;
        let entries: Vec<Entry> =
            drafts.iter().map(|draft| self.told(caller, "study.create_session", draft, &new.audience)).collect();
        let unit = drafts.first().map(|draft| draft.row.unit_id);
        let (drafts, evidence) = (Arc::new(drafts), new.evidence_id);
        self.core
            .db
            .tx("study.create_session", |tx| {
                let (series, drafts, entries) = (series.clone(), Arc::clone(&drafts), entries.clone());
                Box::pin(async move {
                    store::insert_sessions(tx, series, drafts.to_vec()).await?;
                    if let Some((id, unit)) = evidence.zip(unit) {
                        store::hand_attachment(tx, id, unit).await?;
                    }
                    Ok::<_, StudyError>(log::append_all(tx, entries).await?)
                })
            })
            .await?;
        self.session(caller, first).await
    }

    /// When the session and those that follow it by its rule begin.
    async fn starts(&self, new: &NewSession) -> Result<Vec<Instant>, StudyError> {
        let Some(rule) = &new.recurrence else { return Ok(vec![new.starts_at]) };
        let length = new.ends_at - new.starts_at;
        let refuse = |code: FieldCode| {
            let mut fields = Fields::new();
            match code {
                FieldCode::TooMany => fields.reject_with("recurrence", code, MAX_MEETINGS),
                FieldCode::Conflict => fields.reject_with("recurrence", code, "starts_at"),
                code => fields.reject("recurrence", code),
            }
            StudyError::from(fields.check().err().unwrap_or_else(|| Invalid::one("recurrence", code)))
        };
        let starts = expand(rule, new.starts_at, length, self.core.settings.calendar).map_err(refuse)?;
        let (Some(first), Some(last), Some(unit)) = (starts.first(), starts.last(), new.host_unit_ids.first()) else {
            return Err(refuse(FieldCode::Invalid));
        };
        let taken = store::meetings_at(self.core.db.read(), *unit, &new.place, (*first, *last + length), None).await?;
        let meets = |start: &Instant| taken.iter().any(|(from, to)| *from < *start + length && *start < *to);
        if starts.iter().any(meets) {
            return Err(refuse(FieldCode::Overlapping));
        }
        Ok(starts)
    }

    fn row(
        &self,
        caller: &Caller,
        new: &NewSession,
        series_id: Option<SeriesId>,
    ) -> Result<session::Model, StudyError> {
        let now = self.core.now();
        Ok(session::Model {
            id: self.core.id(),
            title: new.title.clone(),
            kind: new.kind,
            year: self.core.settings.calendar.year(new.starts_at),
            unit_id: *new.host_unit_ids.first().ok_or(Denied::NotFound)?,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            place: new.place.clone(),
            credit_hours: new.credit_hours,
            audience: new.audience.to_text(),
            opens_before_seconds: new.check_in.opens_before_seconds,
            late_after_seconds: new.check_in.late_after_seconds,
            closes_after_seconds: new.check_in.closes_after_seconds,
            require_check_out: new.check_in.require_check_out,
            programme_id: new.programme_id,
            series_id,
            contact: new.contact.clone(),
            status: SessionStatus::Draft,
            code_secret: self.core.secret::<32>(),
            audience_count: new.audience_count,
            enterprises: new.enterprises,
            evidence_id: new.evidence_id,
            entered_afterwards: new.ends_at <= now,
            first_starts_at: None,
            reschedule_reason: None,
            cancel_reason: None,
            reopened_at: None,
            invited: None,
            published_at: None,
            frozen_at: None,
            closed_at: None,
            changed_at: now,
            version: 1,
            created_by: caller.account.id,
            created_at: now,
        })
    }

    fn told(&self, caller: &Caller, action: &'static str, draft: &Draft, audience: &Audience) -> Entry {
        let row = &draft.row;
        let data = json!({
            "title": row.title,
            "kind": row.kind,
            "hosts": draft.hosts,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "place": row.place,
            "credit_hours": row.credit_hours.0,
            "audience": audience,
            "programme": row.programme_id,
            "series": row.series_id,
            "afterwards": row.entered_afterwards,
            "presenters": draft.presenters.len(),
            "audience_count": row.audience_count,
            "enterprises": row.enterprises,
            "evidence": row.evidence_id,
        });
        self.entry(&caller.actor(), action, session_subject(row.id), row.unit_id, data)
    }

    async fn check_session(
        &self,
        caller: &Caller,
        new: &NewSession,
        before: Option<&session::Model>,
    ) -> Result<(), StudyError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let scope = caller.scope(&[Role::Coordinator], now)?;
        let mut fields = Fields::new();
        for (i, unit) in new.host_unit_ids.iter().enumerate() {
            if !tree::is_within(conn, *unit, &scope.0).await? {
                fields.reject(format!("host_unit_ids[{i}]"), FieldCode::UnknownReference);
            }
        }
        if let Some(id) = new.programme_id {
            let reach = self.programme_reach(caller)?;
            match store::programme_within(conn, id, &reach).await? {
                None => fields.reject("programme_id", FieldCode::UnknownReference),
                Some(row) if row.year != self.core.settings.calendar.year(new.starts_at) => {
                    fields.reject_with("programme_id", FieldCode::Conflict, "starts_at");
                }
                Some(row) if row.status == ProgrammeStatus::Closed => {
                    fields.reject_with("programme_id", FieldCode::Conflict, "status");
                }
                Some(_) => {}
            }
        }
        if let Some(id) = new.evidence_id.filter(|id| before.is_none_or(|row| row.evidence_id != Some(*id)))
            && !self.may_attach(conn, caller, id).await?
        {
            fields.reject("evidence", FieldCode::UnknownReference);
        }
        fields.check()?;
        let presenters: Vec<_> = new.presenters.iter().map(|p| p.person_id).collect();
        if !presenters.is_empty() {
            let audience = Audience { person_ids: presenters, ..Audience::default() };
            self.org.check_audience(caller, &audience).await.map_err(|error| renamed(error.into()))?;
        }
        // Outreach may concern nobody on a roster.
        let nobody = new.audience.unit_ids.is_empty() && new.audience.person_ids.is_empty();
        if !(nobody && new.kind == session::SessionKind::Outreach) {
            self.org.check_audience(caller, &new.audience).await?;
        }
        Ok(())
    }

    /// Changes a draft, and with `Following` all later drafts of its series in the same way, each moved by as much. Of a
    /// session that is no draft any more only whom to ask, who reports, whom it reached and what proves it can be
    /// changed (`only_records`). By a coordinator of a host.
    pub async fn change_session(
        &self,
        caller: &Caller,
        id: SessionId,
        if_match: &IfMatch,
        new: NewSession,
        only_records: bool,
        scope: Scope,
    ) -> Result<Session, StudyError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        if !if_match.allows(row.version) {
            return Err(StudyError::Stale);
        }
        let draft = row.status == SessionStatus::Draft;
        if row.status == SessionStatus::Cancelled || !(draft || only_records) {
            return Err(StudyError::WrongState);
        }
        self.check_session(caller, &new, Some(&row)).await?;
        if !draft {
            self.change_records(caller, &row, new).await?;
            return self.session(caller, id).await;
        }
        let mut rows = vec![row.clone()];
        if let (Scope::Following, Some(series)) = (scope, row.series_id) {
            let later = store::following(conn, series, row.starts_at, &[SessionStatus::Draft]).await?;
            rows.extend(later.into_iter().filter(|other| other.id != id));
        }
        let calendar = self.core.settings.calendar;
        let (length, by) = (new.ends_at - new.starts_at, calendar.wall(new.starts_at) - calendar.wall(row.starts_at));
        let mut drafts = Vec::with_capacity(rows.len());
        for old in rows {
            let starts_at = moved(calendar, old.starts_at, by);
            let one = NewSession { starts_at, ends_at: starts_at + length, ..new.clone() };
            let row = session::Model {
                id: old.id,
                code_secret: old.code_secret,
                created_by: old.created_by,
                created_at: old.created_at,
                version: old.version + 1,
                ..self.row(caller, &one, old.series_id)?
            };
            drafts.push(Draft { row, hosts: one.host_unit_ids, presenters: one.presenters });
        }
        let entries: Vec<Entry> =
            drafts.iter().map(|draft| self.told(caller, "study.change_session", draft, &new.audience)).collect();
        let (drafts, evidence, unit) = (Arc::new(drafts), new.evidence_id, row.unit_id);
        self.core
            .db
            .tx("study.change_session", |tx| {
                let (drafts, entries) = (Arc::clone(&drafts), entries.clone());
                Box::pin(async move {
                    for draft in drafts.iter() {
                        if !store::replace_draft(tx, draft.clone()).await? {
                            return Err(StudyError::Stale);
                        }
                    }
                    if let Some(id) = evidence {
                        store::hand_attachment(tx, id, unit).await?;
                    }
                    Ok(log::append_all(tx, entries).await?)
                })
            })
            .await?;
        self.session(caller, id).await
    }

    async fn change_records(&self, caller: &Caller, row: &session::Model, new: NewSession) -> Result<(), StudyError> {
        let (id, now, unit) = (row.id, self.core.now(), row.unit_id);
        let data = json!({
            "contact": new.contact, "audience_count": new.audience_count, "enterprises": new.enterprises,
            "evidence": new.evidence_id, "presenters": new.presenters.len(),
            "before": { "audience_count": row.audience_count, "enterprises": row.enterprises, "evidence": row.evidence_id },
        });
        let entry = self.entry(&caller.actor(), "study.change_session", session_subject(id), unit, data);
        let (version, new) = (row.version, Arc::new(new));
        self.core
            .db
            .tx("study.change_session", |tx| {
                let (new, entry) = (Arc::clone(&new), entry.clone());
                Box::pin(async move {
                    if !store::set_records(tx, id, version, &new, now).await? {
                        return Err(StudyError::Stale);
                    }
                    if let Some(evidence) = new.evidence_id {
                        store::hand_attachment(tx, evidence, unit).await?;
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// Removes a draft, and with `Following` all later drafts of its series. By a coordinator of a host.
    pub async fn delete_session(
        &self,
        caller: &Caller,
        id: SessionId,
        if_match: &IfMatch,
        scope: Scope,
    ) -> Result<(), StudyError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        if row.status != SessionStatus::Draft {
            return Err(StudyError::WrongState);
        }
        if !if_match.allows(row.version) {
            return Err(StudyError::Stale);
        }
        let mut rows = vec![row.clone()];
        if let (Scope::Following, Some(series)) = (scope, row.series_id) {
            let later = store::following(conn, series, row.starts_at, &[SessionStatus::Draft]).await?;
            rows.extend(later.into_iter().filter(|other| other.id != id));
        }
        let told = |row: &session::Model| {
            let data = json!({ "title": row.title, "starts_at": row.starts_at });
            self.entry(&caller.actor(), "study.delete_session", session_subject(row.id), row.unit_id, data)
        };
        let entries: Vec<Entry> = rows.iter().map(told).collect();
        let rows: Vec<(SessionId, i32)> = rows.iter().map(|row| (row.id, row.version)).collect();
        self.core
            .db
            .tx("study.delete_session", |tx| {
                let (rows, entries) = (rows.clone(), entries.clone());
                Box::pin(async move {
                    for (id, version) in rows {
                        if !store::delete_draft(tx, id, version).await? {
                            return Err(StudyError::Stale);
                        }
                    }
                    Ok(log::append_all(tx, entries).await?)
                })
            })
            .await
    }

    /// Ok if no host lies outside the caller's reach; for acts on a whole series, whose meetings may have other hosts.
    pub(super) async fn manages_hosts(&self, caller: &Caller, rows: &[session::Model]) -> Result<(), StudyError> {
        let conn = self.core.db.read();
        let scope = caller.scope(&[Role::Coordinator], self.core.now())?;
        let mut units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
        units.sort_unstable();
        units.dedup();
        for unit in units {
            if !tree::is_within(conn, unit, &scope.0).await? {
                return Err(Denied::Forbidden.into());
            }
        }
        Ok(())
    }
}

/// The same wall time moved by so much.
pub(super) fn moved(calendar: crate::kernel::calendar::Calendar, at: Instant, by: TimeDelta) -> Instant {
    let wall = calendar.wall(at) + by;
    calendar.at(Day(wall.date()), wall.time())
}

/// What was said of people of an audience, said of those who report.
fn renamed(error: StudyError) -> StudyError {
    match error {
        StudyError::Invalid(Invalid(mut errors)) => {
            for error in &mut errors {
                if let Some(place) = error.field.strip_prefix("audience.person_ids") {
                    error.field = format!("presenters{place}.person_id");
                }
            }
            Invalid(errors).into()
        }
        other => other,
    }
}
