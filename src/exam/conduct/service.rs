//! Acts on a sealed exam. By coordinators of its unit, with a reason, while it is not over.

use std::sync::Arc;

use entity::exam::amendment::AmendmentKind;
use entity::exam::exam::{self, ExamStatus};
use entity::id::{ExamId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Amendment, ScheduleInput, read_reason};
use super::store::{self, Change, NewAmendment, Reader, Running};
use crate::auth::{Caller, READERS, authorise};
use crate::core::Core;
use crate::db::Fault;
use crate::exam::blueprint::{ExamError, Exams, Times, end, opening, status_at, times};
use crate::kernel::field::Fields;
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};
use crate::org::Org;

mod people;

/// The service of what is done to sealed exams. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Conduct {
    core: Core,
    org: Arc<Org>,
    exams: Arc<Exams>,
}

/// Where an exam can be changed at all.
const BEFORE_THE_END: &[ExamStatus] = &[ExamStatus::Sealed, ExamStatus::Open, ExamStatus::Paused];

/// One act: who does it and under which numbers it is kept. Made before the transaction, which may run again.
#[derive(Debug, Clone)]
struct Act {
    exam: ExamId,
    kind: AmendmentKind,
    action: &'static str,
    reason: String,
    now: Instant,
    ids: [Uuid; 4],
}

/// Whom an act concerns, but for everybody.
#[derive(Debug, Clone, Copy, Default)]
struct Concerns {
    person: Option<PersonId>,
    unit: Option<UnitId>,
}

