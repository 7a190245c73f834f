use entity::instant::{Instant, Millis};
use proptest::prelude::*;

use super::*;

mod simulation;

const fn s(seconds: i64) -> Instant {
    Instant(seconds * 1000)
}

const fn long(seconds: i64) -> Millis {
    Millis(seconds * 1000)
}

/// Open from 100 s to 1000 s, 300 s each, 10 s of grace, start within 600 s of the opening.
const EXAM: Schedule = Schedule {
    opens_at: s(100),
    closes_at: s(1000),
    latest_start: Some(long(600)),
    duration: long(300),
    grace: long(10),
    paused: Millis(0),
};
const MS: Millis = Millis(1);
const NOTHING: Allowance = Allowance { extra: Millis(0), attempts: 0, admit_until: None, exempt: false };

fn admitted(until: Instant) -> Allowance {
    Allowance { admit_until: Some(until), ..NOTHING }
}

fn extra(seconds: i64) -> Allowance {
    Allowance { extra: long(seconds), ..NOTHING }
}

#[test]
fn it_is_started_between_the_opening_and_the_latest_start() {
    let until_closing = Schedule { latest_start: None, ..EXAM };
    let past_closing = Schedule { latest_start: Some(long(2000)), ..EXAM };
    let at_once = Schedule { latest_start: Some(Millis(0)), ..EXAM };
    let paused = Schedule { paused: long(60), ..EXAM };
    let paused_long = Schedule { paused: long(400), ..EXAM };
    for (schedule, allowed, now, entry) in [
        // The opening.
        (EXAM, NOTHING, s(0), Entry::Early),
        (EXAM, NOTHING, s(100) - MS, Entry::Early),
        (EXAM, NOTHING, s(100), Entry::Open),
        (EXAM, admitted(s(900)), s(100) - MS, Entry::Early),
        (EXAM, extra(60), s(100) - MS, Entry::Early),
        // The latest start.
        (EXAM, NOTHING, s(700), Entry::Open),
        (EXAM, NOTHING, s(700) + MS, Entry::Late),
        (EXAM, NOTHING, s(5000), Entry::Late),
        (at_once, NOTHING, s(100), Entry::Open),
        (at_once, NOTHING, s(100) + MS, Entry::Late),
        // Extra time is no later start.
        (EXAM, extra(600), s(700) + MS, Entry::Late),
        // Pauses put it off.
        (paused, NOTHING, s(760), Entry::Open),
        (paused, NOTHING, s(760) + MS, Entry::Late),
        // But not past the moment where no time is left.
        (paused_long, NOTHING, s(1000) - MS, Entry::Open),
        (paused_long, NOTHING, s(1000), Entry::Late),
        (paused_long, extra(50), s(1050) - MS, Entry::Open),
        (paused_long, extra(50), s(1050), Entry::Late),
        // The closing.
        (until_closing, NOTHING, s(700) + MS, Entry::Open),
        (until_closing, NOTHING, s(1000) - MS, Entry::Open),
        (until_closing, NOTHING, s(1000), Entry::Late),
        (until_closing, extra(60), s(1000), Entry::Late),
        (past_closing, NOTHING, s(1000) - MS, Entry::Open),
        (past_closing, NOTHING, s(1000), Entry::Late),
        // Admission by name.
        (EXAM, admitted(s(800)), s(800), Entry::Open),
        (EXAM, admitted(s(800)), s(800) + MS, Entry::Late),
        (EXAM, admitted(s(600)), s(700), Entry::Open),
        (EXAM, admitted(s(600)), s(700) + MS, Entry::Late),
        (EXAM, admitted(s(2000)), s(1000) - MS, Entry::Open),
        (EXAM, admitted(s(2000)), s(1000), Entry::Late),
        (EXAM, Allowance { extra: long(60), ..admitted(s(2000)) }, s(1060) - MS, Entry::Open),
        (EXAM, Allowance { extra: long(60), ..admitted(s(2000)) }, s(1060), Entry::Late),
    ] {
        assert_eq!(schedule.entry(now, &allowed), entry, "{schedule:?} {allowed:?} at {now}");
    }
}

