//! What the story tells of an exam, and what its figures must be then.

use entity::id::{AttemptId, ExamId, LeaseId};
use kaofa::exam::RegradeAction;

/// What somebody chose of each of the four questions: an option, or none.
pub(super) type Answers = [Option<usize>; 4];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Running,
    HandedIn,
    Technical,
    Misconduct,
}

/// An attempt as the story knows it.
pub(super) struct Sat {
    pub(super) id: AttemptId,
    pub(super) lease: LeaseId,
    pub(super) person: usize,
    pub(super) seq: i64,
    pub(super) answers: Answers,
    pub(super) fate: Fate,
}

/// What was ruled about a question: the action, the option that goes with it, and whether nobody was to lose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruled(pub(super) usize, pub(super) RegradeAction, pub(super) usize, pub(super) bool);

/// An exam as the story knows it.
pub(super) struct Held {
    pub(super) id: ExamId,
    pub(super) latest: bool,
    pub(super) allowed: usize,
    pub(super) closed: bool,
    /// Who may sit it.
    pub(super) roster: Vec<usize>,
    pub(super) sat: Vec<Sat>,
    pub(super) ruled: Vec<Ruled>,
}

/// What was granted to somebody toward the main exam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Granted {
    Exempt { late: bool },
    Deferred,
}

pub(super) const PASS: i64 = 500;
pub(super) const EXCELLENT: i64 = 700;

impl Held {
    /// What an attempt is worth, question by question and ruling by ruling.
    pub(super) fn points(&self, answers: &Answers) -> i64 {
        let one = |question: usize| {
            let (mut keys, mut open, mut dropped) = (vec![question], false, false);
            let worth = |keys: &[usize], open: bool, dropped: bool| {
                let right = answers[question].is_some_and(|chosen| keys.contains(&chosen));
                if dropped || !(open || right) { 0 } else { 200 }
            };
            let mut had = worth(&keys, open, dropped);
            for Ruled(_, action, option, never_lower) in self.ruled.iter().filter(|r| r.0 == question) {
                match action {
                    RegradeAction::AlsoAccept if !open && !dropped => keys.push(*option),
                    RegradeAction::CorrectKey | RegradeAction::AlsoAccept => {
                        (keys, open, dropped) = (vec![*option], false, false);
                    }
                    RegradeAction::FullMarks => (open, dropped) = (true, false),
                    RegradeAction::DropItem => (open, dropped) = (false, true),
                }
                let now = worth(&keys, open, dropped);
                if now >= had || !never_lower {
                    had = now;
                }
            }
            had
        };
        (0..4).map(one).sum()
    }

    /// The points of the attempt that counts, none of one that was voided, and whether it is blank; nothing if none stands.
    pub(super) fn counts(&self, person: usize) -> Option<(Option<i64>, bool)> {
        let mut best: Option<(Option<i64>, bool)> = None;
        for sat in self.sat.iter().filter(|s| s.person == person) {
            let stands = match sat.fate {
                Fate::Running | Fate::Technical => continue,
                Fate::Misconduct => (None, false),
                Fate::HandedIn => (Some(self.points(&sat.answers)), sat.answers.iter().all(Option::is_none)),
            };
            if best.is_none_or(|known| self.latest || stands.0 > known.0) {
                best = Some(stands);
            }
        }
        best
    }

    pub(super) fn sittings(&self, person: usize) -> i64 {
        let stands = |s: &&Sat| s.person == person && matches!(s.fate, Fate::HandedIn | Fate::Misconduct);
        i64::try_from(self.sat.iter().filter(stands).count()).unwrap()
    }

    pub(super) fn reaches(&self, person: usize, line: i64) -> bool {
        self.counts(person).is_some_and(|(points, _)| points.is_some_and(|points| points >= line))
    }
}
