//! What a programme asks of a person, and whether their credits meet it (`rates/1`).

use entity::id::ProgrammeId;
use entity::instant::Day;
use entity::points::Hours;
use entity::study::session::SessionKind;

use crate::tally::Figures;

/// So many sessions of a kind in the year, by a day of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// The kind of session.
    pub kind: SessionKind,
    /// How many since the year began.
    pub count: i32,
    /// The last day; the year's end if none.
    pub due_on: Option<Day>,
}

/// All that a programme asks of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The year of the plan.
    pub year: i32,
    /// Hours in the year, whatever the kind of session.
    pub required_hours: Option<Hours>,
    /// Sessions by kind.
    pub requirements: Vec<Requirement>,
}

/// What a person earned at sessions of one kind that count alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earned {
    /// The kind of session.
    pub(super) kind: SessionKind,
    /// It counts toward this programme alone; toward all of the year if none.
    pub(super) programme_id: Option<ProgrammeId>,
    /// How many sessions.
    pub(super) sessions: i64,
    /// How many hours, each counted once.
    pub(super) hours: Hours,
}

/// Up to when a programme's requirements are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// While it runs: what was due before this day.
    Day(Day),
    /// Closed: all of it is due.
    End,
}

impl Plan {
    fn is_due(&self, due_on: Option<Day>, as_of: AsOf) -> bool {
        match (as_of, due_on) {
            (AsOf::End, _) => true,
            (AsOf::Day(today), Some(due)) => due < today,
            (AsOf::Day(today), None) => self.year < today.year(),
        }
    }

    /// Whether something came due after `since`, a day on which it was stated who has met what is due.
    pub(super) fn came_due(&self, since: Day, today: Day) -> bool {
        let hours = self.required_hours.map(|_| None);
        let dues = self.requirements.iter().map(|r| r.due_on).chain(hours);
        let (before, now) = (AsOf::Day(since), AsOf::Day(today));
        dues.into_iter().any(|due| self.is_due(due, now) != self.is_due(due, before))
    }

    /// How somebody on its roster stands, who earned this toward it. A requirement is met when its number is reached,
    /// be it late; nothing due is met by everybody.
    pub(super) fn figures(&self, earned: &[Earned], as_of: AsOf) -> Figures {
        let hours = self.required_hours.map(|owed| (None, earned_hours(earned) >= owed));
        let counts = self.requirements.iter().map(|r| (r.due_on, sessions_of(earned, r.kind) >= i64::from(r.count)));
        let (mut completed, mut completed_due) = (true, true);
        for (due_on, met) in hours.into_iter().chain(counts) {
            completed &= met;
            completed_due &= met || !self.is_due(due_on, as_of);
        }
        Figures {
            on_roster: 1,
            expected: 1,
            participated: i64::from(earned.iter().any(|e| e.sessions > 0)),
            completed: i64::from(completed),
            completed_due: i64::from(completed_due),
            ..Figures::none()
        }
    }

    /// Each requirement with what was done of it and whether it is due.
    pub(super) fn progress(&self, earned: &[Earned], as_of: AsOf) -> Vec<RequirementProgress> {
        let progress = |r: &Requirement| RequirementProgress {
            requirement: *r,
            done: sessions_of(earned, r.kind),
            due: self.is_due(r.due_on, as_of),
        };
        self.requirements.iter().map(progress).collect()
    }
}

/// A requirement and how far somebody has come with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequirementProgress {
    /// What is asked.
    pub requirement: Requirement,
    /// How many sessions of the kind were credited.
    pub done: i64,
    /// Whether its last day has passed.
    pub due: bool,
}

impl RequirementProgress {
    /// Whether it is met.
    #[must_use]
    pub fn met(&self) -> bool {
        self.lacking() == 0
    }

    /// How many sessions are lacking.
    #[must_use]
    pub fn lacking(&self) -> i64 {
        (i64::from(self.requirement.count) - self.done).max(0)
    }
}

/// The part of what somebody earned in a year that counts toward one of its programmes.
pub(super) fn toward(earned: &[Earned], programme: ProgrammeId) -> Vec<Earned> {
    earned.iter().filter(|e| e.programme_id.is_none_or(|only| only == programme)).copied().collect()
}

/// The hours in all.
pub(super) fn earned_hours(earned: &[Earned]) -> Hours {
    earned.iter().map(|e| e.hours).sum()
}

