//! Working a regrade out for everybody, and applying it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::exam::exam;
use entity::exam::regrade;
use entity::id::{AttemptId, ExamId, PersonId, RegradeId, UnitId};
use entity::log::Outcome;
use entity::points::Points;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Affected, Change, Checked, Effect, ItemView, Moved, Regrade, RegradeInput, results};
use super::store::{self, Applied};
use crate::auth::{Caller, Denied, account_names};
use crate::core::Core;
use crate::db::Fault;
use crate::exam::conduct::read_reason;
use crate::exam::grading::Response;
use crate::exam::outcome::{self, Member};
use crate::exam::papers::{self, AT_ONCE, Which, place_of, response_at};
use crate::exam::ruling::{self, Scored};
use crate::exam::sealed::{SealedCache, SealedExam};
use crate::exam::{ExamError, Exams};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};
use crate::org::{self, Org};

/// How often a regrade is worked out anew because the exam was changed meanwhile.
const TRIES: usize = 3;

/// The service of regrades. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Regrades {
    core: Core,
    org: Arc<Org>,
    exams: Arc<Exams>,
    sealed: Arc<SealedCache>,
}

/// A regrade worked out for everybody.
#[derive(Debug, Clone)]
struct Plan {
    /// The exam as it was read.
    row: exam::Model,
    checked: Checked,
    changes: Vec<Change>,
    effect: Effect,
    moved: Vec<Moved>,
}

