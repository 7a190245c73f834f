//! Drafting exams and reading them.

use std::collections::HashSet;
use std::sync::Arc;

use entity::auth::grant::Role;
use entity::exam::exam::{self, ExamStatus};
use entity::id::{BankId, ExamId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::BlueprintInput;
use super::model::{Blueprint, Exam, ExamFilter, ExamSummary, SealedManifest};
use super::{state, store};
use crate::auth::{Caller, Denied, MANAGERS, READERS, Scope, authorise};
use crate::bank::Bank;
use crate::core::Core;
use crate::db::Fault;
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{Actor, Entry};
use crate::org::{Org, OrgError};
use crate::tree;

mod candidacy;
mod copy;
mod draw_file;
mod error;
mod life;
mod overlap;
mod results;
mod rosters;
mod seal;
mod supply;

pub use candidacy::Candidacy;
pub use draw_file::DrawVerdict;
pub use error::ExamError;
pub(in crate::exam) use life::end;

/// Those who see who of a unit is to sit.
const ROSTER_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];

/// The service of exams, but for sitting them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Exams {
    core: Core,
    org: Arc<Org>,
}

impl Exams {
    /// Over a core and the organisation.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>) -> Self {
        Self { core, org }
    }

    /// Drafts an exam. By a coordinator of its unit, its banks and its audience.
    pub async fn create(&self, caller: &Caller, input: &BlueprintInput) -> Result<Exam, ExamError> {
        let plan = self.checked(caller, input, None).await?;
        let (id, now, author) = (self.core.id(), self.core.now(), caller.account.id);
        let entry = self.entry(caller, "exam.create", id, plan.unit_id, told(&plan));
        self.core
            .db
            .tx("exam.create", |tx| {
                let (plan, entry) = (plan.clone(), entry.clone());
                Box::pin(async move {
                    store::insert(tx, id, &plan, author, now).await?;
                    Ok::<_, ExamError>(crate::log::append(tx, entry).await?)
                })
            })
            .await?;
        self.exam(caller, id).await
    }

    /// Changes a draft: what `change` leaves alone stays. By a coordinator of the exam and of all it refers to.
    pub async fn change(
        &self,
        caller: &Caller,
        id: ExamId,
        expected: &IfMatch,
        change: impl FnOnce(&mut BlueprintInput) + Send,
    ) -> Result<Exam, ExamError> {
        let conn = self.core.db.read();
        let (row, now) = (self.managed(conn, caller, id).await?, self.core.now());
        if row.status != ExamStatus::Draft {
            return Err(ExamError::WrongState(state::status_at(row.status, row.opens_at, now)));
        }
        if !expected.allows(row.version) {
            return Err(ExamError::Stale);
        }
        let mut input = BlueprintInput::from(&store::whole(conn, row.clone(), now).await?.blueprint);
        change(&mut input);
        let plan = self.checked(caller, &input, Some(id)).await?;
        let entry = self.entry(caller, "exam.change", id, plan.unit_id, told(&plan));
        self.core
            .db
            .tx("exam.change", |tx| {
                let (row, plan, entry) = (row.clone(), plan.clone(), entry.clone());
                Box::pin(async move {
                    if !store::replace(tx, &row, &plan).await? {
                        return Err(ExamError::Stale);
                    }
                    Ok(crate::log::append(tx, entry).await?)
                })
            })
            .await?;
        self.exam(caller, id).await
    }

    /// Deletes a draft. By a coordinator of its unit.
    pub async fn delete(&self, caller: &Caller, id: ExamId) -> Result<(), ExamError> {
        let row = self.managed(self.core.db.read(), caller, id).await?;
        if row.status != ExamStatus::Draft {
            return Err(ExamError::WrongState(state::status_at(row.status, row.opens_at, self.core.now())));
        }
        let entry = self.entry(caller, "exam.delete", id, row.unit_id, json!({ "title": row.title }));
        self.core
            .db
            .tx("exam.delete", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    if !store::delete(tx, &row).await? {
                        return Err(ExamError::Stale);
                    }
                    Ok(crate::log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// An exam that the caller may see.
    pub async fn exam(&self, caller: &Caller, id: ExamId) -> Result<Exam, ExamError> {
        let conn = self.core.db.read();
        let row = self.seen(conn, caller, id).await?;
        Ok(store::whole(conn, row, self.core.now()).await?)
    }

    /// The exams that the caller may see, newest first: those of the units whose figures they read, and sealed ones on
    /// whose roster they, or people of their units, stand.
    pub async fn exams(
        &self,
        caller: &Caller,
        filter: &ExamFilter,
        page: &PageRequest,
    ) -> Result<Page<ExamSummary>, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let briefs = store::list(conn, reach(caller, now).visible(), filter, now, page).await?;
        let units: Vec<UnitId> = briefs.items.iter().map(|exam| exam.unit_id).collect();
        let names = self.org.unit_names(&units).await?;
        Ok(briefs.map(|exam| {
            let unit_name = names.get(&exam.unit_id).cloned().unwrap_or_default();
            ExamSummary { exam, unit_name }
        }))
    }

    /// The manifest of a sealed exam, for everybody who may see the exam.
    pub async fn manifest(&self, caller: &Caller, id: ExamId) -> Result<SealedManifest, ExamError> {
        let conn = self.core.db.read();
        self.seen(conn, caller, id).await?;
        store::manifest(conn, id).await?.ok_or(ExamError::WrongState(ExamStatus::Draft))
    }

    /// An exam that the caller may see; to anybody else there is none.
    pub(in crate::exam) async fn seen(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<exam::Model, ExamError> {
        let found = store::exam_if(conn, id, reach(caller, self.core.now()).visible()).await?;
        Ok(found.ok_or(Denied::NotFound)?)
    }

    /// An exam that the caller may change.
    pub(in crate::exam) async fn managed(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<exam::Model, ExamError> {
        let now = self.core.now();
        caller.scope(MANAGERS, now)?;
        // Who may not even see it learns nothing; who only sees it is told that they may not.
        let row = self.seen(conn, caller, id).await?;
        match authorise::<ExamError>(conn, caller, MANAGERS, row.unit_id, now).await {
            Err(ExamError::Denied(_)) => Err(Denied::Forbidden.into()),
            other => other.map(|()| row),
        }
    }

    /// The same, held until the transaction ends.
    pub(in crate::exam) async fn held(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<exam::Model, ExamError> {
        self.managed(tx, caller, id).await?;
        Ok(store::hold(tx, id).await?.ok_or(Denied::NotFound)?)
    }

    /// A blueprint whose fields are right and whose units, banks, people and main exam lie within the caller's reach.
    async fn checked(
        &self,
        caller: &Caller,
        input: &BlueprintInput,
        itself: Option<ExamId>,
    ) -> Result<Blueprint, ExamError> {
        let now = self.core.now();
        let scope = caller.scope(MANAGERS, now)?;
        let mut fields = Fields::new();
        let plan = input.read(&mut fields);
        if let Some(plan) = &plan {
            self.check_references(caller, &scope, plan, itself, &mut fields).await?;
        }
        Ok(fields.finish(plan)?)
    }

    async fn check_references(
        &self,
        caller: &Caller,
        scope: &Scope,
        plan: &Blueprint,
        itself: Option<ExamId>,
        fields: &mut Fields,
    ) -> Result<(), ExamError> {
        let conn = self.core.db.read();
        if !tree::is_within(conn, plan.unit_id, &scope.0).await? {
            fields.reject("unit_id", FieldCode::UnknownReference);
        }
        check_banks(conn, scope, &plan.bank_ids, fields).await?;
        match self.org.check_audience(caller, &plan.audience).await {
            Err(OrgError::Invalid(invalid)) => fields.absorb(invalid),
            other => other?,
        }
        if plan.makes_up.is_some() && plan.makes_up == itself {
            fields.reject("makes_up_exam_id", FieldCode::MakesUpItself);
        } else if let Some(main) = plan.makes_up {
            let found = store::exam(conn, main).await?;
            let reach = match &found {
                Some(row) => tree::is_within(conn, row.unit_id, &scope.0).await?,
                None => false,
            };
            match found.filter(|_| reach) {
                Some(main) => check_main(&main, plan, fields),
                None => fields.reject("makes_up_exam_id", FieldCode::UnknownReference),
            }
        }
        Ok(())
    }

    fn entry(&self, caller: &Caller, action: &'static str, exam: ExamId, unit: UnitId, data: Value) -> Entry {
        entry(self.core.uuid(), self.core.now(), caller.actor(), action, (exam, unit), data)
    }
}

/// Every bank lies within the scope.
async fn check_banks(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    banks: &[BankId],
    fields: &mut Fields,
) -> Result<(), Fault> {
    let known: HashSet<BankId> = Bank::within(conn, scope, banks).await?.into_iter().collect();
    for (i, bank) in banks.iter().enumerate() {
        if !known.contains(bank) {
            fields.reject(format!("bank_ids[{i}]"), FieldCode::UnknownReference);
        }
    }
    Ok(())
}

/// A make-up makes up a main exam that has closed, and counts for the same purpose toward the same year.
fn check_main(main: &exam::Model, plan: &Blueprint, fields: &mut Fields) {
    if main.makes_up_exam_id.is_some() {
        fields.reject("makes_up_exam_id", FieldCode::MakesUpMakeUp);
    } else if !state::may_be_made_up(main.status) {
        fields.reject_with("makes_up_exam_id", FieldCode::Conflict, main.status);
    }
    if plan.kind != main.kind {
        fields.reject_with("kind", FieldCode::Conflict, main.kind);
    }
    if plan.year != main.year {
        fields.reject_with("year", FieldCode::Conflict, main.year);
    }
}

/// Which exams somebody may see.
fn reach(caller: &Caller, now: Instant) -> store::Reach {
    let tops = |roles| caller.scope(roles, now).map(|scope| scope.0).unwrap_or_default();
    store::Reach { own: tops(READERS), rosters: tops(ROSTER_READERS), person: caller.account.person_id }
}

/// What the log keeps of a blueprint.
fn told(plan: &Blueprint) -> Value {
    json!({
        "title": plan.title,
        "kind": plan.kind,
        "year": plan.year,
        "banks": plan.bank_ids,
        "opens_at": plan.times.opens_at,
        "closes_at": plan.times.closes_at,
        "sections": plan.sections.len(),
        "makes_up": plan.makes_up,
    })
}

fn entry(id: Uuid, at: Instant, actor: Actor, action: &'static str, of: (ExamId, UnitId), data: Value) -> Entry {
    let (exam, unit) = of;
    Entry { id, at, actor, action, subject: format!("exam:{exam}"), unit: Some(unit), data, outcome: Outcome::Done }
}
