//! Groups of which a paper takes one, and which questions may belong to one.

use std::collections::HashMap;

use entity::bank::bank;
use entity::id::{BankId, QuestionId};
use entity::log::Outcome;
use serde_json::json;

use super::super::model::{NearDuplicates, QuestionSummary};
use super::super::search::{alike, clusters, stem_of};
use super::{Bank, BankError, managed, store};
use crate::auth::{Caller, Denied};
use crate::kernel::field::{FieldCode, Fields};
use crate::log::{self, Entry};

/// How many questions are looked at for nearly the same ones, the newest first, and how many pairs are told.
const MOST_STEMS: u64 = 100_000;
const MOST_PAIRS: usize = 2_000;
/// How many questions are put into a group at once, and how long its name is.
const MAX_AT_ONCE: usize = 500;
const MAX_GROUP: usize = 60;

impl Bank {
    /// Puts questions of one bank into a group, of which a paper takes one, or takes them out of theirs. What they say does
    /// not change, so neither does how far they have come; exams sealed before keep the groups that they were sealed with.
    /// By a coordinator of the bank's unit or above.
    pub async fn regroup(
        &self,
        caller: &Caller,
        ids: &[QuestionId],
        group: Option<&str>,
    ) -> Result<Vec<QuestionSummary>, BankError> {
        let mut fields = Fields::new();
        if ids.is_empty() {
            fields.reject("question_ids", FieldCode::Required);
        } else if ids.len() > MAX_AT_ONCE {
            fields.reject_with("question_ids", FieldCode::TooLong, MAX_AT_ONCE);
        }
        let group = group.map(|group| fields.line("group", group, MAX_GROUP));
        fields.check()?;
        let now = self.core.now();
        let entry_ids: Vec<_> = ids.iter().map(|_| self.core.uuid()).collect();
        self.core
            .db
            .tx("question.group", |tx| {
                let (caller, ids, group, entry_ids) = (caller.clone(), ids.to_vec(), group.clone(), entry_ids.clone());
                Box::pin(async move {
                    let questions = store::questions(tx, &ids).await?;
                    let mut home: Option<bank::Model> = None;
                    let mut fields = Fields::new();
                    let mut entries = Vec::new();
                    for (at, (id, entry)) in ids.iter().zip(entry_ids).enumerate() {
                        let read = questions.get(id).ok_or(Denied::NotFound)?;
                        let bank = match &home {
                            Some(bank) if bank.id == read.bank_id => bank,
                            Some(_) => {
                                fields.reject_with(format!("question_ids[{at}]"), FieldCode::Conflict, "bank_id");
                                continue;
                            }
                            None => home.insert(managed(tx, &caller, read.bank_id, now).await?),
                        };
                        entries.push(Entry {
                            id: entry,
                            at: now,
                            actor: caller.actor(),
                            action: "question.group",
                            subject: format!("question:{id}"),
                            unit: Some(bank.unit_id),
                            data: json!({ "bank": bank.id, "before": read.group_key, "group": group }),
                            outcome: Outcome::Done,
                        });
                    }
                    fields.check()?;
                    store::regroup(tx, &ids, group.as_deref()).await?;
                    Ok::<_, BankError>(log::append_all(tx, entries).await?)
                })
            })
            .await?;
        Ok(store::summaries(self.core.db.read(), ids).await?)
    }

    /// Questions of a bank that say nearly the same and are not in one group yet: proposals for groups, the likest first.
    /// By a coordinator of its unit or above.
    pub async fn near_duplicates(&self, caller: &Caller, bank: BankId) -> Result<Vec<NearDuplicates>, BankError> {
        let conn = self.core.db.read();
        managed(conn, caller, bank, self.core.now()).await?;
        let mut rows = store::stems(conn, bank, MOST_STEMS).await?;
        rows.reverse();
        let _permit = self.files.acquire().await.expect("the semaphore is never closed");
        // Comparing many takes a processor for a while: where that stops nobody.
        let compared = tokio::task::spawn_blocking(move || {
            let found = {
                let stems: Vec<&str> = rows.iter().map(|row| stem_of(&row.search)).collect();
                clusters(stems.len(), &alike(&stems, MOST_PAIRS))
            };
            (rows, found)
        });
        let Ok((rows, found)) = compared.await else { return Ok(Vec::new()) };
        let mut proposed: Vec<(Vec<QuestionId>, u32, Option<String>)> = Vec::new();
        for (places, percent) in found {
            let members: Vec<_> = places.iter().filter_map(|place| rows.get(*place)).collect();
            let group = members.iter().find_map(|row| row.group.clone());
            if group.is_some() && members.iter().all(|row| row.group == group) {
                continue;
            }
            proposed.push((members.iter().map(|row| row.id).collect(), percent, group));
        }
        proposed.sort_by_key(|(ids, percent, _)| (std::cmp::Reverse(*percent), ids.first().copied()));
        let ids: Vec<QuestionId> = proposed.iter().flat_map(|(ids, ..)| ids.iter().copied()).collect();
        let shown = store::summaries(conn, &ids).await?;
        let shown: HashMap<QuestionId, QuestionSummary> = shown.into_iter().map(|q| (q.id, q)).collect();
        let whole = |(ids, percent, group): (Vec<QuestionId>, u32, Option<String>)| NearDuplicates {
            questions: ids.iter().filter_map(|id| shown.get(id).cloned()).collect(),
            percent,
            group,
        };
        Ok(proposed.into_iter().map(whole).collect())
    }
}
