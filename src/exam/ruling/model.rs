//! The rules by which a faulty item is marked (domain.md, exam rules). No database, no clock.

use std::collections::HashMap;

use entity::exam::regrade::RegradeAction;
use entity::exam::section::Scoring;
use entity::points::Points;

use crate::bank::{Answer, Kind};
use crate::exam::grading::{Response, score_by};

/// One ruling about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What is done.
    pub action: RegradeAction,
    /// The key that goes with it; none with full marks and with a dropped item.
    pub key: Option<Answer>,
    /// No paper has fewer points for the item than before.
    pub never_lower: bool,
}

/// What an item came to on a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// What it scored.
    pub points: Points,
    /// What it could score there: nothing once it is dropped.
    pub max_points: Points,
}

/// How an item is marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Valid {
    /// By any of these keys, whichever gives most; the first is the key itself.
    Keys(Vec<Answer>),
    /// Whatever was answered, or nothing, has full marks.
    Full,
    /// It counts for nothing.
    Dropped,
}

impl Valid {
    /// How it is marked once this is ruled.
    fn after(&self, ruling: &Ruling) -> Self {
        match (ruling.action, &ruling.key, self) {
            (RegradeAction::FullMarks, ..) => Self::Full,
            (RegradeAction::DropItem, ..) => Self::Dropped,
            (RegradeAction::AlsoAccept, Some(key), Self::Keys(keys)) => {
                Self::Keys(keys.iter().chain([key]).cloned().collect())
            }
            // To accept more where everybody has full marks, or nobody any, is to have a key again.
            (RegradeAction::CorrectKey | RegradeAction::AlsoAccept, Some(key), _) => Self::Keys(vec![key.clone()]),
            (RegradeAction::CorrectKey | RegradeAction::AlsoAccept, None, _) => self.clone(),
        }
    }

    fn score(&self, kind: Kind, scoring: Scoring, each: Points, response: &Response) -> Scored {
        let points = match self {
            Self::Keys(keys) => {
                let by = |key| score_by(kind, key, scoring, each, response);
                keys.iter().map(by).max().unwrap_or_default()
            }
            Self::Full => each,
            Self::Dropped => Points(0),
        };
        Scored { points, max_points: if *self == Self::Dropped { Points(0) } else { each } }
    }

    /// The keys by which it is marked; none where the answer does not matter.
    #[must_use]
    pub fn keys(&self) -> &[Answer] {
        match self {
            Self::Keys(keys) => keys,
            Self::Full | Self::Dropped => &[],
        }
    }
}

/// How an item was marked first, and after each ruling about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    kind: Kind,
    first: Valid,
    then: Vec<(Valid, bool)>,
}

impl Course {
    /// An item about which nothing was ruled.
    #[must_use]
    pub fn new(kind: Kind, key: &Answer) -> Self {
        Self { kind, first: Valid::Keys(vec![key.clone()]), then: Vec::new() }
    }

    /// With one more ruling.
    pub fn rule(&mut self, ruling: &Ruling) {
        let next = self.valid().after(ruling);
        self.then.push((next, ruling.never_lower));
    }

    /// How it is marked now, but for papers whose points were not to become fewer.
    #[must_use]
    pub fn valid(&self) -> &Valid {
        self.then.last().map_or(&self.first, |(valid, _)| valid)
    }

    /// What a response to it is worth where each item gives `each` points: what the last ruling makes of it, unless that is
    /// less than before and nobody was to lose by it. Then the item counts on that paper as it did.
    #[must_use]
    pub fn score(&self, scoring: Scoring, each: Points, response: &Response) -> Scored {
        let worth = |valid: &Valid| valid.score(self.kind, scoring, each, response);
        self.then.iter().fold(worth(&self.first), |before, (valid, never_lower)| {
            let after = worth(valid);
            if *never_lower && after.points < before.points { before } else { after }
        })
    }
}

/// The rulings about an exam's items, by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rulings(HashMap<String, Course>);

impl Rulings {
    /// With one more; `of` is the item's kind and sealed key.
    pub fn rule(&mut self, item: &str, of: (Kind, &Answer), ruling: &Ruling) {
        self.0.entry(item.to_owned()).or_insert_with(|| Course::new(of.0, of.1)).rule(ruling);
    }

