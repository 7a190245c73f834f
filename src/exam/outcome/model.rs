//! The figures of one person in one exam with its make-ups. No database, no clock.

use entity::exam::attempt::{AttemptState, VoidKind};
use entity::exam::exam::{AttemptScoring, ExamStatus};
use entity::id::ExamId;
use entity::points::Points;

use crate::tally::Figures;

/// A main exam and the make-ups that count toward it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The exam whose roster is expected.
    pub main: Member,
    /// Its make-ups, in the order in which they open.
    pub make_ups: Vec<Member>,
}

/// An exam, as much of it as figures ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which one.
    pub id: ExamId,
    /// How far it has come.
    pub status: ExamStatus,
    /// Which of several attempts counts.
    pub scoring: AttemptScoring,
    /// The pass line.
    pub pass: Points,
    /// The excellence line.
    pub excellence: Option<Points>,
}

impl Member {
    /// Whether somebody may still sit it. A draft binds nobody and promises nothing.
    fn is_to_come(&self) -> bool {
        matches!(self.status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused)
    }

    /// Of the attempts that stand, the one that counts; the earliest of several that are equally high.
    #[must_use]
    pub fn counting<'a>(&self, sittings: &'a [Sitting]) -> Option<&'a Sitting> {
        let own = sittings.iter().filter(|s| s.exam == self.id && s.stands());
        match self.scoring {
            AttemptScoring::Latest => own.max_by_key(|s| s.number),
            AttemptScoring::Highest => own.max_by_key(|s| (s.earned(), std::cmp::Reverse(s.number))),
        }
    }
}

impl Family {
    /// Whether anybody may still sit any exam of the family: until then nobody is absent.
    #[must_use]
    pub fn is_to_come(&self) -> bool {
        self.members().any(Member::is_to_come)
    }

    /// The main exam, then its make-ups.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.main).chain(&self.make_ups)
    }
}

/// An attempt of the person whose figures are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// In which exam of the family.
    pub exam: ExamId,
    /// Which attempt, from 1.
    pub number: i32,
    /// How far it has come.
    pub state: AttemptState,
    /// What it scored; none until it is graded.
    pub points: Option<Points>,
    /// How many items were answered when it was handed in.
    pub answered: i32,
    /// How it was voided.
    pub void_kind: Option<VoidKind>,
}

/// Whether an attempt uses up one of those allowed: all but one that was voided for a technical reason, which is as if it
/// had not been sat.
#[must_use]
pub fn is_used(void_kind: Option<VoidKind>) -> bool {
    void_kind != Some(VoidKind::Technical)
}

impl Sitting {
    /// Whether it counts as sat: it was handed in, or voided for misconduct, which is sat and failed.
    #[must_use]
    pub fn stands(&self) -> bool {
        match self.state {
            AttemptState::Submitted | AttemptState::Graded => true,
            AttemptState::Voided => is_used(self.void_kind),
            AttemptState::Running => false,
        }
    }

    /// The points that it counts with; none before it is graded, nor for one that was voided.
    #[must_use]
    pub fn earned(&self) -> Option<Points> {
        self.points.filter(|_| self.void_kind.is_none())
    }

    /// Whether a line is reached; unknown before it is graded. One that was voided for misconduct reaches no line.
    #[must_use]
    pub fn reaches(&self, line: Points) -> Option<bool> {
        if self.void_kind.is_some() { Some(false) } else { self.points.map(|points| points >= line) }
    }

    /// Whether it was handed in with no answer.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.void_kind.is_none() && self.answered == 0
    }
}

/// What was granted to a person toward a main exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Excuse {
    /// Need not sit; and whether that was granted after the exam had opened.
    pub exempt: Option<bool>,
    /// May sit a make-up instead.
    pub deferred: bool,
    /// Has left the roster since it was frozen.
    pub left: bool,
}

/// How somebody on the roster of the main exam stands to whom nothing was granted; see [`excused`].
#[must_use]
pub fn figures(family: &Family, sittings: &[Sitting]) -> Figures {
    excused(family, sittings, Excuse::default())
}

