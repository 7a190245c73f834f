//! Raising and deciding objections.

use std::collections::HashMap;
use std::sync::Arc;

use entity::exam::attempt::AttemptState;
use entity::exam::objection::{self, ObjectionState};
use entity::id::{AttemptId, ExamId, ObjectionId, PersonId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{NewObjection, Objection, ObjectionFilter, Shut, Waiting};
use super::store::{self, Raised, Sat};
use crate::auth::{Caller, Denied, MANAGERS, READERS, account_names, authorise};
use crate::core::Core;
use crate::db::Fault;
use crate::exam::conduct::read_reason;
use crate::exam::draw::PaperItem;
use crate::exam::{ExamError, Exams};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};
use crate::org::{self, Org};

/// The longest text of an objection, in characters.
const MAX_TEXT: usize = 1_000;

/// The service of objections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objections {
    core: Core,
    org: Arc<Org>,
    exams: Arc<Exams>,
}

impl Objections {
    /// Over a core, the organisation and the exams.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, exams: Arc<Exams>) -> Self {
        Self { core, org, exams }
    }

    /// Questions an item of the caller's paper, or its score: once each, from when results can be seen until the exam's days
    /// after their release have passed.
    pub async fn raise(&self, caller: &Caller, id: AttemptId, new: &NewObjection) -> Result<Objection, ExamError> {
        let person = caller.person()?;
        let mut fields = Fields::new();
        let text = fields.text("text", &new.text, MAX_TEXT);
        let unreadable = fields.check().err();
        let (objection, log_id, now) = (self.core.id(), self.core.uuid(), self.core.now());
        self.core
            .db
            .tx("objection.raise", |tx| {
                let (caller, new, text, unreadable) = (caller.clone(), new.clone(), text.clone(), unreadable.clone());
                Box::pin(async move {
                    let sat = store::attempt(tx, id).await?.filter(|sat| sat.person_id == person);
                    let sat = sat.ok_or(Denied::NotFound)?;
                    let (unit, window) = store::window(tx, sat.exam_id).await?.ok_or(Denied::NotFound)?;
                    if sat.state == AttemptState::Running {
                        return Err(ExamError::NotReleased);
                    }
                    window.open(now).map_err(|shut| match shut {
                        Shut::NotReleased => ExamError::NotReleased,
                        Shut::Over => ExamError::ObjectionsClosed,
                    })?;
                    let mut fields = Fields::new();
                    let about = about(&sat, &new, &mut fields)?;
                    if let Some(invalid) = unreadable {
                        fields.absorb(invalid);
                    }
                    let (item, position) = fields.finish(about)?;
                    let raised = Raised {
                        id: objection,
                        exam: sat.exam_id,
                        attempt: id,
                        person,
                        item: item.clone(),
                        position,
                        text,
                        by: caller.account.id,
                        at: now,
                    };
                    if !store::insert(tx, raised).await? {
                        return Err(ExamError::AlreadyObjected);
                    }
                    let data = json!({ "objection": objection, "attempt": id, "person": person, "item": item });
                    let of = (sat.exam_id, unit);
                    Ok(log::append(tx, entry(log_id, now, &caller, "exam.objection", of, data)).await?)
                })
            })
            .await?;
        self.one(objection).await
    }

    /// The objections about an attempt, oldest first: for its candidate, and for those who manage or audit the exam's unit.
    pub async fn of_attempt(&self, caller: &Caller, id: AttemptId) -> Result<Vec<Objection>, ExamError> {
        let conn = self.core.db.read();
        let sat = store::attempt(conn, id).await?.ok_or(Denied::NotFound)?;
        if caller.account.person_id != Some(sat.person_id) {
            let (unit, _) = store::window(conn, sat.exam_id).await?.ok_or(Denied::NotFound)?;
            let allowed = authorise::<ExamError>(conn, caller, READERS, unit, self.core.now()).await;
            allowed.map_err(|error| match error {
                // A foreign attempt does not exist for others.
                ExamError::Denied(_) => Denied::NotFound.into(),
                other => other,
            })?;
        }
        let rows = store::of_attempt(conn, id).await?;
        self.told(rows).await
    }

    /// Whether the caller may object to something about this attempt of theirs now, and until when.
    pub async fn window(&self, caller: &Caller, id: AttemptId) -> Result<(bool, Option<Instant>), ExamError> {
        let conn = self.core.db.read();
        let sat = store::attempt(conn, id).await?.filter(|sat| caller.account.person_id == Some(sat.person_id));
        let Some(sat) = sat else { return Ok((false, None)) };
        let (_, window) = store::window(conn, sat.exam_id).await?.ok_or(Denied::NotFound)?;
        let open = sat.state != AttemptState::Running && window.open(self.core.now()).is_ok();
        Ok((open, window.until()))
    }

    /// The objections about an exam, oldest first. For those who manage or audit its unit.
    pub async fn of_exam(
        &self,
        caller: &Caller,
        id: ExamId,
        filter: ObjectionFilter,
        page: &PageRequest,
    ) -> Result<Page<Objection>, ExamError> {
        let conn = self.core.db.read();
        self.exams.of_reader(conn, caller, id).await?;
        let found = store::of_exam(conn, id, filter, page).await?;
        Ok(Page { items: self.told(found.items).await?, next_cursor: found.next_cursor })
    }

    /// The exams whose objections wait for the caller, and how many.
    pub async fn waiting(&self, caller: &Caller) -> Result<Vec<Waiting>, ExamError> {
        let scope = caller.scope(MANAGERS, self.core.now())?;
        let found = store::waiting(self.core.db.read(), &scope.0).await?;
        let waiting =
            |(exam_id, title, open)| Waiting { exam_id, title, open: u64::try_from(open).unwrap_or_default() };
        Ok(found.into_iter().map(waiting).collect())
    }

    /// Decides an objection, `upheld` or `rejected`, once. By a coordinator of the exam's unit, and never by who raised it.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: ObjectionId,
        decision: &str,
        reason: &str,
    ) -> Result<Objection, ExamError> {
        let mut fields = Fields::new();
        let state: Option<ObjectionState> = fields.parse("decision", decision, FieldCode::UnknownValue);
        if state == Some(ObjectionState::Open) {
            fields.reject_with("decision", FieldCode::UnknownValue, ObjectionState::Open);
        }
        let reason = read_reason(&mut fields, reason);
        let read = fields.finish(state.map(|state| (state, reason)));
        let (log_id, now) = (self.core.uuid(), self.core.now());
        caller.scope(MANAGERS, now)?;
        self.core
            .db
            .tx("objection.decide", |tx| {
                let (this, caller, read) = (self.clone(), caller.clone(), read.clone());
                Box::pin(async move {
                    let row = store::objection(tx, id).await?.ok_or(Denied::NotFound)?;
                    let exam = this.exams.managed(tx, &caller, row.exam_id).await?;
                    if caller.account.person_id == Some(row.person_id) {
                        return Err(Denied::Forbidden.into());
                    }
                    let (state, reason) = read?;
                    if !store::decide(tx, id, state, &reason, (caller.account.id, now)).await? {
                        return Err(ExamError::AlreadyDecided);
                    }
                    let data = json!({
                        "objection": id, "attempt": row.attempt_id, "person": row.person_id, "item": row.item,
                        "decision": state, "reason": reason,
                    });
                    let of = (row.exam_id, exam.unit_id);
                    Ok(log::append(tx, entry(log_id, now, &caller, "exam.objection_decided", of, data)).await?)
                })
            })
            .await?;
        self.one(id).await
    }

    async fn one(&self, id: ObjectionId) -> Result<Objection, ExamError> {
        let row = store::objection(self.core.db.read(), id).await?.ok_or(Denied::NotFound)?;
        Ok(self.told(vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// With the names of whom they concern.
    async fn told(&self, rows: Vec<objection::Model>) -> Result<Vec<Objection>, ExamError> {
        let conn = self.core.db.read();
        let mut members: HashMap<(ExamId, PersonId), (String, UnitId)> = HashMap::new();
        let exams: std::collections::BTreeSet<ExamId> = rows.iter().map(|row| row.exam_id).collect();
        for exam in exams {
            let people: Vec<PersonId> = rows.iter().filter(|r| r.exam_id == exam).map(|r| r.person_id).collect();
            let roster = org::roster(conn, exam.into(), Some(&people)).await?;
            members.extend(roster.into_iter().map(|m| ((exam, m.person_id), (m.person_name, m.unit_id))));
        }
        let units: Vec<UnitId> = members.values().map(|(_, unit)| *unit).collect();
        let units = self.org.unit_names(&units).await?;
        let accounts: Vec<_> = rows.iter().filter_map(|row| row.decided_by).collect();
        let accounts = account_names(conn, &accounts).await?;
        let told = |row: objection::Model| {
            let member = members.get(&(row.exam_id, row.person_id));
            let unit_id = member.map(|(_, unit)| *unit);
            Objection {
                id: row.id,
                exam_id: row.exam_id,
                attempt_id: row.attempt_id,
                person_id: row.person_id,
                person_name: member.map(|(name, _)| name.clone()).unwrap_or_default(),
                unit_id,
                unit_name: unit_id.and_then(|unit| units.get(&unit).cloned()).unwrap_or_default(),
                item: Some(row.item).filter(|item| !item.is_empty()),
                position: row.position,
                text: row.body,
                state: row.state,
                reason: row.answer,
                decided_by: row.decided_by.and_then(|id| accounts.get(&id).cloned()).unwrap_or_default(),
                decided_at: row.decided_at,
                created_at: row.created_at,
            }
        };
        Ok(rows.into_iter().map(told).collect())
    }
}

/// The item that is meant and its place, or nothing and the score is meant.
fn about(sat: &Sat, new: &NewObjection, fields: &mut Fields) -> Result<Option<(String, Option<i32>)>, Fault> {
    if new.item.is_none() && new.position.is_none() {
        return Ok(Some((String::new(), None)));
    }
    let items: Vec<PaperItem> = serde_json::from_str(&sat.items)
        .map_err(|e| Fault::from(DbErr::Type(format!("a paper of exam {}: {e}", sat.exam_id))))?;
    let found = (1_i32..).zip(items).find(|(position, on_paper)| {
        new.item.as_ref().is_none_or(|item| *item == on_paper.item) && new.position.is_none_or(|at| at == *position)
    });
    if found.is_none() {
        let field = if new.item.is_some() { "item" } else { "position" };
        fields.reject(field, FieldCode::UnknownReference);
    }
    Ok(found.map(|(position, on_paper)| (on_paper.item, Some(position))))
}

fn entry(
    id: Uuid,
    at: Instant,
    caller: &Caller,
    action: &'static str,
    (exam, unit): (ExamId, UnitId),
    data: Value,
) -> Entry {
    Entry {
        id,
        at,
        actor: caller.actor(),
        action,
        subject: format!("exam:{exam}"),
        unit: Some(unit),
        data,
        outcome: Outcome::Done,
    }
}
