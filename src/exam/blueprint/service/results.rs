//! Who is to sit, how they have done, and what an official's own exams are.

use std::collections::HashMap;

use entity::exam::attempt::AttemptState;
use entity::exam::exam::{self, ExamStatus, Release};
use entity::id::{ExamId, PersonId, UnitId};
use entity::org::roster_row::SubjectKind;
use entity::points::Points;
use sea_orm::ConnectionTrait;

use super::super::model::{Candidate, ExamResults, OwnExam, OwnResult, ResultRow, ResultsSummary, SectionPlan};
use super::super::store::{Attempt, Part};
use super::super::{state, store};
use super::{ExamError, Exams, ROSTER_READERS};
use crate::auth::{Caller, Denied, READERS, authorise};
use crate::exam::outcome::{Member, Sitting, is_used};
use crate::kernel::page::{Page, PageRequest};
use crate::org::{RosterMember, roster, roster_count, roster_page, roster_size, rosters_of};

impl Exams {
    /// The candidates whose units on the roster the caller may read, of one unit with its subtree if asked, by unit. A
    /// liaison sees who has sat, never what it scored.
    pub async fn candidates(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
        page: &PageRequest,
    ) -> Result<Page<Candidate>, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let tops = tops(conn, caller, ROSTER_READERS, unit, now).await?;
        let row = self.seen(conn, caller, id).await?;
        let roster = roster_page(conn, id.into(), &tops, page).await?;
        let next_cursor = roster.next_cursor;
        Ok(Page { items: self.stand(conn, caller, &row, roster.items).await?, next_cursor })
    }

    /// One candidate whose unit on the roster the caller may read.
    pub async fn candidate(&self, caller: &Caller, id: ExamId, person: PersonId) -> Result<Candidate, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = self.seen(conn, caller, id).await?;
        let member = roster(conn, id.into(), Some(&[person])).await?.pop().ok_or(Denied::NotFound)?;
        authorise::<ExamError>(conn, caller, ROSTER_READERS, member.unit_id, now).await?;
        Ok(self.stand(conn, caller, &row, vec![member]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// How many people are on an exam's roster.
    pub async fn size(&self, id: ExamId) -> Result<u64, ExamError> {
        Ok(roster_count(self.core.db.read(), id.into()).await?)
    }

    /// How these people of a roster stand.
    async fn stand(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        row: &exam::Model,
        members: Vec<RosterMember>,
    ) -> Result<Vec<Candidate>, ExamError> {
        let id = row.id;
        let mut sat = self.sat(conn, id, &members).await?;
        let names = self.unit_names(&members).await?;
        let marks = row.status == ExamStatus::Released && caller.has(READERS, self.core.now());
        let member = member(row);
        let people: Vec<PersonId> = members.iter().map(|m| m.person_id).collect();
        let allowed = store::allowances_of(conn, &[id], &people).await?;
        let reads = caller.has(READERS, self.core.now());
        let seen = if reads { store::key_seers(conn, id).await? } else { HashMap::new() };
        let of = |m: RosterMember| {
            let attempts = sat.remove(&(m.person_id, id)).unwrap_or_default();
            let sittings = sittings(&attempts);
            let newest = attempts.last();
            Candidate {
                attempts: used(&attempts),
                attempt_id: newest.map(|a| a.id),
                state: newest.map(|a| a.sitting.state),
                void_kind: newest.and_then(|a| a.sitting.void_kind),
                allowed: allowed.get(&(m.person_id, id)).copied().unwrap_or_default(),
                saw_key: seen.get(&m.person_id).copied().filter(|at| newest.is_none_or(|a| *at < a.started_at)),
                points: member.counting(&sittings).filter(|_| marks).and_then(Sitting::earned),
                unit_name: names.get(&m.unit_id).cloned().unwrap_or_default(),
                person_id: m.person_id,
                person_name: m.person_name,
                unit_id: m.unit_id,
                post: m.post,
            }
        };
        Ok(members.into_iter().map(of).collect())
    }

    /// The results within the caller's reach, of one unit with its subtree if asked, by unit. Before the exam has closed
    /// only where candidates see theirs on handing in. For those who read figures; they need them to release.
    pub async fn results(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
        page: &PageRequest,
    ) -> Result<ExamResults, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let tops = tops(conn, caller, READERS, unit, now).await?;
        let row = self.seen(conn, caller, id).await?;
        let over = matches!(row.status, ExamStatus::Closed | ExamStatus::Released);
        if !over && row.release != Release::OnSubmit {
            return Err(ExamError::NotReleased);
        }
        let member = member(&row);
        let summary = summary(conn, &member, &tops).await?;
        let roster = roster_page(conn, id.into(), &tops, page).await?;
        let mut sat = self.sat(conn, id, &roster.items).await?;
        let names = self.unit_names(&roster.items).await?;
        let page = roster.map(|m| {
            let attempts = sat.remove(&(m.person_id, id)).unwrap_or_default();
            let unit_name = names.get(&m.unit_id).cloned().unwrap_or_default();
            result(&member, m, unit_name, &attempts)
        });
        Ok(ExamResults { summary, page })
    }

    /// The exams on whose rosters the caller stands, the newest opening first.
    pub async fn my_exams(&self, caller: &Caller) -> Result<Vec<OwnExam>, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let Ok(person) = caller.person() else { return Ok(Vec::new()) };
        let subjects = rosters_of(conn, SubjectKind::Exam, person).await?;
        let ids: Vec<ExamId> = subjects.into_iter().map(|id| ExamId(id.0)).collect();
        let mut rows = store::exams(conn, &ids).await?;
        rows.sort_by_key(|row| (std::cmp::Reverse(row.opens_at), row.id));
        let sections = store::sections(conn, &ids).await?;
        let mut sat = store::sittings(conn, Part::Person(person, &ids)).await?;
        let allowed = store::allowances_of(conn, &ids, &[person]).await?;
        let own = |row: exam::Model| {
            let attempts = sat.remove(&(person, row.id)).unwrap_or_default();
            let counting = counting(&member(&row), &attempts);
            let seen = state::shows_results(row.status, row.release);
            let result = counting.filter(|_| seen).and_then(|a| {
                let passed = a.sitting.reaches(row.pass_points)?;
                Some(OwnResult { attempt_id: a.id, points: a.sitting.earned().unwrap_or(Points(0)), passed })
            });
            let max_points = sections.get(&row.id).into_iter().flatten().map(SectionPlan::points).sum();
            let allowed = allowed.get(&(person, row.id)).copied().unwrap_or_default();
            OwnExam {
                max_points,
                attempts_left: (row.attempts_allowed + allowed.attempts - used(&attempts)).max(0),
                schedule: store::schedule(&row),
                allowed,
                running: attempts.iter().find(|a| a.sitting.state == AttemptState::Running).map(|a| a.id),
                state: attempts.last().map(|a| a.sitting.state),
                result,
                exam: store::brief_of(row, now),
            }
        };
        Ok(rows.into_iter().map(own).collect())
    }

    async fn sat(
        &self,
        conn: &impl ConnectionTrait,
        exam: ExamId,
        roster: &[RosterMember],
    ) -> Result<HashMap<(PersonId, ExamId), Vec<Attempt>>, ExamError> {
        let people: Vec<PersonId> = roster.iter().map(|m| m.person_id).collect();
        Ok(store::sittings(conn, Part::People(exam, &people)).await?)
    }

    async fn unit_names(&self, roster: &[RosterMember]) -> Result<HashMap<UnitId, String>, ExamError> {
        let units: Vec<UnitId> = roster.iter().map(|m| m.unit_id).collect();
        Ok(self.org.unit_names(&units).await?)
    }
}