#[test]
fn the_deadline_is_the_duration_or_the_closing_and_the_extra_time() {
    for (started, given, deadline) in [
        (s(100), 0, s(400)),
        (s(700) - MS, 0, s(1000) - MS),
        (s(700), 0, s(1000)),
        (s(700) + MS, 0, s(1000)),
        (s(999), 0, s(1000)),
        (s(100), 60, s(460)),
        // Extra time goes past the closing.
        (s(700), 60, s(1060)),
        (s(999), 60, s(1060)),
        (s(1010), 60, s(1060)),
    ] {
        let times = EXAM.times(started, long(given));
        let wanted = Times { deadline, due_at: deadline + long(11), paused_at: None };
        assert_eq!(times, wanted, "started at {started}, {given} s extra");
    }
    assert_eq!(EXAM.times_after(s(700), long(60), long(30)).deadline, s(1090));
}

#[test]
fn a_save_is_judged_by_its_arrival() {
    let times = EXAM.times(s(100), Millis(0));
    let hasty = Schedule { grace: Millis(0), ..EXAM }.times(s(100), Millis(0));
    let slow = EXAM.times(s(100), long(60));
    for (times, arrival, taken) in [
        (times, s(100), true),
        (times, s(400), true),
        (times, s(400) + MS, true),
        (times, s(410), true),
        (times, s(410) + MS, false),
        (times, s(411), false),
        (hasty, s(400), true),
        (hasty, s(400) + MS, false),
        (slow, s(470), true),
        (slow, s(470) + MS, false),
        (times.paused(s(399)), s(5000), true),
    ] {
        assert_eq!(times.takes(arrival), taken, "{times:?} at {arrival}");
    }
}

#[test]
fn the_server_hands_it_in_a_second_after_the_last_save() {
    let times = EXAM.times(s(100), Millis(0));
    assert!(!times.is_due(s(410)));
    assert!(!times.is_due(s(411) - MS));
    assert!(times.is_due(s(411)));
    assert!(!times.paused(s(399)).is_due(s(5000)), "never during a pause");
}

#[test]
fn a_hand_in_never_counts_past_the_deadline() {
    let times = EXAM.times(s(100), Millis(0));
    for (arrival, counted) in
        [(s(399), s(399)), (s(400), s(400)), (s(400) + MS, s(400)), (s(410), s(400)), (s(9000), s(400))]
    {
        assert_eq!(times.submitted_at(arrival), counted);
    }
    assert_eq!(times.paused(s(300)).submitted_at(s(600)), s(600));
}

#[test]
fn a_pause_gives_back_what_it_took() {
    let times = EXAM.times(s(100), Millis(0));
    let paused = times.paused(s(200));
    assert_eq!(paused, Times { paused_at: Some(s(200)), ..times });
    assert_eq!((paused.deadline_at(s(200)), paused.deadline_at(s(230))), (s(400), s(430)));
    assert_eq!(paused.paused(s(210)), paused, "a second pause within one is none");
    let on = paused.resumed(s(250));
    assert_eq!(on, Times { deadline: s(450), due_at: s(461), paused_at: None });
    assert_eq!(on.resumed(s(900)), on);
    // Whoever's time is up has no use for it: not in the grace either.
    for late in [s(400), s(405), s(411)] {
        assert_eq!(times.paused(late), times);
    }
    assert_eq!(times.paused(s(400) - MS).resumed(s(1000) - MS).deadline, s(1000));
    assert_eq!(paused.extended(long(60)).resumed(s(250)).deadline, s(510));
}

#[test]
fn an_amendment_never_shortens() {
    let times = EXAM.times(s(100), Millis(0));
    let amended = |schedule: Schedule| times.amended(&schedule, s(100), Millis(0), Millis(0));
    assert_eq!(amended(Schedule { duration: long(200), ..EXAM }), times);
    assert_eq!(amended(Schedule { closes_at: s(150), ..EXAM }), times);
    assert_eq!(amended(Schedule { grace: Millis(0), ..EXAM }), times);
    assert_eq!(amended(Schedule { duration: long(400), ..EXAM }).deadline, s(500));
    assert_eq!(amended(Schedule { grace: long(30), ..EXAM }).last_save(), s(430));
    let hasty = Schedule { grace: Millis(0), duration: long(400), ..EXAM };
    assert_eq!((amended(hasty).deadline, amended(hasty).last_save()), (s(500), s(510)));
    // What was given and lost before stays.
    let given = times.paused(s(200)).resumed(s(220)).extended(long(60));
    let longer = Schedule { duration: long(400), ..EXAM };
    assert_eq!(given.amended(&longer, s(100), long(60), long(20)).deadline, s(580));
    let during = times.paused(s(200)).amended(&longer, s(100), Millis(0), Millis(0));
    assert_eq!((during.paused_at, during.resumed(s(230)).deadline), (Some(s(200)), s(530)));
}

