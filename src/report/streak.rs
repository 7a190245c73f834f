//! 连续…年: how many closed years in a row were without a gap (domain.md, "streak").

use std::collections::BTreeMap;

use crate::tally::Figures;

/// Years in a row, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first of them.
    pub from_year: i32,
    /// The last of them.
    pub to_year: i32,
}

impl Run {
    /// How many they are.
    #[must_use]
    pub const fn years(self) -> i32 {
        self.to_year - self.from_year + 1
    }
}

/// The streak of a unit, seen from a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streak {
    /// How many years it has lasted; 0 if it is broken.
    pub years: i32,
    /// Beside a broken one: the last that there was before.
    pub last: Option<Run>,
}

/// Whether participation, sitting and pass rate of a year were exactly 1. A rate without a denominator is passed over,
/// but the sitting rate must exist: a year in which nobody was expected at an exam does not lengthen a streak.
pub(super) fn is_full(study: &Figures, exam: &Figures) -> bool {
    let full = |part: i64, whole: i64| part == whole;
    exam.expected > 0
        && full(exam.sat, exam.expected)
        && full(exam.passed, exam.sat)
        && full(study.participated, study.expected)
}

/// The streak that ends with `asked`, or with the year before while `asked` is not closed. `closed` holds every closed
/// year and whether it was full; years after `asked` play no part.
pub(super) fn streak(asked: i32, closed: &BTreeMap<i32, bool>) -> Streak {
    let full = |year: i32| closed.get(&year).copied().unwrap_or(false);
    let back_from = |to_year: i32| {
        let mut from_year = to_year + 1;
        while full(from_year - 1) {
            from_year -= 1;
        }
        (from_year <= to_year).then_some(Run { from_year, to_year })
    };
    let end = if closed.contains_key(&asked) { asked } else { asked - 1 };
    match back_from(end) {
        Some(run) => Streak { years: run.years(), last: None },
        None => Streak {
            years: 0,
            last: closed.range(..end).rev().find(|(_, full)| **full).and_then(|(year, _)| back_from(*year)),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(asked: i32, closed: &[(i32, bool)]) -> Streak {
        streak(asked, &closed.iter().copied().collect())
    }

    fn run(from_year: i32, to_year: i32) -> Run {
        Run { from_year, to_year }
    }

    #[test]
    fn six_full_years_are_six() {
        let closed: Vec<_> = (2019..=2024).map(|year| (year, true)).collect();
        assert_eq!(of(2024, &closed), Streak { years: 6, last: None });
        // 2025 is open: the streak still stands; 2026 too, and then it does not.
        assert_eq!(of(2025, &closed).years, 6);
        assert_eq!(of(2026, &closed), Streak { years: 0, last: Some(run(2019, 2024)) });
        // Seen from the middle only the years up to there count.
        assert_eq!(of(2021, &closed).years, 3);
        assert_eq!(of(2018, &closed), Streak::default());
    }

    #[test]
    fn a_year_that_was_not_full_or_not_closed_breaks_it() {
        let closed = [(2019, true), (2020, true), (2021, false), (2022, true), (2023, false)];
        assert_eq!(of(2023, &closed), Streak { years: 0, last: Some(run(2022, 2022)) });
        assert_eq!(of(2022, &closed), Streak { years: 1, last: None });
        assert_eq!(of(2021, &closed), Streak { years: 0, last: Some(run(2019, 2020)) });
        assert_eq!(of(2024, &closed).years, 0);
        // 2020 was never closed.
        assert_eq!(of(2021, &[(2019, true), (2021, true)]).years, 1);
    }

    #[test]
    fn a_year_is_full_when_nothing_lacks_and_somebody_was_expected() {
        let exam = |expected, sat, passed| Figures { expected, sat, passed, ..Figures::none() };
        let study = |expected, participated| Figures { expected, participated, ..Figures::none() };
        assert!(is_full(&study(9, 9), &exam(7, 7, 7)));
        assert!(is_full(&Figures::none(), &exam(7, 7, 7)), "no programme: the rate is passed over");
        assert!(!is_full(&study(9, 9), &Figures::none()), "no exam: no sitting rate");
        assert!(!is_full(&study(9, 8), &exam(7, 7, 7)));
        assert!(!is_full(&study(9, 9), &exam(7, 6, 6)));
        assert!(!is_full(&study(9, 9), &exam(7, 7, 6)));
    }

    proptest! {
        #[test]
        fn a_streak_is_what_walking_back_finds(
            closed in proptest::collection::btree_map(2000..2030_i32, any::<bool>(), 0..30),
            asked in 1999..2031_i32,
        ) {
            let found = streak(asked, &closed);
            let end = if closed.contains_key(&asked) { asked } else { asked - 1 };
            // Every year of it is closed and full, and the one before is not.
            for year in end - found.years + 1..=end {
                prop_assert_eq!(closed.get(&year), Some(&true));
            }
            prop_assert_ne!(closed.get(&(end - found.years)), Some(&true));
            match found.last {
                None => {
                    let earlier = closed.range(..end).any(|(_, full)| *full);
                    prop_assert!(found.years > 0 || !earlier);
                }
                Some(last) => {
                    prop_assert_eq!(found.years, 0);
                    prop_assert!(last.from_year <= last.to_year && last.to_year < end);
                    for year in last.from_year..=last.to_year {
                        prop_assert_eq!(closed.get(&year), Some(&true));
                    }
                    // Nothing full lies between it and the end, nor directly before it.
                    prop_assert!(closed.range(last.to_year + 1..=end).all(|(_, full)| !full));
                    prop_assert_ne!(closed.get(&(last.from_year - 1)), Some(&true));
                }
            }
        }
    }
}