impl Regrades {
    /// Over a core, the organisation, the exams and the sealed ones in memory.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, exams: Arc<Exams>, sealed: Arc<SealedCache>) -> Self {
        Self { core, org, exams, sealed }
    }

    /// What a regrade would do; nothing is changed. For an exam that has closed, by a coordinator of its unit; before
    /// release not by one of its candidates, since it tells the key.
    pub async fn preview(&self, caller: &Caller, id: ExamId, input: &RegradeInput) -> Result<Effect, ExamError> {
        let mut plan = self.plan(caller, id, input, Fields::new()).await?;
        plan.effect.people = self.named(id, &plan.moved).await?;
        Ok(plan.effect)
    }

    /// Carries a regrade out, for all papers at once. Read and worked out beside everything else that goes on, and written
    /// in one transaction only if nothing about the exam has changed since.
    pub async fn apply(&self, caller: &Caller, id: ExamId, input: &RegradeInput) -> Result<Effect, ExamError> {
        let (regrade, log_id) = (self.core.id(), self.core.uuid());
        for _ in 0..TRIES {
            let mut fields = Fields::new();
            let reason = read_reason(&mut fields, &input.reason);
            let plan = Arc::new(self.plan(caller, id, input, fields).await?);
            let written = self.write(caller, &plan, (regrade, log_id), reason).await;
            match written {
                Err(ExamError::Stale) => {}
                Err(other) => return Err(other),
                Ok(()) => {
                    let people = self.named(id, &plan.moved).await?;
                    return Ok(Effect { id: Some(regrade), people, ..plan.effect.clone() });
                }
            }
        }
        Err(ExamError::Stale)
    }

    /// The regrades of an exam, in order. For those who manage or audit its unit.
    pub async fn regrades(&self, caller: &Caller, id: ExamId) -> Result<Vec<Regrade>, ExamError> {
        let conn = self.core.db.read();
        let row = self.exams.of_reader(conn, caller, id).await?;
        let rows = store::regrades(conn, id).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealed = self.sealed_of(conn, &row).await?;
        let accounts: Vec<_> = rows.iter().map(|row| row.created_by).collect();
        let names = account_names(conn, &accounts).await?;
        let told = |row: regrade::Model| {
            let by = names.get(&row.created_by).cloned().unwrap_or_default();
            told(&sealed, row, by)
        };
        Ok(rows.into_iter().filter_map(told).collect())
    }

    /// Whose points a regrade changed, attempt by attempt. For those who manage or audit the exam's unit.
    pub async fn people(
        &self,
        caller: &Caller,
        exam: ExamId,
        id: RegradeId,
        page: &PageRequest,
    ) -> Result<Page<(AttemptId, Affected)>, ExamError> {
        let conn = self.core.db.read();
        let row = self.exams.of_reader(conn, caller, exam).await?;
        let found = store::regraded(conn, exam, id, page).await?.ok_or(Denied::NotFound)?;
        let next_cursor = found.next_cursor;
        let line = |(person, _, before, after): &(PersonId, AttemptId, Points, Points)| Moved {
            person: *person,
            before: *before,
            after: *after,
            passed: (*before >= row.pass_points, *after >= row.pass_points),
        };
        let moved: Vec<Moved> = found.items.iter().map(line).collect();
        let named = self.named(exam, &moved).await?;
        Ok(Page { items: found.items.iter().map(|(_, attempt, ..)| *attempt).zip(named).collect(), next_cursor })
    }

    /// An item of an exam that may be marked anew, with how it is marked now.
    pub async fn item(&self, caller: &Caller, id: ExamId, item: &str) -> Result<ItemView, ExamError> {
        let conn = self.core.db.read();
        let row = self.exams.markable(conn, caller, id).await?;
        let sealed = self.sealed_of(conn, &row).await?;
        let content = sealed.content(item).ok_or(Denied::NotFound)?;
        let rulings = ruling::rulings(conn, &sealed, row.regrades).await?;
        let sealed_key = || ruling::Valid::Keys(vec![content.answer.clone()]);
        Ok(ItemView {
            item: item.to_owned(),
            stem: content.stem.clone(),
            kind: content.kind,
            options: content.options.iter().map(|o| (o.id.clone(), o.text.clone())).collect(),
            valid: rulings.of(item).map_or_else(sealed_key, |course| course.valid().clone()),
        })
    }

    async fn plan(
        &self,
        caller: &Caller,
        id: ExamId,
        input: &RegradeInput,
        mut fields: Fields,
    ) -> Result<Plan, ExamError> {
        let conn = self.core.db.read();
        // First the exam, then its papers: whatever changes in between is found out when this is written.
        let row = self.exams.markable(conn, caller, id).await?;
        let sealed = self.sealed_of(conn, &row).await?;
        let rulings = ruling::rulings(conn, &sealed, row.regrades).await?;
        let checked = input.check(&mut fields, sealed.content(&input.item), rulings.of(&input.item));
        if let Some(checked) = &checked {
            let known = store::objections_of(conn, id, &checked.objections).await?;
            for (at, objection) in checked.objections.iter().enumerate() {
                if !known.contains(objection) {
                    fields.reject(format!("objection_ids[{at}]"), FieldCode::UnknownReference);
                }
            }
        }
        let checked = fields.finish(checked)?;
        let (papers, changes) = changes(conn, &sealed, &checked).await?;
        let sat = store::sittings(conn, id).await?;
        let member = Member {
            id,
            status: row.status,
            scoring: row.attempt_scoring,
            pass: row.pass_points,
            excellence: row.excellence_points,
        };
        let (effect, moved) = results(&member, &sat, &changes);
        Ok(Plan { row, checked, changes, effect: Effect { papers, ..effect }, moved })
    }

    async fn write(
        &self,
        caller: &Caller,
        plan: &Arc<Plan>,
        (id, log_id): (RegradeId, Uuid),
        reason: String,
    ) -> Result<(), ExamError> {
        let now = self.core.now();
        self.core
            .db
            .tx("exam.regrade", |tx| {
                let (this, caller, plan, reason) = (self.clone(), caller.clone(), Arc::clone(plan), reason.clone());
                Box::pin(async move {
                    let row = this.exams.held(tx, &caller, plan.row.id).await?;
                    // Whoever reopens an attempt, which could be answered otherwise since, changes the version.
                    if (row.version, row.regrades) != (plan.row.version, plan.row.regrades) {
                        return Err(ExamError::Stale);
                    }
                    let number = row.regrades + 1;
                    let applied = Applied { id, exam: row.id, number, reason, by: caller.account.id, at: now };
                    store::insert(tx, &applied, &plan.checked, &plan.effect, &plan.changes).await?;
                    store::mark(tx, &plan.changes).await?;
                    store::note(tx, row.id, number).await?;
                    let entry = Entry {
                        id: log_id,
                        at: now,
                        actor: caller.actor(),
                        action: "exam.regrade",
                        subject: format!("exam:{}", row.id),
                        unit: Some(row.unit_id),
                        data: logged(&applied, &plan),
                        outcome: Outcome::Done,
                    };
                    log::append(tx, entry).await?;
                    restate(tx, row.id, &plan.changes).await
                })
            })
            .await
    }

    /// The first of these people, by name and unit as the roster has them.
    async fn named(&self, exam: ExamId, moved: &[Moved]) -> Result<Vec<Affected>, ExamError> {
        let moved = moved.get(..Effect::NAMED).unwrap_or(moved);
        let people: Vec<PersonId> = moved.iter().map(|m| m.person).collect();
        let roster = org::roster(self.core.db.read(), exam.into(), Some(&people)).await?;
        let units: Vec<UnitId> = roster.iter().map(|m| m.unit_id).collect();
        let names = self.org.unit_names(&units).await?;
        let roster: HashMap<PersonId, _> = roster.into_iter().map(|m| (m.person_id, m)).collect();
        let affected = |m: &Moved| {
            let member = roster.get(&m.person)?;
            Some(Affected {
                person_id: m.person,
                person_name: member.person_name.clone(),
                unit_id: member.unit_id,
                unit_name: names.get(&member.unit_id).cloned().unwrap_or_default(),
                before: m.before,
                after: m.after,
                passed_before: m.passed.0,
                passed_after: m.passed.1,
            })
        };
        Ok(moved.iter().filter_map(affected).collect())
    }

    async fn sealed_of(&self, conn: &impl ConnectionTrait, row: &exam::Model) -> Result<Arc<SealedExam>, Fault> {
        self.sealed.get(conn, row.id, row.manifest_digest.as_deref().unwrap_or_default()).await
    }
}

