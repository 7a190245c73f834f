//! Which changes of frozen rosters follow from somebody's move: pure rules. Nothing is changed by them but what a person
//! confirms.

use std::collections::HashMap;

use entity::id::{PersonId, SubjectId, UnitId};
use entity::instant::Day;
use entity::org::person::Category;
use entity::org::roster_change::{ChangeKind, ChangeSource};
use entity::org::roster_row::SubjectKind;

use super::audience::Audience;

/// A roster of which changes are still proposed.
#[derive(Debug, Clone)]
pub(super) struct OpenRoster {
    pub(super) kind: SubjectKind,
    pub(super) subject: SubjectId,
    pub(super) audience: Audience,
    /// The day on which it was frozen.
    pub(super) frozen_on: Day,
}

/// Somebody whose place has changed.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    pub(super) person: PersonId,
    /// From that day on.
    pub(super) on: Day,
    /// Where they are now; on no roster if nowhere.
    pub(super) unit: Option<UnitId>,
    /// What they are now.
    pub(super) categories: Vec<Category>,
    pub(super) source: ChangeSource,
    pub(super) reason: String,
}

/// A change that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) subject: (SubjectKind, SubjectId),
    pub(super) person: PersonId,
    pub(super) unit: UnitId,
    pub(super) kind: ChangeKind,
    pub(super) from_on: Day,
}

/// Every unit that matters with itself and all units above it.
pub(super) type Above = HashMap<UnitId, Vec<UnitId>>;

/// What a roster must be told: somebody comes whom it means, somebody goes whom it no longer means, or both where they
/// change their unit within it. `stands` is the unit in whose part of the roster they are, with all that was already
/// proposed.
pub(super) fn propose(roster: &OpenRoster, moved: &Moved, stands: Option<UnitId>, above: &Above) -> Vec<Proposal> {
    let is_meant = |unit: &UnitId| {
        let above = above.get(unit).map(Vec::as_slice).unwrap_or_default();
        roster.audience.means(moved.person, above, &moved.categories)
    };
    let meant = moved.unit.filter(is_meant);
    if stands == meant {
        return Vec::new();
    }
    let change = |kind, unit| Proposal {
        subject: (roster.kind, roster.subject),
        person: moved.person,
        unit,
        kind,
        from_on: moved.on.max(roster.frozen_on),
    };
    let leaves = stands.map(|unit| change(ChangeKind::Leaves, unit));
    let joins = meant.map(|unit| change(ChangeKind::Joins, unit));
    leaves.into_iter().chain(joins).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TOP: UnitId = UnitId(Uuid::from_u128(1));
    const A: UnitId = UnitId(Uuid::from_u128(2));
    const B: UnitId = UnitId(Uuid::from_u128(3));
    const OTHER: UnitId = UnitId(Uuid::from_u128(4));
    const ANNA: PersonId = PersonId(Uuid::from_u128(5));

    fn day(month: u32) -> Day {
        Day::new(2026, month, 1).unwrap()
    }

    fn roster(unit_ids: Vec<UnitId>, categories: Vec<Category>) -> OpenRoster {
        let audience = Audience { unit_ids, categories, person_ids: Vec::new() };
        OpenRoster { kind: SubjectKind::Programme, subject: SubjectId(Uuid::nil()), audience, frozen_on: day(3) }
    }

    fn moved(unit: Option<UnitId>, categories: &[Category]) -> Moved {
        let categories = categories.to_vec();
        Moved { person: ANNA, on: day(6), unit, categories, source: ChangeSource::Transfer, reason: String::new() }
    }

    fn above() -> Above {
        let of = |unit: UnitId, tops: &[UnitId]| (unit, tops.iter().copied().chain([unit]).collect());
        [of(A, &[TOP]), of(B, &[TOP]), of(OTHER, &[])].into()
    }

    fn kinds(roster: &OpenRoster, moved: &Moved, stands: Option<UnitId>) -> Vec<(ChangeKind, UnitId, Day)> {
        propose(roster, moved, stands, &above()).into_iter().map(|p| (p.kind, p.unit, p.from_on)).collect()
    }

    #[test]
    fn moves_change_the_rosters_that_they_touch() {
        let whole = roster(vec![TOP], vec![]);
        let civil = &[Category::CivilServant];
        let leaves = |unit| (ChangeKind::Leaves, unit, day(6));
        let joins = |unit| (ChangeKind::Joins, unit, day(6));
        assert_eq!(kinds(&whole, &moved(Some(B), civil), Some(A)), [leaves(A), joins(B)]);
        assert_eq!(kinds(&whole, &moved(Some(OTHER), civil), Some(A)), [leaves(A)]);
        assert_eq!(kinds(&whole, &moved(None, civil), Some(A)), [leaves(A)]);
        assert_eq!(kinds(&whole, &moved(Some(A), civil), None), [joins(A)]);
        assert_eq!(kinds(&whole, &moved(Some(A), civil), Some(A)), []);
        assert_eq!(kinds(&whole, &moved(None, civil), None), []);
    }

    #[test]
    fn categories_decide_too_and_nothing_begins_before_the_freezing() {
        let leaders = roster(vec![A], vec![Category::LeadingOfficial]);
        assert_eq!(kinds(&leaders, &moved(Some(A), &[Category::Other]), None), []);
        assert_eq!(kinds(&leaders, &moved(Some(A), &[Category::Other]), Some(A)), [(ChangeKind::Leaves, A, day(6))]);
        let early = Moved { on: day(1), ..moved(Some(A), &[Category::LeadingOfficial, Category::Other]) };
        assert_eq!(kinds(&leaders, &early, None), [(ChangeKind::Joins, A, day(3))]);
    }

    #[test]
    fn who_is_named_is_meant_wherever_they_are() {
        let mut named = roster(vec![], vec![Category::LeadingOfficial]);
        named.audience.person_ids = vec![ANNA];
        assert_eq!(kinds(&named, &moved(Some(OTHER), &[]), Some(OTHER)), []);
        assert_eq!(kinds(&named, &moved(None, &[]), Some(OTHER)), [(ChangeKind::Leaves, OTHER, day(6))]);
    }
}
