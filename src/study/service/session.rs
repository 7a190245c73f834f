//! Sessions: publishing, opening, and who may know of them.

use std::sync::Arc;

use entity::auth::grant::Role;
use entity::id::{SessionId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use entity::study::session::{self, SessionStatus};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::super::counting::CheckInTimes;
use super::super::model::{OwnAttendance, Presenter, Published, Scope, Session, SessionFilter, rule_of};
use super::super::store::{self, SessionReach};
use super::{Study, StudyError, WATCHERS, holds_any, session_subject, tops};
use crate::auth::{Caller, Denied, READERS};
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Actor, Entry};
use crate::org::{self, Audience, RosterMember};
use crate::tree;

/// The titles of a year's sessions that are published or running and that concern a unit or one below it: it holds them,
/// or its people are invited.
pub async fn open_sessions(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<(SessionId, String)>, Fault> {
    Ok(store::open_sessions_of(conn, year, top).await?.into_iter().map(|row| (row.id, row.title)).collect())
}

impl Study {
    /// Invites people: from now on the units concerned know of it. When check-in should be open already, it opens and
    /// the roster is frozen at once: that of the session's own day, if that is past. With `Following` the later drafts
    /// of its series are published too. By a coordinator of a host.
    pub async fn publish_session(&self, caller: &Caller, id: SessionId, scope: Scope) -> Result<Published, StudyError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        let (series, from) = (row.series_id, row.starts_at);
        let mut rows = vec![row];
        if let (Scope::Following, Some(series)) = (scope, series) {
            let later = store::following(conn, series, from, &[SessionStatus::Draft]).await?;
            rows.extend(later.into_iter().filter(|other| other.id != id));
            self.manages_hosts(caller, &rows).await?;
        }
        let mut first = None;
        for row in rows {
            let published = self.publish(caller, row).await?;
            first.get_or_insert(published);
        }
        first.ok_or(StudyError::WrongState)
    }

    async fn publish(&self, caller: &Caller, row: session::Model) -> Result<Published, StudyError> {
        let (now, day, id) = (self.core.now(), self.roster_day(&row), row.id);
        let audience = Arc::new(Audience::from_text(&row.audience)?);
        let entry = self.entry(&caller.actor(), "study.publish_session", session_subject(id), row.unit_id, json!({}));
        let opened = self.entry(&Actor::SYSTEM, "study.open_session", session_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.publish_session", |tx| {
                let (row, mut entry, opened) = (row.clone(), entry.clone(), opened.clone());
                let audience = Arc::clone(&audience);
                Box::pin(async move {
                    let people = org::preview(tx, &audience, day).await?;
                    let invited = i32::try_from(people.len()).unwrap_or(i32::MAX);
                    if !store::set_session_published(tx, &row, now, invited).await? {
                        return Err(StudyError::WrongState);
                    }
                    store::note_units(tx, id, units_of(people.iter().map(|p| p.unit_id)).into_iter()).await?;
                    entry.data = json!({ "invited": invited });
                    log::append(tx, entry).await?;
                    let opens = CheckInTimes::of(&row).opens_at <= now;
                    if opens {
                        open(tx, &row, &people, now, opened).await?;
                    }
                    let status = if opens { SessionStatus::Running } else { SessionStatus::Published };
                    Ok(Published { status, invited })
                })
            })
            .await
    }

    /// The day as of which a roster that is frozen now is taken: today, or the session's own if that is past.
    fn roster_day(&self, row: &session::Model) -> Day {
        self.core.settings.calendar.day(row.starts_at).min(self.core.today())
    }

    /// The session as it is after it was opened, if its time has come and nobody has done so yet.
    pub(super) async fn opened(&self, row: session::Model) -> Result<session::Model, StudyError> {
        let due =
            |row: &session::Model, now| row.status == SessionStatus::Published && CheckInTimes::of(row).opens_at <= now;
        if !due(&row, self.core.now()) {
            return Ok(row);
        }
        // Whoever waited here finds it opened by the one before.
        let _one_at_a_time = self.opening.lock().await;
        let Some(row) = store::session(self.core.db.read(), row.id).await? else {
            return Err(Denied::NotFound.into());
        };
        if due(&row, self.core.now()) {
            self.open_session(&row).await?;
            return Ok(store::session(self.core.db.read(), row.id).await?.ok_or(Denied::NotFound)?);
        }
        Ok(row)
    }

    /// Freezes the roster of a published session and lets check-in begin. Nothing happens if that was done before.
    pub(super) async fn open_session(&self, row: &session::Model) -> Result<(), StudyError> {
        let (now, today, id) = (self.core.now(), self.roster_day(row), row.id);
        let audience = Arc::new(Audience::from_text(&row.audience)?);
        let entry = self.entry(&Actor::SYSTEM, "study.open_session", session_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.open_session", |tx| {
                let (row, entry, audience) = (row.clone(), entry.clone(), Arc::clone(&audience));
                Box::pin(async move {
                    let people = org::preview(tx, &audience, today).await?;
                    Ok(open(tx, &row, &people, now, entry).await?)
                })
            })
            .await
    }

    /// Sessions in order of time: those that the caller's units hold, those that concern their people, and the
    /// caller's own.
    pub async fn sessions(
        &self,
        caller: &Caller,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<Session>, StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        let found = store::sessions(conn, &reach, filter, page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: self.with_details(conn, caller, found.items).await?, next_cursor })
    }

    /// One session within the caller's reach.
    pub async fn session(&self, caller: &Caller, id: SessionId) -> Result<Session, StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        let row = store::session_within(conn, id, &reach).await?.ok_or(Denied::NotFound)?;
        Ok(self.with_details(conn, caller, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// Which sessions a caller may know of.
    pub(super) async fn session_reach(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
    ) -> Result<SessionReach, StudyError> {
        let now = self.core.now();
        let mut reach = SessionReach {
            managed: tops(caller, READERS, now),
            concerned: tops(caller, WATCHERS, now),
            person: caller.account.person_id,
            invited: Vec::new(),
        };
        if reach.person.is_some() {
            reach.invited = self.invitations(conn, caller).await?.into_iter().map(|row| row.id).collect();
        } else if reach.concerned.is_empty() {
            return Err(Denied::Forbidden.into());
        }
        Ok(reach)
    }

    /// Published sessions to whose audience the caller belongs today, in order of time.
    pub(super) async fn invitations(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
    ) -> Result<Vec<session::Model>, StudyError> {
        let upcoming = store::upcoming(conn, self.core.now()).await?;
        self.meant_for(conn, caller, upcoming).await
    }

    /// Those of these sessions to whose audience the caller belongs today.
    pub(super) async fn meant_for(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        upcoming: Vec<session::Model>,
    ) -> Result<Vec<session::Model>, StudyError> {
        if upcoming.is_empty() {
            return Ok(Vec::new());
        }
        let person = self.org.person(caller, caller.person()?).await?;
        if !person.in_post {
            return Ok(Vec::new());
        }
        let above: Vec<UnitId> = tree::path_of(conn, person.unit_id).await?.into_iter().map(|unit| unit.id).collect();
        let categories: &[Category] = &person.categories;
        let mut invited = Vec::new();
        for row in upcoming {
            if Audience::from_text(&row.audience)?.means(person.id, &above, categories) {
                invited.push(row);
            }
        }
        Ok(invited)
    }

    /// Sessions as they are shown to a caller.
    pub(super) async fn with_details(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        rows: Vec<session::Model>,
    ) -> Result<Vec<Session>, StudyError> {
        let mut hosts = Self::hosts_of(conn, &rows).await?;
        let ids: Vec<SessionId> = rows.iter().map(|row| row.id).collect();
        let mut presenters = store::presenters(conn, &ids).await?;
        let mut own = match caller.account.person_id {
            Some(person) => store::attendance_of(conn, &ids, person).await?,
            None => std::collections::HashMap::new(),
        };
        let shown = rows.into_iter().map(|row| {
            let own = own.remove(&row.id);
            let own = own.map(|own| OwnAttendance {
                status: own.status,
                checked_in_at: own.checked_in_at,
                checked_out_at: own.checked_out_at,
            });
            let hosts = hosts.remove(&row.id).unwrap_or_default();
            let presenters = presenters.remove(&row.id).unwrap_or_default();
            shown(row, hosts, presenters, own)
        });
        Ok(shown.collect::<Result<_, _>>()?)
    }

    /// Whether the caller coordinates one of a session's hosts.
    pub async fn manages_session(&self, caller: &Caller, session: &Session) -> Result<bool, StudyError> {
        let managed = tops(caller, &[Role::Coordinator], self.core.now());
        Ok(holds_any(self.core.db.read(), &session.host_unit_ids, &managed).await?)
    }
}

/// Opens a published session, to which these people belong now, within a transaction; nothing happens to one of another status.
async fn open(
    tx: &DatabaseTransaction,
    row: &session::Model,
    people: &[RosterMember],
    now: Instant,
    mut entry: Entry,
) -> Result<(), Fault> {
    if !store::set_running(tx, row, now).await? {
        return Ok(());
    }
    org::freeze_members(tx, SubjectKind::Session, row.id.into(), people, now).await?;
    store::insert_pending(tx, row.id).await?;
    store::grant_leave(tx, row.id).await?;
    store::note_units(tx, row.id, units_of(people.iter().map(|p| p.unit_id)).into_iter()).await?;
    entry.data = json!({ "expected": people.len() });
    log::append(tx, entry).await
}

/// Each unit once.
fn units_of(units: impl Iterator<Item = UnitId>) -> Vec<UnitId> {
    let mut units: Vec<UnitId> = units.collect();
    units.sort_unstable();
    units.dedup();
    units
}

fn shown(
    row: session::Model,
    host_unit_ids: Vec<UnitId>,
    presenters: Vec<Presenter>,
    own: Option<OwnAttendance>,
) -> Result<Session, Fault> {
    Ok(Session {
        id: row.id,
        kind: row.kind,
        status: row.status,
        year: row.year,
        host_unit_ids,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        credit_hours: row.credit_hours,
        audience: Audience::from_text(&row.audience)?,
        check_in: rule_of(&row),
        times: CheckInTimes::of(&row),
        programme_id: row.programme_id,
        series_id: row.series_id,
        presenters,
        audience_count: row.audience_count,
        enterprises: row.enterprises,
        evidence_id: row.evidence_id,
        entered_afterwards: row.entered_afterwards,
        first_starts_at: row.first_starts_at,
        reopened_at: row.reopened_at,
        changed_at: row.changed_at,
        version: row.version,
        invited: row.invited,
        published_at: row.published_at,
        frozen_at: row.frozen_at,
        closed_at: row.closed_at,
        created_at: row.created_at,
        own,
        title: row.title,
        place: row.place,
        contact: row.contact,
        reschedule_reason: row.reschedule_reason,
        cancel_reason: row.cancel_reason,
    })
}
