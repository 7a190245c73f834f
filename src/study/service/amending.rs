//! Those who come to a programme's roster or leave it after it was frozen.

use std::collections::{BTreeSet, HashMap};

use entity::id::{PersonId, ProgrammeId};
use entity::instant::Day;
use entity::org::roster_row::SubjectKind;
use entity::study::programme::{self, ProgrammeStatus};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::model::{Amendment, subject_of};
use super::super::store::{self, Whose};
use super::standing::Ground;
use super::{Study, StudyError, WATCHERS, programme_subject};
use crate::auth::{Caller, Denied};
use crate::db::Fault;
use crate::kernel::field::{FieldCode, Fields};
use crate::log;
use crate::org::{self, Audience, ChangeKind, RosterMember};
use crate::tally::{self, Standing};
use crate::tree;

/// Brings the figures of a programme up to what was changed of its roster since they were stated. The programme must be
/// held.
async fn take_up(tx: &impl ConnectionTrait, row: &programme::Model, today: Day) -> Result<(), Fault> {
    let made = org::amendments(tx, row.id.into()).await?;
    let Some(newest) = made.last().map(|made| made.number).filter(|number| *number > row.amended_to) else {
        return Ok(());
    };
    let (subject, ground) = (subject_of(row.id), Ground::load(tx, row, today).await?);
    let people: BTreeSet<PersonId> =
        made.iter().filter(|made| made.number > row.amended_to).map(|made| made.person_id).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let earnings = store::earnings(tx, row.year, Whose::Among(&people)).await?;
    let known = tally::standings(tx, subject, Some(&people)).await?;
    let mut known: HashMap<PersonId, Standing> = known.into_iter().map(|s| (s.person_id, s)).collect();
    for person_id in people {
        let join = made.iter().rev().find(|m| m.person_id == person_id && m.kind == ChangeKind::Joins);
        let before = known.remove(&person_id);
        let unit = join.map(|join| join.unit_id).or_else(|| before.as_ref().map(|before| before.unit_id));
        let Some(unit_id) = unit else { continue };
        let figures = ground.figures(person_id, unit_id, earnings.get(&person_id));
        match (before, join) {
            (Some(before), Some(join)) if before.unit_id != unit_id => {
                let categories = join.categories.0.clone();
                tally::transfer(tx, subject, Standing { person_id, unit_id, categories, figures }).await?;
            }
            (Some(_), _) => tally::restate(tx, subject, &HashMap::from([(person_id, figures)])).await?,
            (None, Some(join)) => {
                let member = RosterMember {
                    person_id,
                    person_name: join.person_name.clone(),
                    unit_id,
                    post: join.post.clone(),
                    categories: join.categories.0.clone(),
                };
                let categories = member.categories.clone();
                org::freeze_members(tx, SubjectKind::Programme, row.id.into(), &[member], join.made_at).await?;
                tally::owe(tx, subject, vec![Standing { person_id, unit_id, categories, figures }]).await?;
            }
            (None, None) => {}
        }
    }
    store::set_amended(tx, row.id, newest).await
}

impl Study {
    /// Takes up what was changed of the rosters of programmes since their figures were stated.
    pub(super) async fn take_up_amendments(&self) -> Result<(), StudyError> {
        let (conn, today) = (self.core.db.read(), self.core.today());
        for (subject, newest) in org::newest_amendments(conn, SubjectKind::Programme).await? {
            let id = ProgrammeId(subject.0);
            let Some(row) = store::programme(conn, id).await?.filter(|row| row.amended_to < newest) else { continue };
            self.core
                .db
                .tx("study.take_up_amendments", |tx| {
                    let year = row.year;
                    Box::pin(async move {
                        let held = store::hold_programmes(tx, year).await?;
                        match held.into_iter().find(|row| row.id == id) {
                            Some(row) => Ok::<_, StudyError>(take_up(tx, &row, today).await?),
                            None => Ok(()),
                        }
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// Changes the roster of a published programme by hand: somebody comes to it or leaves it from a day on, with a reason.
    /// What is asked of them is prorated. By a coordinator of its unit.
    pub async fn amend_programme(
        &self,
        caller: &Caller,
        id: ProgrammeId,
        person: PersonId,
        (kind, on): (ChangeKind, Day),
        reason: &str,
    ) -> Result<(), StudyError> {
        let today = self.core.today();
        let row = self.managed_programme(caller, id).await?;
        if row.status != ProgrammeStatus::Published {
            return Err(StudyError::WrongState);
        }
        let mut fields = Fields::new();
        let one = Audience { person_ids: vec![person], ..Audience::default() };
        if self.org.check_audience(caller, &one).await.is_err() {
            fields.reject("person_id", FieldCode::UnknownReference);
        }
        if on.year() != row.year {
            fields.reject_with("effective_on", FieldCode::OutOfRange, format!("{0}-01-01–{0}-12-31", row.year));
        }
        fields.check()?;
        let data = json!({ "person": person, "kind": kind, "on": on, "reason": reason });
        let entry = self.entry(&caller.actor(), "study.amend_programme", programme_subject(id), row.unit_id, data);
        self.core
            .db
            .tx("study.amend_programme", |tx| {
                let (core, entry, reason, year) = (self.core.clone(), entry.clone(), reason.to_owned(), row.year);
                Box::pin(async move {
                    let held = store::hold_programmes(tx, year).await?;
                    let row = held.into_iter().find(|row| row.id == id).ok_or(Denied::NotFound)?;
                    let subject = (SubjectKind::Programme, id.into());
                    let made = org::amend_roster(tx, &core, subject, person, (kind, on), &reason).await?;
                    if row.status != ProgrammeStatus::Published || !made {
                        return Err(StudyError::WrongState);
                    }
                    take_up(tx, &row, today).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// What was changed of a programme's roster in the parts of the caller's units, in the order in which it was.
    pub async fn amendments(&self, caller: &Caller, id: ProgrammeId) -> Result<Vec<Amendment>, StudyError> {
        let conn = self.core.db.read();
        store::programme_within(conn, id, &self.programme_reach(caller)?).await?.ok_or(Denied::NotFound)?;
        let scope = caller.scope(WATCHERS, self.core.now())?;
        let mut amendments = Vec::new();
        for made in org::amendments(conn, id.into()).await? {
            if tree::is_within(conn, made.unit_id, &scope.0).await? {
                amendments.push(Amendment {
                    person_id: made.person_id,
                    person_name: made.person_name,
                    unit_id: made.unit_id,
                    kind: made.kind,
                    effective_on: made.from_on,
                    reason: made.reason,
                    proposed: made.change_id.is_some(),
                    made_at: made.made_at,
                });
            }
        }
        Ok(amendments)
    }
}
