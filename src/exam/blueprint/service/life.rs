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
use crate::exam::outcome;
use crate::log::{self, Actor};
use crate::org;

impl Exams {
    /// Opens what is due to open and closes what nobody can be sitting any more, releasing the results that nobody has
    /// to release. Safe to run on several instances at once, and again after a crash.
    pub async fn tick(&self) -> Result<(), Fault> {
        for row in store::moving(self.core.db.read(), self.core.now()).await? {
            if row.status == ExamStatus::Sealed {
                self.open(row.id).await?;
            }
            if store::times(&row).ends_at() <= self.core.now() {
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
                    if row.status != ExamStatus::Sealed || now < row.opens_at {
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
        let (now, closing, releasing) = (self.core.now(), self.core.uuid(), self.core.uuid());
        self.core
            .db
            .tx("exam.close", |tx| {
                Box::pin(async move {
                    let Some(row) = store::hold(tx, id).await? else { return Ok(()) };
                    let over = row.status == ExamStatus::Open && store::times(&row).ends_at() <= now;
                    if !over || store::has_running(tx, id).await? {
                        return Ok(());
                    }
                    let closed = Step { to: ExamStatus::Closed, closed_at: Some(now), released_at: None };
                    if !told(tx, &row, &closed, (closing, now, Actor::SYSTEM, "exam.close")).await? {
                        return Ok(());
                    }
                    org::close_roster(tx, SubjectKind::Exam, id.into(), now).await?;
                    if state::after_closing(row.release) == ExamStatus::Released {
                        let row = store::hold(tx, id).await?.unwrap_or(row);
                        told(tx, &row, &released(now), (releasing, now, Actor::SYSTEM, "exam.release")).await?;
                    }
                    // Whoever has not sat by now is absent, unless a make-up is still to come.
                    outcome::restate_everybody(tx, id).await
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
