//! Asking, giving an opinion, deciding.

use std::sync::Arc;

use entity::auth::grant::Role;
use entity::exam::exam::{self, ExamStatus};
use entity::exam::exemption::{self, ExemptionKind, ExemptionState};
use entity::id::{AccountId, ExamId, ExemptionId, PersonId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Asked, Exemption, ExemptionFilter, MAX_OPINION, NewExemption};
use super::store::{self, Reach};
use crate::auth::{self, Caller, Denied, READERS, authorise};
use crate::core::Core;
use crate::exam::blueprint::{ExamError, Exams, opening, status_at};
use crate::exam::conduct::read_reason;
use crate::exam::outcome;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};
use crate::org::{Org, roster};
use crate::study::{attachment_sender, hand_attachment};
use crate::tree;

/// Those who speak for a unit.
const SPEAKERS: &[Role] = &[Role::Liaison, Role::Coordinator];
/// Those who see the requests of a unit's people.
const WATCHERS: &[Role] = &[Role::Liaison, Role::Coordinator, Role::Auditor];

/// The service of exemption and deferral. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Exemptions {
    core: Core,
    org: Arc<Org>,
    exams: Arc<Exams>,
}

impl Exemptions {
    /// Over a core, the organisation and the exams.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, exams: Arc<Exams>) -> Self {
        Self { core, org, exams }
    }

    /// Asks not to sit, or to sit later: for oneself, or by those who speak for the unit that the person has on the roster.
    /// One request a person at a time, none after an attempt that stands. Of a make-up its main exam is meant.
    pub async fn ask(&self, caller: &Caller, exam: ExamId, new: &NewExemption) -> Result<Exemption, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let asked_of = self.exams.seen(conn, caller, exam).await?;
        if asked_of.status == ExamStatus::Draft {
            return Err(ExamError::WrongState(ExamStatus::Draft));
        }
        let main = asked_of.makes_up_exam_id.unwrap_or(exam);
        let mut fields = Fields::new();
        let asked = new.read(&mut fields);
        let asked = fields.finish(asked)?;
        let (person_id, unit_id) = self.asked_for(conn, caller, main, &asked).await?;
        if let Some(file) = asked.attachment
            && attachment_sender(conn, file).await? != Some(caller.account.id)
        {
            return Err(Invalid::one("attachment", FieldCode::UnknownReference).into());
        }
        let row = exemption::Model {
            id: self.core.id(),
            exam_id: main,
            person_id,
            unit_id,
            kind: asked.kind,
            ground: asked.ground,
            attachment_id: asked.attachment,
            asked_by: caller.account.id,
            asked_at: now,
            supported: None,
            opinion: String::new(),
            opinion_by: None,
            opinion_at: None,
            state: ExemptionState::Pending,
            decision: String::new(),
            decided_by: None,
            decided_at: None,
            late: false,
        };
        let data = json!({
            "exam": main, "person": person_id, "kind": row.kind, "ground": row.ground, "attachment": row.attachment_id,
        });
        let (id, entry) = (row.id, told(self.core.uuid(), now, caller, "exam.ask_exemption", &row, data));
        self.core
            .db
            .tx("exam.ask_exemption", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    // Two of the same person wait for each other here.
                    crate::exam::blueprint::hold(tx, main).await?;
                    if store::has_asked(tx, main, person_id).await? {
                        return Err(ExamError::AlreadyAsked);
                    }
                    if store::has_sat(tx, &store::family(tx, main).await?, person_id).await? {
                        return Err(Invalid::one("kind", FieldCode::Conflict).into());
                    }
                    if let Some(file) = row.attachment_id {
                        hand_attachment(tx, file, row.unit_id).await?;
                    }
                    store::insert(tx, row).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.exemption(caller, id).await
    }

    /// For whom it is asked, and the unit that they have on the main exam's roster.
    async fn asked_for(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        main: ExamId,
        asked: &Asked,
    ) -> Result<(PersonId, UnitId), ExamError> {
        let unknown = || ExamError::from(Invalid::one("person_id", FieldCode::UnknownReference));
        let Some(person) = asked.person.or(caller.account.person_id) else {
            return Err(Invalid::one("person_id", FieldCode::Required).into());
        };
        let member = roster(conn, main.into(), Some(&[person])).await?.pop().ok_or_else(unknown)?;
        if caller.account.person_id != Some(person) {
            let scope = caller.scope(SPEAKERS, self.core.now())?;
            if !tree::is_within(conn, member.unit_id, &scope.0).await? {
                return Err(unknown());
            }
        }
        Ok((person, member.unit_id))
    }

    /// The unit's opinion on a request that waits. By those who speak for the person's unit.
    pub async fn opine(
        &self,
        caller: &Caller,
        id: ExemptionId,
        supported: bool,
        opinion: &str,
    ) -> Result<Exemption, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = self.readable(conn, caller, id).await?;
        // Who may see it is told that they may not.
        match authorise::<ExamError>(conn, caller, SPEAKERS, row.unit_id, now).await {
            Err(ExamError::Denied(_)) => return Err(Denied::Forbidden.into()),
            other => other?,
        }
        let mut fields = Fields::new();
        let opinion = fields.text("opinion", opinion, MAX_OPINION);
        fields.check()?;
        let data = json!({ "exam": row.exam_id, "person": row.person_id, "supported": supported, "opinion": opinion });
        let entry = told(self.core.uuid(), now, caller, "exam.give_opinion", &row, data);
        let by = (caller.account.id, now);
        self.core
            .db
            .tx("exam.give_opinion", |tx| {
                let (opinion, entry) = (opinion.clone(), entry.clone());
                Box::pin(async move {
                    if !store::set_opinion(tx, id, (supported, opinion), by).await? {
                        return Err(ExamError::AlreadyDecided);
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.exemption(caller, id).await
    }

    /// Decides a request, once. By a coordinator of the exam's unit, and never by the one whose request it is. Nothing is
    /// granted after an attempt that stands; an exemption that is granted once the exam has opened is late.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: ExemptionId,
        approve: bool,
        reason: &str,
    ) -> Result<Exemption, ExamError> {
        let (now, entry) = (self.core.now(), self.core.uuid());
        let row = self.readable(self.core.db.read(), caller, id).await?;
        if caller.account.person_id == Some(row.person_id) {
            return Err(Denied::Forbidden.into());
        }
        let mut fields = Fields::new();
        let reason = read_reason(&mut fields, reason);
        let unreadable = fields.check().err();
        self.core
            .db
            .tx("exam.decide_exemption", |tx| {
                let (this, caller, reason) = (self.clone(), caller.clone(), reason.clone());
                let (row, unreadable) = (row.clone(), unreadable.clone());
                Box::pin(async move {
                    // Held: nobody starts meanwhile.
                    let exam: exam::Model = this.exams.held(tx, &caller, row.exam_id).await?;
                    if let Some(invalid) = unreadable {
                        return Err(invalid.into());
                    }
                    let family = store::family(tx, row.exam_id).await?;
                    let exempt = approve && row.kind == ExemptionKind::Exempt;
                    let late = exempt && status_at(exam.status, opening(&exam), now) != ExamStatus::Sealed;
                    let state = if approve { ExemptionState::Approved } else { ExemptionState::Refused };
                    let data = json!({
                        "exam": row.exam_id, "person": row.person_id, "kind": row.kind, "state": state, "late": late,
                        "reason": reason,
                    });
                    if !store::decide(tx, id, (state, reason, late), (caller.account.id, now)).await? {
                        return Err(ExamError::AlreadyDecided);
                    }
                    if approve && store::has_sat(tx, &family, row.person_id).await? {
                        return Err(Invalid::one("approve", FieldCode::Conflict).into());
                    }
                    if exempt {
                        store::bar(tx, &family, row.person_id).await?;
                    }
                    outcome::restate(tx, row.exam_id, &[row.person_id]).await?;
                    let told = told(entry, now, &caller, "exam.decide_exemption", &row, data);
                    Ok(log::append(tx, told).await?)
                })
            })
            .await?;
        self.exemption(caller, id).await
    }

    /// One request: for its person, for those who look after the unit that the person has on the roster, and for those who
    /// read the figures of the exam's unit.
    pub async fn exemption(&self, caller: &Caller, id: ExemptionId) -> Result<Exemption, ExamError> {
        let row = self.readable(self.core.db.read(), caller, id).await?;
        Ok(self.named(vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// The requests that the caller may see, newest first.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ExemptionFilter,
        page: &PageRequest,
    ) -> Result<Page<Exemption>, ExamError> {
        let conn = self.core.db.read();
        let reach = self.reach(caller);
        if reach.person.is_none() && reach.people_of.is_empty() {
            return Err(Denied::Forbidden.into());
        }
        let exam = match filter.exam {
            None => None,
            Some(id) => Some(self.exams.seen(conn, caller, id).await?.makes_up_exam_id.unwrap_or(id)),
        };
        let found = store::list(conn, &reach, ExemptionFilter { exam, ..filter }, page).await?;
        Ok(Page { items: self.named(found.items).await?, next_cursor: found.next_cursor })
    }

    fn reach(&self, caller: &Caller) -> Reach {
        let tops = |roles| caller.scope(roles, self.core.now()).map(|scope| scope.0).unwrap_or_default();
        Reach { person: caller.account.person_id, people_of: tops(WATCHERS), exams_of: tops(READERS) }
    }

    async fn readable(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExemptionId,
    ) -> Result<exemption::Model, ExamError> {
        Ok(store::exemption(conn, id, &self.reach(caller)).await?.ok_or(Denied::NotFound)?)
    }

    async fn named(&self, rows: Vec<exemption::Model>) -> Result<Vec<Exemption>, ExamError> {
        let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
        let names = self.org.person_names(&people).await?;
        let by = |row: &exemption::Model| [Some(row.asked_by), row.opinion_by, row.decided_by];
        let accounts: Vec<AccountId> = rows.iter().flat_map(by).flatten().collect();
        let accounts = auth::account_names(self.core.db.read(), &accounts).await?;
        let account = |id: AccountId| accounts.get(&id).cloned().unwrap_or_default();
        let view = |row: exemption::Model| Exemption {
            person_name: names.get(&row.person_id).cloned().unwrap_or_default(),
            asked_by: account(row.asked_by),
            opinion_by: row.opinion_by.map(account),
            decided_by: row.decided_by.map(account),
            id: row.id,
            exam_id: row.exam_id,
            person_id: row.person_id,
            unit_id: row.unit_id,
            kind: row.kind,
            ground: row.ground,
            attachment_id: row.attachment_id,
            asked_at: row.asked_at,
            supported: row.supported,
            opinion: row.opinion,
            opinion_at: row.opinion_at,
            state: row.state,
            decision: row.decision,
            decided_at: row.decided_at,
            late: row.late,
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

fn told(id: Uuid, at: Instant, caller: &Caller, action: &'static str, row: &exemption::Model, data: Value) -> Entry {
    Entry {
        id,
        at,
        actor: caller.actor(),
        action,
        subject: format!("exemption:{}", row.id),
        unit: Some(row.unit_id),
        data,
        outcome: Outcome::Done,
    }
}
