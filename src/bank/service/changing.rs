//! Changing banks and drafts, and deleting what nothing rests on.

use entity::bank::bank;
use entity::bank::question::QuestionStatus;
use entity::id::{BankId, QuestionId};
use entity::log::Outcome;
use serde_json::json;

use super::super::model::{BankChanges, BankRow, QuestionView};
use super::{Bank, BankError, managed, store};
use crate::auth::{Caller, Denied};
use crate::bank::draft::{NewQuestion, QuestionInput};
use crate::db::Fault;
use crate::http::IfMatch;
use crate::kernel::field::Fields;
use crate::log::{self, Entry};

impl Bank {
    /// Changes a bank that is in the version that the caller saw. By a coordinator of its unit or above.
    pub async fn change_bank(
        &self,
        caller: &Caller,
        id: BankId,
        expected: &IfMatch,
        changes: BankChanges,
    ) -> Result<BankRow, BankError> {
        let (now, entry) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("bank.change", |tx| {
                let (caller, expected, changes) = (caller.clone(), expected.clone(), changes.clone());
                Box::pin(async move {
                    let read = managed(tx, &caller, id, now).await?;
                    if !expected.allows(read.version) {
                        return Err(BankError::Stale);
                    }
                    let next = bank::Model {
                        title: changes.title.unwrap_or_else(|| read.title.clone()),
                        review_required: changes.review_required.unwrap_or(read.review_required),
                        version: read.version + 1,
                        ..read.clone()
                    };
                    if !store::change_bank(tx, &read, &next).await? {
                        return Err(BankError::Stale);
                    }
                    let data = json!({ "title": next.title, "review_required": next.review_required });
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor: caller.actor(),
                        action: "bank.change",
                        subject: format!("bank:{id}"),
                        unit: Some(read.unit_id),
                        data,
                        outcome: Outcome::Done,
                    };
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.bank(caller, id).await
    }

    /// Deletes a bank without questions. By a coordinator of its unit or above.
    pub async fn delete_bank(&self, caller: &Caller, id: BankId) -> Result<(), BankError> {
        let (now, entry) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("bank.delete", |tx| {
                let caller = caller.clone();
                Box::pin(async move {
                    let read = managed(tx, &caller, id, now).await?;
                    unless_used(store::delete_bank(tx, id).await, "questions")?;
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor: caller.actor(),
                        action: "bank.delete",
                        subject: format!("bank:{id}"),
                        unit: Some(read.unit_id),
                        data: json!({ "title": read.title }),
                        outcome: Outcome::Done,
                    };
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// Changes a draft that is in the version that the caller saw: what changed becomes its next version, those before
    /// stay as they are. By a coordinator of the bank's unit or above.
    pub async fn change_question(
        &self,
        caller: &Caller,
        id: QuestionId,
        expected: &IfMatch,
        change: impl FnOnce(&mut QuestionInput),
    ) -> Result<QuestionView, BankError> {
        let view = self.view(caller, id).await?;
        if !expected.allows(view.newest.version) {
            return Err(BankError::Stale);
        }
        if view.status != QuestionStatus::Draft {
            return Err(BankError::WrongState(view.status));
        }
        let mut input = QuestionInput::from(&view.newest);
        change(&mut input);
        let mut fields = Fields::new();
        let new: Option<NewQuestion> = input.read(&mut fields);
        self.next_version(caller, id, fields.finish(new)?, Some(view.newest.version)).await
    }

    /// Deletes a draft that no exam was ever sealed with. By a coordinator of the bank's unit or above.
    pub async fn delete_question(&self, caller: &Caller, id: QuestionId) -> Result<(), BankError> {
        let (now, entry) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("question.delete", |tx| {
                let caller = caller.clone();
                Box::pin(async move {
                    let read = store::questions(tx, &[id]).await?.remove(&id).ok_or(Denied::NotFound)?;
                    let bank = managed(tx, &caller, read.bank_id, now).await?;
                    if read.status != QuestionStatus::Draft {
                        return Err(BankError::WrongState(read.status));
                    }
                    if !unless_used(store::delete_question(tx, &read).await, "exams")? {
                        return Err(BankError::Stale);
                    }
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor: caller.actor(),
                        action: "question.delete",
                        subject: format!("question:{id}"),
                        unit: Some(bank.unit_id),
                        data: json!({ "bank": bank.id, "version": read.version }),
                        outcome: Outcome::Done,
                    };
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }
}

/// What the database will not delete because something rests on it.
fn unless_used<T>(done: Result<T, Fault>, what: &'static str) -> Result<T, BankError> {
    match done {
        Err(Fault::Reference(_)) => Err(BankError::InUse(what)),
        other => Ok(other?),
    }
}
