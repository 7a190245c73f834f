//! Who has seen which key, and who must not.

use std::collections::HashMap;

use entity::bank::key_view::SeenHow;
use entity::bank::question::QuestionStatus;
use entity::id::{AccountId, BankId, QuestionId};
use entity::log::Outcome;
use serde_json::json;

use super::super::model::{KeySeen, QuestionFilter, QuestionView};
use super::{Bank, BankError, managed, store};
use crate::auth::{self, Caller, Denied};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};

impl Bank {
    /// Refuses whoever is to sit an unreleased exam over a bank.
    pub(super) async fn check_keys(&self, caller: &Caller, bank: BankId) -> Result<(), BankError> {
        let Some(person) = caller.account.person_id else { return Ok(()) };
        let withheld = self.guard.withholds(self.core.db.read(), person, bank).await?;
        if withheld { Err(BankError::KeyWithheld) } else { Ok(()) }
    }

    /// Keeps that the caller has seen keys; the log is told of those seen for the first time.
    pub(super) async fn note_keys(
        &self,
        caller: &Caller,
        bank: BankId,
        versions: &[(QuestionId, i32)],
        how: SeenHow,
    ) -> Result<(), BankError> {
        let (conn, account) = (self.core.db.read(), caller.account.id);
        let mut new = Vec::new();
        for version in versions {
            if !store::seen_by(conn, account, *version).await? {
                new.push(*version);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let now = self.core.now();
        let unit = store::bank(conn, bank).await?.map(|bank| bank.unit_id);
        let seen: Vec<String> = new.iter().map(|(id, version)| format!("{id}@{version}")).collect();
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: caller.actor(),
            action: "question.see_key",
            subject: format!("bank:{bank}"),
            unit,
            data: json!({ "items": seen, "how": how }),
            outcome: Outcome::Done,
        };
        self.core
            .db
            .tx("question.see_key", |tx| {
                let (new, entry) = (new.clone(), entry.clone());
                Box::pin(async move {
                    store::note_keys(tx, account, &new, how, now).await?;
                    Ok::<_, BankError>(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// Who has seen the key of a question, in which version, how and when first. By a coordinator of its bank's unit or
    /// above.
    pub async fn seen(&self, caller: &Caller, id: QuestionId) -> Result<Vec<KeySeen>, BankError> {
        let conn = self.core.db.read();
        let question = store::questions(conn, &[id]).await?.remove(&id).ok_or(Denied::NotFound)?;
        managed(conn, caller, question.bank_id, self.core.now()).await?;
        let rows = store::seers(conn, id).await?;
        let accounts: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
        let names: HashMap<AccountId, String> = auth::account_names(conn, &accounts).await?;
        let seen = |row: entity::bank::key_view::Model| KeySeen {
            version: row.version,
            account_id: row.account_id,
            name: names.get(&row.account_id).cloned().unwrap_or_default(),
            how: row.how,
            at: row.at,
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    /// The questions of a bank that wait for review, oldest first, with their keys: to be looked through. By a coordinator of
    /// its unit or above who is not to sit an exam over it.
    pub async fn to_review(
        &self,
        caller: &Caller,
        bank: BankId,
        page: &PageRequest,
    ) -> Result<Page<QuestionView>, BankError> {
        let conn = self.core.db.read();
        managed(conn, caller, bank, self.core.now()).await?;
        self.check_keys(caller, bank).await?;
        let filter = QuestionFilter {
            bank_id: Some(bank),
            status: Some(QuestionStatus::Submitted),
            ..QuestionFilter::default()
        };
        let found = self.questions(caller, &filter, page).await?;
        let wanted: Vec<(QuestionId, i32)> = found.items.iter().map(|q| (q.id, q.version)).collect();
        let groups: HashMap<QuestionId, Option<String>> = found.items.into_iter().map(|q| (q.id, q.group)).collect();
        let versions = store::versions(conn, &wanted).await?;
        self.note_keys(caller, bank, &wanted, SeenHow::Read).await?;
        let view = |mut newest: super::QuestionVersion| {
            newest.group = groups.get(&newest.question_id).cloned().flatten();
            QuestionView { bank_id: bank, status: QuestionStatus::Submitted, newest }
        };
        Ok(Page { items: versions.into_iter().map(view).collect(), next_cursor: found.next_cursor })
    }
}
