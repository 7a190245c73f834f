//! Points of one item.

use std::collections::BTreeSet;

use entity::points::Points;

use super::{Response, Scoring};
use crate::bank::{Answer, Content, Kind};

/// What a response to this question is worth where each item gives `each` points (domain.md, exam rules). Single choice
/// and judgement are all or nothing; a multiple choice is scored as its section has it.
#[must_use]
pub fn score(question: &Content, scoring: Scoring, each: Points, response: &Response) -> Points {
    score_by(question.kind, &question.answer, scoring, each, response)
}

/// The same by another key than the question's own.
#[must_use]
pub fn score_by(kind: Kind, key: &Answer, scoring: Scoring, each: Points, response: &Response) -> Points {
    match (key, response) {
        (Answer::Judgement(key), Response::Truth(said)) => all_or_nothing(each, key == said),
        (Answer::Options(key), Response::Options(chosen)) => match kind {
            Kind::Multiple => multiple(scoring, each, key, chosen),
            Kind::Single | Kind::Judgement => all_or_nothing(each, key == chosen),
        },
        (Answer::Judgement(_) | Answer::Options(_), Response::Blank | Response::Truth(_) | Response::Options(_)) => {
            Points(0)
        }
    }
}

fn all_or_nothing(each: Points, right: bool) -> Points {
    if right { each } else { Points(0) }
}

/// `partial_no_wrong` = floor(points × right chosen / right in all), 0 once a wrong one is chosen;
/// `net` = floor(points × max(0, right − wrong) / right in all).
fn multiple(scoring: Scoring, each: Points, key: &BTreeSet<String>, chosen: &BTreeSet<String>) -> Points {
    let in_all = count(key.len());
    let right = count(chosen.intersection(key).count());
    let wrong = count(chosen.len()) - right;
    match scoring {
        Scoring::AllOrNothing => all_or_nothing(each, key == chosen),
        Scoring::PartialNoWrong if wrong > 0 => Points(0),
        Scoring::PartialNoWrong => share(each, right, in_all),
        Scoring::Net => share(each, (right - wrong).max(0), in_all),
    }
}

/// floor(points × part / whole); nothing of nothing.
fn share(each: Points, part: i64, whole: i64) -> Points {
    Points(each.0.saturating_mul(part).checked_div(whole).unwrap_or(0))
}