    /// What was ruled about an item; nothing about most.
    #[must_use]
    pub fn of(&self, item: &str) -> Option<&Course> {
        self.0.get(item)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use std::slice::from_ref;

    use super::*;

    fn options(ids: &[u8]) -> BTreeSet<String> {
        ids.iter().map(|n| format!("x{n}")).collect()
    }

    fn key(ids: &[u8]) -> Answer {
        Answer::Options(options(ids))
    }

    fn chose(ids: &[u8]) -> Response {
        if ids.is_empty() { Response::Blank } else { Response::Options(options(ids)) }
    }

    fn ruling(action: RegradeAction, ids: &[u8], never_lower: bool) -> Ruling {
        Ruling { action, key: (!ids.is_empty()).then(|| key(ids)), never_lower }
    }

    /// What two points of a multiple choice with the key x1, x2 come to under these rulings, and of how much.
    fn marks(rulings: &[Ruling], response: &[u8]) -> (i64, i64) {
        let mut course = Course::new(Kind::Multiple, &key(&[1, 2]));
        for ruling in rulings {
            course.rule(ruling);
        }
        let scored = course.score(Scoring::PartialNoWrong, Points(200), &chose(response));
        (scored.points.0, scored.max_points.0)
    }

    #[test]
    fn each_action_does_what_it_says() {
        use RegradeAction::{AlsoAccept, CorrectKey, DropItem, FullMarks};
        assert_eq!(marks(&[], &[1]), (100, 200));
        let other = ruling(CorrectKey, &[3], false);
        assert_eq!((marks(from_ref(&other), &[3]), marks(from_ref(&other), &[1, 2])), ((200, 200), (0, 200)));
        let also = ruling(AlsoAccept, &[3], false);
        assert_eq!((marks(from_ref(&also), &[3]), marks(from_ref(&also), &[1])), ((200, 200), (100, 200)));
        let full = ruling(FullMarks, &[], false);
        assert_eq!((marks(from_ref(&full), &[]), marks(from_ref(&full), &[4])), ((200, 200), (200, 200)));
        let dropped = ruling(DropItem, &[], false);
        assert_eq!((marks(from_ref(&dropped), &[1, 2]), marks(from_ref(&dropped), &[])), ((0, 0), (0, 0)));
        // A further one undoes it.
        let back = ruling(CorrectKey, &[1, 2], false);
        for undone in [other, also, full, dropped] {
            for response in [&[1, 2][..], &[1], &[3], &[]] {
                assert_eq!(marks(&[undone.clone(), back.clone()], response), marks(&[], response));
            }
        }
    }

    #[test]
    fn nobody_loses_where_nobody_shall() {
        use RegradeAction::{CorrectKey, DropItem};
        let other = ruling(CorrectKey, &[3], true);
        assert_eq!((marks(from_ref(&other), &[1, 2]), marks(&[other], &[3])), ((200, 200), (200, 200)));
        // Who had the points keeps them and what they were out of; for the others it is gone.
        let dropped = ruling(DropItem, &[], true);
        assert_eq!((marks(from_ref(&dropped), &[1]), marks(&[dropped], &[4])), ((100, 200), (0, 0)));
    }

    fn any_ruling() -> impl Strategy<Value = Ruling> {
        let actions = proptest::sample::select(RegradeAction::ALL.to_vec());
        (actions, proptest::collection::btree_set(1_u8..=4, 1..=3), any::<bool>()).prop_map(|(action, ids, never)| {
            let wants_key = matches!(action, RegradeAction::CorrectKey | RegradeAction::AlsoAccept);
            let ids: Vec<u8> = ids.into_iter().collect();
            ruling(action, if wants_key { &ids } else { &[] }, never)
        })
    }

    proptest! {
        #[test]
        fn points_stay_within_what_there_is_and_never_fall_where_they_must_not(
            rulings in proptest::collection::vec(any_ruling(), 0..6),
            response in proptest::collection::btree_set(1_u8..=4, 0..=4),
        ) {
            let response: Vec<u8> = response.into_iter().collect();
            let mut before = marks(&[], &response);
            for n in 1..=rulings.len() {
                let after = marks(&rulings[..n], &response);
                prop_assert!(0 <= after.0 && after.0 <= after.1 && after.1 <= 200);
                prop_assert!(!rulings[n - 1].never_lower || after.0 >= before.0);
                before = after;
            }
        }
    }
}
