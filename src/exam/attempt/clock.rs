//! The clock of an exam: when it may be started, until when saves are taken, when it is handed in. Pure: every moment is
//! passed in, and the server's alone are.

use entity::instant::{Instant, Millis};

/// How long after the last moment for a save the server hands a paper in by itself. A save that arrived in that last
/// moment is in the writer's queue by then, before the hand-in.
const REST: Millis = Millis(1000);

/// When an exam can be sat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The first moment to start.
    pub opens_at: Instant,
    /// Nobody sits past this moment.
    pub closes_at: Instant,
    /// The last moment to start, counted from the opening; without it, until it closes.
    pub latest_start: Option<Millis>,
    /// How long a candidate has.
    pub duration: Millis,
    /// How long after the deadline a save on its way is still taken.
    pub grace: Millis,
}

/// Whether an exam can be started at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It has not opened yet.
    Early,
    /// It can.
    Open,
    /// The latest start has passed, or it has closed.
    Late,
}

/// The moments of one sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When its time is up.
    pub deadline: Instant,
    /// From when on the server hands it in by itself.
    pub due_at: Instant,
}

impl Schedule {
    /// Whether it can be started now: from the opening to the latest start, both included, and before it closes.
    #[must_use]
    pub fn entry(&self, now: Instant) -> Entry {
        if now < self.opens_at {
            Entry::Early
        } else if now >= self.closes_at || self.latest_start.is_some_and(|after| now > self.opens_at + after) {
            Entry::Late
        } else {
            Entry::Open
        }
    }

    /// The moments of a sitting that starts now: deadline = min(started + duration, closing time).
    #[must_use]
    pub fn times(&self, started: Instant) -> Times {
        let deadline = (started + self.duration).min(self.closes_at);
        Times { deadline, due_at: deadline + self.grace + REST }
    }
}

impl Times {
    /// The last moment at which a save may arrive: deadline + grace.
    #[must_use]
    pub fn last_save(&self) -> Instant {
        self.due_at - REST
    }

    /// Whether a save that arrived then is taken.
    #[must_use]
    pub fn takes(&self, arrival: Instant) -> bool {
        arrival <= self.last_save()
    }

