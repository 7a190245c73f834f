//! Logs that are sound, and logs that somebody touched.

use std::io::Cursor;

use entity::instant::Instant;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::entry::leaf_of;
use super::super::export::{Line, verify_export};
use super::*;
use crate::keys::Keys;

fn keys() -> Keys {
    Keys::new([3; 32])
}

fn entry(n: u64) -> Value {
    json!({"action": "test.act", "data": {"n": n}})
}

/// A log of so many entries as an export, with a head after each of these sizes and at its end.
fn log(count: u64, heads: &[u64]) -> Vec<Line> {
    let mut tree = Frontier::default();
    let mut lines = Vec::new();
    for index in 0..count {
        let (id, entry) = (Some(format!("e{index}")), entry(index));
        let leaf = leaf_of(&entry).unwrap();
        tree.push(leaf);
        lines.push(Line::Entry { index, leaf, id, entry: Some(entry) });
        if heads.contains(&tree.size()) || tree.size() == count {
            let head = SignedHead::sign(&keys(), tree.size(), tree.root(), Instant(0));
            lines.push(Line::Head { head });
        }
    }
    let last = lines.last().cloned().unwrap();
    lines.insert(0, last);
    lines
}

fn checked(lines: &[Line], trust: Trust) -> Verdict {
    let text: Vec<String> = lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
    verify_export(Cursor::new(text.join("\n")), trust).unwrap()
}

fn findings(lines: &[Line]) -> Vec<Finding> {
    checked(lines, Trust::default()).findings
}

/// The line of an entry.
fn at(lines: &mut [Line], wanted: u64) -> &mut Line {
    lines.iter_mut().find(|line| matches!(line, Line::Entry { index, .. } if *index == wanted)).unwrap()
}

fn id(index: u64) -> String {
    format!("e{index}")
}

#[test]
fn an_untouched_log_is_sound() {
    let verdict = checked(&log(9, &[2, 3, 7]), Trust { keys: vec![keys().log_public()], head: None });
    assert_eq!(verdict.findings, []);
    // The head at the end comes at the beginning too.
    assert_eq!((verdict.entries, verdict.heads, verdict.withheld), (9, 5, 0));
    assert_eq!(verdict.keys, [keys().log_public()]);
}

#[test]
fn a_hash_that_was_changed_is_not_blamed_on_its_entry() {
    let mut lines = log(9, &[4]);
    if let Line::Entry { leaf, .. } = at(&mut lines, 2) {
        *leaf = sha256(&[b"other"]);
    }
    assert_eq!(findings(&lines), [Finding::Leaf { index: 2, id: id(2) }]);
}

#[test]
fn an_entry_changed_with_its_hash_is_found_between_two_heads() {
    let mut lines = log(9, &[2, 6]);
    if let Line::Entry { leaf, entry, .. } = at(&mut lines, 4) {
        let other = json!({"data": "other"});
        *leaf = leaf_of(&other).unwrap();
        *entry = Some(other);
    }
    assert_eq!(findings(&lines), [Finding::Root { first: 2, size: 6 }]);
}

#[test]
fn what_is_missing_is_named() {
    let mut lines = log(9, &[5]);
    lines.retain(|line| !matches!(line, Line::Entry { index: 4, .. }));
    assert_eq!(findings(&lines), [Finding::Missing { index: 4, id: None }]);
    let mut lines = log(9, &[5]);
    if let Line::Entry { entry, .. } = at(&mut lines, 3) {
        *entry = None;
    }
    assert_eq!(findings(&lines), [Finding::Missing { index: 3, id: Some(id(3)) }]);
    let cut = &log(9, &[5])[..8];
    assert_eq!(findings(cut), [Finding::Short { size: 9, entries: 6 }]);
}

#[test]
fn hashes_alone_prove_the_rest() {
    let mut lines = log(9, &[5]);
    for index in [0, 4, 8] {
        if let Line::Entry { id, entry, .. } = at(&mut lines, index) {
            (*id, *entry) = (None, None);
        }
    }
    let verdict = checked(&lines, Trust::default());
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
    assert_eq!(verdict.withheld, 3);
}

#[test]
fn a_foreign_key_is_not_believed() {
    let trust = Trust { keys: vec![Keys::new([4; 32]).log_public()], head: None };
    let found = checked(&log(3, &[]), trust).findings;
    assert!(matches!(found[0], Finding::Unsigned { first: 0 }), "{found:?}");
    assert!(found.iter().any(|f| matches!(f, Finding::Key { size: 3, .. })), "{found:?}");
}

#[test]
fn a_spoiled_head_is_named() {
    let mut lines = log(5, &[2]);
    let Some(Line::Head { head }) = lines.get_mut(3) else { panic!("the head after two entries") };
    head.at = Instant(1);
    let found = findings(&lines);
    assert!(matches!(found[..], [Finding::Signature { size: 2, .. }]), "{found:?}");
}

#[test]
fn a_head_kept_elsewhere_shows_a_log_that_was_rewritten_and_signed_anew() {
    let kept = |lines: &[Line]| match lines.last() {
        Some(Line::Head { head }) => Trust { keys: Vec::new(), head: Some(head.clone()) },
        _ => panic!("a log ends with a head"),
    };
    let before = kept(&log(4, &[]));
    assert!(checked(&log(6, &[3]), before.clone()).is_sound());
    assert_eq!(checked(&log(3, &[]), before.clone()).findings, [Finding::Short { size: 4, entries: 3 }]);
    let mut tree = Frontier::default();
    let mut lines = Vec::new();
    for index in 0..5 {
        let entry = entry(index + 1);
        let leaf = leaf_of(&entry).unwrap();
        tree.push(leaf);
        lines.push(Line::Entry { index, leaf, id: Some(id(index)), entry: Some(entry) });
    }
    let head = Line::Head { head: SignedHead::sign(&keys(), 5, tree.root(), Instant(0)) };
    lines.insert(0, head);
    assert_eq!(checked(&lines, before).findings, [Finding::Rewritten { size: 4 }]);
}

proptest! {
    /// Whatever the batches were: one entry changed is the one that is named, and nothing else is.
    #[test]
    fn the_changed_entry_is_named(
        count in 1_u64..60,
        heads in prop::collection::vec(1_u64..60, 0..8),
        place: prop::sample::Index,
    ) {
        let mut lines = log(count, &heads);
        let index = u64::try_from(place.index(usize::try_from(count).unwrap())).unwrap();
        prop_assert_eq!(findings(&lines), []);
        if let Line::Entry { entry: Some(entry), .. } = at(&mut lines, index) {
            entry["data"]["n"] = json!(count);
        }
        prop_assert_eq!(findings(&lines), [Finding::Changed { index, id: id(index) }]);
        lines.retain(|line| !matches!(line, Line::Entry { index: i, .. } if *i == index));
        let found = findings(&lines);
        prop_assert_eq!(found[0].index(), index);
        prop_assert!(found.len() == 1, "{:?}", found);
    }
}
