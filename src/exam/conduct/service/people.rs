//! Acts that concern candidates: more time, admission by name, late additions.

use std::collections::HashSet;

use entity::exam::amendment::AmendmentKind;
use entity::exam::exam::{self, ExamStatus};
use entity::id::{ExamId, PersonId};
use entity::instant::Millis;
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::model::{Allowed, CandidateChange, Extended, ExtensionInput, Reason, Whom, read_people, read_reason};
use super::super::store::{self, Running};
use super::{Act, BEFORE_THE_END, Concerns, Conduct, ExamError};
use crate::auth::{Caller, Denied, MANAGERS};
use crate::db::Fault;
use crate::exam::blueprint::times;
use crate::exam::outcome;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::{Audience, RosterMember, freeze_members, preview, roster, roster_people};
use crate::tally::{self, Standing, Subject};
use crate::tree;

impl Conduct {
    /// Gives candidates more time while the exam runs: everybody, those of a unit with its subtree, or some. Whoever sits
    /// has it at once, whoever starts later from the beginning.
    pub async fn extend(&self, caller: &Caller, id: ExamId, input: &ExtensionInput) -> Result<Extended, ExamError> {
        let mut fields = Fields::new();
        let read = input.read(&mut fields);
        let (whom, seconds, reason) = fields.finish(Some(read))?;
        let act = self.act(id, AmendmentKind::Extension, "exam.extend", reason);
        self.core
            .db
            .tx("exam.extend", |tx| {
                let (this, caller, act, whom) = (self.clone(), caller.clone(), act.clone(), whom.clone());
                Box::pin(async move {
                    let wanted = [ExamStatus::Open, ExamStatus::Paused];
                    let row = this.held(tx, &caller, &act, &wanted).await?;
                    let people = this.meant(tx, &caller, id, &whom, &act).await?;
                    store::extend(tx, id, &people, seconds).await?;
                    let by = Millis::seconds(seconds);
                    let meant: HashSet<PersonId> = people.iter().copied().collect();
                    let longer = |r: Running| Running { extra_ms: r.extra_ms + by.0, ..r.at(r.times().extended(by)) };
                    let sitting = store::running(tx, id, Some(&meant)).await?;
                    let sitting: Vec<Running> = sitting.into_iter().map(longer).collect();
                    store::retime(tx, &sitting).await?;
                    let data = json!({ "seconds": seconds, "people": people.len(), "running": sitting.len() });
                    match &whom {
                        Whom::Everybody => this.keep(tx, &caller, &act, &row, Concerns::default(), data).await?,
                        Whom::Unit(unit) => {
                            let concerns = Concerns { unit: Some(*unit), person: None };
                            this.keep(tx, &caller, &act, &row, concerns, data).await?;
                        }
                        // A line for each, so that each sees their own.
                        Whom::People(people) => {
                            let data = json!({ "seconds": seconds });
                            this.keep_each(tx, &caller, &act, &row, people, &data).await?;
                        }
                    }
                    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
                    Ok(Extended { people: count(people.len()), running: count(sitting.len()) })
                })
            })
            .await
    }

    /// The candidates who are meant.
    async fn meant(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
        whom: &Whom,
        act: &Act,
    ) -> Result<Vec<PersonId>, ExamError> {
        let unknown = |field: &str| ExamError::Invalid(Invalid::one(field, FieldCode::UnknownReference));
        match whom {
            Whom::Everybody => Ok(roster_people(tx, id.into(), None).await?),
            Whom::Unit(unit) => {
                // One within the caller's reach, with candidates.
                let scope = caller.scope(MANAGERS, act.now)?;
                let people = if tree::is_within(tx, *unit, &scope.0).await? {
                    roster_people(tx, id.into(), Some(&[*unit])).await?
                } else {
                    Vec::new()
                };
                if people.is_empty() { Err(unknown("scope.unit_id")) } else { Ok(people) }
            }
            Whom::People(people) => {
                self.on_roster(tx, id, people, "scope.person_ids").await?;
                Ok(people.clone())
            }
        }
    }