/// The subtrees whose part of a roster is asked for: those of the caller's roles, or the unit's if it lies within them.
async fn tops(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    roles: &[entity::auth::grant::Role],
    unit: Option<UnitId>,
    now: entity::instant::Instant,
) -> Result<Vec<UnitId>, ExamError> {
    match unit {
        None => Ok(caller.scope(roles, now)?.0),
        Some(unit) => {
            authorise::<ExamError>(conn, caller, roles, unit, now).await?;
            Ok(vec![unit])
        }
    }
}

fn member(row: &exam::Model) -> Member {
    Member {
        id: row.id,
        status: row.status,
        scoring: row.attempt_scoring,
        pass: row.pass_points,
        excellence: row.excellence_points,
    }
}

fn sittings(attempts: &[Attempt]) -> Vec<Sitting> {
    attempts.iter().map(|a| a.sitting.clone()).collect()
}

/// The attempt that counts.
fn counting<'a>(member: &Member, attempts: &'a [Attempt]) -> Option<&'a Attempt> {
    let sittings = sittings(attempts);
    let number = member.counting(&sittings)?.number;
    attempts.iter().find(|a| a.sitting.number == number)
}

/// How many of the allowed attempts are used: one that was voided for a technical reason is given back.
fn used(attempts: &[Attempt]) -> i32 {
    let used = attempts.iter().filter(|a| is_used(a.sitting.void_kind)).count();
    i32::try_from(used).unwrap_or(i32::MAX)
}

fn result(member: &Member, person: RosterMember, unit_name: String, attempts: &[Attempt]) -> ResultRow {
    let counting = counting(member, attempts);
    let passed = counting.and_then(|a| a.sitting.reaches(member.pass));
    ResultRow {
        person_id: person.person_id,
        person_name: person.person_name,
        unit_id: person.unit_id,
        unit_name,
        sittings: count(attempts.iter().filter(|a| a.sitting.stands())),
        attempt_id: counting.map(|a| a.id),
        submitted_at: counting.and_then(|a| a.submitted_at),
        points: counting.and_then(|a| a.sitting.earned()).or(passed.map(|_| Points(0))),
        passed,
    }
}

/// Everybody's results in these subtrees together.
async fn summary(conn: &impl ConnectionTrait, member: &Member, tops: &[UnitId]) -> Result<ResultsSummary, ExamError> {
    let on_roster = roster_size(conn, member.id.into(), tops).await?;
    let mut sum = ResultsSummary { on_roster, ..ResultsSummary::default() };
    for attempts in store::sittings(conn, Part::Units(member.id, tops)).await?.values() {
        let Some(counting) = counting(member, attempts) else { continue };
        let reaches = |line: Points| counting.sitting.reaches(line).unwrap_or(false);
        sum.sat += 1;
        sum.passed += u64::from(reaches(member.pass));
        sum.excellent += u64::from(member.excellence.is_some_and(reaches));
        sum.blank += u64::from(counting.sitting.is_blank());
        sum.sittings += count(attempts.iter().filter(|a| a.sitting.stands()));
    }
    Ok(sum)
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
