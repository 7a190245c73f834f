//! Checking the log of a database.

use std::collections::HashMap;
use std::ops::Range;

use sea_orm::ConnectionTrait;

use super::checker::{Checker, Finding, Place, Trust, Verdict};
use super::entry::Written;
use super::store::{self, Leaf};
use crate::db::Fault;
use crate::kernel::digest::Digest;
use crate::kernel::merkle::Subtree;

/// How many entries are in memory at once.
const PAGE: u64 = 1000;

/// A check of every entry, leaf, node and head of the log, a part at a time. While the log grows, it checks what was
/// there when it began.
pub struct Verification {
    checker: Checker,
    end: u64,
}

impl std::fmt::Debug for Verification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verification").field("end", &self.end).finish_non_exhaustive()
    }
}

impl Verification {
    /// At the first entry.
    pub async fn begin(conn: &impl ConnectionTrait, trust: Trust) -> Result<Self, Fault> {
        let mut checker = Checker::new(trust);
        checker.note_unnumbered(store::count_unnumbered(conn).await?);
        // The head comes with the entries, so one that is read after them covers them all.
        let numbered = store::count_numbered(conn).await?;
        let signed = store::last_head(conn).await?.map_or(0, |head| head.size);
        Ok(Self { checker, end: numbered.max(signed) })
    }

    /// How many places were looked at, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.checker.size(), self.end)
    }

    /// Looks at the next thousand places, unless all were looked at or nobody needs more findings. Tells whether there
    /// is more to do.
    pub async fn step(&mut self, conn: &impl ConnectionTrait) -> Result<bool, Fault> {
        let start = self.checker.size();
        if start < self.end && !self.checker.enough() {
            page(conn, &mut self.checker, &(start..self.end.min(start + PAGE))).await?;
        }
        Ok(self.checker.size() < self.end && !self.checker.enough())
    }

    /// What came out of it.
    #[must_use]
    pub fn finish(self) -> Verdict {
        self.checker.finish()
    }
}

/// Reads every entry, leaf, node and head of the log in one go and checks that they are what was signed.
pub async fn verify(conn: &impl ConnectionTrait, trust: Trust) -> Result<Verdict, Fault> {
    let mut verification = Verification::begin(conn, trust).await?;
    while verification.step(conn).await? {}
    Ok(verification.finish())
}

async fn page(conn: &impl ConnectionTrait, checker: &mut Checker, places: &Range<u64>) -> Result<(), Fault> {
    let mut entries = entries(conn, places).await?;
    let leaves = store::leaves(conn, places).await?;
    let mut leaves: HashMap<u64, Leaf> =
        leaves.into_iter().filter_map(|leaf| Some((u64::try_from(leaf.idx).ok()?, leaf))).collect();
    let mut heads = store::heads(conn, places).await?.into_iter().peekable();
    let mut completed = Vec::new();
    for index in places.clone() {
        let (leaf, entry) = (leaves.remove(&index), entries.remove(&index));
        let kept = leaf.as_ref().and_then(|leaf| leaf.hash.parse().ok());
        let id = leaf.map(|leaf| leaf.entry_id);
        let computed = match (&entry, &id) {
            (Some(Found::Whole(entry)), Some(id)) if entry.id == *id => Some(entry.leaf()),
            (Some(Found::Whole(entry)), Some(id)) => {
                checker.find(Finding::Replaced { index, id: id.clone(), by: entry.id.clone() });
                None
            }
            (Some(Found::Whole(entry)), None) => Some(entry.leaf()),
            (Some(Found::Unreadable), _) => {
                checker.find(Finding::Changed { index, id: id.clone().unwrap_or_default() });
                None
            }
            (None, _) => {
                checker.find(Finding::Missing { index, id: id.clone() });
                None
            }
        };
        if let (None, Some(Found::Whole(entry))) = (kept, &entry) {
            checker.find(Finding::Leaf { index, id: entry.id.clone() });
        }
        checker.place(&Place { id: id.as_deref().unwrap_or_default(), kept, computed }, &mut completed);
        while let Some(head) = heads.next_if(|head| head.size == index + 1) {
            checker.head(&head);
        }
        if checker.enough() {
            return Ok(());
        }
    }
    nodes(conn, checker, places, &completed).await
}

/// Proofs are served from the inner nodes: they have to be right too. Where an entry is wrong, so is what lies above it.
async fn nodes(
    conn: &impl ConnectionTrait,
    checker: &mut Checker,
    places: &Range<u64>,
    completed: &[(Subtree, Digest)],
) -> Result<(), Fault> {
    if !checker.untroubled() {
        return Ok(());
    }
    let stored = store::nodes(conn, places).await?;
    let wrong = completed.iter().find(|(subtree, hash)| subtree.level > 0 && stored.get(subtree) != Some(hash));
    if let Some((subtree, _)) = wrong {
        let first = subtree.index << subtree.level;
        checker.find(Finding::Node { first, last: first + (1 << subtree.level) - 1 });
    }
    Ok(())
}

enum Found {
    Whole(Box<Written>),
    /// There is a row, but not even its columns can be read as what they are.
    Unreadable,
}

async fn entries(conn: &impl ConnectionTrait, places: &Range<u64>) -> Result<HashMap<u64, Found>, Fault> {
    let by_place = |entry: Written| {
        let index = entry.idx.and_then(|idx| u64::try_from(idx).ok())?;
        Some((index, Found::Whole(Box::new(entry))))
    };
    match store::entries(conn, places).await {
        Ok(entries) => return Ok(entries.into_iter().filter_map(by_place).collect()),
        Err(fault) if fault.is_outage() => return Err(fault),
        Err(_unreadable) => {}
    }
    // One bad row spoils the page: look at each by itself to find which.
    let mut found = HashMap::new();
    for index in places.clone() {
        match store::entries(conn, &(index..index + 1)).await {
            Ok(entries) => found.extend(entries.into_iter().filter_map(by_place)),
            Err(fault) if fault.is_outage() => return Err(fault),
            Err(_unreadable) => {
                found.insert(index, Found::Unreadable);
            }
        }
    }
    Ok(found)
}