/// How somebody on the roster of the main exam stands (`rates/1`).
///
/// Whoever is exempt is not expected, and nothing of theirs counts. Whoever is deferred is, and is absent in the end if
/// they have sat no make-up. Whoever has left the roster owes nothing, unless they had sat before or sit all the same.
///
/// Passing is passing the main exam or any make-up, each by its own line and with its own attempt that counts. What is
/// counted as first or excellent comes from the main exam alone. `blank` and `points` are those of the attempt that
/// counts in the first exam of the family that the person sat: the main exam, or else the earliest make-up.
#[must_use]
pub fn excused(family: &Family, sittings: &[Sitting], excuse: Excuse) -> Figures {
    let expected = excuse.exempt.is_none();
    let sittings = if expected { sittings } else { &[] };
    let stood = sittings.iter().filter(|s| s.stands() && family.members().any(|m| m.id == s.exam)).count();
    let sat = stood > 0;
    if excuse.left && !sat {
        return Figures::none();
    }
    let reaches =
        |member: &Member, line: Points| member.counting(sittings).and_then(|s| s.reaches(line)).unwrap_or(false);
    let main = &family.main;
    let first = family.members().find_map(|m| m.counting(sittings));
    let open = family.is_to_come();
    Figures {
        on_roster: 1,
        exempt: one(!expected),
        exempt_late: one(excuse.exempt == Some(true)),
        expected: one(expected),
        sat: one(sat),
        pending: one(expected && !sat && open && !excuse.deferred),
        deferred: one(expected && !sat && open && excuse.deferred),
        absent: one(expected && !sat && !open),
        passed: one(family.members().any(|m| reaches(m, m.pass))),
        first_sat: one(main.counting(sittings).is_some()),
        first_passed: one(reaches(main, main.pass)),
        excellent: one(main.excellence.is_some_and(|line| reaches(main, line))),
        blank: one(first.is_some_and(Sitting::is_blank)),
        sittings: i64::try_from(stood).unwrap_or(i64::MAX),
        points: first.and_then(Sitting::earned).map_or(0, |points| points.0),
        ..Figures::none()
    }
}

