//! Sessions: drafting, publishing, opening, and who may know of them.

use std::sync::Arc;

use entity::auth::grant::Role;
use entity::id::{SessionId, UnitId};
use entity::instant::Instant;
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use entity::study::programme::ProgrammeStatus;
use entity::study::session::{self, SessionStatus};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::super::counting::CheckInTimes;
use super::super::model::{NewSession, OwnAttendance, Published, Session, SessionFilter, rule_of};
use super::super::store::{self, SessionReach};
use super::{Study, StudyError, WATCHERS, holds_any, session_subject, tops};
use crate::auth::{Caller, Denied, READERS};
use crate::db::Fault;
use crate::kernel::field::{FieldCode, Fields};
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
    /// Drafts a session. By a coordinator of all its hosts and of everybody who is invited.
    pub async fn create_session(&self, caller: &Caller, new: NewSession) -> Result<Session, StudyError> {
        let now = self.core.now();
        self.check_session(caller, &new).await?;
        self.org.check_audience(caller, &new.audience).await?;
        let row = session::Model {
            id: self.core.id(),
            title: new.title,
            kind: new.kind,
            year: self.core.settings.calendar.year(new.starts_at),
            unit_id: *new.host_unit_ids.first().ok_or(Denied::NotFound)?,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            place: new.place,
            credit_hours: new.credit_hours,
            audience: new.audience.to_text(),
            opens_before_seconds: new.check_in.opens_before_seconds,
            late_after_seconds: new.check_in.late_after_seconds,
            closes_after_seconds: new.check_in.closes_after_seconds,
            programme_id: new.programme_id,
            contact: new.contact,
            status: SessionStatus::Draft,
            code_secret: self.core.secret::<32>(),
            invited: None,
            published_at: None,
            frozen_at: None,
            closed_at: None,
            version: 1,
            created_by: caller.account.id,
            created_at: now,
        };
        let data = json!({
            "title": row.title,
            "kind": row.kind,
            "hosts": new.host_unit_ids,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "place": row.place,
            "credit_hours": row.credit_hours.0,
            "audience": new.audience,
            "programme": row.programme_id,
        });
        let entry = self.entry(&caller.actor(), "study.create_session", session_subject(row.id), row.unit_id, data);
        self.core
            .db
            .tx("study.create_session", |tx| {
                let (row, hosts, entry) = (row.clone(), new.host_unit_ids.clone(), entry.clone());
                Box::pin(async move {
                    store::insert_session(tx, row, &hosts).await?;
                    Ok::<_, StudyError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(shown(row, new.host_unit_ids, None)?)
    }

    async fn check_session(&self, caller: &Caller, new: &NewSession) -> Result<(), StudyError> {
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
        Ok(fields.check()?)
    }

    /// Invites people: from now on the units concerned know of it. When check-in should be open already, it opens and
    /// the roster is frozen at once. By a coordinator of a host.
    pub async fn publish_session(&self, caller: &Caller, id: SessionId) -> Result<Published, StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let audience = Arc::new(Audience::from_text(&row.audience)?);
        let entry = self.entry(&caller.actor(), "study.publish_session", session_subject(id), row.unit_id, json!({}));
        let opened = self.entry(&Actor::SYSTEM, "study.open_session", session_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.publish_session", |tx| {
                let (row, mut entry, opened) = (row.clone(), entry.clone(), opened.clone());
                let audience = Arc::clone(&audience);
                Box::pin(async move {
                    let people = org::preview(tx, &audience, today).await?;
                    let invited = i32::try_from(people.len()).unwrap_or(i32::MAX);
                    if !store::set_session_published(tx, id, now, invited).await? {
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
        let (now, today, id) = (self.core.now(), self.core.today(), row.id);
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
        let mut own = match caller.account.person_id {
            Some(person) => store::attendance_of(conn, &ids, person).await?,
            None => std::collections::HashMap::new(),
        };
        let shown = rows.into_iter().map(|row| {
            let own = own.remove(&row.id);
            let own = own.map(|own| OwnAttendance { status: own.status, checked_in_at: own.checked_in_at });
            let hosts = hosts.remove(&row.id).unwrap_or_default();
            shown(row, hosts, own)
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
    if !store::set_running(tx, row.id, now).await? {
        return Ok(());
    }
    org::freeze_members(tx, SubjectKind::Session, row.id.into(), people, now).await?;
    store::insert_pending(tx, row.id).await?;
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

fn shown(row: session::Model, host_unit_ids: Vec<UnitId>, own: Option<OwnAttendance>) -> Result<Session, Fault> {
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
        invited: row.invited,
        published_at: row.published_at,
        frozen_at: row.frozen_at,
        closed_at: row.closed_at,
        created_at: row.created_at,
        own,
        title: row.title,
        place: row.place,
        contact: row.contact,
    })
}
