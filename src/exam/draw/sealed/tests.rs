//! Papers against the worked examples, and the rules every paper keeps whatever the pool.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::fixtures;
use super::super::manifest::{PoolItem, Section};
use super::super::paper::candidate;
use super::*;
use crate::bank::{Difficulty, Kind};

#[test]
fn worked_examples() {
    let cases = fixtures::vectors().cases;
    assert_eq!(cases.len(), 9);
    for case in cases {
        let beacon = case.beacon.as_deref();
        assert_eq!(seed(&case.secret, &case.manifest_digest, beacon), case.seed, "{}", case.name);
        let sealed = Sealed::new(case.manifest, &case.secret, beacon).unwrap();
        for example in case.papers {
            let paper = sealed.paper(&example.candidate, example.attempt);
            assert_eq!(paper, example.paper(), "{}", case.name);
        }
    }
}

#[test]
fn what_cannot_be_drawn_from() {
    let new = |spoil: fn(&mut Manifest), beacon| {
        let mut manifest = fixtures::manifest(6, &[2, 2]);
        spoil(&mut manifest);
        Sealed::new(manifest, &fixtures::SECRET, beacon).err()
    };
    assert_eq!(new(|_| (), None), None);
    assert_eq!(new(|m| m.commitment = Digest::from_bytes([0; 32]), None), Some(SealedError::Commitment));
    assert_eq!(new(|_| (), Some("7")), Some(SealedError::BeaconUnruled));
    assert_eq!(new(|_| (), Some("")), Some(SealedError::BeaconUnruled));
    assert_eq!(new(|m| m.beacon_rule = Some("a lottery".into()), None), Some(SealedError::BeaconMissing));
    assert_eq!(new(|m| m.beacon_rule = Some("a lottery".into()), Some("")), Some(SealedError::BeaconMissing));
    assert_eq!(new(|m| m.beacon_rule = Some("a lottery".into()), Some("7")), None);
    assert_eq!(new(|m| m.sections.clear(), None), Some(SealedError::Manifest(ManifestError::NoSections)));
    let short = Room { section: "2".into(), room: 4, lacks: 1 };
    assert_eq!(new(|m| m.sections[1].count = 5, None), Some(SealedError::Lacks(short)));
}

#[test]
fn the_beacon_the_attempt_and_the_person_each_change_the_paper() {
    let mut manifest = fixtures::manifest(200, &[20]);
    manifest.beacon_rule = Some("a lottery".into());
    let sealed = |beacon| Sealed::new(manifest.clone(), &fixtures::SECRET, Some(beacon)).unwrap();
    let (one, other) = (candidate("e", "p1"), candidate("e", "p2"));
    let paper = sealed("7").paper(&one, 1);
    assert_eq!(sealed("7").paper(&one, 1), paper);
    assert_ne!(sealed("8").paper(&one, 1).items, paper.items);
    assert_ne!(sealed("7").paper(&one, 2).items, paper.items);
    assert_ne!(sealed("7").paper(&other, 1).items, paper.items);
}

#[test]
fn every_item_is_drawn_about_as_often() {
    // 4,000 papers of 5 out of 20: each item about 1,000 times (binomial, standard deviation 27).
    let sealed = Sealed::new(fixtures::manifest(20, &[3, 2]), &fixtures::SECRET, None).unwrap();
    let mut drawn: HashMap<String, u32> = HashMap::new();
    for person in 0..4_000 {
        for item in sealed.paper(&candidate("e", &person.to_string()), 1).items {
            *drawn.entry(item.item).or_default() += 1;
        }
    }
    assert_eq!(drawn.len(), 20);
    assert!(drawn.values().all(|times| (880..=1_120).contains(times)), "{drawn:?}");
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Single), Just(Kind::Multiple), Just(Kind::Judgement)]
}

fn difficulty() -> impl Strategy<Value = Difficulty> {
    prop_oneof![Just(Difficulty::Easy), Just(Difficulty::Medium), Just(Difficulty::Hard)]
}

