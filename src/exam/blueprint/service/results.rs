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
use crate::auth::{Caller, READERS, authorise};
use crate::exam::outcome::{Member, Sitting};
use crate::kernel::page::{Page, PageRequest};
use crate::org::{RosterMember, roster_page, roster_size, rosters_of};

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
        let mut sat = self.sat(conn, id, &roster.items).await?;
        let names = self.unit_names(&roster.items).await?;
        let marks = row.status == ExamStatus::Released && caller.has(READERS, now);
        let member = member(&row);
        Ok(roster.map(|m| {
            let attempts = sat.remove(&(m.person_id, id)).unwrap_or_default();
            let sittings = sittings(&attempts);
            Candidate {
                attempts: used(&attempts),
                state: attempts.last().map(|a| a.sitting.state),
                points: member.counting(&sittings).filter(|_| marks).and_then(|s| s.points),
                unit_name: names.get(&m.unit_id).cloned().unwrap_or_default(),
                person_id: m.person_id,
                person_name: m.person_name,
                unit_id: m.unit_id,
                post: m.post,
            }
        }))
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
        let own = |row: exam::Model| {
            let attempts = sat.remove(&(person, row.id)).unwrap_or_default();
            let counting = counting(&member(&row), &attempts);
            let seen = state::shows_results(row.status, row.release);
            let result = counting.filter(|_| seen).and_then(|a| {
                let points = a.sitting.points?;
                Some(OwnResult { attempt_id: a.id, points, passed: points >= row.pass_points })
            });
            let max_points = sections.get(&row.id).into_iter().flatten().map(SectionPlan::points).sum();
            OwnExam {
                max_points,
                attempts_left: (row.attempts_allowed - used(&attempts)).max(0),
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

/// How many of the allowed attempts are used: a voided one is given back.
fn used(attempts: &[Attempt]) -> i32 {
    let used = attempts.iter().filter(|a| a.sitting.state != AttemptState::Voided).count();
    i32::try_from(used).unwrap_or(i32::MAX)
}

fn result(member: &Member, person: RosterMember, unit_name: String, attempts: &[Attempt]) -> ResultRow {
    let counting = counting(member, attempts);
    let points: Option<Points> = counting.and_then(|a| a.sitting.points);
    ResultRow {
        person_id: person.person_id,
        person_name: person.person_name,
        unit_id: person.unit_id,
        unit_name,
        sittings: count(attempts.iter().filter(|a| a.sitting.stands())),
        attempt_id: counting.map(|a| a.id),
        submitted_at: counting.and_then(|a| a.submitted_at),
        passed: points.map(|points| points >= member.pass),
        points,
    }
}

/// Everybody's results in these subtrees together.
async fn summary(conn: &impl ConnectionTrait, member: &Member, tops: &[UnitId]) -> Result<ResultsSummary, ExamError> {
    let on_roster = roster_size(conn, member.id.into(), tops).await?;
    let mut sum = ResultsSummary { on_roster, ..ResultsSummary::default() };
    for attempts in store::sittings(conn, Part::Units(member.id, tops)).await?.values() {
        let Some(counting) = counting(member, attempts) else { continue };
        let reaches = |line: Points| counting.sitting.points.is_some_and(|points| points >= line);
        sum.sat += 1;
        sum.passed += u64::from(reaches(member.pass));
        sum.excellent += u64::from(member.excellence.is_some_and(reaches));
        sum.blank += u64::from(counting.sitting.answered == 0);
        sum.sittings += count(attempts.iter().filter(|a| a.sitting.stands()));
    }
    Ok(sum)
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