    /// Ok if all of these people are candidates; who is not is named by place.
    async fn on_roster(
        &self,
        tx: &impl ConnectionTrait,
        id: ExamId,
        people: &[PersonId],
        field: &str,
    ) -> Result<(), ExamError> {
        let found = roster(tx, id.into(), Some(people)).await?;
        let found: HashSet<PersonId> = found.into_iter().map(|m| m.person_id).collect();
        let mut fields = Fields::new();
        for (at, person) in people.iter().enumerate() {
            if !found.contains(person) {
                fields.reject(format!("{field}[{at}]"), FieldCode::UnknownReference);
            }
        }
        Ok(fields.check()?)
    }

    /// Keeps an act once for each of these people.
    async fn keep_each(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        act: &Act,
        row: &exam::Model,
        people: &[PersonId],
        data: &serde_json::Value,
    ) -> Result<(), ExamError> {
        for person in people {
            let ids = [self.core.uuid(), self.core.uuid(), self.core.uuid(), self.core.uuid()];
            let act = Act { ids, ..act.clone() };
            let concerns = Concerns { person: Some(*person), unit: None };
            self.keep(tx, caller, &act, row, concerns, data.clone()).await?;
        }
        Ok(())
    }

    /// Changes what one candidate is allowed: extra time, extra attempts, a later start. An attempt that runs never has
    /// less time than before.
    pub async fn allow(
        &self,
        caller: &Caller,
        id: ExamId,
        person: PersonId,
        change: &CandidateChange,
    ) -> Result<(), ExamError> {
        let mut fields = Fields::new();
        let reason = read_reason(&mut fields, &change.reason);
        let unreadable = fields.check().err();
        let act = self.act(id, AmendmentKind::Candidate, "exam.allow", reason);
        self.core
            .db
            .tx("exam.allow", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                let (change, unreadable) = (change.clone(), unreadable.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, BEFORE_THE_END).await?;
                    if roster(tx, id.into(), Some(&[person])).await?.is_empty() {
                        return Err(Denied::NotFound.into());
                    }
                    let (before, mut fields) = (store::allowed(tx, id, person).await?, Fields::new());
                    let after = change.over(before, &times(&row), &mut fields);
                    if let Some(invalid) = unreadable {
                        fields.absorb(invalid);
                    }
                    fields.check()?;
                    store::allow(tx, id, person, after).await?;
                    let extra = Millis::seconds(after.extra_seconds);
                    let only = HashSet::from([person]);
                    let sitting = store::running(tx, id, Some(&only)).await?.into_iter();
                    let longer = |r: Running| {
                        let more = Millis((extra.0 - r.extra_ms).max(0));
                        Running { extra_ms: r.extra_ms + more.0, ..r.at(r.times().extended(more)) }
                    };
                    let sitting: Vec<Running> = sitting.map(longer).collect();
                    store::retime(tx, &sitting).await?;
                    let data = json!({ "before": told(before), "after": told(after) });
                    let concerns = Concerns { person: Some(person), unit: None };
                    this.keep(tx, &caller, &act, &row, concerns, data).await
                })
            })
            .await
    }

    /// Puts people onto the roster of a sealed exam, as they stand today; they are expected from now on. Of a make-up only
    /// those who have not passed the main exam. Gives how many.
    pub async fn add(
        &self,
        caller: &Caller,
        id: ExamId,
        person_ids: &[String],
        reason: &str,
    ) -> Result<usize, ExamError> {
        self.exams.managed(self.core.db.read(), caller, id).await?;
        let mut fields = Fields::new();
        let people = read_people(&mut fields, "person_ids", person_ids);
        if person_ids.is_empty() {
            fields.reject("person_ids", FieldCode::Required);
        }
        let reason: Reason = read_reason(&mut fields, reason);
        fields.check()?;
        let audience = Audience { person_ids: people.clone(), ..Audience::default() };
        self.org.check_audience(caller, &audience).await.map_err(|error| renamed(error.into()))?;
        let act = self.act(id, AmendmentKind::Addition, "exam.add_candidate", reason);
        self.core
            .db
            .tx("exam.add_candidate", |tx| {
                let (this, caller, act) = (self.clone(), caller.clone(), act.clone());
                let (people, audience) = (people.clone(), audience.clone());
                Box::pin(async move {
                    let row = this.held(tx, &caller, &act, BEFORE_THE_END).await?;
                    if row.closed_at.is_some() {
                        return Err(ExamError::WrongState(row.status));
                    }
                    let members = preview(tx, &audience, this.core.today()).await?;
                    this.check_late(tx, &row, &people, &members).await?;
                    freeze_members(tx, SubjectKind::Exam, id.into(), &members, act.now).await?;
                    owe(tx, id, row.makes_up_exam_id, members).await?;
                    this.keep_each(tx, &caller, &act, &row, &people, &json!({})).await?;
                    Ok(people.len())
                })
            })
            .await
    }

    /// Each of these can be added: in post today, not on the roster yet, and for a make-up somebody who has yet to pass.
    async fn check_late(
        &self,
        tx: &impl ConnectionTrait,
        row: &exam::Model,
        people: &[PersonId],
        members: &[RosterMember],
    ) -> Result<(), ExamError> {
        let there = roster(tx, row.id.into(), Some(people)).await?;
        let there: HashSet<PersonId> = there.into_iter().map(|m| m.person_id).collect();
        let in_post: HashSet<PersonId> = members.iter().map(|m| m.person_id).collect();
        let to_pass: Option<HashSet<PersonId>> = match row.makes_up_exam_id {
            None => None,
            Some(main) => {
                let subject = Subject { kind: SubjectKind::Exam, id: main.into() };
                let standings = tally::standings(tx, subject, Some(people)).await?.into_iter();
                let open = standings.filter(|s| s.figures.expected == 1 && s.figures.passed == 0);
                Some(open.map(|s| s.person_id).collect())
            }
        };
        let mut fields = Fields::new();
        for (at, person) in people.iter().enumerate() {
            let field = format!("person_ids[{at}]");
            if there.contains(person) {
                fields.reject(field, FieldCode::Duplicate);
            } else if !in_post.contains(person) {
                fields.reject(field, FieldCode::UnknownReference);
            } else if to_pass.as_ref().is_some_and(|open| !open.contains(person)) {
                fields.reject(field, FieldCode::Conflict);
            }
        }
        Ok(fields.check()?)
    }
}