prop_compose! {
    /// An item whose name is given later; the bits say which of its options are pinned.
    fn pool_item()(
        kind in kind(), topic in 0..3_u32, difficulty in difficulty(), facility_permille in 0..=1000_u32,
        options in 1..7_usize, pins: u8, group in option::weighted(0.5, 0..8_u32),
    ) -> PoolItem {
        let options: Vec<_> = (0..options).filter(|_| kind != Kind::Judgement).map(|n| format!("x{n}")).collect();
        let pinned = options.iter().enumerate().filter(|(n, _)| pins >> n & 1 == 1).map(|(_, id)| id.clone()).collect();
        PoolItem {
            item: String::new(), digest: Digest::from_bytes([0; 32]), kind, topic: format!("t{topic}"), difficulty,
            facility_permille, options, pinned, group: group.map(|g| format!("g{g}")),
        }
    }
}

prop_compose! {
    fn section()(
        kind in kind(), topics in vec(0..3_u32, 0..3), difficulties in vec(difficulty(), 0..3), count in 1..5_u32,
    ) -> Section {
        let topics = topics.into_iter().map(|t| format!("t{t}")).collect();
        Section { section: String::new(), kind, topics, difficulties, count, points_each_hundredths: 200 }
    }
}

prop_compose! {
    /// A manifest in which every section asks for no more than it has room for.
    fn manifest()(
        pool in vec(pool_item(), 1..80), sections in vec(section(), 1..5),
        balance in option::of((0..=1000_u32, 0..100_u32, 1..9_u32)),
    ) -> Manifest {
        let mut manifest = fixtures::manifest(1, &[1]);
        manifest.pool = pool;
        for (n, item) in manifest.pool.iter_mut().enumerate() {
            item.item = format!("q{n:03}@1");
        }
        manifest.balance = balance
            .map(|(target_permille, tolerance_permille, tries)| Balance { target_permille, tolerance_permille, tries });
        manifest.sections.clear();
        let stock: Vec<_> = manifest.pool.iter().map(Stock::from).collect();
        for mut section in sections {
            section.section = (manifest.sections.len() + 1).to_string();
            manifest.sections.push(section);
            let last = manifest.sections.len() - 1;
            let room = rooms(&manifest.sections, &stock)[last].room.max(0);
            let count = manifest.sections[last].count.min(room.try_into().unwrap());
            manifest.sections[last].count = count;
            manifest.sections.retain(|section| section.count > 0);
        }
        manifest
    }
}

proptest! {
    #[test]
    fn every_paper_keeps_the_rules(manifest in manifest(), person: u32) {
        prop_assume!(!manifest.sections.is_empty());
        let sealed = Sealed::new(manifest.clone(), &fixtures::SECRET, None).unwrap();
        let paper = sealed.paper(&candidate("e", &person.to_string()), 1);
        let item = |name: &str| manifest.pool.iter().find(|item| item.item == name).unwrap();

        // Each section has its count, of what it takes, and the sections stand in order.
        let sections = (manifest.sections.iter()).flat_map(|s| (0..s.count).map(move |_| s)).collect::<Vec<_>>();
        prop_assert_eq!(paper.items.len(), sections.len());
        for (place, section) in paper.items.iter().zip(sections) {
            let item = item(&place.item);
            prop_assert_eq!(&place.section, &section.section);
            prop_assert!(section.takes(item.kind, &item.topic, item.difficulty));
            // The same options, the pinned ones where they were.
            let (mut shown, mut stored) = (place.options.clone(), item.options.clone());
            for (at, option) in stored.iter().enumerate() {
                prop_assert!(!item.pinned.contains(option) || shown[at] == *option);
            }
            shown.sort();
            stored.sort();
            prop_assert_eq!(shown, stored);
        }
        // No item twice, no two of a group.
        let mut names: Vec<_> = paper.items.iter().map(|i| i.item.clone()).collect();
        let mut groups: Vec<_> = paper.items.iter().filter_map(|i| item(&i.item).group.clone()).collect();
        for list in [&mut names, &mut groups] {
            list.sort();
            let all = list.len();
            list.dedup();
            prop_assert_eq!(list.len(), all);
        }
        // k is 0 without a balance and below the tries with one.
        prop_assert!(paper.k < manifest.balance.map_or(1, |balance| balance.tries));
    }
}