    /// Whether the server hands it in by itself now.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.due_at
    }

    /// When a paper counts as handed in whose hand-in arrived then: min(arrival, deadline).
    #[must_use]
    pub fn submitted_at(&self, arrival: Instant) -> Instant {
        arrival.min(self.deadline)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: i64) -> Instant {
        Instant(seconds * 1000)
    }

    /// Open from 100 s to 1000 s, 300 s each, 10 s of grace, start within 600 s of the opening.
    const EXAM: Schedule = Schedule {
        opens_at: s(100),
        closes_at: s(1000),
        latest_start: Some(Millis(600_000)),
        duration: Millis(300_000),
        grace: Millis(10_000),
    };
    const MS: Millis = Millis(1);

    #[test]
    fn it_is_started_between_the_opening_and_the_latest_start() {
        let until_closing = Schedule { latest_start: None, ..EXAM };
        let past_closing = Schedule { latest_start: Some(Millis(2_000_000)), ..EXAM };
        let at_once = Schedule { latest_start: Some(Millis(0)), ..EXAM };
        for (schedule, now, entry) in [
            (EXAM, s(0), Entry::Early),
            (EXAM, s(100) - MS, Entry::Early),
            (EXAM, s(100), Entry::Open),
            (EXAM, s(700), Entry::Open),
            (EXAM, s(700) + MS, Entry::Late),
            (EXAM, s(5000), Entry::Late),
            (until_closing, s(700) + MS, Entry::Open),
            (until_closing, s(1000) - MS, Entry::Open),
            (until_closing, s(1000), Entry::Late),
            (past_closing, s(1000) - MS, Entry::Open),
            (past_closing, s(1000), Entry::Late),
            (at_once, s(100), Entry::Open),
            (at_once, s(100) + MS, Entry::Late),
        ] {
            assert_eq!(schedule.entry(now), entry, "{schedule:?} at {now}");
        }
    }

    #[test]
    fn the_deadline_is_the_duration_or_the_closing() {
        for (started, deadline) in [
            (s(100), s(400)),
            (s(700) - MS, s(1000) - MS),
            (s(700), s(1000)),
            (s(700) + MS, s(1000)),
            (s(999), s(1000)),
        ] {
            let times = EXAM.times(started);
            assert_eq!(times, Times { deadline, due_at: deadline + Millis(11_000) }, "started at {started}");
        }
    }

    #[test]
    fn a_save_is_judged_by_its_arrival() {
        let times = EXAM.times(s(100));
        let hasty = Schedule { grace: Millis(0), ..EXAM }.times(s(100));
        for (times, arrival, taken) in [
            (times, s(100), true),
            (times, s(400), true),
            (times, s(400) + MS, true),
            (times, s(410), true),
            (times, s(410) + MS, false),
            (times, s(411), false),
            (hasty, s(400), true),
            (hasty, s(400) + MS, false),
        ] {
            assert_eq!(times.takes(arrival), taken, "{times:?} at {arrival}");
        }
    }

    #[test]
    fn the_server_hands_it_in_a_second_after_the_last_save() {
        let times = EXAM.times(s(100));
        assert!(!times.is_due(s(410)));
        assert!(!times.is_due(s(411) - MS));
        assert!(times.is_due(s(411)));
    }

    #[test]
    fn a_hand_in_never_counts_past_the_deadline() {
        let times = EXAM.times(s(100));
        for (arrival, counted) in
            [(s(399), s(399)), (s(400), s(400)), (s(400) + MS, s(400)), (s(410), s(400)), (s(9000), s(400))]
        {
            assert_eq!(times.submitted_at(arrival), counted);
        }
    }

    prop_compose! {
        fn schedule()(
            opens in 0_i64..1_000_000_000_000,
            length in 1_i64..100_000_000,
            latest in proptest::option::of(0_i64..200_000_000),
            duration in 1_i64..100_000_000,
            grace in 0_i64..600_000,
        ) -> Schedule {
            Schedule {
                opens_at: Instant(opens),
                closes_at: Instant(opens + length),
                latest_start: latest.map(Millis),
                duration: Millis(duration),
                grace: Millis(grace),
            }
        }
    }

    proptest! {
        #[test]
        fn every_sitting_has_its_order(schedule in schedule(), after in -1000_i64..100_000_000) {
            let started = schedule.opens_at + Millis(after);
            let open = started >= schedule.opens_at
                && started < schedule.closes_at
                && schedule.latest_start.is_none_or(|latest| after <= latest.0);
            prop_assert_eq!(schedule.entry(started) == Entry::Open, open);
            prop_assume!(open);
            let times = schedule.times(started);
            prop_assert!(started < times.deadline && times.deadline <= schedule.closes_at);
            prop_assert!(times.deadline - started <= schedule.duration);
            prop_assert!(times.deadline == schedule.closes_at || times.deadline - started == schedule.duration);
            prop_assert_eq!(times.last_save() - times.deadline, schedule.grace);
            // Whatever is taken was there before the server handed it in.
            prop_assert!(times.takes(times.deadline) && !times.is_due(times.last_save()) && !times.takes(times.due_at));
        }

        #[test]
        fn later_is_never_better(schedule in schedule(), a in 0_i64..200_000_000, b in 0_i64..200_000_000) {
            let times = schedule.times(schedule.opens_at);
            let (sooner, later) = (schedule.opens_at + Millis(a.min(b)), schedule.opens_at + Millis(a.max(b)));
            prop_assert!(times.takes(sooner) || !times.takes(later));
            prop_assert!(!times.is_due(sooner) || times.is_due(later));
            prop_assert!(times.submitted_at(sooner) <= times.submitted_at(later));
            prop_assert!(times.submitted_at(later) <= times.deadline);
            prop_assert!(!(times.takes(later) && times.is_due(later)));
        }
    }
}
