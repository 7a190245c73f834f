//! The exam: waiting room and exam room. The room itself is a program of the browser that speaks to the API.

use askama::Template;
use entity::exam::section::Scoring;
use entity::id::ExamId;
use entity::instant::Instant;
use serde_json::{Map, Value, json};

use super::amendments::Line;
use crate::exam::clock::{self, Allowance, Schedule};
use crate::exam::{ExamStatus, OwnExam};
use crate::web::view::{Plain, View};

/// What somebody meets who would enter now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Entry {
    /// It has not opened yet.
    NotYet,
    /// The whole time is left.
    Full,
    /// The exam closes before the whole time is over: so many seconds are left.
    Short(i64),
    /// The clock is stopped.
    Paused,
    /// It is too late to enter.
    TooLate,
    /// An attempt is running already, for so many seconds more.
    Running(i64),
    /// Every attempt is used.
    NoneLeft,
}

/// The times that decide on entering.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Times {
    /// The schedule, with the pauses so far.
    pub(in crate::web) schedule: Schedule,
    /// What the candidate is allowed beyond it.
    pub(in crate::web) allowed: Allowance,
    /// The clock is stopped.
    pub(in crate::web) paused: bool,
    /// Nobody enters any more, whatever the schedule says.
    pub(in crate::web) over: bool,
    /// The deadline of the attempt that is running.
    pub(in crate::web) running_until: Option<Instant>,
}

impl Times {
    /// As they are for a candidate without an attempt that is running.
    pub(in crate::web) fn of(own: &OwnExam) -> Self {
        Self {
            schedule: own.schedule,
            allowed: own.allowed,
            paused: own.exam.status == ExamStatus::Paused,
            over: matches!(own.exam.status, ExamStatus::Closed | ExamStatus::Released),
            running_until: None,
        }
    }

    /// From when it can be started.
    pub(in crate::web) fn opens_at(&self) -> Instant {
        self.schedule.opens_at
    }

    /// Nobody sits past this moment, but for pauses.
    pub(in crate::web) fn closes_at(&self) -> Instant {
        self.schedule.closes_at + self.allowed.extra
    }

    /// The latest start, where it is not the closing.
    pub(in crate::web) fn latest_start(&self) -> Option<Instant> {
        self.schedule.latest().map(|latest| latest.max(self.allowed.admit_until.unwrap_or(latest)))
    }

    /// How long the candidate has, extra time included.
    pub(in crate::web) fn duration_seconds(&self) -> i64 {
        (self.schedule.duration.0 + self.allowed.extra.0) / 1000
    }

    /// What entering at that moment means.
    pub(in crate::web) fn entry(&self, now: Instant) -> Entry {
        if let Some(until) = self.running_until.filter(|until| self.paused || now < *until) {
            return Entry::Running((until - now).0 / 1000);
        }
        if self.over {
            return Entry::TooLate;
        }
        match self.schedule.entry(now, &self.allowed) {
            clock::Entry::Early => Entry::NotYet,
            _ if self.paused => Entry::Paused,
            clock::Entry::Late => Entry::TooLate,
            clock::Entry::Open => {
                let left = (self.schedule.times(now, self.allowed.extra).deadline - now).0 / 1000;
                if left < self.duration_seconds() { Entry::Short(left) } else { Entry::Full }
            }
        }
    }

    /// Whoever enters up to this moment has the whole time.
    pub(in crate::web) fn full_until(&self) -> Instant {
        self.schedule.closes_at - self.schedule.duration
    }
}

/// A section, as the waiting room tells of it.
#[derive(Debug, Clone)]
pub(in crate::web) struct Section {
    /// Its title.
    pub(in crate::web) title: String,
    /// How many questions.
    pub(in crate::web) count: i32,
    /// What each is worth.
    pub(in crate::web) points_each: String,
    /// How a multiple choice is scored; nothing where all of a kind are right or wrong.
    pub(in crate::web) scoring: Option<Scoring>,
}

