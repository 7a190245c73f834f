//! A person's categories from day to day: pure rules. A change ends what was held and begins what is held from then on.

use entity::id::PersonId;
use entity::instant::Day;
use entity::org::person::Category;
use entity::org::person_category;

/// A category that is held for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) category: Category,
    pub(super) from_on: Day,
    pub(super) to_on: Option<Day>,
}

impl From<&person_category::Model> for Held {
    fn from(row: &person_category::Model) -> Self {
        Self { category: row.category, from_on: row.from_on, to_on: row.to_on }
    }
}

impl Held {
    pub(super) fn row(self, person_id: PersonId) -> person_category::Model {
        person_category::Model { person_id, category: self.category, from_on: self.from_on, to_on: self.to_on }
    }
}

/// What must be written for `wanted` to be held from that day on. A day before the last change would overwrite the past: the
/// first day that would not is given instead.
pub(super) fn change_categories(held: &[Held], wanted: &[Category], from: Day) -> Result<Vec<Held>, Day> {
    let last_change = held.iter().flat_map(|h| [Some(h.from_on), h.to_on]).flatten().max();
    if let Some(last) = last_change.filter(|last| from < *last) {
        return Err(last);
    }
    let mut written = Vec::new();
    for old in held.iter().filter(|h| h.to_on.is_none() && !wanted.contains(&h.category)) {
        written.push(Held { to_on: Some(from), ..*old });
    }
    for category in wanted {
        if !held.iter().any(|h| h.category == *category && h.to_on.is_none()) {
            written.push(Held { category: *category, from_on: from, to_on: None });
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32) -> Day {
        Day::new(2026, month, 1).unwrap()
    }

    fn held(category: Category, from: u32, to: Option<u32>) -> Held {
        Held { category, from_on: day(from), to_on: to.map(day) }
    }

    #[test]
    fn what_is_no_longer_wanted_ends_and_the_rest_goes_on() {
        use Category::{CivilServant, EnforcementOfficer, LeadingOfficial};
        let before = [held(CivilServant, 1, None), held(EnforcementOfficer, 1, None)];
        let written = change_categories(&before, &[CivilServant, LeadingOfficial], day(5)).unwrap();
        assert_eq!(written, [held(EnforcementOfficer, 1, Some(5)), held(LeadingOfficial, 5, None)]);
        assert_eq!(change_categories(&before, &[EnforcementOfficer, CivilServant], day(5)), Ok(vec![]));
    }

    #[test]
    fn the_past_is_not_overwritten() {
        use Category::{CivilServant, Other};
        let before = [held(Other, 1, Some(4)), held(CivilServant, 4, None)];
        assert_eq!(change_categories(&before, &[Other], day(3)), Err(day(4)));
        // Held again: a row of its own.
        let again = change_categories(&before, &[Other], day(6)).unwrap();
        assert_eq!(again, [held(CivilServant, 4, Some(6)), held(Other, 6, None)]);
        // Taken back on the day of the change itself.
        let back = change_categories(&before, &[Other], day(4)).unwrap();
        assert_eq!(back, [held(CivilServant, 4, Some(4)), held(Other, 4, None)]);
    }
}
