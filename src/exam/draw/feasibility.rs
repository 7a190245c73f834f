//! Whether every section can be filled whatever the ones before it have drawn, and what could be done where it cannot.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

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

/// What a pool has for a section, beyond the rule by which it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// Its room by the rule.
    pub room: Room,
    /// How many items it may take.
    pub eligible: usize,
    /// Of how many groups they are.
    pub groups: usize,
    /// How many of its questions are missing even if the sections before it take what suits it best: the rest of what it
    /// lacks comes of what they share.
    pub lacks_at_best: u64,
    /// The sections before it that may take of its groups, by index, and how many groups they share.
    pub shares: Vec<(usize, usize)>,
}

/// The supply of every section, in order. What a section can have at best is a flow of the largest value from sections to
/// groups, counted exactly; groups that the same sections may take are one node, so that it costs no more for a large pool.
#[must_use]
pub fn supplies(sections: &[Section], stock: &[Stock<'_>]) -> Vec<Supply> {
    let groups = groups(stock.iter().map(|item| item.group));
    // Which sections may take of each group.
    let mut takers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut eligible = vec![0; sections.len()];
    for (item, group) in stock.iter().zip(&groups) {
        let takers = takers.entry(*group).or_default();
        for ((at, section), eligible) in sections.iter().enumerate().zip(&mut eligible) {
            if section.takes(item.kind, item.topic, item.difficulty) {
                *eligible += 1;
                if !takers.contains(&at) {
                    takers.push(at);
                }
            }
        }
        takers.sort_unstable();
    }
    let mut classes: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    for sections in takers.into_values() {
        *classes.entry(sections).or_default() += 1;
    }
    let shared = |with: &[usize]| -> usize {
        let all = classes.iter().filter(|(takers, _)| with.iter().all(|section| takers.contains(section)));
        usize::try_from(all.map(|(_, size)| size).sum::<u64>()).unwrap_or(usize::MAX)
    };
    let best = at_best(&sections.iter().map(|section| section.count).collect::<Vec<_>>(), &classes);
    let mut supplies = Vec::new();
    let sizes = rooms(sections, stock).into_iter().zip(eligible);
    for (at, ((room, eligible), (section, best))) in sizes.zip(sections.iter().zip(best)).enumerate() {
        supplies.push(Supply {
            room,
            eligible,
            groups: shared(&[at]),
            lacks_at_best: u64::from(section.count).saturating_sub(best),
            shares: (0..at).map(|before| (before, shared(&[before, at]))).filter(|(_, shared)| *shared > 0).collect(),
        });
    }
    supplies
}

/// How many groups each section gets where it is filled after those before it, which give way as far as they can without
/// losing any: augmenting paths (Ford and Fulkerson 1956), the shortest first (Edmonds and Karp 1972).
fn at_best(counts: &[u32], classes: &BTreeMap<Vec<usize>, u64>) -> Vec<u64> {
    let mut spare: Vec<u64> = classes.values().copied().collect();
    let mut flow: HashMap<(usize, usize), u64> = HashMap::new();
    let mut given = Vec::new();
    for (section, count) in counts.iter().enumerate() {
        let mut missing = u64::from(*count);
        while missing > 0 {
            // Over which class, and from which section, each section was come to.
            let mut came: HashMap<usize, (usize, usize)> = HashMap::new();
            let mut queue = VecDeque::from([section]);
            let mut end = None;
            'search: while let Some(at) = queue.pop_front() {
                for (class, takers) in classes.keys().enumerate().filter(|(_, takers)| takers.contains(&at)) {
                    if spare.get(class).is_some_and(|left| *left > 0) {
                        end = Some((at, class));
                        break 'search;
                    }
                    for other in takers.iter().filter(|other| **other != section) {
                        let holds = flow.get(&(*other, class)).is_some_and(|amount| *amount > 0);
                        if holds && !came.contains_key(other) {
                            came.insert(*other, (at, class));
                            queue.push_back(*other);
                        }
                    }
                }
            }
            let Some((mut at, class)) = end else { break };
            let mut path = Vec::new();
            let last = at;
            while let Some(&(before, through)) = came.get(&at).filter(|_| at != section) {
                path.push((before, at, through));
                at = before;
            }
            let amounts = path.iter().filter_map(|(_, from, through)| flow.get(&(*from, *through)).copied());
            let amount = amounts.chain(spare.get(class).copied()).chain([missing]).min().unwrap_or_default();
            if let Some(left) = spare.get_mut(class) {
                *left -= amount;
            }
            *flow.entry((last, class)).or_default() += amount;
            for (to, from, through) in path {
                *flow.entry((from, through)).or_default() -= amount;
                *flow.entry((to, through)).or_default() += amount;
            }
            missing -= amount;
        }
        given.push(u64::from(*count) - missing);
    }
    given
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

    /// A pool of single choices, of this topic and group each, and sections of these topics and counts.
    fn scene(pool: &[(&str, Option<&str>)], sections: &[(&[&str], u32)]) -> Vec<Supply> {
        let mut manifest = fixtures::manifest(u32::try_from(pool.len()).unwrap(), &vec![1; sections.len()]);
        for (item, (topic, group)) in manifest.pool.iter_mut().zip(pool) {
            (item.topic, item.group) = ((*topic).to_owned(), group.map(str::to_owned));
        }
        for (section, (topics, count)) in manifest.sections.iter_mut().zip(sections) {
            (section.topics, section.count) = (topics.iter().map(|t| (*t).to_owned()).collect(), *count);
        }
        let stock: Vec<_> = manifest.pool.iter().map(Stock::from).collect();
        supplies(&manifest.sections, &stock)
    }

    #[test]
    fn what_overlaps_may_still_be_filled_at_best() {
        // The first section may take all three of the second's, or leave them alone.
        let pool = [("a", None), ("a", None), ("b", None), ("b", None), ("b", None)];
        let found = scene(&pool, &[(&[], 2), (&["b"], 3)]);
        assert_eq!((found[1].room.room, found[1].room.lacks, found[1].lacks_at_best), (1, 2, 0));
        assert_eq!((found[1].eligible, found[1].groups, found[1].shares.as_slice()), (3, 3, [(0, 3)].as_slice()));
        // One more is one too many whatever the first does.
        assert_eq!(scene(&pool, &[(&[], 2), (&["b"], 4)])[1].lacks_at_best, 1);
        // The third needs the second to give way to the first's leavings.
        let chain = scene(&pool, &[(&["a", "b"], 2), (&["a", "b"], 2), (&["b"], 1)]);
        assert_eq!(chain.iter().map(|s| s.lacks_at_best).collect::<Vec<_>>(), [0, 0, 0]);
    }

    #[test]
    fn a_large_group_counts_once_wherever_it_is() {
        let pool = [("a", Some("g")), ("a", Some("g")), ("b", Some("g")), ("b", None)];
        let found = scene(&pool, &[(&["a"], 1), (&["b"], 2)]);
        assert_eq!((found[0].eligible, found[0].groups), (2, 1));
        assert_eq!((found[1].groups, found[1].room.lacks, found[1].lacks_at_best), (2, 1, 1));
    }

    /// Gives a place a group, moving others to theirs.
    fn seek(
        place: usize,
        edges: &dyn Fn(usize) -> Vec<usize>,
        holder: &mut HashMap<usize, usize>,
        seen: &mut HashSet<usize>,
    ) -> bool {
        edges(place).into_iter().any(|group| {
            seen.insert(group) && holder.get(&group).copied().is_none_or(|other| seek(other, edges, holder, seen)) && {
                holder.insert(group, place);
                true
            }
        })
    }

    /// The largest number of sections' places that can be given a group each, one place at a time (Kuhn).
    fn matching(sections: &[Section], stock: &[Stock<'_>], count: usize) -> u64 {
        let groups = groups(stock.iter().map(|item| item.group));
        let places: Vec<&Section> = sections[..count].iter().flat_map(|s| (0..s.count).map(move |_| s)).collect();
        let edges = |place: usize| -> Vec<usize> {
            let takes = |item: &&Stock<'_>| places[place].takes(item.kind, item.topic, item.difficulty);
            stock.iter().zip(&groups).filter(|(item, _)| takes(item)).map(|(_, group)| *group).collect()
        };
        let mut holder = HashMap::new();
        let found = (0..places.len()).filter(|place| seek(*place, &edges, &mut holder, &mut HashSet::new())).count();
        found.try_into().unwrap()
    }

    proptest::proptest! {
        #[test]
        fn what_is_had_at_best_is_the_largest_matching(
            pool in proptest::collection::vec((0..4_usize, proptest::option::of(0..3_usize)), 1..12),
            wants in proptest::collection::vec((proptest::collection::vec(0..4_usize, 0..3), 1..5_u32), 1..4),
        ) {
            let mut manifest = fixtures::manifest(u32::try_from(pool.len()).unwrap(), &vec![1; wants.len()]);
            for (item, (topic, group)) in manifest.pool.iter_mut().zip(&pool) {
                (item.topic, item.group) = (format!("t{topic}"), group.map(|g| format!("g{g}")));
            }
            for (section, (topics, count)) in manifest.sections.iter_mut().zip(&wants) {
                (section.topics, section.count) = (topics.iter().map(|t| format!("t{t}")).collect(), *count);
            }
            let stock: Vec<_> = manifest.pool.iter().map(Stock::from).collect();
            let mut before = 0;
            for (at, supply) in supplies(&manifest.sections, &stock).into_iter().enumerate() {
                let all = matching(&manifest.sections, &stock, at + 1);
                let count = u64::from(manifest.sections[at].count);
                proptest::prop_assert_eq!(supply.lacks_at_best, count - (all - before));
                proptest::prop_assert!(supply.room.lacks >= supply.lacks_at_best);
                before = all;
            }
        }
    }

    #[test]
    fn a_group_is_not_an_item_of_its_name() {
        assert_eq!(groups([Some("a"), None, Some("a"), None, Some("b")].into_iter()), [0, 1, 0, 2, 3]);
    }
}
