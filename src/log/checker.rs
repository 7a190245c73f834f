//! Checking a log from its first entry to its last: pure, fed by whoever reads a database or an export.

use std::fmt;

use crate::kernel::digest::{Digest, sha256};
use crate::kernel::merkle::{Frontier, Subtree};
use crate::keys::{PublicKey, SignatureError};

use super::head::SignedHead;

/// After so many findings nobody needs more.
const ENOUGH: usize = 100;

/// What the one who checks knows from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The installation's public keys. With none given, whatever key signed is believed and named.
    pub keys: Vec<PublicKey>,
    /// A head kept from earlier: the log must still begin with what it covered.
    pub head: Option<SignedHead>,
}

/// Something that is not as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The entry was changed after it was numbered.
    Changed {
        /// Its place.
        index: u64,
        /// Its id.
        id: String,
    },
    /// The entry is gone.
    Missing {
        /// Its place.
        index: u64,
        /// Its id, where that is still known.
        id: Option<String>,
    },
    /// Another entry stands in the place of the one that was numbered.
    Replaced {
        /// The place.
        index: u64,
        /// The id of the one that was numbered.
        id: String,
        /// The id of the one that stands there.
        by: String,
    },
    /// The entry is as it was signed, the hash kept for it is not.
    Leaf {
        /// Its place.
        index: u64,
        /// Its id.
        id: String,
    },
    /// An inner node kept for proofs is not the one over its leaves.
    Node {
        /// The place of its first leaf.
        first: u64,
        /// The place of its last leaf.
        last: u64,
    },
    /// The entries lead to another root than was signed, and no single one of them can be told.
    Root {
        /// The first place that may be at fault.
        first: u64,
        /// How many entries the head was signed for.
        size: u64,
    },
    /// A head's signature does not hold.
    Signature {
        /// How many entries the head is for.
        size: u64,
        /// Why.
        why: SignatureError,
    },
    /// A head was signed with a key that is not the installation's.
    Key {
        /// How many entries the head is for.
        size: u64,
        /// The key.
        key: PublicKey,
    },
    /// No head was signed over the last entries.
    Unsigned {
        /// The place of the first of them.
        first: u64,
    },
    /// The log is shorter than a head says that is known from elsewhere.
    Short {
        /// How many entries that head is for.
        size: u64,
        /// How many there are.
        entries: u64,
    },
    /// The log does not begin with what a head covered that is known from elsewhere.
    Rewritten {
        /// How many entries that head is for.
        size: u64,
    },
}

impl Finding {
    /// The place from which on something is wrong.
    #[must_use]
    pub fn index(&self) -> u64 {
        match self {
            Self::Changed { index, .. }
            | Self::Missing { index, .. }
            | Self::Replaced { index, .. }
            | Self::Leaf { index, .. } => *index,
            Self::Node { first, .. } | Self::Root { first, .. } | Self::Unsigned { first } => *first,
            Self::Signature { size, .. } | Self::Key { size, .. } | Self::Rewritten { size } => size.saturating_sub(1),
            Self::Short { entries, .. } => *entries,
        }
    }

    /// The entry concerned, where it is one and its id is known.
    #[must_use]
    pub fn entry_id(&self) -> Option<&str> {
        match self {
            Self::Changed { id, .. } | Self::Replaced { id, .. } | Self::Leaf { id, .. } => Some(id),
            Self::Missing { id, .. } => id.as_deref(),
            Self::Node { .. }
            | Self::Root { .. }
            | Self::Signature { .. }
            | Self::Key { .. }
            | Self::Unsigned { .. }
            | Self::Short { .. }
            | Self::Rewritten { .. } => None,
        }
    }

    /// One word for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Replaced { .. } => "replaced",
            Self::Leaf { .. } => "leaf",
            Self::Node { .. } => "node",
            Self::Root { .. } => "root",
            Self::Signature { .. } => "signature",
            Self::Key { .. } => "key",
            Self::Unsigned { .. } => "unsigned",
            Self::Short { .. } => "short",
            Self::Rewritten { .. } => "rewritten",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { index, id } => write!(f, "entry {index} ({id}) was changed after it was numbered"),
            Self::Missing { index, id: Some(id) } => write!(f, "entry {index} ({id}) is missing"),
            Self::Missing { index, id: None } => write!(f, "entry {index} is missing, and so is its hash"),
            Self::Replaced { index, id, by } => write!(f, "entry {index} ({id}) is missing; {by} stands in its place"),
            Self::Leaf { index, id } => write!(f, "entry {index} ({id}) is as signed, but the hash kept for it is not"),
            Self::Node { first, last } => write!(f, "the hash kept over the entries {first} to {last} is not theirs"),
            Self::Root { first, size } => {
                let last = size.saturating_sub(1);
                write!(f, "the entries {first} to {last} do not lead to the root signed for {size} entries")
            }
            Self::Signature { size, why } => write!(f, "the head signed for {size} entries: {why}"),
            Self::Key { size, key } => write!(f, "the head for {size} entries was signed with a foreign key, {key}"),
            Self::Unsigned { first } => write!(f, "no head was signed over the entries from {first} on"),
            Self::Short { size, entries } => {
                write!(f, "there are {entries} entries where a head was signed for {size}")
            }
            Self::Rewritten { size } => write!(f, "the first {size} entries are not those of the head kept elsewhere"),
        }
    }
}

