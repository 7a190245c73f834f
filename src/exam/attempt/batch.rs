//! A batch of starts, saves and hand-ins in one transaction.
//!
//! All that the batch touches is locked and loaded first with a few statements, then each operation is judged in memory
//! in the order in which they came, then all that changed is written with a few statements that cannot fail for one
//! operation alone. Whatever was checked before the queue and can change since is checked again here.

use std::collections::{HashMap, HashSet};

use entity::exam::attempt::AttemptState;
use entity::id::{AttemptId, ExamId, PersonId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ledger::{Ledger, Save};
use super::marks::mark;
use super::model::{Admission, Refusal, admit};
use super::operation::{By, HandIn, Operation, Reply, Start, Writing};
use super::store::{self, Drawn, Head, Row};
use crate::db::Fault;
use crate::exam::clock::Allowance;
use crate::exam::outcome;
use crate::exam::ruling::{self, Rulings};
use crate::log::{self, Actor, Entry};

/// Carries out a batch.
pub(super) async fn apply(tx: &impl ConnectionTrait, operations: &[Operation]) -> Result<Vec<Reply>, Fault> {
    let mut batch = Batch::load(tx, operations).await?;
    let judged = operations.iter().map(|operation| batch.judge(operation));
    let mut replies: Vec<Reply> = judged.map(|r| r.unwrap_or_else(Reply::Refused)).collect();
    let lost = batch.write(tx).await?;
    for reply in &mut replies {
        if matches!(reply, Reply::Started(row) if lost.contains(&row.id)) {
            *reply = Reply::Refused(Refusal::Redraw);
        }
    }
    Ok(replies)
}

/// What a batch knows and what it will write.
#[derive(Default)]
struct Batch<'a> {
    heads: HashMap<ExamId, Head>,
    /// What was ruled about the items of exams that were regraded and in which an attempt was reopened.
    rulings: HashMap<ExamId, Rulings>,
    /// Nothing was ruled about most.
    none: Rulings,
    allowed: HashMap<(ExamId, PersonId), Allowance>,
    rows: HashMap<AttemptId, Row>,
    /// The attempts of those who start.
    own: HashMap<(ExamId, PersonId), Vec<AttemptId>>,
    ledgers: HashMap<AttemptId, Ledger>,
    begun: HashMap<AttemptId, &'a Drawn>,
    resumed: HashSet<AttemptId>,
    saves: Vec<(AttemptId, &'a Save, Instant)>,
    graded: HashSet<AttemptId>,
    /// Handed in by the server before a save that had arrived in time was written: graded once more.
    again: HashSet<AttemptId>,
    entries: Vec<(AttemptId, Entry)>,
}

impl<'a> Batch<'a> {
    async fn load(tx: &impl ConnectionTrait, operations: &[Operation]) -> Result<Self, Fault> {
        let mut candidates = HashSet::new();
        let mut exams = HashSet::new();
        let (mut ids, mut whole, mut places) = (HashSet::new(), HashSet::new(), HashSet::new());
        for operation in operations {
            match operation {
                Operation::Start(start) => {
                    candidates.insert((start.exam, start.person));
                    exams.insert(start.exam);
                }
                Operation::Save(writing) => {
                    ids.insert(writing.attempt);
                    places.extend(writing.saves.iter().map(|s| (writing.attempt, s.position)));
                }
                Operation::HandIn(hand_in) => {
                    ids.insert(hand_in.attempt);
                    whole.insert(hand_in.attempt);
                    exams.insert(hand_in.seat.exam);
                }
            }
        }
        // The exams first: whoever changes a schedule or an allowance holds them alone.
        let heads = store::held_heads(tx, &sorted(exams)).await?;
        let allowed = store::allowances(tx, &candidates).await?;
        ids.extend(store::ids_of(tx, &candidates).await?);
        let rows = store::locked(tx, &sorted(ids)).await?;
        // Another instance may have handed in what this one had yet to write.
        let mut overtaken = HashSet::new();
        for operation in operations {
            let (id, arrival) = match operation {
                Operation::Start(_) => continue,
                Operation::Save(writing) => (writing.attempt, writing.arrival),
                Operation::HandIn(hand_in) => (hand_in.attempt, hand_in.arrival),
            };
            if let Some(row) = rows.get(&id).filter(|row| row.was_overtaken(arrival)) {
                whole.insert(id);
                overtaken.insert(row.exam_id);
            }
        }
        let mut heads = heads;
        overtaken.retain(|exam| !heads.contains_key(exam));
        heads.extend(store::heads(tx, &sorted(overtaken)).await?);
        let mut rulings = HashMap::new();
        for operation in operations {
            let seat = match operation {
                Operation::Start(_) => continue,
                Operation::Save(writing) => &writing.seat,
                Operation::HandIn(hand_in) => &hand_in.seat,
            };
            let regrades = heads.get(&seat.exam).map_or(0, |head| head.regrades);
            if regrades > 0 && !rulings.contains_key(&seat.exam) {
                rulings.insert(seat.exam, ruling::rulings(tx, seat.sheet.exam(), regrades).await?);
            }
        }
        places.retain(|(attempt, _)| !whole.contains(attempt));
        let mut ledgers = HashMap::new();
        store::ledgers(tx, &sorted(whole), &mut ledgers).await?;
        store::ledgers_at(tx, &sorted(places), &mut ledgers).await?;
        let mut own: HashMap<(ExamId, PersonId), Vec<AttemptId>> = HashMap::new();
        for row in rows.values() {
            own.entry((row.exam_id, row.person_id)).or_default().push(row.id);
        }
        Ok(Self { heads, rulings, allowed, rows, own, ledgers, ..Self::default() })
    }

    fn judge(&mut self, operation: &'a Operation) -> Result<Reply, Refusal> {
        match operation {
            Operation::Start(start) => self.start(start),
            Operation::Save(writing) => self.save(writing),
            Operation::HandIn(hand_in) => self.hand_in(hand_in),
        }
    }

    fn start(&mut self, start: &'a Start) -> Result<Reply, Refusal> {
        let head = self.heads.get(&start.exam).ok_or(Refusal::NotFound)?;
        let own = self.own.entry((start.exam, start.person)).or_default();
        let attempts: Vec<&Row> = own.iter().filter_map(|id| self.rows.get(id)).collect();
        let allowed = self.allowed.get(&(start.exam, start.person)).copied().unwrap_or_default();
        let (id, action, data) = match admit(head, &allowed, &attempts, start.at)? {
            Admission::Resume(id) => {
                let row = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
                row.lease = start.lease;
                row.device.clone_from(&start.device);
                self.resumed.insert(id);
                (id, "exam.resume", json!({ "exam": start.exam, "person": start.person, "number": row.number }))
            }
            Admission::Begin(number) => {
                let drawn = start.drawn.as_ref().filter(|d| d.number == number);
                let drawn = drawn.filter(|_| head.manifest_digest.as_ref() == Some(&start.seal));
                let drawn = drawn.ok_or(Refusal::Redraw)?;
                let times = head.schedule().times(start.at, allowed.extra);
                let row = Row {
                    id: start.id,
                    exam_id: start.exam,
                    person_id: start.person,
                    number,
                    state: AttemptState::Running,
                    lease: start.lease,
                    device: start.device.clone(),
                    started_at: start.at,
                    deadline: times.deadline,
                    due_at: times.due_at,
                    paused_at: None,
                    paused_ms: 0,
                    extra_ms: allowed.extra.0,
                    submitted_at: None,
                    by_server: false,
                    paper_digest: drawn.digest.clone(),
                    points: None,
                    max_points: drawn.max_points,
                    answered: 0,
                    void_kind: None,
                    responses: None,
                };
                own.push(start.id);
                self.rows.insert(start.id, row);
                self.begun.insert(start.id, drawn);
                let data = json!({
                    "exam": start.exam, "person": start.person, "number": number, "k": drawn.k, "paper": drawn.digest,
                });
                (start.id, "exam.start", data)
            }
        };
        let told = entry(start.entry, start.at, &start.actor, action, id, head.unit_id, data);
        self.entries.push((id, told));
        self.rows.get(&id).cloned().map(Reply::Started).ok_or(Refusal::NotFound)
    }

    fn save(&mut self, writing: &'a Writing) -> Result<Reply, Refusal> {
        let id = writing.attempt;
        let row = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        let times = row.times();
        let head = self.heads.get(&row.exam_id);
        let overtaken = row.was_overtaken(writing.arrival) && head.is_some_and(|head| !head.is_over());
        if (row.state != AttemptState::Running && !overtaken) || !times.takes(writing.arrival) {
            return Err(Refusal::Closed);
        }
        if row.lease != writing.lease {
            return Err(Refusal::TakenOver);
        }
        let ledger = self.ledgers.entry(id).or_default();
        let fresh = ledger.take(&writing.saves, writing.arrival).map_err(Refusal::SeqConflict)?;
        let any = !fresh.is_empty();
        self.saves.extend(fresh.into_iter().map(|save| (id, save, writing.arrival)));
        if let Some(head) = head.filter(|_| overtaken && any) {
            let rulings = self.rulings.get(&row.exam_id).unwrap_or(&self.none);
            row.take(mark(&writing.seat.sheet, ledger, rulings));
            self.again.insert(id);
            let told = handed_in(row, ledger);
            let told = entry(writing.entry, writing.arrival, &Actor::SYSTEM, "exam.submit", id, head.unit_id, told);
            self.entries.push((id, told));
        }
        Ok(Reply::Saved {
            deadline: times.deadline_at(writing.arrival),
            paused: times.paused_at.is_some(),
            counted: ledger.counted(&writing.saves),
        })
    }

    fn hand_in(&mut self, hand_in: &'a HandIn) -> Result<Reply, Refusal> {
        let id = hand_in.attempt;
        let row = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        let head = self.heads.get(&row.exam_id).ok_or(Refusal::NotFound)?;
        let ledger = self.ledgers.entry(id).or_default();
        let (arrival, times) = (hand_in.arrival, row.times());
        let overtaken = row.state == AttemptState::Graded;
        let (by_server, actor) = match (&hand_in.by, row.state) {
            (By::Server, AttemptState::Running) if times.is_due(arrival) => (true, &Actor::SYSTEM),
            (By::Server, _) => return Ok(Reply::Idle),
            (By::Candidate { saves, .. }, AttemptState::Submitted | AttemptState::Graded) if ledger.knows(saves) => {
                // Handing in again gives the first answer.
                return Ok(Reply::HandedIn { row: row.clone(), head: Box::new(head.clone()) });
            }
            (By::Candidate { .. }, AttemptState::Submitted | AttemptState::Graded | AttemptState::Voided)
                if !row.was_overtaken(arrival) || head.is_over() =>
            {
                return Err(Refusal::Closed);
            }
            (By::Candidate { lease, saves, actor }, _) => {
                // Too late for answers. Without new ones it does what the server is about to do.
                let late = !times.takes(arrival);
                if late && !ledger.knows(saves) {
                    return Err(Refusal::Closed);
                }
                if row.lease != *lease {
                    return Err(Refusal::TakenOver);
                }
                let fresh = ledger.take(saves, arrival).map_err(Refusal::SeqConflict)?;
                self.saves.extend(fresh.into_iter().map(|save| (id, save, arrival)));
                (late, actor)
            }
        };
        let rulings = self.rulings.get(&row.exam_id).unwrap_or(&self.none);
        row.take(mark(&hand_in.seat.sheet, ledger, rulings));
        row.state = AttemptState::Graded;
        row.submitted_at = Some(times.submitted_at(arrival));
        row.by_server = by_server;
        if overtaken {
            self.again.insert(id)
        } else {
            self.graded.insert(id)
        };
        let data = handed_in(row, ledger);
        let told = entry(hand_in.entry, arrival, actor, "exam.submit", id, head.unit_id, data);
        self.entries.push((id, told));
        Ok(Reply::HandedIn { row: row.clone(), head: Box::new(head.clone()) })
    }

    /// Writes what changed and gives the new attempts that another instance was quicker to start.
    async fn write(self, tx: &impl ConnectionTrait) -> Result<HashSet<AttemptId>, Fault> {
        let row = |id: &AttemptId| self.rows.get(id);
        let begun = self.begun.iter().filter_map(|(id, drawn)| row(id).map(|r| (r.clone(), *drawn)));
        let lost = store::insert(tx, begun.collect()).await?;
        let resumed: Vec<&Row> =
            self.resumed.iter().filter(|id| !self.begun.contains_key(id)).filter_map(row).collect();
        store::set_leases(tx, &resumed).await?;
        store::insert_saves(tx, self.saves).await?;
        let graded: Vec<&Row> = self.graded.iter().filter_map(|id| self.rows.get(id)).collect();
        store::set_graded(tx, &graded, AttemptState::Running).await?;
        let again: Vec<&Row> = self.again.iter().filter(|id| !self.graded.contains(id)).filter_map(row).collect();
        store::set_graded(tx, &again, AttemptState::Graded).await?;
        let entries = self.entries.into_iter().filter(|(id, _)| !lost.contains(id)).map(|(_, entry)| entry);
        log::append_all(tx, entries.collect()).await?;
        let mut sat: HashMap<ExamId, Vec<PersonId>> = HashMap::new();
        for row in graded.into_iter().chain(again) {
            sat.entry(row.exam_id).or_default().push(row.person_id);
        }
        for exam in sorted(sat.keys().copied().collect()) {
            outcome::restate(tx, exam, sat.get(&exam).map_or(&[], Vec::as_slice)).await?;
        }
        Ok(lost)
    }
}

/// What the log keeps of a paper that was handed in. What it scored is no business of those who read the log.
fn handed_in(row: &Row, ledger: &Ledger) -> Value {
    json!({
        "exam": row.exam_id, "person": row.person_id, "number": row.number, "by_server": row.by_server,
        "saves": ledger.len(), "history": ledger.digest(),
    })
}

fn sorted<T: Ord>(set: HashSet<T>) -> Vec<T> {
    let mut list: Vec<T> = set.into_iter().collect();
    list.sort_unstable();
    list
}

fn entry(
    id: Uuid,
    at: Instant,
    actor: &Actor,
    action: &'static str,
    attempt: AttemptId,
    unit: UnitId,
    data: Value,
) -> Entry {
    Entry {
        id,
        at,
        actor: actor.clone(),
        action,
        subject: format!("attempt:{attempt}"),
        unit: Some(unit),
        data,
        outcome: Outcome::Done,
    }
}
