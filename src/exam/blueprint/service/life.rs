//! What time does to an exam, and the release of its results.

use entity::exam::exam::{self, ExamStatus};
use entity::id::ExamId;
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::super::store::Step;
use super::super::{state, store};
use super::{ExamError, Exams, entry};
use crate::auth::{Caller, Denied};
use crate::db::Fault;
use crate::exam::clock::Allowance;
use crate::exam::outcome;
use crate::log::{self, Actor};
use crate::org;

impl Exams {
    /// Takes up changes of rosters, opens what is due to open and closes what nobody can be sitting any more, releasing the
    /// results that nobody has to release. Safe to run on several instances at once, and again after a crash.
    pub async fn tick(&self) -> Result<(), Fault> {
        // Before anything closes: whoever came in time is expected.
        self.take_up_amendments().await?;
        for row in store::moving(self.core.db.read(), self.core.now()).await? {
            if row.status == ExamStatus::Sealed {
                self.open(row.id).await?;
            }
            // Cheap first: whoever is allowed more can only put the end off.
            if row.closed_at.is_some() || store::schedule(&row).ends_at(&Allowance::default()) <= self.core.now() {
                self.close(row.id).await?;
            }
        }
        Ok(())
    }

    async fn open(&self, id: ExamId) -> Result<(), Fault> {
        let (now, log_id) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("exam.open", |tx| {
                Box::pin(async move {
                    let Some(row) = store::hold(tx, id).await? else { return Ok(()) };
                    if row.status != ExamStatus::Sealed || now < store::opening(&row) {
                        return Ok(());
                    }
                    let open = Step { to: ExamStatus::Open, closed_at: None, released_at: None };
                    told(tx, &row, &open, (log_id, now, Actor::SYSTEM, "exam.open")).await?;
                    Ok::<_, Fault>(())
                })
            })
            .await
    }

    async fn close(&self, id: ExamId) -> Result<(), Fault> {
        let (now, entries) = (self.core.now(), [self.core.uuid(), self.core.uuid()]);
        self.core
            .db
            .tx("exam.close", |tx| {
                Box::pin(async move {
                    let Some(row) = store::hold(tx, id).await? else { return Ok(()) };
                    if row.status == ExamStatus::Open && is_over(tx, &row, now).await? {
                        end(tx, &row, now, entries, &Actor::SYSTEM).await?;
                    }
                    Ok::<_, Fault>(())
                })
            })
            .await
    }

    /// Releases the results of an exam that has closed. By a coordinator of its unit.
    pub async fn release(&self, caller: &Caller, id: ExamId) -> Result<(), ExamError> {
        let (now, log_id) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("exam.release", |tx| {
                let (this, caller) = (self.clone(), caller.clone());
                Box::pin(async move {
                    this.managed(tx, &caller, id).await?;
                    let row = store::hold(tx, id).await?.ok_or(Denied::NotFound)?;
                    state::may_release(row.status)
                        .map_err(|_refused| ExamError::WrongState(state::status_at(row.status, row.opens_at, now)))?;
                    let act = (log_id, now, caller.actor(), "exam.release");
                    if told(tx, &row, &released(now), act).await? { Ok(()) } else { Err(ExamError::Stale) }
                })
            })
            .await
    }
}

/// Whether nobody can start any more and everybody who started in time has had theirs: but for attempts that were paused
/// or reopened, which still run.
async fn is_over(tx: &impl ConnectionTrait, row: &exam::Model, now: Instant) -> Result<bool, Fault> {
    // Ended by somebody's act, or closed before and gone on only for an attempt that was reopened.
    if row.closed_at.is_some() {
        return Ok(true);
    }
    let schedule = store::schedule(row);
    if schedule.ends_at(&Allowance::default()) > now {
        return Ok(false);
    }
    Ok(store::allowances(tx, row.id).await?.iter().all(|allowed| schedule.ends_at(allowed) <= now))
}

/// Closes an exam unless somebody is sitting it, and releases the results that nobody has to release; whether it was done.
/// The exam must be held and open.
pub(in crate::exam) async fn end(
    tx: &impl ConnectionTrait,
    row: &exam::Model,
    now: Instant,
    [closing, releasing]: [Uuid; 2],
    actor: &Actor,
) -> Result<bool, Fault> {
    if store::has_running(tx, row.id).await? {
        return Ok(false);
    }
    let closed = Step { to: ExamStatus::Closed, closed_at: Some(now), released_at: None };
    if !told(tx, row, &closed, (closing, now, actor.clone(), "exam.close")).await? {
        return Ok(false);
    }
    store::forget_contacts(tx, row.id).await?;
    org::close_roster(tx, SubjectKind::Exam, row.id.into(), now).await?;
    if state::after_closing(row.release) == ExamStatus::Released {
        let row = store::hold(tx, row.id).await?.unwrap_or_else(|| row.clone());
        told(tx, &row, &released(now), (releasing, now, Actor::SYSTEM, "exam.release")).await?;
    }
    // Whoever has not sat by now is absent, unless a make-up is still to come.
    outcome::restate_everybody(tx, row.id).await?;
    Ok(true)
}

fn released(now: Instant) -> Step {
    Step { to: ExamStatus::Released, closed_at: None, released_at: Some(now) }
}

/// Takes an exam a step on and tells the log, unless another instance was first; whether it was done.
async fn told(
    tx: &impl ConnectionTrait,
    row: &exam::Model,
    step: &Step,
    (log_id, now, actor, action): (Uuid, Instant, Actor, &'static str),
) -> Result<bool, Fault> {
    let done = store::step(tx, row, step).await?;
    if done {
        let data = json!({ "status": step.to });
        log::append(tx, entry(log_id, now, actor, action, (row.id, row.unit_id), data)).await?;
    }
    Ok(done)
}