#[test]
fn an_exam_ends_with_the_last_possible_attempt() {
    let until_closing = Schedule { latest_start: None, ..EXAM };
    let early = Schedule { latest_start: Some(long(100)), ..EXAM };
    for (schedule, allowed, ends) in [
        (EXAM, NOTHING, s(1015)),
        (until_closing, NOTHING, s(1015)),
        // 200 s, 300 s each, 10 s of grace, 5 s for the server.
        (early, NOTHING, s(515)),
        (early, extra(60), s(575)),
        (early, admitted(s(400)), s(715)),
        (early, admitted(s(50)), s(515)),
        (early, admitted(s(5000)), s(1015)),
        (Schedule { paused: long(40), ..early }, NOTHING, s(555)),
        (EXAM, extra(60), s(1075)),
    ] {
        assert_eq!(schedule.ends_at(&allowed), ends, "{schedule:?} {allowed:?}");
    }
}

prop_compose! {
    pub(super) fn schedule()(
        opens in 0_i64..1_000_000_000_000,
        length in 1_i64..100_000_000,
        latest in proptest::option::of(0_i64..200_000_000),
        duration in 1_i64..100_000_000,
        grace in 0_i64..600_000,
        paused in prop_oneof![Just(0_i64), 0_i64..10_000_000],
    ) -> Schedule {
        Schedule {
            opens_at: Instant(opens),
            closes_at: Instant(opens + length),
            latest_start: latest.map(Millis),
            duration: Millis(duration),
            grace: Millis(grace),
            paused: Millis(paused),
        }
    }
}

prop_compose! {
    fn allowance()(
        extra in prop_oneof![Just(0_i64), 0_i64..10_000_000],
        admit in proptest::option::of(0_i64..1_000_000_000_000),
    ) -> Allowance {
        Allowance { extra: Millis(extra), attempts: 0, admit_until: admit.map(Instant), exempt: false }
    }
}

proptest! {
    #[test]
    fn every_sitting_has_its_order(
        schedule in schedule(), allowed in allowance(), after in -1000_i64..100_000_000,
    ) {
        let started = schedule.opens_at + Millis(after);
        prop_assume!(schedule.entry(started, &allowed) == Entry::Open);
        let times = schedule.times(started, allowed.extra);
        prop_assert!(started >= schedule.opens_at && started < times.deadline);
        prop_assert!(times.deadline <= schedule.closes_at + allowed.extra);
        prop_assert!(times.deadline - started <= Millis(schedule.duration.0 + allowed.extra.0));
        prop_assert_eq!(times.last_save() - times.deadline, schedule.grace);
        // Whatever is taken was there before the server handed it in.
        prop_assert!(times.takes(times.deadline) && !times.is_due(times.last_save()) && !times.takes(times.due_at));
        // And nobody sits past the end of the exam, which comes within the time that the server has.
        prop_assert!(times.due_at <= schedule.ends_at(&allowed));
    }

    #[test]
    fn later_is_never_better(schedule in schedule(), a in 0_i64..200_000_000, b in 0_i64..200_000_000) {
        let times = schedule.times(schedule.opens_at, Millis(0));
        let (sooner, later) = (schedule.opens_at + Millis(a.min(b)), schedule.opens_at + Millis(a.max(b)));
        prop_assert!(times.takes(sooner) || !times.takes(later));
        prop_assert!(!times.is_due(sooner) || times.is_due(later));
        prop_assert!(times.submitted_at(sooner) <= times.submitted_at(later));
        prop_assert!(times.submitted_at(later) <= times.deadline);
        prop_assert!(!(times.takes(later) && times.is_due(later)));
    }
}