/// What came out of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How many entries were looked at.
    pub entries: u64,
    /// Those among them of which only the hash was shown.
    pub withheld: u64,
    /// How many signed heads were looked at.
    pub heads: u64,
    /// The root over the entries as they are.
    pub root: Digest,
    /// The keys with which heads were signed, in the order of their first use.
    pub keys: Vec<PublicKey>,
    /// Entries that have no place yet; they are no finding, the sequencer will come by.
    pub unnumbered: u64,
    /// What is not as it was signed, by place. At most a hundred; after them the check is given up.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether all is as it was signed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// What stands at the next place.
pub(super) struct Place<'a> {
    /// The entry's id; empty where only its hash is shown.
    pub(super) id: &'a str,
    /// The hash that was kept for it.
    pub(super) kept: Option<Digest>,
    /// The hash of the entry itself.
    pub(super) computed: Option<Digest>,
}

/// The check, entry by entry and head by head.
pub(super) struct Checker {
    trust: Trust,
    /// The tree over the entries as they are.
    computed: Frontier,
    /// The tree over the hashes that were kept for them.
    kept: Frontier,
    /// Entries whose two hashes differ; the next head tells which of the two was signed.
    doubtful: Vec<(u64, String)>,
    /// The size of the last head that was reached.
    settled: u64,
    /// The trees no longer lead to any signed root.
    lost: bool,
    verdict: Verdict,
}

impl Checker {
    pub(super) fn new(trust: Trust) -> Self {
        let verdict = Verdict {
            entries: 0,
            withheld: 0,
            heads: 0,
            root: sha256(&[]),
            keys: Vec::new(),
            unnumbered: 0,
            findings: Vec::new(),
        };
        let (computed, kept) = (Frontier::default(), Frontier::default());
        let mut this = Self { trust, computed, kept, doubtful: Vec::new(), settled: 0, lost: false, verdict };
        if let Some(head) = this.trust.head.clone() {
            this.authentic(&head);
        }
        this
    }

    /// How many places were looked at.
    pub(super) fn size(&self) -> u64 {
        self.computed.size()
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.verdict.findings.push(finding);
    }

    /// Whether so much was found that it is better to stop.
    pub(super) fn enough(&self) -> bool {
        self.verdict.findings.len() + self.doubtful.len() >= ENOUGH
    }

    /// Whether nothing was found yet.
    pub(super) fn untroubled(&self) -> bool {
        self.verdict.findings.is_empty() && self.doubtful.is_empty()
    }

    pub(super) fn note_withheld(&mut self) {
        self.verdict.withheld += 1;
    }

    pub(super) fn note_unnumbered(&mut self, count: u64) {
        self.verdict.unnumbered = count;
    }

    /// Takes what stands at the next place, and notes the full subtrees that it completes.
    pub(super) fn place(&mut self, place: &Place<'_>, note: &mut Vec<(Subtree, Digest)>) {
        let (kept, computed) = match (place.kept, place.computed) {
            (Some(kept), Some(computed)) => (kept, computed),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => {
                self.lost = true;
                (sha256(&[]), sha256(&[]))
            }
        };
        if kept != computed {
            self.doubtful.push((self.size(), place.id.to_owned()));
        }
        self.computed.push(computed);
        self.kept.push_noting(kept, |subtree, hash| note.push((subtree, hash)));
        let known = self.trust.head.as_ref().filter(|head| head.size == self.computed.size() && !self.lost);
        if known.is_some_and(|head| head.root != self.computed.root() && head.root != self.kept.root()) {
            self.find(Finding::Rewritten { size: self.computed.size() });
        }
    }

    /// Takes a head that was signed when the log had as many entries as were looked at.
    pub(super) fn head(&mut self, head: &SignedHead) {
        self.verdict.heads += 1;
        if !self.verdict.keys.contains(&head.public_key) {
            self.verdict.keys.push(head.public_key);
        }
        if !self.authentic(head) || self.lost {
            return;
        }
        let first = self.settled;
        self.settled = head.size;
        if self.computed.root() == head.root {
            // What was signed is what is there: it is the kept hashes that somebody changed.
            self.kept = self.computed.clone();
            for (index, id) in std::mem::take(&mut self.doubtful) {
                self.find(Finding::Leaf { index, id });
            }
        } else if self.kept.root() == head.root {
            self.computed = self.kept.clone();
            self.settle();
        } else {
            self.settle();
            self.find(Finding::Root { first, size: head.size });
            self.lost = true;
        }
    }

    fn authentic(&mut self, head: &SignedHead) -> bool {
        if let Err(why) = head.check() {
            self.find(Finding::Signature { size: head.size, why });
            return false;
        }
        let trusted = self.trust.keys.is_empty() || self.trust.keys.contains(&head.public_key);
        if !trusted {
            self.find(Finding::Key { size: head.size, key: head.public_key });
        }
        trusted
    }

    fn settle(&mut self) {
        for (index, id) in std::mem::take(&mut self.doubtful) {
            self.find(Finding::Changed { index, id });
        }
    }

    /// The end of the log.
    pub(super) fn finish(mut self) -> Verdict {
        self.settle();
        let entries = self.size();
        if self.verdict.findings.len() < ENOUGH {
            if let Some(size) = self.trust.head.as_ref().map(|h| h.size).filter(|size| *size > entries) {
                self.find(Finding::Short { size, entries });
            }
            // The head over the last entries of a log that was cut off went with what is missing.
            let cut = self.verdict.findings.iter().any(|f| matches!(f, Finding::Short { .. }));
            if self.settled < entries && !self.lost && !cut {
                self.find(Finding::Unsigned { first: self.settled });
            }
        }
        self.verdict.findings.sort_by_key(Finding::index);
        self.verdict.findings.truncate(ENOUGH);
        Verdict { entries, root: self.computed.root(), ..self.verdict }
    }
}

#[cfg(test)]
mod tests;