impl Conduct {
    /// Over a core, the organisation and the exams.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, exams: Arc<Exams>) -> Self {
        Self { core, org, exams }
    }

    /// Changes the schedule. An attempt that runs never has less time than before.
    pub async fn amend(
        &self,
        caller: &Caller,
        id: ExamId,
        schedule: &ScheduleInput,
        reason: &str,
    ) -> Result<(), ExamError> {
        let mut fields = Fields::new();
        let reason = read_reason(&mut fields, reason);
        let unreadable = fields.check().err();
        let act = self.act(id, AmendmentKind::Schedule, "exam.amend", reason);
        self.core
            .db
            .tx("exam.amend", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                let (schedule, unreadable) = (schedule.clone(), unreadable.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, BEFORE_THE_END).await?;
                    if row.closed_at.is_some() {
                        // It was ended: another schedule would let nobody in.
                        return Err(ExamError::WrongState(row.status));
                    }
                    let (before, mut fields) = (times(&row), Fields::new());
                    let after = schedule.over(before, act.now, &mut fields);
                    if let Some(invalid) = unreadable {
                        fields.absorb(invalid);
                    }
                    fields.check()?;
                    written(store::change(tx, &row, Change { times: Some(after), ..Change::default() }).await?)?;
                    let schedule = after.schedule(Millis(row.paused_ms));
                    let amended = |r: Running| {
                        let times = r.times().amended(&schedule, r.started_at, Millis(r.extra_ms), Millis(r.paused_ms));
                        r.at(times)
                    };
                    this.retime(tx, id, amended).await?;
                    let data = json!({ "before": told(&before), "after": told(&after) });
                    this.keep(tx, &caller, &act, &row, Concerns::default(), data).await
                })
            })
            .await
    }

    /// Stops the clock for everybody: nobody starts, nobody's time runs, and the server hands nothing in.
    pub async fn pause(&self, caller: &Caller, id: ExamId, reason: &str) -> Result<(), ExamError> {
        let act = self.act(id, AmendmentKind::Pause, "exam.pause", reasoned(reason)?);
        self.core
            .db
            .tx("exam.pause", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, &[ExamStatus::Open]).await?;
                    let pauses = Some((Some(act.now), row.paused_ms));
                    let change = Change { status: Some(ExamStatus::Paused), pauses, ..Change::default() };
                    written(store::change(tx, &row, change).await?)?;
                    let running = this.retime(tx, id, |r| r.at(r.times().paused(act.now))).await?;
                    this.keep(tx, &caller, &act, &row, Concerns::default(), json!({ "running": running })).await
                })
            })
            .await
    }

    /// Lets the clock go on and gives back what the pause took.
    pub async fn resume(&self, caller: &Caller, id: ExamId, reason: &str) -> Result<(), ExamError> {
        let act = self.act(id, AmendmentKind::Resume, "exam.unpause", reasoned(reason)?);
        self.core
            .db
            .tx("exam.unpause", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, &[ExamStatus::Paused]).await?;
                    let lasted = row.paused_at.map_or(0, |since| (act.now - since).0.max(0));
                    let pauses = Some((None, row.paused_ms + lasted));
                    let change = Change { status: Some(ExamStatus::Open), pauses, ..Change::default() };
                    written(store::change(tx, &row, change).await?)?;
                    let go_on = |r: Running| {
                        let times = r.times();
                        let lost = times.deadline_at(act.now) - times.deadline;
                        Running { paused_ms: r.paused_ms + lost.0, ..r.at(times.resumed(act.now)) }
                    };
                    let running = this.retime(tx, id, go_on).await?;
                    let data = json!({ "running": running, "lasted_ms": lasted });
                    this.keep(tx, &caller, &act, &row, Concerns::default(), data).await
                })
            })
            .await
    }

    /// Ends an exam before its time: from now on nobody starts. Whoever sits keeps their time; the exam closes with the
    /// last of them, at once if there is none.
    pub async fn close(&self, caller: &Caller, id: ExamId, reason: &str) -> Result<(), ExamError> {
        let act = self.act(id, AmendmentKind::Close, "exam.end", reasoned(reason)?);
        self.core
            .db
            .tx("exam.end", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, &[ExamStatus::Open]).await?;
                    let before = times(&row);
                    // From now on nobody starts, whoever was admitted by name included.
                    let after = Times { closes_at: before.closes_at.min(act.now), ..before };
                    let change = Change {
                        times: Some(after),
                        status: Some(ExamStatus::Open),
                        closed_at: Some(act.now),
                        ..Change::default()
                    };
                    written(store::change(tx, &row, change).await?)?;
                    let data = json!({ "before": told(&before), "after": told(&after) });
                    this.keep(tx, &caller, &act, &row, Concerns::default(), data).await?;
                    let row = this.exams.held(tx, &caller, id).await?;
                    end(tx, &row, act.now, [act.ids[2], act.ids[3]], &caller.actor()).await?;
                    Ok(())
                })
            })
            .await
    }

    /// What was changed about an exam after its sealing, oldest first. Who reads the figures of its unit sees all of it,
    /// others what concerns everybody, a unit or themselves.
    pub async fn amendments(
        &self,
        caller: &Caller,
        id: ExamId,
        page: &PageRequest,
    ) -> Result<Page<Amendment>, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = self.exams.seen(conn, caller, id).await?;
        let reader = match authorise::<ExamError>(conn, caller, READERS, row.unit_id, now).await {
            Ok(()) => Reader::Every,
            Err(ExamError::Denied(_)) => Reader::Candidate(caller.account.person_id),
            Err(other) => return Err(other),
        };
        Ok(store::amendments(conn, id, reader, page).await?)
    }

    fn act(&self, exam: ExamId, kind: AmendmentKind, action: &'static str, reason: String) -> Act {
        let ids = [self.core.uuid(), self.core.uuid(), self.core.uuid(), self.core.uuid()];
        Act { exam, kind, action, reason, now: self.core.now(), ids }
    }

    /// The exam, held, if it stands where the act is possible. A sealed one whose opening has come is open.
    async fn held(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        act: &Act,
        wanted: &[ExamStatus],
    ) -> Result<exam::Model, ExamError> {
        let row = self.exams.held(tx, caller, act.exam).await?;
        let status = status_at(row.status, opening(&row), act.now);
        if wanted.contains(&status) { Ok(row) } else { Err(ExamError::WrongState(status)) }
    }

    /// Gives every attempt that runs other moments; how many there are.
    async fn retime(
        &self,
        tx: &impl ConnectionTrait,
        exam: ExamId,
        change: impl Fn(Running) -> Running + Send,
    ) -> Result<usize, Fault> {
        let rows: Vec<Running> = store::running(tx, exam, None).await?.into_iter().map(change).collect();
        store::retime(tx, &rows).await?;
        Ok(rows.len())
    }

    /// Keeps what was done and tells the log.
    async fn keep(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        act: &Act,
        row: &exam::Model,
        whom: Concerns,
        data: Value,
    ) -> Result<(), ExamError> {
        let mut entry_data = data.clone();
        if let Some(fields) = entry_data.as_object_mut() {
            fields.insert("reason".to_owned(), json!(act.reason));
            if let Some(person) = whom.person {
                fields.insert("person".to_owned(), json!(person));
            }
            if let Some(unit) = whom.unit {
                fields.insert("unit".to_owned(), json!(unit));
            }
        }
        let amendment = NewAmendment {
            id: act.ids[0].into(),
            exam_id: act.exam,
            kind: act.kind,
            person_id: whom.person,
            unit_id: whom.unit,
            attempt_id: None,
            data,
            reason: act.reason.clone(),
            by: caller.account.id,
            at: act.now,
        };
        store::amend(tx, amendment).await?;
        let entry = Entry {
            id: act.ids[1],
            at: act.now,
            actor: caller.actor(),
            action: act.action,
            subject: format!("exam:{}", act.exam),
            unit: Some(row.unit_id),
            data: entry_data,
            outcome: Outcome::Done,
        };
        Ok(log::append(tx, entry).await?)
    }
}

/// A reason that stands alone.
fn reasoned(reason: &str) -> Result<String, ExamError> {
    let mut fields = Fields::new();
    let reason = read_reason(&mut fields, reason);
    Ok(fields.finish(Some(reason))?)
}

/// Whoever holds an exam finds it as it was read.
fn written(done: bool) -> Result<(), ExamError> {
    if done { Ok(()) } else { Err(ExamError::Stale) }
}

/// A schedule, as the log keeps it.
fn told(times: &Times) -> Value {
    json!({
        "opens_at": times.opens_at,
        "closes_at": times.closes_at,
        "latest_start_seconds": times.latest_start_seconds,
        "duration_seconds": times.duration_seconds,
        "grace_seconds": times.grace_seconds,
    })
}
