//! What a coordinator does to one attempt: voiding it, letting it go on.

use entity::exam::amendment::AmendmentKind;
use entity::exam::attempt::{AttemptState, VoidKind};
use entity::exam::exam::ExamStatus;
use entity::id::AttemptId;
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::store::{self, Head, Row};
use super::super::views::{Attempt, Ticking};
use super::reading::readable;
use super::{AttemptError, Attempts};
use crate::auth::{Caller, Denied, MANAGERS, authorise};
use crate::exam::conduct::{NewAmendment, amend, read_reason};
use crate::exam::outcome;
use crate::kernel::field::{FieldCode, Fields};
use crate::log::{self, Entry};

/// How long a reopened attempt may go on at most, in seconds.
const MAX_REOPENED: i32 = 7_200;

/// One act and the numbers under which it is kept.
#[derive(Debug, Clone)]
struct Act {
    kind: AmendmentKind,
    action: &'static str,
    reason: String,
    now: Instant,
    ids: [Uuid; 2],
}

impl Attempts {
    /// Voids an attempt, handed in or running: as if it had not been sat, or as sat and failed. By a coordinator of the
    /// exam's unit, at any time, once.
    pub async fn void(
        &self,
        caller: &Caller,
        id: AttemptId,
        kind: &str,
        reason: &str,
    ) -> Result<Ticking, AttemptError> {
        let mut fields = Fields::new();
        let kind: Option<VoidKind> = fields.parse("kind", kind, FieldCode::UnknownValue);
        let reason = read_reason(&mut fields, reason);
        let (kind, reason) = fields.finish(kind.map(|kind| (kind, reason)))?;
        let act = self.act(AmendmentKind::Void, "exam.void", reason);
        self.core
            .db
            .tx("exam.void", |tx| {
                let (caller, act) = (caller.clone(), act.clone());
                Box::pin(async move {
                    let (head, mut row) = held(tx, &caller, id, act.now).await?;
                    if row.state == AttemptState::Voided {
                        return Err(AttemptError::WrongState(row.state));
                    }
                    let before = row.state;
                    if before == AttemptState::Running {
                        row.submitted_at = Some(row.times().submitted_at(act.now));
                        row.retime(row.times().resumed(act.now));
                    }
                    (row.state, row.void_kind) = (AttemptState::Voided, Some(kind));
                    store::set_state(tx, &row, before).await?;
                    let data = json!({ "kind": kind, "before": before, "number": row.number });
                    keep(tx, &caller, &act, (&head, &row), data).await?;
                    outcome::restate(tx, row.exam_id, &[row.person_id]).await?;
                    Ok(Ticking { attempt: Attempt::of(row, act.now), held: true, server_time: act.now })
                })
            })
            .await
    }

    /// Lets an attempt that was handed in go on for some seconds: for answers that a device could not send. Before results
    /// are released. Its answers stay; the device must start anew to get a lease. By a coordinator of the exam's unit.
    pub async fn reopen(
        &self,
        caller: &Caller,
        id: AttemptId,
        seconds: i32,
        reason: &str,
    ) -> Result<Ticking, AttemptError> {
        let mut fields = Fields::new();
        fields.within("seconds", seconds, 1, MAX_REOPENED);
        let reason = read_reason(&mut fields, reason);
        fields.check()?;
        let act = self.act(AmendmentKind::Reopen, "exam.reopen", reason);
        self.core
            .db
            .tx("exam.reopen", |tx| {
                let (caller, act) = (caller.clone(), act.clone());
                Box::pin(async move {
                    let (head, mut row) = held(tx, &caller, id, act.now).await?;
                    if !matches!(row.state, AttemptState::Submitted | AttemptState::Graded) {
                        return Err(AttemptError::WrongState(row.state));
                    }
                    match head.status {
                        ExamStatus::Open => {}
                        // It had closed: it closes again with this attempt, and nobody else starts.
                        ExamStatus::Closed => store::open_again(tx, row.exam_id).await?,
                        // On a stopped clock nobody gains anything; first it has to go on.
                        ExamStatus::Draft | ExamStatus::Sealed | ExamStatus::Paused | ExamStatus::Released => {
                            return Err(AttemptError::WrongState(row.state));
                        }
                    }
                    let attempts = store::attempts_of(tx, row.exam_id, row.person_id).await?;
                    if attempts.iter().any(|a| a.state == AttemptState::Running) {
                        return Err(AttemptError::WrongState(AttemptState::Running));
                    }
                    let (before, was) = (row.state, row.submitted_at);
                    row.retime(head.schedule().reopened(act.now, Millis::seconds(seconds)));
                    row.state = AttemptState::Running;
                    (row.submitted_at, row.points, row.answered, row.by_server) = (None, None, 0, false);
                    row.responses = None;
                    store::set_state(tx, &row, before).await?;
                    let data = json!({ "seconds": seconds, "submitted_at": was, "number": row.number });
                    keep(tx, &caller, &act, (&head, &row), data).await?;
                    outcome::restate(tx, row.exam_id, &[row.person_id]).await?;
                    if head.status == ExamStatus::Closed {
                        // Nobody of the family is absent for good while it is open again.
                        outcome::restate_everybody(tx, row.exam_id).await?;
                    }
                    Ok(Ticking { attempt: Attempt::of(row, act.now), held: true, server_time: act.now })
                })
            })
            .await
    }

    fn act(&self, kind: AmendmentKind, action: &'static str, reason: String) -> Act {
        Act { kind, action, reason, now: self.core.now(), ids: [self.core.uuid(), self.core.uuid()] }
    }
}

/// The exam and the attempt, both held, if the caller coordinates the exam's unit. Who may only see it is told so.
async fn held(
    tx: &impl ConnectionTrait,
    caller: &Caller,
    id: AttemptId,
    now: Instant,
) -> Result<(Head, Row), AttemptError> {
    let exam = store::attempt(tx, id).await?.ok_or(Denied::NotFound)?.exam_id;
    let head = store::held_head(tx, exam).await?.ok_or(Denied::NotFound)?;
    match authorise::<AttemptError>(tx, caller, MANAGERS, head.unit_id, now).await {
        Err(AttemptError::Denied(_)) => {
            readable(tx, caller, id, now).await?;
            return Err(Denied::Forbidden.into());
        }
        other => other?,
    }
    let row = store::locked(tx, &[id]).await?.remove(&id).ok_or(Denied::NotFound)?;
    Ok((head, row))
}

/// Keeps what was done and tells the log.
async fn keep(
    tx: &impl ConnectionTrait,
    caller: &Caller,
    act: &Act,
    (head, row): (&Head, &Row),
    data: Value,
) -> Result<(), AttemptError> {
    let amendment = NewAmendment {
        id: act.ids[0].into(),
        exam_id: row.exam_id,
        kind: act.kind,
        person_id: Some(row.person_id),
        unit_id: None,
        attempt_id: Some(row.id),
        data: data.clone(),
        reason: act.reason.clone(),
        by: caller.account.id,
        at: act.now,
    };
    amend(tx, amendment).await?;
    let mut data = data;
    if let Some(fields) = data.as_object_mut() {
        fields.insert("exam".to_owned(), json!(row.exam_id));
        fields.insert("person".to_owned(), json!(row.person_id));
        fields.insert("reason".to_owned(), json!(act.reason));
    }
    let entry = Entry {
        id: act.ids[1],
        at: act.now,
        actor: caller.actor(),
        action: act.action,
        subject: format!("attempt:{}", row.id),
        unit: Some(head.unit_id),
        data,
        outcome: Outcome::Done,
    };
    Ok(log::append(tx, entry).await?)
}