fn one(holds: bool) -> i64 {
    i64::from(holds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ExamId {
        ExamId(Uuid::from_u128(n))
    }

    fn member(n: u128, status: ExamStatus) -> Member {
        Member {
            id: id(n),
            status,
            scoring: AttemptScoring::Highest,
            pass: Points::whole(60),
            excellence: Some(Points::whole(90)),
        }
    }

    fn family(main: ExamStatus, make_ups: &[ExamStatus]) -> Family {
        let make_ups = (2..).zip(make_ups).map(|(n, status)| member(n, *status)).collect();
        Family { main: member(1, main), make_ups }
    }

    fn sitting(exam: u128, number: i32, points: i64) -> Sitting {
        Sitting {
            exam: id(exam),
            number,
            state: AttemptState::Graded,
            points: Some(Points::whole(points)),
            answered: 5,
            void_kind: None,
        }
    }

    #[test]
    fn nobody_is_absent_before_the_last_make_up_has_closed() {
        let before = figures(&family(ExamStatus::Sealed, &[]), &[]);
        assert_eq!((before.expected, before.pending, before.absent), (1, 1, 0));
        let between = figures(&family(ExamStatus::Released, &[ExamStatus::Draft]), &[]);
        assert_eq!((between.pending, between.absent), (0, 1));
        let made_up = figures(&family(ExamStatus::Closed, &[ExamStatus::Released, ExamStatus::Open]), &[]);
        assert_eq!((made_up.pending, made_up.absent), (1, 0));
        let after = figures(&family(ExamStatus::Closed, &[ExamStatus::Closed]), &[]);
        assert_eq!((after.expected, after.pending, after.absent), (1, 0, 1));
    }

    #[test]
    fn a_running_attempt_and_one_voided_for_a_technical_reason_are_no_sittings() {
        let void_kind = Some(VoidKind::Technical);
        for (state, void_kind) in [(AttemptState::Running, None), (AttemptState::Voided, void_kind)] {
            let attempt = Sitting { state, void_kind, ..sitting(1, 1, 100) };
            let figures = figures(&family(ExamStatus::Open, &[]), &[attempt]);
            assert_eq!((figures.sat, figures.pending, figures.passed, figures.sittings), (0, 1, 0, 0));
        }
    }

    #[test]
    fn misconduct_is_sat_and_failed() {
        let void = |number, points| Sitting {
            state: AttemptState::Voided,
            void_kind: Some(VoidKind::Misconduct),
            ..sitting(1, number, points)
        };
        let mut family = family(ExamStatus::Closed, &[]);
        let figures = |family: &Family, sittings: &[Sitting]| {
            let f = super::figures(family, sittings);
            (f.sat, f.passed, f.excellent, f.absent, f.blank, f.sittings, f.points)
        };
        assert_eq!(figures(&family, &[void(1, 100)]), (1, 0, 0, 0, 0, 1, 0));
        // One that was running is neither blank nor passed, whatever the line is.
        family.main.pass = Points(0);
        assert_eq!(figures(&family, &[Sitting { points: None, answered: 0, ..void(1, 0) }]), (1, 0, 0, 0, 0, 1, 0));
        // Of several the rule of the exam chooses: the higher one, or the last, though it is the voided one.
        family.main.pass = Points::whole(60);
        assert_eq!(figures(&family, &[void(1, 100), sitting(1, 2, 70)]), (1, 1, 0, 0, 0, 2, 70_00));
        family.main.scoring = AttemptScoring::Latest;
        assert_eq!(figures(&family, &[sitting(1, 1, 70), void(2, 100)]), (1, 0, 0, 0, 0, 2, 0));
    }

    #[test]
    fn the_lines_are_reached_exactly() {
        let family = family(ExamStatus::Closed, &[]);
        let passes = |points| {
            let f = figures(&family, &[Sitting { points: Some(Points(points)), ..sitting(1, 1, 0) }]);
            (f.passed, f.first_passed, f.excellent)
        };
        assert_eq!(passes(59_99), (0, 0, 0));
        assert_eq!(passes(60_00), (1, 1, 0));
        assert_eq!(passes(89_99), (1, 1, 0));
        assert_eq!(passes(90_00), (1, 1, 1));
    }

    #[test]
    fn the_highest_or_the_latest_counts() {
        let mut family = family(ExamStatus::Closed, &[]);
        let sittings = [sitting(1, 1, 70), sitting(1, 2, 50)];
        let highest = figures(&family, &sittings);
        assert_eq!((highest.passed, highest.points, highest.sittings, highest.sat), (1, 70_00, 2, 1));
        family.main.scoring = AttemptScoring::Latest;
        let latest = figures(&family, &sittings);
        assert_eq!((latest.passed, latest.points, latest.sittings), (0, 50_00, 2));
        let unmarked = Sitting { state: AttemptState::Submitted, points: None, ..sitting(1, 3, 0) };
        let waiting = figures(&family, &[sittings[0].clone(), unmarked]);
        assert_eq!((waiting.sat, waiting.passed, waiting.points), (1, 0, 0));
    }

    #[test]
    fn a_make_up_passes_but_is_not_first() {
        let family = family(ExamStatus::Closed, &[ExamStatus::Closed]);
        let failed_then_passed = figures(&family, &[sitting(1, 1, 40), sitting(2, 1, 95)]);
        assert_eq!(
            failed_then_passed,
            Figures {
                on_roster: 1,
                expected: 1,
                sat: 1,
                passed: 1,
                first_sat: 1,
                sittings: 2,
                points: 40_00,
                ..Figures::none()
            }
        );
        let made_up_only = figures(&family, &[sitting(2, 1, 95)]);
        assert_eq!((made_up_only.first_sat, made_up_only.excellent, made_up_only.points), (0, 0, 95_00));
    }

    #[test]
    fn the_exempt_are_not_expected_and_the_deferred_are() {
        let of = |family: &Family, sittings: &[Sitting], exempt, deferred| {
            let f = excused(family, sittings, Excuse { exempt, deferred, left: false });
            (f.on_roster, f.exempt, f.exempt_late, f.expected, f.sat, f.pending, f.deferred, f.absent)
        };
        let (open, closed) = (family(ExamStatus::Open, &[]), family(ExamStatus::Closed, &[]));
        assert_eq!(of(&open, &[], Some(false), false), (1, 1, 0, 0, 0, 0, 0, 0));
        assert_eq!(of(&closed, &[], Some(true), true), (1, 1, 1, 0, 0, 0, 0, 0));
        // Deferred until the last make-up has closed, absent then.
        assert_eq!(of(&open, &[], None, true), (1, 0, 0, 1, 0, 0, 1, 0));
        assert_eq!(of(&family(ExamStatus::Closed, &[ExamStatus::Sealed]), &[], None, true), (1, 0, 0, 1, 0, 0, 1, 0));
        assert_eq!(of(&closed, &[], None, true), (1, 0, 0, 1, 0, 0, 0, 1));
        assert_eq!(of(&open, &[sitting(1, 1, 70)], None, true), (1, 0, 0, 1, 1, 0, 0, 0));
    }

    #[test]
    fn a_blank_paper_is_a_sitting() {
        let blank = Sitting { answered: 0, ..sitting(1, 1, 0) };
        let figures = figures(&family(ExamStatus::Open, &[]), &[blank]);
        assert_eq!((figures.sat, figures.blank, figures.passed), (1, 1, 0));
    }

    prop_compose! {
        fn any_member(n: u128)(
            status in proptest::sample::select(ExamStatus::ALL),
            scoring in proptest::sample::select(AttemptScoring::ALL),
            pass in 0_i64..=10_000,
            above in proptest::option::of(0_i64..=5_000),
        ) -> Member {
            // A blueprint never sets its excellence line below its pass line.
            let excellence = above.map(|above| Points(pass + above));
            Member { id: id(n), status, scoring, pass: Points(pass), excellence }
        }
    }

    prop_compose! {
        fn any_sitting()(
            exam in 1_u128..=4,
            number in 1..=5_i32,
            state in proptest::sample::select(AttemptState::ALL),
            points in proptest::option::of(0_i64..=12_000),
            answered in 0..=3_i32,
            kind in proptest::sample::select(VoidKind::ALL),
        ) -> Sitting {
            let void_kind = (state == AttemptState::Voided).then_some(kind);
            Sitting { exam: id(exam), number, state, points: points.map(Points), answered, void_kind }
        }
    }

    proptest! {
        #[test]
        fn figures_add_up(
            main in any_member(1),
            one in any_member(2),
            two in any_member(3),
            make_ups in 0_usize..=2,
            exempt in proptest::option::weighted(0.2, any::<bool>()),
            deferred in any::<bool>(),
            sittings in proptest::collection::vec(any_sitting(), 0..8),
        ) {
            let mut family = Family { main, make_ups: vec![one, two] };
            family.make_ups.truncate(make_ups);
            let f = excused(&family, &sittings, Excuse { exempt, deferred, left: false });
            prop_assert_eq!(f.expected, f.on_roster - f.exempt);
            prop_assert_eq!(f.expected, f.sat + f.pending + f.deferred + f.absent);
            for (part, whole) in [
                (f.sat, f.expected),
                (f.passed, f.sat),
                (f.first_sat, f.sat),
                (f.first_passed, f.first_sat),
                (f.first_passed, f.passed),
                (f.excellent, f.first_passed),
                (f.blank, f.sat),
                (f.exempt_late, f.exempt),
                (f.exempt, f.on_roster),
            ] {
                prop_assert!((0..=whole).contains(&part) && whole <= 1);
            }
            prop_assert_eq!(f.sat > 0, f.sittings > 0);
            prop_assert!(f.sat > 0 || f.points == 0);
        }
    }
}
