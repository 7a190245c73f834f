//! What happens to sessions that people were invited to: they are moved, called off, or opened again.

use std::collections::HashSet;
use std::sync::Arc;

use entity::id::SessionId;
use entity::instant::Instant;
use entity::study::session::{self, SessionStatus};
use serde_json::json;

use super::super::model::{Scope, Session, Shift};
use super::super::store;
use super::drafting::moved;
use super::standing::{Change, restate};
use super::{Study, StudyError, session_subject};
use crate::auth::Caller;
use crate::kernel::field::{FieldCode, Fields};
use crate::log::{self, Entry};

impl Study {
    /// A session and, with `Following`, the later ones of its series that have come as far.
    async fn concerned(
        &self,
        caller: &Caller,
        id: SessionId,
        scope: Scope,
        statuses: &[SessionStatus],
    ) -> Result<Vec<session::Model>, StudyError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        let row = self.opened(row).await?;
        if !statuses.contains(&row.status) {
            return Err(StudyError::WrongState);
        }
        let (series, from) = (row.series_id, row.starts_at);
        let mut rows = vec![row];
        if let (Scope::Following, Some(series)) = (scope, series) {
            let later = store::following(conn, series, from, statuses).await?;
            rows.extend(later.into_iter().filter(|other| other.id != id));
            self.manages_hosts(caller, &rows).await?;
        }
        Ok(rows)
    }

    /// Moves a published session to another time, and another place if one is named; with `Following` those that follow
    /// it by as much. People are told that it was moved (已改期). By a coordinator of a host.
    pub async fn reschedule_session(
        &self,
        caller: &Caller,
        id: SessionId,
        shift: Shift,
        scope: Scope,
    ) -> Result<Session, StudyError> {
        let rows = self.concerned(caller, id, scope, &[SessionStatus::Published]).await?;
        let calendar = self.core.settings.calendar;
        let first = rows.first().map_or(shift.starts_at, |row| row.starts_at);
        let (by, length) = (calendar.wall(shift.starts_at) - calendar.wall(first), shift.ends_at - shift.starts_at);
        let mut fields = Fields::new();
        let mut changes: Vec<(session::Model, Entry)> = Vec::with_capacity(rows.len());
        for row in rows {
            let starts_at = moved(calendar, row.starts_at, by);
            let year = calendar.year(starts_at);
            if row.programme_id.is_some() && year != row.year && !fields.has("starts_at") {
                fields.reject_with("starts_at", FieldCode::Conflict, "programme_id");
            }
            let data = json!({
                "from": { "starts_at": row.starts_at, "ends_at": row.ends_at, "place": row.place },
                "starts_at": starts_at, "ends_at": starts_at + length, "place": shift.place, "reason": shift.reason,
            });
            let entry =
                self.entry(&caller.actor(), "study.reschedule_session", session_subject(row.id), row.unit_id, data);
            let change = session::Model {
                first_starts_at: Some(row.first_starts_at.unwrap_or(row.starts_at)),
                reschedule_reason: Some(shift.reason.clone()),
                starts_at,
                ends_at: starts_at + length,
                place: shift.place.clone().unwrap_or(row.place),
                year,
                ..row
            };
            changes.push((change, entry));
        }
        fields.check()?;
        let (now, changes) = (self.core.now(), Arc::new(changes));
        self.core
            .db
            .tx("study.reschedule_session", |tx| {
                let changes = Arc::clone(&changes);
                Box::pin(async move {
                    for (row, entry) in changes.iter() {
                        if !store::set_moved(tx, row, now).await? {
                            return Err(StudyError::WrongState);
                        }
                        log::append(tx, entry.clone()).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.session(caller, id).await
    }

    /// Calls off a session that is not over; with `Following` those that follow it too. Nobody is credited with it. By a
    /// coordinator of a host.
    pub async fn cancel_session(
        &self,
        caller: &Caller,
        id: SessionId,
        reason: &str,
        scope: Scope,
    ) -> Result<Session, StudyError> {
        let rows = self.concerned(caller, id, scope, &[SessionStatus::Published, SessionStatus::Running]).await?;
        let told = |row: session::Model| {
            let data = json!({ "starts_at": row.starts_at, "from": row.status, "reason": reason });
            let subject = session_subject(row.id);
            (row.id, self.entry(&caller.actor(), "study.cancel_session", subject, row.unit_id, data))
        };
        let cancelled: Arc<Vec<(SessionId, Entry)>> = Arc::new(rows.into_iter().map(told).collect());
        let now = self.core.now();
        self.core
            .db
            .tx("study.cancel_session", |tx| {
                let (cancelled, reason) = (Arc::clone(&cancelled), reason.to_owned());
                Box::pin(async move {
                    for (id, entry) in cancelled.iter() {
                        if !store::set_cancelled(tx, *id, reason.clone(), now).await? {
                            return Err(StudyError::WrongState);
                        }
                        log::append(tx, entry.clone()).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.session(caller, id).await
    }

    /// Opens a closed session again: its credits are taken back until it is closed anew, what was recorded stays. One
    /// that was called off and has not begun invites people again. By a coordinator of a host.
    pub async fn reopen_session(&self, caller: &Caller, id: SessionId, reason: &str) -> Result<Session, StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let to = state_after_reopening(&row, now).ok_or(StudyError::WrongState)?;
        let data = json!({ "from": row.status, "to": to, "reason": reason });
        let entry = self.entry(&caller.actor(), "study.reopen_session", session_subject(id), row.unit_id, data);
        self.core
            .db
            .tx("study.reopen_session", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    if !store::set_reopened(tx, id, (row.status, to), now).await? {
                        return Err(StudyError::WrongState);
                    }
                    if row.status == SessionStatus::Closed {
                        let people = store::uncredit_session(tx, &row).await?;
                        let units: HashSet<_> = store::count_for_units(tx, &row, false).await?;
                        restate(tx, &row, Change::Of(&people), &units, today).await?;
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.session(caller, id).await
    }
}

/// What a session becomes that is opened again, if it can be.
fn state_after_reopening(row: &session::Model, now: Instant) -> Option<SessionStatus> {
    match row.status {
        SessionStatus::Closed => Some(SessionStatus::Running),
        SessionStatus::Cancelled if row.frozen_at.is_some() => Some(SessionStatus::Running),
        SessionStatus::Cancelled if row.starts_at > now => Some(SessionStatus::Published),
        SessionStatus::Cancelled | SessionStatus::Draft | SessionStatus::Published | SessionStatus::Running => None,
    }
}