/// Where a candidate waits and reads the rules.
#[derive(Debug, Clone, Template)]
#[template(path = "exam/waiting.html")]
pub(in crate::web) struct WaitingPage {
    pub(in crate::web) v: View,
    pub(in crate::web) exam: ExamId,
    pub(in crate::web) title: String,
    pub(in crate::web) times: Times,
    pub(in crate::web) sections: Vec<Section>,
    pub(in crate::web) items: i32,
    pub(in crate::web) max_points: String,
    pub(in crate::web) pass_points: String,
    pub(in crate::web) attempts_left: i32,
    pub(in crate::web) contact: String,
    /// What was changed since the exam was sealed.
    pub(in crate::web) changes: Vec<Line>,
}

impl WaitingPage {
    fn entry(&self) -> Entry {
        match self.times.entry(self.v.now) {
            Entry::Full | Entry::Short(_) | Entry::NotYet | Entry::Paused if self.attempts_left < 1 => Entry::NoneLeft,
            entry => entry,
        }
    }

    fn seconds_to_open(&self) -> i64 {
        ((self.times.opens_at() - self.v.now).0 + 999) / 1000
    }

    /// Nobody plans by seconds: what is left in whole minutes, where it is more than one.
    fn whole_minutes(seconds: impl Plain<i64>) -> i64 {
        let seconds = seconds.plain();
        if seconds >= 60 { seconds - seconds % 60 } else { seconds }
    }
}

/// The exam room.
#[derive(Debug, Clone, Template)]
#[template(path = "exam/room.html")]
pub(in crate::web) struct RoomPage {
    pub(in crate::web) v: View,
    pub(in crate::web) exam: ExamId,
    pub(in crate::web) title: String,
    /// How each section is scored, in the order of the paper.
    pub(in crate::web) scoring: Vec<Option<Scoring>>,
    /// Whom to ask; empty if nobody.
    pub(in crate::web) contact: String,
    /// Where to go afterwards.
    pub(in crate::web) back: String,
}

/// The texts that the room's program says; what they mention is filled in by it.
const SAID: &[&str] = &[
    "answer",
    "answered",
    "ask",
    "blank",
    "board",
    "changed",
    "comma",
    "computer",
    "count",
    "failed",
    "fatal",
    "halted",
    "halted-wait",
    "held",
    "idle",
    "kept",
    "key-right",
    "key-wrong",
    "kind-judgement",
    "kind-multiple",
    "kind-single",
    "login",
    "login-link",
    "lost",
    "mark",
    "marked",
    "meta",
    "minutes-left",
    "next",
    "no-result",
    "no-storage",
    "nothing-open",
    "offline",
    "open",
    "over",
    "over-wait",
    "over-wait-help",
    "passed",
    "phone",
    "problem",
    "request",
    "result",
    "retry",
    "review",
    "saved",
    "saving",
    "stopped",
    "stranded",
    "submit-busy",
    "submit-retry",
    "submitted",
    "submitted-at",
    "summary-marked",
    "summary-open",
    "summary-unsent",
    "taken",
    "taken-back",
    "unmark",
    "unsaved",
    "voided",
];

/// What the room's texts mention.
const MENTIONED: &[&str] = &["n", "all", "time", "kind", "points", "list", "answer", "max", "title", "id", "state"];

impl RoomPage {
    /// What the room's program needs to know, as JSON that can stand within a page.
    fn config(&self) -> String {
        let texts: Map<String, Value> = SAID
            .iter()
            .map(|name| {
                let said = MENTIONED
                    .iter()
                    .fold(self.v.word("room-", name), |text, value| text.with(value, format!("{{{value}}}")));
                ((*name).to_owned(), said.to_string().into())
            })
            .collect();
        let scoring: Vec<String> = self.scoring.iter().map(|s| scoring_words(&self.v, *s)).collect();
        let wall = self.v.calendar.wall(self.v.now).and_utc().timestamp_millis();
        let config = json!({
            "exam": self.exam.to_string(),
            "back": self.back,
            "contact": self.contact,
            "offset_ms": wall - self.v.now.0,
            "scoring": scoring,
            "texts": texts,
        });
        // Nothing in it may end the script element that holds it.
        config.to_string().replace('<', "\\u003c")
    }
}

