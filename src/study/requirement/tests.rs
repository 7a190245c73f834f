use uuid::Uuid;

use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn earned(kind: SessionKind, sessions: i64, hours: i64) -> Earned {
    Earned { kind, programme_id: None, basis: CreditBasis::Full, sessions, hours: Hours::whole(hours) }
}

fn requirement(kind: SessionKind, count: i32, due_on: Option<&str>) -> Requirement {
    Requirement { kind, count, per: Per::Person, due_on: due_on.map(day) }
}

fn plan() -> Plan {
    Plan {
        year: 2026,
        required_hours: Some(Hours::whole(10)),
        requirements: vec![
            requirement(SessionKind::CollectiveStudy, 2, Some("2026-06-30")),
            requirement(SessionKind::CourtHearing, 1, None),
        ],
        credits: CreditRule::default(),
    }
}

const ALL_YEAR: Place<'_> = Place { term: Term::YEAR, held: None };

fn stands(earned: &[Earned], as_of: AsOf) -> (i64, i64, i64) {
    let f = plan().figures(earned, ALL_YEAR, as_of);
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
    assert_eq!(plan().toward(&[free, bound], mine), [free]);
    assert_eq!(earned_hours(&plan().toward(&[free, bound], other)), Hours::whole(5));
}

#[test]
fn leaving_early_counts_where_the_programme_says_so() {
    let mine = ProgrammeId(Uuid::from_u128(1));
    let early = Earned { basis: CreditBasis::LeftEarly, ..earned(SessionKind::Seminar, 1, 2) };
    let sent = Earned { basis: CreditBasis::Delegated, ..earned(SessionKind::Seminar, 1, 2) };
    assert_eq!(plan().toward(&[early, sent], mine), []);
    let lenient = Plan { credits: CreditRule { left_early: true, delegated: false }, ..plan() };
    assert_eq!(lenient.toward(&[early, sent], mine), [early]);
}

#[test]
fn a_credit_is_taken_away() {
    let credit = earned(SessionKind::Seminar, 1, 2);
    let all = [earned(SessionKind::Seminar, 1, 2), earned(SessionKind::Training, 1, 8)];
    let rest = without(&all, &credit);
    assert_eq!((sessions_of(&rest, SessionKind::Seminar), earned_hours(&rest)), (0, Hours::whole(8)));
    assert_eq!(plan().figures(&without(&[credit], &credit), ALL_YEAR, AsOf::End).participated, 0);
}

#[test]
fn the_months_of_a_row_are_those_in_which_it_is_in_force_on_some_day() {
    let of = |from: Option<&str>, to: Option<&str>| Term::of(2026, from.map(day), to.map(day)).months();
    assert_eq!(of(None, None), 12);
    assert_eq!(of(Some("2026-03-31"), None), 10);
    assert_eq!(of(None, Some("2026-03-01")), 2, "gone on 1 March");
    assert_eq!(of(None, Some("2026-03-02")), 3);
    assert_eq!(of(Some("2025-03-31"), Some("2027-01-01")), 12);
    assert_eq!((of(Some("2027-01-01"), None), of(None, Some("2026-01-01"))), (0, 0));
    assert_eq!(of(Some("2026-05-05"), Some("2026-05-05")), 0);
    let both = Term::of(2026, None, Some(day("2026-03-15"))).and(Term::of(2026, Some(day("2026-03-15")), None));
    assert_eq!(both, Term::YEAR, "from one unit to another");
}

#[test]
fn what_is_asked_is_prorated_half_up() {
    let of = |from: &str, count, due: Option<&str>| {
        requirement(SessionKind::Seminar, count, due).asked(Term::of(2026, Some(day(from)), None))
    };
    assert_eq!(of("2026-03-01", 12, None), 10);
    assert_eq!((of("2026-07-01", 1, None), of("2026-08-01", 1, None)), (1, 0), "a half is one");
    assert_eq!(of("2026-04-01", 2, Some("2026-06-30")), 1, "three of six months");
    assert_eq!(of("2026-09-01", 2, Some("2026-06-30")), 0, "came when it was over");
    assert_eq!(plan().hours_of(Term::of(2026, Some(day("2026-09-10")), None)), Some(Hours(333)));
    let gone = Place { term: Term::NONE, held: None };
    assert!(plan().figures(&[], gone, AsOf::End).is_none());
}

#[test]
fn what_a_unit_owes_its_people_owe() {
    let mut plan = plan();
    plan.required_hours = None;
    plan.requirements = vec![Requirement { per: Per::Unit, ..requirement(SessionKind::Outreach, 2, None) }];
    let stands = |n| {
        let held = Held::from([(SessionKind::Outreach, n)]);
        let place = Place { term: Term::of(2026, Some(day("2026-12-01")), None), held: Some(&held) };
        (plan.figures(&[], place, AsOf::End).completed, plan.of_unit(&held, AsOf::End)[0].lacking())
    };
    assert_eq!((stands(1), stands(2), stands(3)), ((0, 1), (1, 0), (1, 0)), "a unit's part is never prorated");
}