fn count(options: usize) -> i64 {
    i64::try_from(options).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bank::Choice;

    fn ids(numbers: &[u8]) -> BTreeSet<String> {
        numbers.iter().map(|n| format!("x{n}")).collect()
    }

    fn question(kind: Kind, answer: Answer) -> Content {
        let option = |n: u8| Choice { id: format!("x{n}"), text: n.to_string(), pinned: false };
        let options = if kind == Kind::Judgement { Vec::new() } else { (1..=6).map(option).collect() };
        Content { kind, stem: "?".into(), options, answer }
    }

    fn choice(kind: Kind, key: &[u8]) -> Content {
        question(kind, Answer::Options(ids(key)))
    }

    fn chosen(numbers: &[u8]) -> Response {
        if numbers.is_empty() { Response::Blank } else { Response::Options(ids(numbers)) }
    }

    #[test]
    fn single_choice_and_judgement_are_all_or_nothing() {
        let single = choice(Kind::Single, &[2]);
        let truth = question(Kind::Judgement, Answer::Judgement(false));
        for &scoring in Scoring::ALL {
            let of = |question: &Content, response: Response| score(question, scoring, Points(250), &response).0;
            assert_eq!(of(&single, chosen(&[2])), 250);
            assert_eq!(of(&single, chosen(&[1])), 0);
            assert_eq!(of(&single, chosen(&[1, 2])), 0);
            assert_eq!(of(&single, Response::Blank), 0);
            assert_eq!(of(&single, Response::Truth(true)), 0);
            assert_eq!(of(&truth, Response::Truth(false)), 250);
            assert_eq!(of(&truth, Response::Truth(true)), 0);
            assert_eq!(of(&truth, Response::Blank), 0);
            assert_eq!(of(&truth, chosen(&[1])), 0);
        }
    }

    #[test]
    fn a_multiple_choice_is_scored_as_its_section_has_it() {
        // Two points, three right options: x1, x2 and x3.
        for (response, all, partial, net) in [
            (&[1, 2, 3][..], 200, 200, 200),
            (&[1, 2], 0, 133, 133),
            (&[1], 0, 66, 66),
            (&[], 0, 0, 0),
            (&[4], 0, 0, 0),
            (&[1, 2, 3, 4], 0, 0, 133),
            (&[1, 2, 4], 0, 0, 66),
            (&[1, 4], 0, 0, 0),
            (&[1, 4, 5, 6], 0, 0, 0),
            (&[1, 2, 3, 4, 5, 6], 0, 0, 0),
        ] {
            let points =
                |scoring| score(&choice(Kind::Multiple, &[1, 2, 3]), scoring, Points(200), &chosen(response)).0;
            assert_eq!(points(Scoring::AllOrNothing), all, "{response:?}");
            assert_eq!(points(Scoring::PartialNoWrong), partial, "{response:?}");
            assert_eq!(points(Scoring::Net), net, "{response:?}");
        }
    }

    #[test]
    fn hundredths_are_rounded_down() {
        let of = |each, key: &[u8], response: &[u8]| {
            score(&choice(Kind::Multiple, key), Scoring::PartialNoWrong, Points(each), &chosen(response)).0
        };
        assert_eq!(of(1, &[1, 2], &[1]), 0);
        assert_eq!(of(3, &[1, 2], &[1]), 1);
        assert_eq!(of(100, &[1, 2, 3], &[2, 3]), 66);
        assert_eq!(of(0, &[1, 2, 3], &[1, 2, 3]), 0);
    }

    proptest! {
        /// The greatest number of hundredths that is not more than the exact share, found without dividing.
        #[test]
        fn points_are_the_exact_share_rounded_down(
            key in proptest::collection::btree_set(1_u8..=9, 1..=9),
            response in proptest::collection::btree_set(1_u8..=9, 0..=9),
            each in prop_oneof![0_i64..=700, 0_i64..=100_000],
        ) {
            let right = response.intersection(&key).count();
            let wrong = response.len() - right;
            let (key, response): (Vec<u8>, Vec<u8>) = (key.into_iter().collect(), response.into_iter().collect());
            let whole = i128::try_from(key.len()).unwrap();
            let is_share = |points: i64, part: usize| {
                let exact = i128::from(each) * i128::try_from(part).unwrap();
                let (below, above) = (i128::from(points) * whole, (i128::from(points) + 1) * whole);
                below <= exact && exact < above
            };
            let points = |scoring| score(&choice(Kind::Multiple, &key), scoring, Points(each), &chosen(&response)).0;
            let (all, partial) = (if key == response { key.len() } else { 0 }, if wrong > 0 { 0 } else { right });
            prop_assert!(is_share(points(Scoring::AllOrNothing), all));
            prop_assert!(is_share(points(Scoring::PartialNoWrong), partial));
            prop_assert!(is_share(points(Scoring::Net), right.saturating_sub(wrong)));
        }

        #[test]
        fn points_stay_within_bounds_and_are_full_only_for_the_key(
            key in proptest::collection::btree_set(1_u8..=6, 1..=6),
            response in proptest::collection::btree_set(1_u8..=6, 0..=6),
            each in 1_i64..=100_000,
        ) {
            let (key, response): (Vec<u8>, Vec<u8>) = (key.into_iter().collect(), response.into_iter().collect());
            let points = |scoring| score(&choice(Kind::Multiple, &key), scoring, Points(each), &chosen(&response)).0;
            let (all, partial, net) =
                (points(Scoring::AllOrNothing), points(Scoring::PartialNoWrong), points(Scoring::Net));
            for points in [all, partial, net] {
                prop_assert!((0..=each).contains(&points));
                prop_assert_eq!(points == each, key == response);
            }
            // Each way gives at least what the stricter one before it gives.
            prop_assert!(all <= partial && partial <= net);
        }
    }
}