/// How a multiple choice is scored, in words; empty where there is nothing to say.
fn scoring_words(view: &View, scoring: Option<Scoring>) -> String {
    scoring.map_or_else(String::new, |s| view.word("scoring-", s).to_string())
}

#[cfg(test)]
mod tests {
    use entity::instant::Millis;

    use super::*;

    const HOUR: i64 = 3_600_000;
    const TIMES: Times = Times {
        schedule: Schedule {
            opens_at: Instant(0),
            closes_at: Instant(8 * HOUR),
            latest_start: None,
            duration: Millis(HOUR),
            grace: Millis(0),
            paused: Millis(0),
        },
        allowed: Allowance { extra: Millis(0), attempts: 0, admit_until: None, exempt: false },
        paused: false,
        over: false,
        running_until: None,
    };

    #[test]
    fn entering_means_what_the_clock_says() {
        for (now, entry) in [
            (-1, Entry::NotYet),
            (0, Entry::Full),
            (7 * HOUR, Entry::Full),
            (7 * HOUR + 1, Entry::Short(3599)),
            (8 * HOUR, Entry::TooLate),
        ] {
            assert_eq!(TIMES.entry(Instant(now)), entry, "{now}");
        }
        assert_eq!(TIMES.full_until(), Instant(7 * HOUR));
        let strict = Times { schedule: Schedule { latest_start: Some(Millis(HOUR)), ..TIMES.schedule }, ..TIMES };
        assert_eq!(strict.entry(Instant(HOUR)), Entry::Full);
        assert_eq!(strict.entry(Instant(HOUR + 1)), Entry::TooLate);
        let running = Times { running_until: Some(Instant(9 * HOUR)), ..TIMES };
        assert_eq!(running.entry(Instant(8 * HOUR)), Entry::Running(3600));
    }

    #[test]
    fn what_was_changed_counts() {
        let paused = Times { paused: true, ..TIMES };
        assert_eq!((paused.entry(Instant(-1)), paused.entry(Instant(HOUR))), (Entry::NotYet, Entry::Paused));
        let sitting = Times { running_until: Some(Instant(HOUR)), ..paused };
        assert_eq!(sitting.entry(Instant(HOUR)), Entry::Running(0));
        assert_eq!(Times { over: true, ..TIMES }.entry(Instant(HOUR)), Entry::TooLate);
        let slow = Times { allowed: Allowance { extra: Millis(HOUR), ..TIMES.allowed }, ..TIMES };
        assert_eq!((slow.duration_seconds(), slow.closes_at()), (7200, Instant(9 * HOUR)));
        assert_eq!(
            (slow.entry(Instant(7 * HOUR)), slow.entry(Instant(7 * HOUR + 1))),
            (Entry::Full, Entry::Short(7199))
        );
    }

    #[test]
    fn the_room_s_program_finds_its_words() {
        let program = include_str!("../static/exam.js");
        for rest in program.split(" t('").chain(program.split("(t('")).chain(program.split("[t('")).skip(1) {
            let name = rest.split('\'').next().unwrap();
            let known = SAID.contains(&name) || SAID.iter().any(|said| name.ends_with('-') && said.starts_with(name));
            assert!(known || rest.starts_with('/') || name.contains([' ', '\n', '(']), "{name}");
        }
        for name in SAID {
            assert!(program.contains(&format!("'{name}'")) || name.starts_with("kind-"), "nobody says {name}");
            assert!(crate::web::texts::TEXTS.has(&format!("room-{name}")), "room-{name}");
        }
    }
}
