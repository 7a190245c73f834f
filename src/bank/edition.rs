//! Versions of laws in order of time, as far as what is written of them tells it.

use super::import::fold::fold;

/// How one version of a law stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is earlier.
    Before,
    /// It is the same or later.
    NotBefore,
    /// What is written does not tell.
    Unknown,
}

/// How `version` stands to `other`: by year, month and day, as far as both say them.
pub(super) fn standing(version: &str, other: &str) -> Standing {
    let (Some(one), Some(two)) = (numbers(version), numbers(other)) else { return Standing::Unknown };
    for pair in one.iter().zip(&two) {
        match pair.0.cmp(pair.1) {
            std::cmp::Ordering::Less => return Standing::Before,
            std::cmp::Ordering::Greater => return Standing::NotBefore,
            std::cmp::Ordering::Equal => {}
        }
    }
    // `2021年修订` and `2021年7月15日` may be one and the same.
    if one.len() == two.len() { Standing::NotBefore } else { Standing::Unknown }
}

/// Year, month and day of a version; nothing if no year stands first.
pub(super) fn numbers(version: &str) -> Option<Vec<u32>> {
    let folded: String = version.chars().map(fold).collect();
    let all: Vec<u32> = folded
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .take(3)
        .collect();
    match all.as_slice() {
        [year, rest @ ..] if (1900..2200).contains(year) => {
            let within = rest.iter().zip([12, 31]).take_while(|(n, most)| (1..=*most).contains(*n)).count();
            Some(all.into_iter().take(1 + within).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_decide() {
        use Standing::{Before, NotBefore, Unknown};
        for (one, two, wanted) in [
            ("2017年修正", "2021年修订", Before),
            ("2021年修订", "2021年修订", NotBefore),
            ("２０２５年修订", "2021年修订", NotBefore),
            ("1996", "2021-01-22", Before),
            ("2021年1月22日修订", "2021年7月15日", Before),
            ("2021年修订", "2021年7月15日", Unknown),
            ("现行", "2021年修订", Unknown),
            ("2009年8月27日第十一届全国人大修正", "2021", Before),
            ("2021年第3次修正", "2021年修订", Unknown),
        ] {
            assert_eq!(standing(one, two), wanted, "{one} {two}");
        }
    }
}
