//! What a programme asks of a person and of a unit, and whether it is met (`rates/1`).

use std::collections::HashMap;

use chrono::Datelike;
use entity::id::ProgrammeId;
use entity::instant::Day;
use entity::points::Hours;
use entity::study::credit::CreditBasis;
use entity::study::requirement::Per;
use entity::study::session::SessionKind;

use crate::tally::Figures;

/// So many sessions of a kind in the year, by a day of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// The kind of session.
    pub kind: SessionKind,
    /// How many since the year began.
    pub count: i32,
    /// Each person, or each unit.
    pub per: Per,
    /// The last day; the year's end if none.
    pub due_on: Option<Day>,
}

impl Requirement {
    /// How many months of the year it lasts.
    fn months(&self) -> u32 {
        self.due_on.map_or(12, |day| day.0.month())
    }

    /// How many are asked of somebody who is on the roster for part of the time.
    fn asked(&self, term: Term) -> i64 {
        match self.per {
            Per::Unit => i64::from(self.count),
            Per::Person => term.share(i64::from(self.count), self.months()),
        }
    }
}

/// The months of a year in which somebody's row of a roster is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term(u16);

impl Term {
    /// The whole year.
    pub const YEAR: Self = Self(0x0fff);
    /// No part of it.
    pub const NONE: Self = Self(0);

    /// The months of a year on some day of which a row is in force that begins and ends on these days; the last is the
    /// first on which it no longer is.
    #[must_use]
    pub fn of(year: i32, from_on: Option<Day>, to_on: Option<Day>) -> Self {
        let first = match from_on {
            Some(day) if day.year() > year => return Self::NONE,
            Some(day) if day.year() == year => day.0.month0(),
            _ => 0,
        };
        let last = match to_on.and_then(|day| day.0.pred_opt()) {
            Some(day) if day.year() < year => return Self::NONE,
            Some(day) if day.year() == year => day.month0(),
            _ => 11,
        };
        if from_on.zip(to_on).is_some_and(|(from, to)| to <= from) {
            return Self::NONE;
        }
        (first..=last).fold(Self::NONE, |term, month| Self(term.0 | 1 << month))
    }

    /// Together with another time on the same roster.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many months.
    #[must_use]
    pub fn months(self) -> u32 {
        self.0.count_ones()
    }

    /// The part of what is asked in the first months of the year that falls to this time, rounded half up.
    fn share(self, whole: i64, months: u32) -> i64 {
        let mine = (u32::from(self.0) & ((1 << months) - 1)).count_ones();
        let (mine, months) = (i64::from(mine), i64::from(months));
        (2 * whole * mine + months) / (2 * months)
    }
}

/// What else than a whole session earns its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreditRule {
    /// Leaving early does.
    pub left_early: bool,
    /// Sending somebody does.
    pub delegated: bool,
}

impl CreditRule {
    fn takes(self, basis: CreditBasis) -> bool {
        match basis {
            CreditBasis::Full => true,
            CreditBasis::LeftEarly => self.left_early,
            CreditBasis::Delegated => self.delegated,
        }
    }
}

/// All that a programme asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The year of the plan.
    pub year: i32,
    /// Hours in the year, whatever the kind of session.
    pub required_hours: Option<Hours>,
    /// Sessions by kind.
    pub requirements: Vec<Requirement>,
    /// What else earns hours.
    pub credits: CreditRule,
}

/// What a person earned at sessions of one kind that count alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earned {
    /// The kind of session.
    pub(super) kind: SessionKind,
    /// It counts toward this programme alone; toward all of the year if none.
    pub(super) programme_id: Option<ProgrammeId>,
    /// What it rests on.
    pub(super) basis: CreditBasis,
    /// How many sessions.
    pub(super) sessions: i64,
    /// How many hours, each counted once.
    pub(super) hours: Hours,
}

/// How many sessions of each kind count for a unit.
pub(super) type Held = HashMap<SessionKind, i64>;

/// What is known of somebody besides what they earned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The months for which they are on the roster.
    pub(super) term: Term,
    /// What counts for their unit, if a programme asks something of units.
    pub(super) held: Option<&'a Held>,
}

impl Place<'_> {
    fn held(self, kind: SessionKind) -> i64 {
        self.held.and_then(|held| held.get(&kind)).copied().unwrap_or_default()
    }
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

    /// Whether it asks anything of units.
    pub(super) fn asks_units(&self) -> bool {
        self.requirements.iter().any(|r| r.per == Per::Unit)
    }

    /// The part of what somebody earned in the year that counts toward this programme.
    pub(super) fn toward(&self, earned: &[Earned], programme: ProgrammeId) -> Vec<Earned> {
        let counts = |e: &&Earned| e.programme_id.is_none_or(|only| only == programme) && self.credits.takes(e.basis);
        earned.iter().filter(counts).copied().collect()
    }

    /// Hours that are asked of somebody who is on the roster for so long.
    pub(super) fn hours_of(&self, term: Term) -> Option<Hours> {
        self.required_hours.map(|hours| Hours(term.share(hours.0, 12)))
    }

    /// How somebody on its roster stands, who earned this toward it. A requirement is met when its number is reached,
    /// be it late; nothing due is met by everybody. What is asked of their unit is asked of them too. Whoever is on the
    /// roster for no month of the year owes nothing.
    pub(super) fn figures(&self, earned: &[Earned], place: Place<'_>, as_of: AsOf) -> Figures {
        if place.term == Term::NONE {
            return Figures::none();
        }
        let hours = self.hours_of(place.term).map(|owed| (None, earned_hours(earned) >= owed));
        let progress = self.progress(earned, place, as_of);
        let counts = progress.iter().map(|p| (p.requirement.due_on, p.met()));
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
    pub(super) fn progress(&self, earned: &[Earned], place: Place<'_>, as_of: AsOf) -> Vec<RequirementProgress> {
        let progress = |r: &Requirement| RequirementProgress {
            requirement: *r,
            asked: r.asked(place.term),
            done: match r.per {
                Per::Person => sessions_of(earned, r.kind),
                Per::Unit => place.held(r.kind),
            },
            due: self.is_due(r.due_on, as_of),
        };
        self.requirements.iter().map(progress).collect()
    }

    /// What is asked of a unit, with what counts for it.
    pub(super) fn of_unit(&self, held: &Held, as_of: AsOf) -> Vec<RequirementProgress> {
        let place = Place { term: Term::YEAR, held: Some(held) };
        self.progress(&[], place, as_of).into_iter().filter(|p| p.requirement.per == Per::Unit).collect()
    }
}

/// A requirement and how far somebody has come with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequirementProgress {
    /// What is asked in a whole year.
    pub requirement: Requirement,
    /// What is asked of somebody who is on the roster for part of it.
    pub asked: i64,
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
        (self.asked - self.done).max(0)
    }
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
    let same = |e: &&mut Earned| (e.kind, e.programme_id, e.basis) == (credit.kind, credit.programme_id, credit.basis);
    if let Some(of_kind) = rest.iter_mut().find(same) {
        of_kind.sessions -= credit.sessions;
        of_kind.hours = of_kind.hours - credit.hours;
    }
    rest
}

#[cfg(test)]
mod tests;
