//! Whether every section can be filled whatever the ones before it have drawn.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::manifest::{PoolItem, Section};
use crate::bank::{Difficulty, Kind};

/// What feasibility asks of a question. A view, so that a blueprint is answered before anything is sealed.
#[derive(Debug, Clone, Copy)]
pub struct Stock<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its topic.
    pub topic: &'a str,
    /// Its declared difficulty.
    pub difficulty: Difficulty,
    /// The group of which a paper takes one question at most.
    pub group: Option<&'a str>,
}

impl<'a> From<&'a PoolItem> for Stock<'a> {
    fn from(item: &'a PoolItem) -> Self {
        Self { kind: item.kind, topic: &item.topic, difficulty: item.difficulty, group: item.group.as_deref() }
    }
}

/// The room of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    /// The section's place as text, from "1".
    pub section: String,
    /// Groups left to it at the worst; below zero where the sections before it overlap.
    pub room: i64,
    /// How many questions are missing; 0 if it can always be filled.
    pub lacks: u64,
}

/// The room of every section, in order. With `G_s` the groups among the questions eligible for section s (one without
/// a group being a group of its own): `room_s = |G_s| − Σ_{t<s} min(count_t, |G_t ∩ G_s|)`, and the section lacks
/// `max(0, count_s − room_s)` (draw.md). It errs on the safe side: a section with room is never short.
#[must_use]
pub fn rooms(sections: &[Section], stock: &[Stock<'_>]) -> Vec<Room> {
    let groups = groups(stock.iter().map(|item| item.group));
    let eligible = |section: &Section| -> HashSet<usize> {
        let takes = |item: &Stock<'_>| section.takes(item.kind, item.topic, item.difficulty);
        stock.iter().zip(&groups).filter(|(item, _)| takes(item)).map(|(_, &group)| group).collect()
    };
    let mut before: Vec<(u32, HashSet<usize>)> = Vec::new();
    let mut rooms = Vec::new();
    for section in sections {
        let own = eligible(section);
        let taken: i64 =
            before.iter().map(|(count, other)| size(other.intersection(&own).count()).min((*count).into())).sum();
        let room = size(own.len()) - taken;
        let lacks = u64::try_from(i64::from(section.count) - room).unwrap_or(0);
        rooms.push(Room { section: section.section.clone(), room, lacks });
        before.push((section.count, own));
    }
    rooms
}

/// A number for every item's group, items without one having a number of their own.
pub(super) fn groups<'a>(items: impl Iterator<Item = Option<&'a str>>) -> Vec<usize> {
    let mut named = HashMap::new();
    let mut fresh = 0..;
    let number = |group: Option<&'a str>| match group {
        None => fresh.next(),
        Some(name) => match named.entry(name) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(new) => fresh.next().map(|number| *new.insert(number)),
        },
    };
    items.map(number).collect::<Option<_>>().expect("there are fewer groups than numbers")
}

fn size(count: usize) -> i64 {
    i64::try_from(count).expect("a pool in memory has fewer items than 2^63")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn worked_examples() {
        for example in fixtures::vectors().feasibility {
            let stock: Vec<_> = example.pool.iter().map(fixtures::StockExample::stock).collect();
            let rooms = rooms(&example.sections, &stock);
            let found: Vec<_> = rooms.into_iter().map(|r| (r.section, r.room, r.lacks)).collect();
            let given: Vec<_> = example.room.into_iter().map(|r| (r.section, r.room, r.lacks)).collect();
            assert_eq!(found, given, "{}", example.name);
        }
    }

    #[test]
    fn room_may_fall_below_zero() {
        let manifest = fixtures::manifest(3, &[2, 2, 1]);
        let stock: Vec<_> = manifest.pool.iter().map(Stock::from).collect();
        let found: Vec<_> = rooms(&manifest.sections, &stock).into_iter().map(|r| (r.room, r.lacks)).collect();
        assert_eq!(found, [(3, 0), (1, 1), (-1, 2)]);
    }

    #[test]
    fn a_group_is_not_an_item_of_its_name() {
        assert_eq!(groups([Some("a"), None, Some("a"), None, Some("b")].into_iter()), [0, 1, 0, 2, 3]);
    }
}
