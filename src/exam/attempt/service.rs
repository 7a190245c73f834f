//! Sitting an exam: starting, saving, handing in.

use std::collections::HashMap;
use std::sync::Arc;

use entity::exam::exam::ExamStatus;
use entity::id::{AttemptId, ExamId, LeaseId, PersonId};
use entity::instant::Instant;
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, DbErr};

use super::batch;
use super::contact::Contacts;
use super::error::AttemptError;
use super::model::{Admission, RawSave, Refusal, Seat, admit};
use super::operation::{By, HandIn, Operation, Reply, Start, Writing};
use super::store::{self, Drawn, Head, Prospect, Row};
use super::views::{Acknowledged, Attempt, Desk, Outcome, Saved, Started, Submitted};
use crate::auth::{Caller, Denied};
use crate::core::Core;
use crate::db::{Apply, Fault, Gather, Read, Rejected, Writer};
use crate::exam::grading::Response;
use crate::exam::sealed::{SealedCache, SealedExam, Sheet};
use crate::kernel::field::{FieldCode, Invalid};

mod heard;
mod overdue;
mod reading;
mod rescue;
mod vigil;

/// How many operations may wait to be written.
const QUEUE: usize = 4096;
/// How many attempts' papers are remembered at most, about a kilobyte each.
const SEATS: usize = 50_000;
/// How often a start is tried when the exam is sealed anew or another instance is quicker.
const STARTS: usize = 4;

/// The service of attempts: it holds the sealed exams and the papers in memory and the queue to the database.
pub struct Attempts {
    core: Core,
    sealed: Arc<SealedCache>,
    seats: Mutex<HashMap<AttemptId, Arc<Seat>>>,
    contacts: Contacts,
    heads: Gather<ExamId, Head>,
    prospects: Gather<(ExamId, PersonId), Prospect>,
    writer: Writer<Operation, Reply>,
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempts")
    }
}

impl Attempts {
    /// Starts its writer; call it within the runtime.
    #[must_use]
    pub fn new(core: Core, sealed: Arc<SealedCache>) -> Self {
        let apply: Arc<Apply<Operation, Reply>> = Arc::new(|tx, operations| Box::pin(batch::apply(tx, operations)));
        let writer = Writer::spawn_keyed(&core.db, "attempts", QUEUE, Operation::key, &apply);
        let db = core.db.clone();
        let heads: Arc<Read<ExamId, Head>> = Arc::new(move |ids| {
            let db = db.clone();
            Box::pin(async move { store::heads(db.read(), &ids).await })
        });
        let db = core.db.clone();
        let prospects: Arc<Read<(ExamId, PersonId), Prospect>> = Arc::new(move |candidates| {
            let db = db.clone();
            Box::pin(async move { store::prospects(db.read(), candidates).await })
        });
        let (heads, prospects) = (Gather::spawn(&heads), Gather::spawn(&prospects));
        Self { core, sealed, seats: Mutex::default(), heads, prospects, contacts: Contacts::default(), writer }
    }

    /// Takes nothing more and returns when all that was queued is committed.
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// Starts the caller's next attempt, or resumes the one that runs: then the device that held it has lost it.
    pub async fn start(&self, caller: &Caller, exam: ExamId, device: Option<String>) -> Result<Started, AttemptError> {
        let at = self.core.now();
        let person = caller.person()?;
        for _ in 0..STARTS {
            let (head, drawn, sheet) = self.prepare(exam, person, at).await?;
            let (id, fresh) = (self.core.id(), sheet.map(|sheet| Arc::new(Seat { exam, person, sheet })));
            let start = Start {
                exam,
                person,
                at,
                id,
                lease: self.core.id(),
                device: device.clone(),
                seal: head.manifest_digest.clone().unwrap_or_default(),
                drawn,
                actor: caller.actor(),
                entry: self.core.uuid(),
            };
            match self.writer.submit(Operation::Start(start)).await? {
                Reply::Started(row) => {
                    self.contacts.note(exam, row.id, at);
                    let begun = fresh.filter(|_| row.id == id);
                    return self.started(row, begun, at).await;
                }
                Reply::Refused(Refusal::Redraw) => {}
                Reply::Refused(refusal) => return Err(AttemptError::of(refusal, &head.contact)),
                Reply::Saved { .. } | Reply::HandedIn { .. } | Reply::Idle => return Err(confused()),
            }
        }
        Err(AttemptError::Rejected(Rejected::QueueFull))
    }

