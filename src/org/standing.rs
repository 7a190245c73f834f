//! Where somebody stands from when to when: pure rules over their postings.

use entity::id::UnitId;
use entity::instant::Day;
use entity::org::posting::PostingKind;

/// A time on a unit's roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub unit_id: UnitId,
    /// The first day.
    pub from_on: Day,
    /// The first day no more.
    pub to_on: Option<Day>,
    /// As one of the unit's own, or lent to it.
    pub kind: PostingKind,
}

impl Posting {
    fn holds(&self, day: Day) -> bool {
        self.from_on <= day && self.to_on.is_none_or(|end| day < end)
    }
}

/// Why somebody cannot be moved so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MoveError {
    /// The past is not overwritten: it must be on or after this day.
    #[error("not before {0}")]
    Before(Day),
    /// They are there already.
    #[error("already there")]
    SameUnit,
    /// They are on no roster any more.
    #[error("already gone")]
    Gone,
}

/// The postings that must be written, new ones and ones that end, for somebody to be in `to` from that day on; nowhere
/// leaves every roster. `postings` are in the order of their days.
pub(super) fn move_to(
    postings: &[Posting],
    to: Option<(UnitId, PostingKind)>,
    on: Day,
) -> Result<Vec<Posting>, MoveError> {
    let begins = |(unit_id, kind)| Posting { unit_id, from_on: on, to_on: None, kind };
    let Some(last) = postings.last() else {
        return to.map(|to| vec![begins(to)]).ok_or(MoveError::Gone);
    };
    match (last.to_on, to) {
        (Some(_), None) => Err(MoveError::Gone),
        (Some(end), Some(_)) if on < end => Err(MoveError::Before(end)),
        (None, _) if on < last.from_on => Err(MoveError::Before(last.from_on)),
        (None, Some((unit, _))) if unit == last.unit_id => Err(MoveError::SameUnit),
        (None, to) => {
            let ended = Posting { to_on: Some(on), ..*last };
            // A posting of no day at all is replaced by what begins on the same day.
            Ok(match to.map(begins) {
                Some(next) if last.from_on == on => vec![next],
                Some(next) => vec![ended, next],
                None => vec![ended],
            })
        }
        (Some(_), Some(to)) => Ok(vec![begins(to)]),
    }
}

/// The same postings after those were written.
pub(super) fn after(postings: &[Posting], written: &[Posting]) -> Vec<Posting> {
    let kept = postings.iter().filter(|old| written.iter().all(|new| new.from_on != old.from_on));
    let mut all: Vec<Posting> = kept.chain(written).copied().collect();
    all.sort_by_key(|posting| posting.from_on);
    all
}

/// The unit on whose roster they are on that day.
pub(super) fn unit_on(postings: &[Posting], day: Day) -> Option<UnitId> {
    postings.iter().find(|posting| posting.holds(day)).map(|posting| posting.unit_id)
}

/// What lists show today: the unit of the posting in force, else of the last that was, else of the first that will be; and
/// the first day without any after it.
pub(super) fn standing(postings: &[Posting], today: Day) -> Option<(UnitId, Option<Day>)> {
    let real = || postings.iter().filter(|posting| posting.to_on != Some(posting.from_on));
    let shown = real().rfind(|posting| posting.from_on <= today).or_else(|| real().next()).or(postings.last())?;
    let mut end = shown.to_on;
    for next in real().filter(|posting| posting.from_on > shown.from_on) {
        if end == Some(next.from_on) {
            end = next.to_on;
        }
    }
    Some((shown.unit_id, end))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const A: UnitId = UnitId(Uuid::from_u128(1));
    const B: UnitId = UnitId(Uuid::from_u128(2));

    fn day(month: u32, day: u32) -> Day {
        Day::new(2026, month, day).unwrap()
    }

    fn own(unit_id: UnitId, from_on: Day, to_on: Option<Day>) -> Posting {
        Posting { unit_id, from_on, to_on, kind: PostingKind::Member }
    }

    fn moved(postings: &[Posting], unit: UnitId, on: Day) -> Result<Vec<Posting>, MoveError> {
        move_to(postings, Some((unit, PostingKind::Member)), on)
    }

    #[test]
    fn a_move_ends_one_posting_and_begins_the_next() {
        let first = [own(A, day(1, 1), None)];
        let written = moved(&first, B, day(5, 1)).unwrap();
        assert_eq!(written, [own(A, day(1, 1), Some(day(5, 1))), own(B, day(5, 1), None)]);
        let both = after(&first, &written);
        assert_eq!((unit_on(&both, day(4, 30)), unit_on(&both, day(5, 1))), (Some(A), Some(B)));
        assert_eq!(standing(&both, day(4, 30)), Some((A, None)));
        assert_eq!(standing(&both, day(5, 1)), Some((B, None)));
    }

    #[test]
    fn who_left_can_come_back_and_the_gap_stays() {
        let first = [own(A, day(1, 1), None)];
        let gone = after(&first, &move_to(&first, None, day(3, 1)).unwrap());
        assert_eq!(standing(&gone, day(2, 1)), Some((A, Some(day(3, 1)))));
        assert_eq!(move_to(&gone, None, day(6, 1)), Err(MoveError::Gone));
        assert_eq!(moved(&gone, A, day(2, 28)), Err(MoveError::Before(day(3, 1))));
        let back = after(&gone, &moved(&gone, A, day(6, 1)).unwrap());
        assert_eq!([day(2, 1), day(4, 1), day(6, 1)].map(|d| unit_on(&back, d)), [Some(A), None, Some(A)]);
        assert_eq!(standing(&back, day(4, 1)), Some((A, Some(day(3, 1)))));
        assert_eq!(standing(&back, day(6, 1)), Some((A, None)));
    }

    #[test]
    fn the_past_is_not_overwritten() {
        let first = [own(A, day(2, 1), None)];
        assert_eq!(moved(&first, B, day(1, 31)), Err(MoveError::Before(day(2, 1))));
        assert_eq!(move_to(&first, None, day(1, 31)), Err(MoveError::Before(day(2, 1))));
        assert_eq!(moved(&first, A, day(3, 1)), Err(MoveError::SameUnit));
        assert_eq!(moved(&first, B, day(2, 1)), Ok(vec![own(B, day(2, 1), None)]));
    }

    #[test]
    fn who_never_came_was_nowhere() {
        let first = [own(A, day(2, 1), None)];
        let never = after(&first, &move_to(&first, None, day(2, 1)).unwrap());
        assert_eq!((unit_on(&never, day(2, 1)), standing(&never, day(2, 1))), (None, Some((A, Some(day(2, 1))))));
        let later = [own(A, day(9, 1), None)];
        assert_eq!((unit_on(&later, day(2, 1)), standing(&later, day(2, 1))), (None, Some((A, None))));
    }
}
