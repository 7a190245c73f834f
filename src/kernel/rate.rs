//! Shares of a whole and the one way in which they are rounded (`rates/1`): integers alone, never a float.

use std::fmt;

/// A part of a whole. Every numerator counts a subset of what its denominator counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rate {
    /// The part.
    pub numerator: i64,
    /// The whole.
    pub denominator: i64,
}

/// All of it, in hundredths of a per cent.
const ALL: i128 = 10_000;

impl Rate {
    /// So many of so many.
    #[must_use]
    pub const fn new(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator }
    }

    /// The same of what was counted. What no `i64` holds counts as the most that one holds.
    #[must_use]
    pub fn of_counts(part: u64, whole: u64) -> Self {
        let n = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Self::new(n(part), n(whole))
    }

    /// Whether it is exactly 1. Nothing of nothing is not.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.denominator > 0 && self.numerator == self.denominator
    }

    /// What the part lacks to be the whole.
    #[must_use]
    pub const fn lacking(self) -> i64 {
        self.denominator.saturating_sub(self.numerator)
    }

    /// Hundredths of a per cent, rounded half up, but 10 000 only when all are and 0 only when none is.
    /// Nothing for a zero denominator.
    #[must_use]
    pub fn hundredths(self) -> Option<i64> {
        let (part, whole) = (i128::from(self.numerator), i128::from(self.denominator));
        if whole <= 0 {
            return None;
        }
        let rounded = (part * ALL * 2 + whole).div_euclid(whole * 2);
        let shown = if part <= 0 || part >= whole { rounded } else { rounded.clamp(1, ALL - 1) };
        i64::try_from(shown).ok()
    }

    /// The percentage as it is printed, without its sign: `96.04`. Nothing for a zero denominator.
    #[must_use]
    pub fn percent(self) -> Option<String> {
        self.hundredths().map(|h| format!("{}.{:02}", h / 100, h % 100))
    }
}

/// `96.04 %`, or a dash for a zero denominator.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent() {
            Some(percent) => write!(f, "{percent} %"),
            None => f.write_str("—"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent(numerator: i64, denominator: i64) -> Option<String> {
        Rate::new(numerator, denominator).percent()
    }

    #[test]
    fn the_examples_of_the_contract() {
        assert_eq!(percent(412, 429).as_deref(), Some("96.04"));
        assert_eq!(percent(429, 429).as_deref(), Some("100.00"));
        assert_eq!(percent(0, 429).as_deref(), Some("0.00"));
        assert_eq!(percent(0, 0), None);
        assert_eq!(Rate::new(0, 0).to_string(), "—");
    }

    #[test]
    fn halves_go_up() {
        // 1 / 16 = 6.25 %, 1 / 32 = 3.125 %, 1 / 160 = 0.625 %.
        assert_eq!(percent(1, 16).as_deref(), Some("6.25"));
        assert_eq!(percent(1, 32).as_deref(), Some("3.13"));
        assert_eq!(percent(1, 160).as_deref(), Some("0.63"));
    }

    #[test]
    fn nearly_all_is_not_all_and_hardly_any_is_not_none() {
        assert_eq!(percent(99_999, 100_000).as_deref(), Some("99.99"));
        assert_eq!(percent(1, 1_000_000).as_deref(), Some("0.01"));
        assert_eq!(percent(i64::MAX - 1, i64::MAX).as_deref(), Some("99.99"));
    }

    proptest! {
        #[test]
        fn all_and_none_are_said_of_all_and_none_alone(whole in 1..2_000_000_i64, part in 0..2_000_000_i64) {
            let part = part.min(whole);
            let shown = Rate::new(part, whole).hundredths().unwrap();
            prop_assert_eq!(shown == 10_000, part == whole);
            prop_assert_eq!(shown == 0, part == 0);
        }

        #[test]
        fn it_is_never_further_off_than_it_must_be(whole in 1..2_000_000_i64, part in 0..2_000_000_i64) {
            let part = part.min(whole);
            let shown = Rate::new(part, whole).hundredths().unwrap();
            let off = (shown * whole - part * 10_000).abs();
            // Half a hundredth, or a whole one next to the ends.
            prop_assert!(off * 2 <= whole || ((shown == 1 || shown == 9_999) && off <= whole));
        }

        #[test]
        fn more_never_shows_less(whole in 1..100_000_i64, a in 0..100_000_i64, b in 0..100_000_i64) {
            let (a, b) = (a.min(b).min(whole), a.max(b).min(whole));
            prop_assert!(Rate::new(a, whole).hundredths() <= Rate::new(b, whole).hundredths());
        }

        #[test]
        fn the_text_reads_back(whole in 1..2_000_000_i64, part in 0..2_000_000_i64) {
            let rate = Rate::new(part.min(whole), whole);
            let text = rate.percent().unwrap();
            let (units, rest) = text.split_once('.').unwrap();
            prop_assert_eq!(rest.len(), 2);
            let read = units.parse::<i64>().unwrap() * 100 + rest.parse::<i64>().unwrap();
            prop_assert_eq!(Some(read), rate.hundredths());
        }
    }
}