/// On how many papers the item stands, and which attempts come to something else.
async fn changes(
    conn: &impl ConnectionTrait,
    sealed: &SealedExam,
    checked: &Checked,
) -> Result<(u64, Vec<Change>), Fault> {
    let bad = |why: &str| Fault::from(DbErr::Type(format!("a paper of exam {}: {why}", sealed.id())));
    let kind = sealed.content(&checked.item).map(|content| content.kind).ok_or_else(|| bad("the item"))?;
    // Thousands give the same answer.
    let mut known: HashMap<usize, HashMap<String, (Scored, Scored)>> = HashMap::new();
    let (mut papers, mut changes, mut after) = (0_u64, Vec::new(), None);
    loop {
        let page = papers::after(conn, sealed.id(), Which::Marked(&checked.item), after, AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok((papers, changes)) };
        after = Some(last.place());
        for paper in &page {
            let place = place_of(&paper.items, &checked.item);
            let place = place.ok_or_else(|| bad("the item is not where it was found"))?;
            papers += 1;
            let response = response_at(paper.responses.as_deref().unwrap_or_default(), place.position);
            let known = known.entry(place.section).or_default();
            let (before, after) = if let Some(known) = known.get(response) {
                *known
            } else {
                let section = sealed.sections().get(place.section).ok_or_else(|| bad("its section"))?;
                let (text, response) = (response, Response::read(kind, response).unwrap_or_default());
                let worth = |course: &ruling::Course| course.score(section.scoring, section.points_each, &response);
                let worth = (worth(&checked.before), worth(&checked.after));
                known.insert(text.to_owned(), worth);
                worth
            };
            if before != after {
                let (points, max_points) = (paper.points.unwrap_or_default(), paper.max_points);
                let moved = |whole: Points, from: Points, to: Points| Points(whole.0 - from.0 + to.0);
                changes.push(Change {
                    attempt: paper.id,
                    person: paper.person_id,
                    number: paper.number,
                    before: Scored { points, max_points },
                    after: Scored {
                        points: moved(points, before.points, after.points),
                        max_points: moved(max_points, before.max_points, after.max_points),
                    },
                });
            }
        }
    }
}

/// States the figures of those whose points changed.
async fn restate(tx: &impl ConnectionTrait, exam: ExamId, changes: &[Change]) -> Result<(), ExamError> {
    let differing = changes.iter().filter(|c| c.before.points != c.after.points);
    let people: HashSet<PersonId> = differing.map(|c| c.person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    Ok(outcome::restate(tx, exam, &people).await?)
}

/// What the log keeps: enough to follow from the objection to the changed rate.
fn logged(applied: &Applied, plan: &Plan) -> Value {
    let (checked, effect) = (&plan.checked, &plan.effect);
    json!({
        "regrade": applied.id,
        "number": applied.number,
        "item": checked.item,
        "action": checked.ruling.action,
        "key": checked.response,
        "never_lower": checked.ruling.never_lower,
        "reason": applied.reason,
        "objections": checked.objections,
        "papers": effect.papers,
        "changed": effect.changed,
        "rises": effect.rises,
        "falls": effect.falls,
        "newly_passed": effect.newly_passed,
        "no_longer_passed": effect.no_longer_passed,
        "sat": effect.sat,
        "passed_before": effect.passed_before,
        "passed_after": effect.passed_after,
    })
}

fn told(sealed: &SealedExam, row: regrade::Model, by: String) -> Option<Regrade> {
    let content = sealed.content(&row.item)?;
    let key = Response::read(content.kind, &row.response)?;
    let key_texts = match &key {
        Response::Options(ids) => {
            content.options.iter().filter(|o| ids.contains(&o.id)).map(|o| o.text.clone()).collect()
        }
        Response::Blank | Response::Truth(_) => Vec::new(),
    };
    Some(Regrade {
        id: row.id,
        number: row.number,
        stem: content.stem.clone(),
        kind: content.kind,
        item: row.item,
        action: row.action,
        key,
        key_texts,
        never_lower: row.never_lower,
        reason: row.reason,
        objections: row.objections.0,
        papers: row.papers,
        moved: (row.rises, row.falls),
        turned: (row.newly_passed, row.no_longer_passed),
        passed: (row.sat, row.passed),
        by,
        at: row.created_at,
    })
}
