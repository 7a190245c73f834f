//! What a changed law leaves behind.

use std::collections::HashSet;

use entity::bank::question::{self, QuestionStatus};
use entity::id::{BankId, QuestionId};
use serde_json::json;

use super::super::edition::{Standing, numbers, standing};
use super::super::model::{LawChange, LawCount, Outdated, QuestionSummary};
use super::super::state::Act;
use super::acts::{MAX_REASON, told};
use super::{Bank, BankError, managed, store};
use crate::auth::Caller;
use crate::kernel::field::{FieldCode, Fields};
use crate::log;

impl Bank {
    /// The laws on which a bank's questions rest, each in each version. By a coordinator of its unit or above.
    pub async fn laws(&self, caller: &Caller, bank: BankId) -> Result<Vec<LawCount>, BankError> {
        let conn = self.core.db.read();
        managed(conn, caller, bank, self.core.now()).await?;
        Ok(store::laws(conn, bank).await?)
    }

    /// Retires every question of a bank on versions of a law before one, or those of them that are named; a dry run tells
    /// which. Of versions that say no year it cannot be told: their questions stay unless they are named. By a coordinator
    /// of its unit or above.
    pub async fn retire_outdated(
        &self,
        caller: &Caller,
        change: &LawChange,
        dry_run: bool,
    ) -> Result<Outdated, BankError> {
        let mut fields = Fields::new();
        fields.line("law", &change.law, 100);
        let before = fields.line("before", &change.before, 100);
        if !before.is_empty() && numbers(&before).is_none() {
            fields.reject("before", FieldCode::Invalid);
        }
        let reason = if dry_run { String::new() } else { fields.text("reason", &change.reason, MAX_REASON) };
        fields.check()?;
        let now = self.core.now();
        let conn = self.core.db.read();
        managed(conn, caller, change.bank_id, now).await?;
        if dry_run {
            let (outdated, undetermined) = self.outdated(conn, change).await?;
            let shown = |list: Vec<(question::Model, QuestionSummary)>| list.into_iter().map(|(_, s)| s).collect();
            return Ok(Outdated { dry_run, questions: shown(outdated), undetermined: shown(undetermined) });
        }
        self.core
            .db
            .tx("question.retire_outdated", |tx| {
                let (this, caller, change, reason) = (self.clone(), caller.clone(), change.clone(), reason.clone());
                Box::pin(async move {
                    let bank = managed(tx, &caller, change.bank_id, now).await?;
                    let (outdated, undetermined) = this.outdated(tx, &change).await?;
                    for status in [QuestionStatus::Draft, QuestionStatus::Submitted, QuestionStatus::Approved] {
                        let same: Vec<&question::Model> =
                            outdated.iter().map(|(q, _)| q).filter(|q| q.status == status).collect();
                        if !store::set_statuses(tx, &same, status, QuestionStatus::Retired).await? {
                            return Err(BankError::Stale);
                        }
                    }
                    let entries = outdated.iter().map(|(q, shown)| {
                        let id = this.core.uuid();
                        let mut entry = told(
                            id,
                            now,
                            &caller.actor(),
                            Act::Retire,
                            &bank,
                            q.id,
                            q.version,
                            QuestionStatus::Retired,
                        );
                        entry.data = json!({
                            "bank": bank.id, "version": q.version, "status": QuestionStatus::Retired, "reason": reason,
                            "law": shown.law, "law_version": shown.law_version, "before": change.before,
                        });
                        entry
                    });
                    log::append_all(tx, entries.collect()).await?;
                    let retired = |(_, shown): (question::Model, QuestionSummary)| QuestionSummary {
                        status: QuestionStatus::Retired,
                        ..shown
                    };
                    Ok(Outdated {
                        dry_run,
                        questions: outdated.into_iter().map(retired).collect(),
                        undetermined: undetermined.into_iter().map(|(_, shown)| shown).collect(),
                    })
                })
            })
            .await
    }

    /// The questions that are meant, and those of which it cannot be told.
    #[allow(clippy::type_complexity, reason = "two lists of the same kind")]
    async fn outdated(
        &self,
        conn: &impl sea_orm::ConnectionTrait,
        change: &LawChange,
    ) -> Result<(Vec<(question::Model, QuestionSummary)>, Vec<(question::Model, QuestionSummary)>), BankError> {
        let named: HashSet<QuestionId> = change.question_ids.iter().copied().collect();
        let (mut outdated, mut undetermined) = (Vec::new(), Vec::new());
        for (row, shown) in store::on_law(conn, change.bank_id, &change.law).await? {
            let meant = named.is_empty() || named.contains(&row.id);
            match standing(&row.law_version, &change.before) {
                Standing::Before if meant => outdated.push((row, shown)),
                Standing::Unknown if named.contains(&row.id) => outdated.push((row, shown)),
                Standing::Unknown => undetermined.push((row, shown)),
                Standing::Before | Standing::NotBefore => {}
            }
        }
        Ok((outdated, undetermined))
    }
}
