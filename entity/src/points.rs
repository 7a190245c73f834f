//! Points and study hours: integer hundredths, never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use crate::ParseTextError;

macro_rules! hundredths {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, sea_orm::DeriveValueType)]
        pub struct $name(pub i64);

        impl $name {
            /// So many whole ones.
            #[must_use]
            pub fn whole(n: impl Into<i64>) -> Self {
                Self(n.into().saturating_mul(100))
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::default(), Add::add)
            }
        }

        /// Decimal text without trailing zeros: `2`, `1.5`, `0.25`.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = if self.0 < 0 { "-" } else { "" };
                let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
                match part {
                    0 => write!(f, "{sign}{whole}"),
                    tens if tens % 10 == 0 => write!(f, "{sign}{whole}.{}", tens / 10),
                    _ => write!(f, "{sign}{whole}.{part:02}"),
                }
            }
        }

        impl FromStr for $name {
            type Err = ParseTextError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text)
                    .map(Self)
                    .ok_or_else(|| ParseTextError { wanted: stringify!($name), found: text.to_owned() })
            }
        }
    )+ };
}

hundredths! {
    /// Points of a question or a paper, in hundredths.
    Points,
    /// Hours of study, in hundredths.
    Hours,
}

/// Reads at most eight whole digits and two decimals.
fn parse(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let dangling = text.ends_with('.') || whole.is_empty();
    if dangling || whole.len() > 8 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let part = format!("{part:0<2}");
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part.parse().ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hundredths_survive_text() {
        for text in ["0", "2", "1.5", "0.25", "99999999.99", "10.05"] {
            assert_eq!(text.parse::<Points>().unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", ".5", "1.234", "-1", "1e3", "1,5", "123456789"] {
            assert!(text.parse::<Points>().is_err(), "{text}");
        }
    }
}