    /// All that can be found out before the queue: whether the caller may start at all, and the paper of a new attempt,
    /// which costs too much to be drawn within a transaction.
    async fn prepare(
        &self,
        exam: ExamId,
        person: PersonId,
        now: Instant,
    ) -> Result<(Head, Option<Drawn>, Option<Sheet>), AttemptError> {
        let (head, prospect) = tokio::join!(self.heads.get(exam), self.prospects.get((exam, person)));
        let head = head?.filter(|h| h.status != ExamStatus::Draft).ok_or(Denied::NotFound)?;
        let prospect = prospect?.unwrap_or_default();
        if !prospect.expected {
            return Err(AttemptError::NotOnRoster(head.contact));
        }
        let number = match admit(&head, &prospect.allowed, &prospect.attempts.iter().collect::<Vec<_>>(), now) {
            Ok(Admission::Resume(_)) => return Ok((head, None, None)),
            Ok(Admission::Begin(number)) => number,
            Err(refusal) => return Err(AttemptError::of(refusal, &head.contact)),
        };
        let seal = head.manifest_digest.as_deref().ok_or(Denied::NotFound)?;
        let sealed = self.sealed.get(self.core.db.read(), exam, seal).await?;
        let (drawn, sheet) = draw(sealed, person, number)?;
        Ok((head, Some(drawn), Some(sheet)))
    }

    /// The answer to somebody whose attempt this is; with its seat if it has just begun, when nothing has been saved.
    async fn started(&self, row: Row, begun: Option<Arc<Seat>>, now: Instant) -> Result<Started, AttemptError> {
        let (seat, saved) = if let Some(seat) = begun {
            self.remember(row.id, Arc::clone(&seat));
            (seat, Vec::new())
        } else {
            let seat = self.seat(row.id).await?;
            let saved = self.saved(row.id, &seat).await?;
            (seat, saved)
        };
        let lease = row.lease;
        Ok(Started { attempt: Attempt::of(row, now), lease, desk: Desk { seat, saved }, server_time: now })
    }

    /// The answers that count.
    async fn saved(&self, id: AttemptId, seat: &Seat) -> Result<Vec<Saved>, Fault> {
        let ledger = store::ledger(self.core.db.read(), id).await?;
        let saved = |(position, (seq, text)): (i32, (i32, &str))| {
            let kind = seat.sheet.item(position)?.content.kind;
            Some(Saved { position, seq, kind, response: Response::read(kind, text)? })
        };
        Ok(ledger.answers().into_iter().filter_map(saved).collect())
    }

    /// Keeps answers, all or none of them. The lease must be the newest; when this returns, they are committed.
    pub async fn save(
        &self,
        caller: &Caller,
        id: AttemptId,
        lease: LeaseId,
        saves: &[RawSave],
    ) -> Result<Acknowledged, AttemptError> {
        let arrival = self.core.now();
        let seat = self.own_seat(caller, id).await?;
        if saves.is_empty() {
            return Err(Invalid::one("saves", FieldCode::Required).into());
        }
        let (saves, exam) = (seat.read(saves)?, seat.exam);
        let writing = Writing { attempt: id, seat, arrival, lease, saves, entry: self.core.uuid() };
        match self.writer.submit(Operation::Save(writing)).await? {
            Reply::Saved { deadline, paused, counted } => {
                self.contacts.note(exam, id, arrival);
                Ok(Acknowledged { server_time: arrival, deadline, paused, saved: counted })
            }
            Reply::Refused(refusal) => Err(AttemptError::of(refusal, "")),
            Reply::Started(_) | Reply::HandedIn { .. } | Reply::Idle => Err(confused()),
        }
    }

