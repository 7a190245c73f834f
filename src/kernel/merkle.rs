//! The Merkle tree of RFC 9162, section 2.1, over SHA-256: its root, its two proofs and their verification.
//!
//! A proof is a list of subtrees' roots. [`inclusion_spans`] and [`consistency_spans`] say *which* subtrees, as ranges
//! of leaves, so that a log which keeps the inner nodes answers without reading its leaves again; [`inclusion_path`]
//! and [`consistency_proof`] do the same for leaves at hand. Nothing here reads or stores anything.

use std::ops::Range;

use super::digest::{Digest, sha256};

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// An index outside the tree, or an older tree larger than the newer one, or an empty one.
    #[error("the positions of the proof do not fit the tree")]
    Position,
    /// More or fewer hashes than a proof for these positions has.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The hash of a leaf: H(0x00 || data).
#[must_use]
pub fn leaf(data: &[u8]) -> Digest {
    sha256(&[&[0x00], data])
}

/// The hash of an inner node: H(0x01 || left || right).
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    sha256(&[&[0x01], left.as_bytes(), right.as_bytes()])
}

/// The root over hashed leaves, in order; that of no leaves is H("").
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// A growing tree that keeps the roots of its full subtrees alone (at most 64 hashes), which is all that appending takes.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of the full subtrees, largest (leftmost) first: one for each bit set in `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// The tree of `size` leaves, from the roots of [`subtrees`]`(&(0..size))`. `None` unless there are as many as that.
    #[must_use]
    pub fn resume(size: u64, peaks: Vec<Digest>) -> Option<Self> {
        let wanted = usize::try_from(size.count_ones()).ok()?;
        (peaks.len() == wanted).then_some(Self { size, peaks })
    }

    /// Appends a hashed leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.push_noting(leaf, |_, _| {});
    }

    /// Appends a hashed leaf and tells of every full subtree that it completes, the leaf itself first: what a log keeps
    /// so as to prove without reading its leaves again.
    pub fn push_noting(&mut self, leaf: Digest, mut note: impl FnMut(Subtree, Digest)) {
        let mut hash = leaf;
        note(Subtree { level: 0, index: self.size }, hash);
        // Every trailing one of the size is a full subtree as large as the one just completed.
        let full = usize::try_from(self.size.trailing_ones()).unwrap_or(self.peaks.len());
        let kept = self.peaks.len().saturating_sub(full);
        for (level, left) in (1..).zip(self.peaks.drain(kept..).rev()) {
            hash = node(&left, &hash);
            note(Subtree { level, index: self.size >> level }, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree as it stands.
    #[must_use]
    pub fn root(&self) -> Digest {
        join(&self.peaks)
    }
}

/// A full subtree: the `2^level` leaves from `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtree {
    /// How high it is; a leaf has level 0.
    pub level: u32,
    /// Which one of its level, from the left, from 0.
    pub index: u64,
}

/// The full subtrees of which a span is made, from left to right: one for most spans of a proof, at most 64 for the one
/// that ends where the tree ends.
#[must_use]
pub fn subtrees(span: &Range<u64>) -> Vec<Subtree> {
    let mut found = Vec::new();
    let mut start = span.start;
    while start < span.end {
        let level = start.trailing_zeros().min((span.end - start).ilog2());
        found.push(Subtree { level, index: start >> level });
        start += 1 << level;
    }
    found
}

/// The root over the roots of a span's [`subtrees`]; H("") over none.
#[must_use]
pub fn join(roots: &[Digest]) -> Digest {
    let smallest_first = roots.iter().rev().copied();
    smallest_first.reduce(|right, left| node(&left, &right)).unwrap_or_else(|| sha256(&[]))
}

/// The subtrees, as ranges of leaves, whose roots are the inclusion path of leaf `index` in a tree of `size`, from the
/// leaf up (RFC 9162, 2.1.3.1). `None` if there is no such leaf.
#[must_use]
pub fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let mut spans = Vec::new();
    let mut tree = 0..size;
    while tree.end - tree.start > 1 {
        let middle = split(&tree);
        if index < middle {
            spans.push(middle..tree.end);
            tree.end = middle;
        } else {
            spans.push(tree.start..middle);
            tree.start = middle;
        }
    }
    spans.reverse();
    Some(spans)
}

/// The subtrees, as ranges of leaves, whose roots prove that the tree of `old` leaves is the beginning of that of `new`
/// (RFC 9162, 2.1.4.1). `None` unless 0 < `old` ≤ `new`; none are needed for a tree and itself.
#[must_use]
pub fn consistency_spans(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > new {
        return None;
    }
    let mut spans = Vec::new();
    let mut tree = 0..new;
    while tree.end != old {
        let middle = split(&tree);
        if old <= middle {
            spans.push(middle..tree.end);
            tree.end = middle;
        } else {
            spans.push(tree.start..middle);
            tree.start = middle;
        }
    }
    // What is left ends where the old tree ends. If it is all of the old tree, its root is known to who asks.
    if tree.start > 0 {
        spans.push(tree);
    }
    spans.reverse();
    Some(spans)
}

/// Where a subtree of two leaves or more is split: after the largest power of two smaller than its size.
fn split(tree: &Range<u64>) -> u64 {
    tree.start + (1 << (tree.end - tree.start - 1).ilog2())
}

/// The inclusion path of the leaf at `index` among `leaves`, from the leaf up; `None` if there is no such leaf.
#[must_use]
pub fn inclusion_path(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    roots(leaves, inclusion_spans(index, size_of(leaves))?)
}

/// The proof that the first `old` of `leaves` were the whole tree once; `None` unless 0 < `old` ≤ their number.
#[must_use]
pub fn consistency_proof(leaves: &[Digest], old: u64) -> Option<Vec<Digest>> {
    roots(leaves, consistency_spans(old, size_of(leaves))?)
}

fn size_of(leaves: &[Digest]) -> u64 {
    u64::try_from(leaves.len()).expect("a slice's length fits 64 bits")
}

fn roots(leaves: &[Digest], spans: Vec<Range<u64>>) -> Option<Vec<Digest>> {
    let within = |span: Range<u64>| {
        let (start, end) = (usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?);
        leaves.get(start..end).map(root)
    };
    spans.into_iter().map(within).collect()
}

/// Checks that the hashed `leaf` is the one at `index` in the tree of `size` leaves under `root` (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest], root: Digest) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Position);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            // A last node without a right neighbour rises until it is one itself.
            (at, last) = (at >> at.trailing_zeros(), last >> at.trailing_zeros());
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    reached(last, hash == root)
}

/// Checks that the tree of `old` leaves under `old_root` is the beginning of that of `new` under `new_root`
/// (RFC 9162, 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: Digest,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old == 0 || old > new {
        return Err(ProofError::Position);
    }
    if old == new {
        return reached(u64::from(!proof.is_empty()), old_root == new_root);
    }
    let rise = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> rise, (new - 1) >> rise);
    // A full old tree is a subtree of the new one, and its root starts both chains; else the proof's first hash does.
    let (start, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (start, start);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            old_hash = node(sibling, &old_hash);
            new_hash = node(sibling, &new_hash);
            (at, last) = (at >> at.trailing_zeros(), last >> at.trailing_zeros());
        } else {
            new_hash = node(&new_hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    reached(last, old_hash == old_root && new_hash == new_root)
}

/// The end of both verifications: every level was climbed, and the roots are the ones given.
fn reached(levels_left: u64, roots_agree: bool) -> Result<(), ProofError> {
    match (levels_left, roots_agree) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

#[cfg(test)]
mod tests;
