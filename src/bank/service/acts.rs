//! Submitting, approving and retiring questions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use entity::bank::bank;
use entity::bank::question::{self, QuestionStatus};
use entity::id::{BankId, QuestionId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::DatabaseTransaction;
use serde_json::json;
use uuid::Uuid;

use super::super::model::QuestionState;
use super::super::state::{Act, Refused};
use super::{Bank, BankError, managed, store};
use crate::auth::{Caller, Denied};
use crate::kernel::field::{FieldCode, Fields};
use crate::log::{self, Actor};

/// How many questions are reviewed at once, and how long a reason is at most.
const MAX_AT_ONCE: usize = 500;
pub(super) const MAX_REASON: usize = 400;

impl Bank {
    /// Hands a draft in for review; where the bank asks for none, it is approved. By a coordinator of the bank's unit
    /// or above, as are all acts.
    pub async fn submit(&self, caller: &Caller, id: QuestionId) -> Result<QuestionState, BankError> {
        self.one(caller, id, Act::Submit).await
    }

    /// Approves a submitted question. Where the bank asks for review, the author of the newest version may not.
    pub async fn approve(&self, caller: &Caller, id: QuestionId) -> Result<QuestionState, BankError> {
        self.one(caller, id, Act::Approve).await
    }

    /// Takes a question out of use, for exams not sealed yet. A new version brings it back as a draft.
    pub async fn retire(&self, caller: &Caller, id: QuestionId) -> Result<QuestionState, BankError> {
        self.one(caller, id, Act::Retire).await
    }

    /// Approves many submitted questions, all or none; see [`Bank::approve`].
    pub async fn approve_all(&self, caller: &Caller, ids: &[QuestionId]) -> Result<Vec<QuestionState>, BankError> {
        self.act(caller, ids, Act::Approve, "").await
    }

    /// Gives a submitted question back to whoever is to write it better, with a reason.
    pub async fn give_back(&self, caller: &Caller, id: QuestionId, reason: &str) -> Result<QuestionState, BankError> {
        let mut states = self.review(caller, &[id], Act::Return, reason).await?;
        Ok(states.pop().ok_or(Denied::NotFound)?)
    }

    /// Does one thing to many questions, all or none: see [`Bank::submit`], [`Bank::approve`], [`Bank::retire`] and
    /// [`Bank::give_back`]. At most 500 at once.
    pub async fn review(
        &self,
        caller: &Caller,
        ids: &[QuestionId],
        act: Act,
        reason: &str,
    ) -> Result<Vec<QuestionState>, BankError> {
        let mut fields = Fields::new();
        if ids.is_empty() {
            fields.reject("question_ids", FieldCode::Required);
        } else if ids.len() > MAX_AT_ONCE {
            fields.reject_with("question_ids", FieldCode::TooLong, MAX_AT_ONCE);
        }
        let reason = match act {
            Act::Return => fields.text("reason", reason, MAX_REASON),
            Act::Submit | Act::Approve | Act::Retire => fields.optional_line("reason", reason, MAX_REASON),
        };
        fields.check()?;
        self.act(caller, ids, act, &reason).await
    }

    async fn one(&self, caller: &Caller, id: QuestionId, act: Act) -> Result<QuestionState, BankError> {
        let mut states = self.act(caller, &[id], act, "").await?;
        Ok(states.pop().ok_or(Denied::NotFound)?)
    }

    async fn act(
        &self,
        caller: &Caller,
        ids: &[QuestionId],
        act: Act,
        reason: &str,
    ) -> Result<Vec<QuestionState>, BankError> {
        let now = self.core.now();
        let entries: Vec<Uuid> = ids.iter().map(|_| self.core.uuid()).collect();
        self.core
            .db
            .tx(act.action(), |tx| {
                let (caller, ids, entries, reason) = (caller.clone(), ids.to_vec(), entries.clone(), reason.to_owned());
                Box::pin(async move {
                    let questions = store::questions(tx, &ids).await?;
                    let mut banks: HashMap<BankId, bank::Model> = HashMap::new();
                    let mut states = Vec::new();
                    for (id, entry) in ids.iter().zip(entries) {
                        let read = questions.get(id).ok_or(Denied::NotFound)?;
                        let bank = match banks.entry(read.bank_id) {
                            Entry::Occupied(known) => known.into_mut(),
                            Entry::Vacant(room) => room.insert(managed(tx, &caller, read.bank_id, now).await?),
                        };
                        let state = change(tx, &caller, bank, read, act).await?;
                        let (actor, version) = (caller.actor(), state.version);
                        let mut told = told(entry, now, &actor, act, bank, *id, version, state.status);
                        if let Some(data) = told.data.as_object_mut().filter(|_| !reason.is_empty()) {
                            data.insert("reason".to_owned(), json!(reason));
                        }
                        log::append(tx, told).await?;
                        states.push(state);
                    }
                    Ok(states)
                })
            })
            .await
    }
}

async fn change(
    tx: &DatabaseTransaction,
    caller: &Caller,
    bank: &bank::Model,
    read: &question::Model,
    act: Act,
) -> Result<QuestionState, BankError> {
    let own = read.author_id == caller.account.id;
    let status = act.on(read.status, bank.review_required, own).map_err(|refused| match refused {
        Refused::Status => BankError::WrongState(read.status),
        Refused::OwnWork => BankError::OwnWork,
    })?;
    // Also how the same id twice in one list is refused.
    if !store::set_status(tx, read, status).await? {
        return Err(BankError::Stale);
    }
    Ok(QuestionState { id: read.id, version: read.version, status })
}

/// A question's newest version came this far.
#[allow(clippy::too_many_arguments, reason = "the parts of one entry, each of another type")]
pub(super) fn told(
    id: Uuid,
    at: Instant,
    actor: &Actor,
    act: Act,
    bank: &bank::Model,
    question: QuestionId,
    version: i32,
    status: QuestionStatus,
) -> log::Entry {
    log::Entry {
        id,
        at,
        actor: actor.clone(),
        action: act.action(),
        subject: format!("question:{question}"),
        unit: Some(bank.unit_id),
        data: json!({ "bank": bank.id, "version": version, "status": status }),
        outcome: Outcome::Done,
    }
}
