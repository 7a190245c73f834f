//! The clock against a slow and obvious one: a candidate with so many seconds left, second by second.

use super::*;

/// What happens to an exam while it is sat.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Pause,
    Resume,
    /// More time for this candidate.
    Extend(i64),
    /// Another duration and another closing.
    Amend(i64, i64),
}

/// One second after the other: what is left to somebody who starts then, until nothing is. The time in a pause does not
/// count. Gives the second at which the time was up; none if a pause never ended.
fn simulate(schedule: Schedule, started: i64, given: i64, happenings: &[(i64, Happening)]) -> Option<i64> {
    let left_by = |duration: i64, closing: i64| duration.min(closing - started);
    let (mut extra, mut sat, mut paused) = (given, 0, false);
    let mut granted = left_by(schedule.duration.0 / 1000, schedule.closes_at.0 / 1000);
    for now in started..started + 100_000 {
        for (_, happening) in happenings.iter().filter(|(at, _)| *at == now) {
            // Whoever's time is up is out before anything else can happen to them.
            if sat >= granted + extra {
                return Some(now);
            }
            match *happening {
                Happening::Pause => paused = true,
                Happening::Resume => paused = false,
                Happening::Extend(by) => extra += by,
                // The new terms, unless the old ones were better.
                Happening::Amend(duration, closing) => granted = granted.max(left_by(duration, closing)),
            }
        }
        if sat >= granted + extra {
            return Some(now);
        }
        if !paused {
            sat += 1;
        }
    }
    None
}

/// The same by the rules of the clock, step by step as the services take them.
fn step_by_step(mut schedule: Schedule, started: i64, given: i64, happenings: &[(i64, Happening)]) -> Option<i64> {
    let (started, mut extra, mut lost) = (s(started), long(given), Millis(0));
    let mut times = schedule.times(started, extra);
    for &(at, happening) in happenings {
        let now = s(at);
        if times.paused_at.is_none() && now >= times.deadline {
            break;
        }
        match happening {
            Happening::Pause => times = times.paused(now),
            Happening::Resume => {
                lost = Millis(lost.0 + (times.deadline_at(now) - times.deadline).0);
                times = times.resumed(now);
            }
            Happening::Extend(by) => {
                extra = Millis(extra.0 + by * 1000);
                times = times.extended(long(by));
            }
            Happening::Amend(duration, closing) => {
                schedule = Schedule { duration: long(duration), closes_at: s(closing), ..schedule };
                times = times.amended(&schedule, started, extra, lost);
            }
        }
    }
    if times.paused_at.is_some() { None } else { Some(times.deadline.0 / 1000) }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Pause),
        3 => Just(Happening::Resume),
        2 => (1_i64..300).prop_map(Happening::Extend),
        1 => (60_i64..2000, 500_i64..3000).prop_map(|(duration, closing)| Happening::Amend(duration, closing)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_deadline_is_when_nothing_is_left(
        started in 100_i64..1000,
        duration in 60_i64..1200,
        closing in 1001_i64..3000,
        given in prop_oneof![Just(0_i64), 0_i64..600],
        steps in proptest::collection::vec((0_i64..400, happening()), 0..8),
    ) {
        let schedule = Schedule { closes_at: s(closing), duration: long(duration), ..EXAM };
        let mut at = started;
        let happenings: Vec<(i64, Happening)> = steps.into_iter().map(|(after, what)| {
            at += after;
            (at, what)
        }).collect();
        prop_assert_eq!(
            step_by_step(schedule, started, given, &happenings),
            simulate(schedule, started, given, &happenings),
            "{:?}", happenings
        );
    }
}
