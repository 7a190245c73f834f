//! Those who come to an exam's roster or leave it after it was frozen, because they moved.

use std::collections::{BTreeMap, HashMap};

use entity::exam::exam::{self, ExamStatus};
use entity::id::{ExamId, PersonId};
use entity::instant::Day;
use entity::org::roster_amendment::{self, Effect};
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;

use super::super::store;
use super::Exams;
use crate::db::Fault;
use crate::exam::outcome;
use crate::org::{self, ChangeKind, RosterMember};
use crate::tally::{self, Standing, Subject};

impl Exams {
    /// Takes up what was confirmed of the rosters of exams and holds from today on. What comes after an exam has closed
    /// changes nothing of it.
    pub(super) async fn take_up_amendments(&self) -> Result<(), Fault> {
        let today = self.core.today();
        for subject in org::due_amendments(self.core.db.read(), SubjectKind::Exam, today).await? {
            let id = ExamId(subject.0);
            self.core
                .db
                .tx("exam.take_up_amendments", |tx| {
                    Box::pin(async move {
                        match store::hold(tx, id).await? {
                            Some(row) => take_up(tx, &row, today).await,
                            None => Ok(()),
                        }
                    })
                })
                .await?;
        }
        Ok(())
    }
}

/// The exam must be held, so that nobody is put onto its roster or restated meanwhile.
async fn take_up(tx: &impl ConnectionTrait, row: &exam::Model, today: Day) -> Result<(), Fault> {
    let open = matches!(row.status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused);
    let effect = if open { Effect::Made } else { Effect::PassedOver };
    let due = org::effect_amendments(tx, row.id.into(), today, effect).await?;
    if !open {
        return Ok(());
    }
    // Of several changes of one person the last one says where they are now.
    let last: BTreeMap<PersonId, roster_amendment::Model> =
        due.into_iter().map(|made| (made.person_id, made)).collect();
    let people: Vec<PersonId> = last.keys().copied().collect();
    let subject = Subject { kind: SubjectKind::Exam, id: row.id.into() };
    tally::hold(tx, subject, Some(&people)).await?;
    let figures = outcome::figures_of(tx, row.id, &people).await?;
    let before = tally::standings(tx, subject, Some(&people)).await?;
    let before: HashMap<PersonId, Standing> = before.into_iter().map(|s| (s.person_id, s)).collect();
    let (mut same, mut new) = (HashMap::new(), Vec::new());
    for (person_id, made) in last {
        let figures = figures.get(&person_id).copied().unwrap_or_default();
        let (unit_id, categories) = (made.unit_id, made.categories.0);
        let now = Standing { person_id, unit_id, categories, figures };
        match (before.get(&person_id), made.kind) {
            (Some(before), ChangeKind::Joins) if before.unit_id != unit_id => tally::transfer(tx, subject, now).await?,
            (Some(_), _) => {
                same.insert(person_id, figures);
            }
            (None, ChangeKind::Joins) => {
                let (person_name, post) = (made.person_name, made.post);
                let categories = now.categories.clone();
                let member = RosterMember { person_id, person_name, unit_id, post, categories };
                org::freeze_members(tx, SubjectKind::Exam, row.id.into(), &[member], made.made_at).await?;
                new.push(now);
            }
            (None, ChangeKind::Leaves) => {}
        }
    }
    tally::restate(tx, subject, &same).await?;
    tally::owe(tx, subject, new).await
}
