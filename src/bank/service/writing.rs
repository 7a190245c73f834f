//! Writing questions and new versions of them.

use entity::bank::bank;
use entity::bank::key_view::SeenHow;
use entity::bank::question::QuestionStatus;
use entity::id::{BankId, QuestionId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::DatabaseTransaction;
use serde_json::json;
use uuid::Uuid;

use super::super::draft::NewQuestion;
use super::super::model::{QuestionVersion, QuestionView};
use super::super::state::Act;
use super::{Bank, BankError, managed, named, store};
use crate::auth::{Caller, Denied};
use crate::kernel::field::{FieldCode, Invalid};
use crate::log::{self, Actor, Entry};

impl Bank {
    /// Writes a question into a bank, as a draft. By a coordinator of the bank's unit or above.
    pub async fn create_question(
        &self,
        caller: &Caller,
        bank_id: BankId,
        new: NewQuestion,
    ) -> Result<QuestionView, BankError> {
        let newest = self.written(caller, self.core.id(), new);
        let status = self.insert(caller, bank_id, std::slice::from_ref(&newest), false).await?;
        Ok(QuestionView { bank_id, status, newest })
    }

    /// Writes many questions into a bank, all or none, and submits them if that is wanted: then they are approved at
    /// once where the bank asks for no review. Their ids stand in the order of `new`.
    pub async fn create_questions(
        &self,
        caller: &Caller,
        bank_id: BankId,
        new: Vec<NewQuestion>,
        submit: bool,
    ) -> Result<Vec<QuestionId>, BankError> {
        let mut ids: Vec<QuestionId> = new.iter().map(|_| self.core.id()).collect();
        // Ids of one millisecond fall in no order of their own; lists go by id, so this keeps the writer's.
        ids.sort_unstable();
        let written: Vec<_> = ids.into_iter().zip(new).map(|(id, q)| self.written(caller, id, q)).collect();
        self.insert(caller, bank_id, &written, submit).await?;
        Ok(written.iter().map(|v| v.question_id).collect())
    }

    /// Writes a new version of a question, of the same kind; whatever its status was, it is a draft again. By a
    /// coordinator of the bank's unit or above. The versions before it stay as they are.
    pub async fn new_version(
        &self,
        caller: &Caller,
        id: QuestionId,
        new: NewQuestion,
    ) -> Result<QuestionView, BankError> {
        self.next_version(caller, id, new, None).await
    }

    /// The same, of a draft that is still in this version if one is named.
    pub(super) async fn next_version(
        &self,
        caller: &Caller,
        id: QuestionId,
        new: NewQuestion,
        of: Option<i32>,
    ) -> Result<QuestionView, BankError> {
        let written = self.written(caller, id, new);
        let entry = self.core.uuid();
        self.core
            .db
            .tx("question.new_version", |tx| {
                let (caller, mut newest) = (caller.clone(), written.clone());
                Box::pin(async move {
                    let read = store::questions(tx, &[id]).await?.remove(&id).ok_or(Denied::NotFound)?;
                    let bank = managed(tx, &caller, read.bank_id, newest.created_at).await?;
                    if newest.content.kind != read.kind {
                        return Err(Invalid::one("kind", FieldCode::Conflict).into());
                    }
                    if of.is_some_and(|version| (version, QuestionStatus::Draft) != (read.version, read.status)) {
                        return Err(BankError::Stale);
                    }
                    newest.version = read.version + 1;
                    if !store::set_newest(tx, &read, &newest).await? {
                        return Err(BankError::Stale);
                    }
                    store::insert_version(tx, &newest).await?;
                    let seen = [(id, newest.version)];
                    store::note_keys(tx, caller.account.id, &seen, SeenHow::Wrote, newest.created_at).await?;
                    log::append(tx, told(entry, &caller.actor(), "question.new_version", &bank, &newest)).await?;
                    Ok(QuestionView { bank_id: bank.id, status: QuestionStatus::Draft, newest })
                })
            })
            .await
    }

    /// A first version, with option ids and salt of its own.
    fn written(&self, caller: &Caller, question_id: QuestionId, new: NewQuestion) -> QuestionVersion {
        QuestionVersion {
            question_id,
            version: 1,
            content: new.content(&*self.core.rng),
            salt: NewQuestion::salt(&*self.core.rng),
            topic: new.topic,
            difficulty: new.difficulty,
            group: new.group,
            explanation: new.explanation,
            citation: new.citation,
            author_id: caller.account.id,
            created_at: self.core.now(),
        }
    }

    /// Keeps new questions and gives the status that they have.
    async fn insert(
        &self,
        caller: &Caller,
        bank_id: BankId,
        written: &[QuestionVersion],
        submit: bool,
    ) -> Result<QuestionStatus, BankError> {
        let now = self.core.now();
        let entries: Vec<(Uuid, Uuid)> = written.iter().map(|_| (self.core.uuid(), self.core.uuid())).collect();
        self.core
            .db
            .tx("question.create", |tx| {
                let (caller, written, entries) = (caller.clone(), written.to_vec(), entries.clone());
                Box::pin(async move {
                    let bank = named("bank_id", managed(tx, &caller, bank_id, now).await)?;
                    let mut status = QuestionStatus::Draft;
                    if submit {
                        status = Act::Submit
                            .on(status, bank.review_required, true)
                            .map_err(|_refused| BankError::WrongState(status))?;
                    }
                    store::insert_questions(tx, bank.id, status, &written).await?;
                    let seen: Vec<_> = written.iter().map(|v| (v.question_id, v.version)).collect();
                    store::note_keys(tx, caller.account.id, &seen, SeenHow::Wrote, now).await?;
                    tell(tx, &caller.actor(), &bank, &written, &entries, submit.then_some(status), now).await?;
                    Ok(status)
                })
            })
            .await
    }
}

/// One entry a question for its writing, and another for its submitting.
async fn tell(
    tx: &DatabaseTransaction,
    actor: &Actor,
    bank: &bank::Model,
    written: &[QuestionVersion],
    entries: &[(Uuid, Uuid)],
    submitted: Option<QuestionStatus>,
    now: Instant,
) -> Result<(), BankError> {
    for (version, (created, submit)) in written.iter().zip(entries) {
        log::append(tx, told(*created, actor, "question.create", bank, version)).await?;
        if let Some(status) = submitted {
            let (id, number) = (version.question_id, version.version);
            log::append(tx, super::acts::told(*submit, now, actor, Act::Submit, bank, id, number, status)).await?;
        }
    }
    Ok(())
}

/// A version was written. The salted digest binds its author to it and betrays nothing.
fn told(id: Uuid, actor: &Actor, action: &'static str, bank: &bank::Model, version: &QuestionVersion) -> Entry {
    let digest = version.content.digest(&version.salt);
    Entry {
        id,
        at: version.created_at,
        actor: actor.clone(),
        action,
        subject: format!("question:{}", version.question_id),
        unit: Some(bank.unit_id),
        data: json!({ "bank": bank.id, "version": version.version, "digest": digest }),
        outcome: Outcome::Done,
    }
}
