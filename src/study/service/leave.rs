//! Leave before and after a session, and the files that prove something.

use entity::auth::grant::Role;
use entity::id::{AttachmentId, LeaveRequestId, PersonId, SessionId, UnitId};
use entity::study::attachment;
use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
use entity::study::leave_request::{self, LeaveState};
use entity::study::session::SessionStatus;
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::super::model::{Attachment, LeaveFilter, LeaveRequest, NewAttachment};
use super::super::store;
use super::{CALLERS, Study, StudyError, WATCHERS, session_subject, tops};
use crate::auth::{Caller, Denied, READERS, authorise};
use crate::db::Fault;
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log;
use crate::tree;

/// Those who read what proves something, each within their own units.
const PROOF_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];

/// Those who send it.
const SENDERS: &[Role] = &[Role::Official, Role::Liaison, Role::Coordinator];

impl Study {
    /// Keeps a file that is to prove something. Until it is used, only its sender can read it.
    pub async fn attach(&self, caller: &Caller, new: NewAttachment) -> Result<Attachment, StudyError> {
        let row = attachment::Model {
            id: self.core.id(),
            name: new.name,
            media_type: new.media_type,
            size: i32::try_from(new.content.len()).unwrap_or(i32::MAX),
            digest: hex::encode(Sha256::digest(&new.content)),
            content: new.content,
            unit_id: None,
            sent_by: caller.account.id,
            sent_at: self.core.now(),
        };
        let shown = Attachment { content: Vec::new(), ..attachment_view(row.clone()) };
        let scope = caller.scope(SENDERS, self.core.now())?;
        let unit = scope.0.first().copied().ok_or(Denied::Forbidden)?;
        let data = json!({ "size": row.size, "digest": row.digest, "media_type": row.media_type });
        let entry = self.entry(&caller.actor(), "study.attach", format!("attachment:{}", row.id), unit, data);
        let row = std::sync::Arc::new(row);
        self.core
            .db
            .tx("study.attach", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    store::insert_attachment(tx, row.as_ref().clone()).await?;
                    Ok::<_, StudyError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(shown)
    }

    /// A file with its bytes, for its sender and for those who look after the people whom it concerns.
    pub async fn attachment(&self, caller: &Caller, id: AttachmentId) -> Result<Attachment, StudyError> {
        let conn = self.core.db.read();
        let row = store::attachment(conn, id).await?.ok_or(Denied::NotFound)?;
        if row.sent_by != caller.account.id {
            let unit = row.unit_id.ok_or(Denied::NotFound)?;
            authorise::<StudyError>(conn, caller, PROOF_READERS, unit, self.core.now()).await?;
        }
        Ok(attachment_view(row))
    }

    /// Whether a caller may use a file as proof: their own.
    pub(super) async fn may_attach(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: AttachmentId,
    ) -> Result<bool, Fault> {
        Ok(store::attachment_sender(conn, id).await? == Some(caller.account.id))
    }

    /// Asks for leave: an official for themself, a liaison or coordinator for somebody of their units. Before the session,
    /// while it runs, or afterwards.
    pub async fn ask_leave(
        &self,
        caller: &Caller,
        id: SessionId,
        person: Option<PersonId>,
        reason: &str,
        attachment_id: Option<AttachmentId>,
    ) -> Result<LeaveRequest, StudyError> {
        let conn = self.core.db.read();
        let reach = self.session_reach(conn, caller).await?;
        let row = store::session_within(conn, id, &reach).await?.ok_or(Denied::NotFound)?;
        let session = self.opened(row).await?;
        if matches!(session.status, SessionStatus::Draft | SessionStatus::Cancelled) {
            return Err(StudyError::WrongState);
        }
        let person_id = match person {
            Some(person) => person,
            None => caller.person()?,
        };
        let unit_id = self.unit_for_leave(caller, &session, person_id).await?;
        if let Some(file) = attachment_id
            && !self.may_attach(conn, caller, file).await?
        {
            return Err(Invalid::one("attachment", FieldCode::UnknownReference).into());
        }
        let now = self.core.now();
        let row = leave_request::Model {
            id: self.core.id(),
            session_id: id,
            person_id,
            unit_id,
            reason: reason.to_owned(),
            attachment_id,
            afterwards: now >= session.starts_at,
            state: LeaveState::Pending,
            asked_by: caller.account.id,
            asked_at: now,
            decided_by: None,
            decided_at: None,
            decision: String::new(),
        };
        let data =
            json!({ "leave": row.id, "person": person_id, "afterwards": row.afterwards, "attachment": attachment_id });
        let entry = self.entry(&caller.actor(), "study.ask_leave", session_subject(id), unit_id, data);
        self.core
            .db
            .tx("study.ask_leave", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    // Two of the same person wait for each other here.
                    store::lock_session(tx, id).await?;
                    if store::leave_waits(tx, id, person_id).await? {
                        return Err(StudyError::AlreadyAsked);
                    }
                    if let Some(file) = row.attachment_id {
                        store::hand_attachment(tx, file, unit_id).await?;
                    }
                    store::insert_leave(tx, row).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(self.named_leaves(vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// The unit of somebody who asks for leave: that on the roster, once it is frozen, or where they are. Nobody asks who
    /// is not expected.
    async fn unit_for_leave(
        &self,
        caller: &Caller,
        session: &entity::study::session::Model,
        person: PersonId,
    ) -> Result<UnitId, StudyError> {
        let conn = self.core.db.read();
        let own = caller.account.person_id == Some(person);
        let foreign = || StudyError::from(Invalid::one("person_id", FieldCode::UnknownReference));
        let unit = if session.frozen_at.is_some() {
            let row = store::attendance_of(conn, &[session.id], person).await?.remove(&session.id);
            match row {
                Some(row) => row.unit_id,
                None if own => return Err(StudyError::NotOnRoster(session.contact.clone())),
                None => return Err(foreign()),
            }
        } else {
            let who = self.org.person(caller, person).await.map_err(|_unknown| foreign())?;
            let audience = crate::org::Audience::from_text(&session.audience)?;
            let above: Vec<UnitId> = tree::path_of(conn, who.unit_id).await?.into_iter().map(|u| u.id).collect();
            if !audience.means(person, &above, &who.categories) {
                return Err(if own { StudyError::NotOnRoster(session.contact.clone()) } else { foreign() });
            }
            who.unit_id
        };
        if !own && !tree::is_within(conn, unit, &tops(caller, CALLERS, self.core.now())).await? {
            return Err(foreign());
        }
        Ok(unit)
    }

    /// Wishes for leave in order of time: those of the caller's people, those from sessions that their units hold, and
    /// their own.
    pub async fn leaves(
        &self,
        caller: &Caller,
        filter: LeaveFilter,
        page: &PageRequest,
    ) -> Result<Page<LeaveRequest>, StudyError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let (people, held) = (tops(caller, WATCHERS, now), tops(caller, READERS, now));
        match filter.session_id {
            Some(session) => {
                let reach = self.session_reach(conn, caller).await?;
                store::session_within(conn, session, &reach).await?.ok_or(Denied::NotFound)?;
            }
            None if people.is_empty() && caller.account.person_id.is_none() => return Err(Denied::Forbidden.into()),
            None => {}
        }
        let found = store::leaves(conn, (&people, &held), caller.account.person_id, filter, page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: self.named_leaves(found.items).await?, next_cursor })
    }

    async fn named_leaves(&self, rows: Vec<leave_request::Model>) -> Result<Vec<LeaveRequest>, StudyError> {
        let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
        let mut names = self.org.person_names(&people).await?;
        let view = |row: leave_request::Model| LeaveRequest {
            id: row.id,
            session_id: row.session_id,
            person_id: row.person_id,
            person_name: names.entry(row.person_id).or_default().clone(),
            unit_id: row.unit_id,
            reason: row.reason,
            attachment_id: row.attachment_id,
            afterwards: row.afterwards,
            state: row.state,
            asked_at: row.asked_at,
            decided_at: row.decided_at,
            decision: row.decision,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Grants or refuses leave. Who was granted it and has not come is on leave; who came has come. By a coordinator of a
    /// host, and never by the one whose leave it is.
    pub async fn decide_leave(
        &self,
        caller: &Caller,
        id: LeaveRequestId,
        approve: bool,
        decision: &str,
    ) -> Result<LeaveRequest, StudyError> {
        let conn = self.core.db.read();
        let row = store::leave(conn, id).await?.ok_or(Denied::NotFound)?;
        self.managed(conn, caller, row.session_id).await?;
        if caller.account.person_id == Some(row.person_id) {
            return Err(Denied::Forbidden.into());
        }
        let (now, by) = (self.core.now(), caller.account.id);
        let state = if approve { LeaveState::Approved } else { LeaveState::Refused };
        let data = json!({ "leave": id, "person": row.person_id, "state": state, "decision": decision });
        let entry =
            self.entry(&caller.actor(), "study.decide_leave", session_subject(row.session_id), row.unit_id, data);
        self.core
            .db
            .tx("study.decide_leave", |tx| {
                let (row, entry, decision) = (row.clone(), entry.clone(), decision.to_owned());
                Box::pin(async move {
                    store::steady_session(tx, row.session_id).await?;
                    if !store::decide_leave(tx, id, state, by, now, decision).await? {
                        return Err(StudyError::WrongState);
                    }
                    if approve
                        && let Some(mut there) = store::hold_row(tx, row.session_id, row.person_id).await?
                        && matches!(there.status, AttendanceStatus::Pending | AttendanceStatus::Absent)
                    {
                        if there.status == AttendanceStatus::Absent {
                            store::keep_earlier(tx, [there.clone()], now, Some(by)).await?;
                        }
                        there.status = AttendanceStatus::OnLeave;
                        there.method = Some(AttendanceMethod::Leave);
                        there.reason = Some(row.reason.clone());
                        there.version += 1;
                        store::write_rows(tx, vec![there]).await?;
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        let row = store::leave(conn, id).await?.ok_or(Denied::NotFound)?;
        Ok(self.named_leaves(vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }
}

fn attachment_view(row: attachment::Model) -> Attachment {
    Attachment {
        id: row.id,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        digest: row.digest,
        content: row.content,
    }
}