/// What late candidates owe: of a main exam to it, of a make-up to the main exam, as before.
async fn owe(
    tx: &impl ConnectionTrait,
    id: ExamId,
    makes_up: Option<ExamId>,
    members: Vec<RosterMember>,
) -> Result<(), Fault> {
    let people: Vec<PersonId> = members.iter().map(|m| m.person_id).collect();
    if makes_up.is_some() {
        return outcome::restate(tx, id, &people).await;
    }
    let figures = outcome::figures_of(tx, id, &people).await?;
    let standing = |m: RosterMember| {
        let figures = figures.get(&m.person_id).copied().unwrap_or_default();
        Standing { person_id: m.person_id, unit_id: m.unit_id, categories: m.categories, figures }
    };
    let subject = Subject { kind: SubjectKind::Exam, id: id.into() };
    tally::owe(tx, subject, members.into_iter().map(standing).collect()).await
}

/// The fields of an audience under the names that they have here.
fn renamed(error: ExamError) -> ExamError {
    match error {
        ExamError::Invalid(Invalid(mut errors)) => {
            for error in &mut errors {
                error.field = error.field.replace("audience.", "");
            }
            ExamError::Invalid(Invalid(errors))
        }
        other => other,
    }
}

/// An allowance, as the log keeps it.
fn told(allowed: Allowed) -> serde_json::Value {
    json!({
        "extra_seconds": allowed.extra_seconds,
        "extra_attempts": allowed.extra_attempts,
        "admit_until": allowed.admit_until,
    })
}
