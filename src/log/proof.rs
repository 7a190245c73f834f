//! Proofs from the stored tree: a few reads, however long the log is.

use std::ops::Range;

use entity::id::EntryId;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::head::SignedHead;
use super::store::{self, broken};
use crate::db::Fault;
use crate::kernel::digest::Digest;
use crate::kernel::merkle::{self, Subtree};

/// Proof that an entry is in the log (RFC 9162, 2.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The entry's own fields, whose hash is the leaf.
    pub entry: Value,
    /// Its place, from 0.
    pub index: u64,
    /// How many entries the log had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The hashes from the leaf up.
    pub path: Vec<Digest>,
}

/// Proof that the log of `to` entries begins with the log of `from` entries (RFC 9162, 2.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// How many entries the older log had.
    pub from: u64,
    /// How many the newer has.
    pub to: u64,
    /// The older root.
    pub from_root: Digest,
    /// The newer root.
    pub to_root: Digest,
    /// The hashes, as RFC 9162 orders them.
    pub proof: Vec<Digest>,
}

/// The newest signed head; nothing before the first entry was numbered.
pub async fn head(conn: &impl ConnectionTrait) -> Result<Option<SignedHead>, Fault> {
    store::last_head(conn).await
}

/// The head that was signed when the log had exactly so many entries. One is signed a batch, not an entry.
pub async fn head_at(conn: &impl ConnectionTrait, size: u64) -> Result<Option<SignedHead>, Fault> {
    store::head_of(conn, size).await
}

/// Proves that an entry was in the log when it had `size` entries, by the newest head if no size is given. `None` if there
/// is no such entry, it has no place yet, or it came later than that; and if the log never had that size.
pub async fn inclusion(
    conn: &impl ConnectionTrait,
    entry: EntryId,
    size: Option<u64>,
) -> Result<Option<Inclusion>, Fault> {
    let Some(entry) = store::entry(conn, entry).await? else { return Ok(None) };
    let Some(index) = entry.idx.and_then(|idx| u64::try_from(idx).ok()) else { return Ok(None) };
    let Some(size) = size_within(conn, size).await? else { return Ok(None) };
    let Some(mut spans) = merkle::inclusion_spans(index, size) else { return Ok(None) };
    spans.push(0..size);
    let mut path = roots(conn, &spans).await?;
    let root = path.pop().ok_or_else(|| broken("no root"))?;
    Ok(Some(Inclusion { entry: entry.value(), index, size, root, path }))
}

/// Proves that the log of `to` entries, by the newest head if not given, begins with that of `from`. `None` unless
/// 0 < `from` ≤ `to` and the log had `to`.
pub async fn consistency(
    conn: &impl ConnectionTrait,
    from: u64,
    to: Option<u64>,
) -> Result<Option<Consistency>, Fault> {
    let Some(to) = size_within(conn, to).await? else { return Ok(None) };
    let Some(mut spans) = merkle::consistency_spans(from, to) else { return Ok(None) };
    spans.push(0..from);
    spans.push(0..to);
    let mut proof = roots(conn, &spans).await?;
    let ends = proof.pop().zip(proof.pop());
    let (to_root, from_root) = ends.ok_or_else(|| broken("no roots"))?;
    Ok(Some(Consistency { from, to, from_root, to_root, proof }))
}

async fn size_within(conn: &impl ConnectionTrait, size: Option<u64>) -> Result<Option<u64>, Fault> {
    let newest = store::last_head(conn).await?.map_or(0, |head| head.size);
    Ok(Some(size.unwrap_or(newest)).filter(|size| *size <= newest))
}

async fn roots(conn: &impl ConnectionTrait, spans: &[Range<u64>]) -> Result<Vec<Digest>, Fault> {
    let parts: Vec<Vec<Subtree>> = spans.iter().map(merkle::subtrees).collect();
    let found = store::hashes(conn, &parts.concat()).await?;
    let root = |parts: &Vec<Subtree>| {
        let hashes: Option<Vec<Digest>> = parts.iter().map(|p| found.get(p).copied()).collect();
        hashes.map(|hashes| merkle::join(&hashes)).ok_or_else(|| broken("a node of the stored tree is missing"))
    };
    parts.iter().map(root).collect()
}
