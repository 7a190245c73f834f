//! Submitting, approving and retiring questions.

use std::collections::HashMap;

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
use crate::log::{self, Actor, Entry};

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
        self.act(caller, ids, Act::Approve).await
    }

    async fn one(&self, caller: &Caller, id: QuestionId, act: Act) -> Result<QuestionState, BankError> {
        let mut states = self.act(caller, &[id], act).await?;
        Ok(states.pop().ok_or(Denied::NotFound)?)
    }

    async fn act(&self, caller: &Caller, ids: &[QuestionId], act: Act) -> Result<Vec<QuestionState>, BankError> {
        let now = self.core.now();
        let entries: Vec<Uuid> = ids.iter().map(|_| self.core.uuid()).collect();
        self.core
            .db
            .tx(act.action(), |tx| {
                let (caller, ids, entries) = (caller.clone(), ids.to_vec(), entries.clone());
                Box::pin(async move {
                    let questions = store::questions(tx, &ids).await?;
                    let mut banks: HashMap<BankId, bank::Model> = HashMap::new();
                    let mut states = Vec::new();
                    for (id, entry) in ids.iter().zip(entries) {
                        let read = questions.get(id).ok_or(Denied::NotFound)?;
                        if !banks.contains_key(&read.bank_id) {
                            banks.insert(read.bank_id, managed(tx, &caller, read.bank_id, now).await?);
                        }
                        let bank = banks.get(&read.bank_id).ok_or(Denied::NotFound)?;
                        let state = change(tx, &caller, bank, read, act).await?;
                        let (actor, version) = (caller.actor(), state.version);
                        log::append(tx, told(entry, now, &actor, act, bank, *id, version, state.status)).await?;
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
) -> Entry {
    Entry {
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