    /// Hands the caller's attempt in, with the last answers, and grades it. Again, it gives the first answer.
    pub async fn submit(
        &self,
        caller: &Caller,
        id: AttemptId,
        lease: LeaseId,
        saves: &[RawSave],
    ) -> Result<Submitted, AttemptError> {
        let arrival = self.core.now();
        let seat = self.own_seat(caller, id).await?;
        let by = By::Candidate { lease, saves: seat.read(saves)?, actor: caller.actor() };
        let hand_in = HandIn { attempt: id, seat, arrival, by, entry: self.core.uuid() };
        match self.writer.submit(Operation::HandIn(hand_in)).await? {
            Reply::HandedIn { row, head } => Ok(Submitted {
                state: row.state,
                submitted_at: row.submitted_at.unwrap_or(row.deadline),
                result: if head.shows_results() { Outcome::of(&head, &row) } else { None },
            }),
            Reply::Refused(refusal) => Err(AttemptError::of(refusal, "")),
            Reply::Started(_) | Reply::Saved { .. } | Reply::Idle => Err(confused()),
        }
    }

    /// The paper of the caller's attempt; anybody else's does not exist for them.
    async fn own_seat(&self, caller: &Caller, id: AttemptId) -> Result<Arc<Seat>, AttemptError> {
        let person = caller.person()?;
        let seat = self.seat(id).await?;
        if seat.person == person { Ok(seat) } else { Err(Denied::NotFound.into()) }
    }

    /// The paper of an attempt, from memory if it was asked for before.
    async fn seat(&self, id: AttemptId) -> Result<Arc<Seat>, AttemptError> {
        if let Some(seat) = self.seats.lock().get(&id) {
            return Ok(Arc::clone(seat));
        }
        let conn = self.core.db.read();
        let (exam, person, items, digest) = store::paper(conn, id).await?.ok_or(Denied::NotFound)?;
        let sealed = self.sealed.get(conn, exam, digest.as_deref().unwrap_or_default()).await?;
        let items = serde_json::from_str::<Vec<_>>(&items).map_err(|e| bad(id, &e))?;
        let sheet = Sheet::new(sealed, &items).map_err(|e| bad(id, &e))?;
        let seat = Arc::new(Seat { exam, person, sheet });
        self.remember(id, Arc::clone(&seat));
        Ok(seat)
    }

    fn remember(&self, id: AttemptId, seat: Arc<Seat>) {
        let mut seats = self.seats.lock();
        if seats.len() >= SEATS {
            seats.clear();
        }
        seats.insert(id, seat);
    }
}

/// The paper of somebody's attempt, as it is kept and as it is set out.
fn draw(sealed: Arc<SealedExam>, person: PersonId, number: i32) -> Result<(Drawn, Sheet), Fault> {
    let id = sealed.id();
    let bad = |why: &dyn std::fmt::Display| Fault::from(DbErr::Custom(format!("a paper of exam {id}: {why}")));
    let paper = sealed.paper(person, u32::try_from(number).map_err(|e| bad(&e))?);
    let (items, digest) = paper.written();
    let sheet = Sheet::new(sealed, &paper.items).map_err(|e| bad(&e))?;
    let drawn = Drawn {
        number,
        k: i32::try_from(paper.k).map_err(|e| bad(&e))?,
        items,
        digest: digest.to_string(),
        max_points: sheet.max_points(),
    };
    Ok((drawn, sheet))
}

fn bad(id: AttemptId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("the attempt {id}: {why}")).into()
}

/// The answer to another kind of operation: a mistake of the program.
fn confused() -> AttemptError {
    Fault::from(DbErr::Custom("the writer answered something else".to_owned())).into()
}

/// The exam of an attempt.
async fn head_of(conn: &impl ConnectionTrait, row: &Row) -> Result<Head, AttemptError> {
    Ok(store::head(conn, row.exam_id).await?.ok_or(Denied::NotFound)?)
}
