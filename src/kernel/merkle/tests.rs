//! The tree against RFC 9162's definition, the worked examples and spoiled proofs.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::super::jcs;
use super::*;

#[derive(Deserialize)]
struct Vectors {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Value>,
    root: Digest,
    paths: Vec<Vec<Digest>>,
}

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|n| leaf(n.to_string().as_bytes())).collect()
}

/// The root word for word as RFC 9162, 2.1.1 defines it.
fn defined_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => sha256(&[]),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node(&defined_root(left), &defined_root(right))
        }
    }
}

#[test]
fn worked_examples() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/draw_vectors.json")).unwrap();
    let Vectors { log } = serde_json::from_str(&text).unwrap();
    let leaves: Vec<_> = log.entries.iter().map(|entry| leaf(&jcs::canonical(entry).unwrap())).collect();
    assert_eq!(root(&leaves), log.root);
    for (index, path) in (0..).zip(&log.paths) {
        assert_eq!(inclusion_path(&leaves, index).as_ref(), Some(path));
        let leaf = leaves[usize::try_from(index).unwrap()];
        assert_eq!(verify_inclusion(leaf, index, 7, path, log.root), Ok(()));
    }
}

#[test]
fn roots_are_as_defined() {
    for count in 0..70 {
        let leaves = leaves(count);
        assert_eq!(root(&leaves), defined_root(&leaves), "{count}");
    }
}

#[test]
fn every_pair_of_small_trees() {
    let all = leaves(24);
    for new in 1..=24 {
        let (tree, new_root) = (&all[..new], root(&all[..new]));
        for at in 0..new {
            let (index, size) = (u64::try_from(at).unwrap(), u64::try_from(new).unwrap());
            let path = inclusion_path(tree, index).unwrap();
            assert_eq!(verify_inclusion(all[at], index, size, &path, new_root), Ok(()));
            let proof = consistency_proof(tree, index + 1).unwrap();
            assert_eq!(verify_consistency(index + 1, size, root(&all[..=at]), new_root, &proof), Ok(()));
        }
    }
}

#[test]
fn positions_outside_are_refused() {
    let (tree, any) = (leaves(3), leaf(b""));
    assert_eq!(inclusion_path(&tree, 3), None);
    assert_eq!(consistency_proof(&tree, 0), None);
    assert_eq!(consistency_proof(&tree, 4), None);
    assert_eq!(verify_inclusion(any, 3, 3, &[], any), Err(ProofError::Position));
    assert_eq!(verify_inclusion(any, 0, 0, &[], any), Err(ProofError::Position));
    assert_eq!(verify_consistency(0, 3, any, any, &[]), Err(ProofError::Position));
    assert_eq!(verify_consistency(4, 3, any, any, &[]), Err(ProofError::Position));
    assert_eq!(verify_consistency(3, 3, any, any, &[any]), Err(ProofError::Length));
    assert_eq!(verify_consistency(3, 4, any, any, &[]), Err(ProofError::Length));
}

#[test]
fn a_span_is_as_many_subtrees_as_it_has_to_be() {
    let (leaf, four) = (Subtree { level: 0, index: 6 }, Subtree { level: 2, index: 0 });
    assert_eq!(subtrees(&(0..7)), [four, Subtree { level: 1, index: 2 }, leaf]);
    assert_eq!(subtrees(&(0..4)), [four]);
    assert_eq!(subtrees(&(6..7)), [leaf]);
    assert_eq!(subtrees(&(0..0)), []);
    assert!(Frontier::resume(7, vec![]).is_none());
}

proptest! {
    /// Proofs from the inner nodes kept while the tree grew, and a tree taken up again half way.
    #[test]
    fn kept_nodes_prove_what_the_leaves_prove(
        count in 1_usize..200,
        at: prop::sample::Index,
        size: prop::sample::Index,
        halt: prop::sample::Index,
    ) {
        let leaves = leaves(count);
        let mut kept = std::collections::HashMap::new();
        let mut tree = Frontier::default();
        for (done, leaf) in leaves.iter().enumerate() {
            if done == halt.index(count) {
                let peaks: Vec<_> = subtrees(&(0..tree.size())).iter().map(|s| kept[s]).collect();
                tree = Frontier::resume(tree.size(), peaks).unwrap();
            }
            tree.push_noting(*leaf, |subtree, hash| assert_eq!(kept.insert(subtree, hash), None));
        }
        prop_assert_eq!(tree.root(), root(&leaves));

        let size = size.index(count) + 1;
        let leaves = &leaves[..size];
        let (at, size) = (u64::try_from(at.index(size)).unwrap(), u64::try_from(size).unwrap());
        let of = |spans: Vec<Range<u64>>| -> Vec<Digest> {
            spans.iter().map(|s| join(&subtrees(s).iter().map(|s| kept[s]).collect::<Vec<_>>())).collect()
        };
        prop_assert_eq!(of(vec![0..size, 0..0]), vec![root(leaves), sha256(&[])]);
        prop_assert_eq!(of(inclusion_spans(at, size).unwrap()), inclusion_path(leaves, at).unwrap());
        prop_assert_eq!(of(consistency_spans(at + 1, size).unwrap()), consistency_proof(leaves, at + 1).unwrap());
    }

    #[test]
    fn a_spoiled_proof_never_holds(count in 2_usize..200, at: prop::sample::Index, spoil: prop::sample::Index) {
        let tree = leaves(count);
        let top = root(&tree);
        let at = at.index(count);
        let (index, size) = (u64::try_from(at).unwrap(), u64::try_from(count).unwrap());

        let path = inclusion_path(&tree, index).unwrap();
        prop_assert_eq!(verify_inclusion(tree[at], index, size, &path, top), Ok(()));
        let mut spoiled = path.clone();
        spoiled[spoil.index(path.len())] = leaf(b"another");
        prop_assert_eq!(verify_inclusion(tree[at], index, size, &spoiled, top), Err(ProofError::Root));
        prop_assert!(verify_inclusion(tree[at], (index + 1) % size, size, &path, top).is_err());
        prop_assert!(verify_inclusion(tree[at], index, size, &path[1..], top).is_err());
        let longer = [path.as_slice(), &[top]].concat();
        prop_assert_eq!(verify_inclusion(tree[at], index, size, &longer, top), Err(ProofError::Length));

        let (old, old_root) = (index + 1, root(&tree[..=at]));
        let proof = consistency_proof(&tree, old).unwrap();
        prop_assert_eq!(verify_consistency(old, size, old_root, top, &proof), Ok(()));
        if old < size {
            prop_assert!(verify_consistency(old, size, leaf(b"another"), top, &proof).is_err());
            prop_assert!(verify_consistency(old, size, old_root, leaf(b"another"), &proof).is_err());
            let mut spoiled = proof.clone();
            spoiled[spoil.index(proof.len())] = leaf(b"another");
            prop_assert!(verify_consistency(old, size, old_root, top, &spoiled).is_err());
            let longer = [proof.as_slice(), &[top]].concat();
            prop_assert!(verify_consistency(old, size, old_root, top, &longer).is_err());
        }
    }
}