fn sessions_of(earned: &[Earned], kind: SessionKind) -> i64 {
    earned.iter().filter(|e| e.kind == kind).map(|e| e.sessions).sum()
}

/// The same without one session's credit.
pub(super) fn without(earned: &[Earned], credit: &Earned) -> Vec<Earned> {
    let mut rest = earned.to_vec();
    let same = |e: &&mut Earned| e.kind == credit.kind && e.programme_id == credit.programme_id;
    if let Some(of_kind) = rest.iter_mut().find(same) {
        of_kind.sessions -= credit.sessions;
        of_kind.hours = of_kind.hours - credit.hours;
    }
    rest
}

/// The same with one session's credit.
pub(super) fn with(earned: &[Earned], credit: &Earned) -> Vec<Earned> {
    earned.iter().chain([credit]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn earned(kind: SessionKind, sessions: i64, hours: i64) -> Earned {
        Earned { kind, programme_id: None, sessions, hours: Hours::whole(hours) }
    }

    fn plan() -> Plan {
        let requirement = |kind, count, due_on: Option<&str>| Requirement { kind, count, due_on: due_on.map(day) };
        Plan {
            year: 2026,
            required_hours: Some(Hours::whole(10)),
            requirements: vec![
                requirement(SessionKind::CollectiveStudy, 2, Some("2026-06-30")),
                requirement(SessionKind::CourtHearing, 1, None),
            ],
        }
    }

    fn stands(earned: &[Earned], as_of: AsOf) -> (i64, i64, i64) {
        let f = plan().figures(earned, as_of);
        assert_eq!((f.on_roster, f.expected, f.sat), (1, 1, 0));
        (f.participated, f.completed, f.completed_due)
    }

    #[test]
    fn nobody_is_behind_before_something_is_due() {
        assert_eq!(stands(&[], AsOf::Day(day("2026-06-30"))), (0, 0, 1), "the last day is still a day");
        assert_eq!(stands(&[], AsOf::Day(day("2026-07-01"))), (0, 0, 0));
    }

    #[test]
    fn due_and_met_are_told_apart() {
        let half = [earned(SessionKind::CollectiveStudy, 2, 4)];
        assert_eq!(stands(&half, AsOf::Day(day("2026-12-31"))), (1, 0, 1));
        assert_eq!(stands(&half, AsOf::Day(day("2027-01-01"))), (1, 0, 0), "the year has ended");
        assert_eq!(stands(&half, AsOf::End), (1, 0, 0), "closed before its end");
        let all = [half[0], earned(SessionKind::CourtHearing, 1, 6)];
        assert_eq!(stands(&all, AsOf::End), (1, 1, 1));
        let few_hours = [half[0], earned(SessionKind::CourtHearing, 1, 5)];
        assert_eq!(stands(&few_hours, AsOf::End), (1, 0, 0));
    }

    #[test]
    fn something_comes_due_on_the_day_after() {
        let plan = plan();
        assert!(!plan.came_due(day("2026-06-01"), day("2026-06-30")));
        assert!(plan.came_due(day("2026-06-30"), day("2026-07-01")));
        assert!(!plan.came_due(day("2026-07-01"), day("2026-12-31")));
        assert!(plan.came_due(day("2026-12-31"), day("2027-01-01")));
    }

    #[test]
    fn a_session_may_count_toward_one_programme_alone() {
        let (mine, other) = (ProgrammeId(Uuid::from_u128(1)), ProgrammeId(Uuid::from_u128(2)));
        let free = earned(SessionKind::Seminar, 1, 2);
        let bound = Earned { programme_id: Some(other), ..earned(SessionKind::Seminar, 1, 3) };
        assert_eq!(toward(&[free, bound], mine), [free]);
        assert_eq!(earned_hours(&toward(&[free, bound], other)), Hours::whole(5));
    }

    #[test]
    fn a_credit_is_taken_away_and_given_back() {
        let credit = earned(SessionKind::Seminar, 1, 2);
        let all = [earned(SessionKind::Seminar, 1, 2), earned(SessionKind::Training, 1, 8)];
        let rest = without(&all, &credit);
        assert_eq!((sessions_of(&rest, SessionKind::Seminar), earned_hours(&rest)), (0, Hours::whole(8)));
        assert_eq!(plan().figures(&without(&[credit], &credit), AsOf::End).participated, 0);
        assert_eq!(earned_hours(&with(&rest, &credit)), Hours::whole(10));
    }
}
