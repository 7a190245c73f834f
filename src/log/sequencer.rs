//! Giving entries their places.

use std::sync::Arc;

use entity::id::EntryId;
use entity::instant::Instant;
use sea_orm::DatabaseTransaction;

use super::head::SignedHead;
use super::store::{self, Growth, broken};
use crate::db::{Db, Fault, alone};
use crate::kernel::merkle::{Frontier, subtrees};
use crate::keys::Keys;

/// How many entries one transaction numbers at most: few enough for SQLite's only writer to be free again soon.
const BATCH: u64 = 256;

/// Numbers what is there to be numbered, a batch at a time, in the order of insertion; an entry whose transaction commits
/// late comes after those that were numbered meanwhile. Nothing is ever numbered anew. Gives how many it numbered; 0 too
/// when another instance is at it.
pub async fn sequence(db: &Db, keys: &Arc<Keys>, now: Instant) -> Result<u64, Fault> {
    let mut numbered = 0;
    // Looking costs nobody anything; SQLite's only writer is not taken for nothing.
    if store::unnumbered(db.read(), 1).await?.is_empty() {
        return Ok(0);
    }
    loop {
        let done: Result<u64, Fault> = db
            .tx("log.sequence", |tx| {
                let keys = Arc::clone(keys);
                Box::pin(async move { batch(tx, &keys, now).await })
            })
            .await;
        let done = done?;
        numbered += done;
        if done < BATCH {
            return Ok(numbered);
        }
    }
}

/// How many entries have no place yet, and when the oldest of them was written.
pub async fn waiting(db: &Db) -> Result<(u64, Option<Instant>), Fault> {
    let oldest = store::unnumbered(db.read(), 1).await?.first().map(|entry| Instant(entry.at));
    let count = if oldest.is_some() { store::count_unnumbered(db.read()).await? } else { 0 };
    Ok((count, oldest))
}

async fn batch(tx: &DatabaseTransaction, keys: &Keys, now: Instant) -> Result<u64, Fault> {
    if !alone(tx, "log.sequence").await? {
        return Ok(0);
    }
    let entries = store::unnumbered(tx, BATCH).await?;
    if entries.is_empty() {
        return Ok(0);
    }
    let last = store::last_head(tx).await?;
    if last.as_ref().is_some_and(|head| head.public_key != keys.log_public()) {
        tracing::warn!("the log was last signed with another key: all instances must share one secret key file");
    }
    let mut tree = tree_of(tx, last.as_ref()).await?;
    let (mut ids, mut subtrees) = (Vec::new(), Vec::new());
    for entry in &entries {
        let id: EntryId = entry.id.parse().map_err(|_bad| broken("an entry's id cannot be read"))?;
        ids.push(id);
        tree.push_noting(entry.leaf(), |subtree, hash| subtrees.push((subtree, hash)));
    }
    let numbered = u64::try_from(ids.len()).map_err(|_large| broken("a batch is too large"))?;
    let head = SignedHead::sign(keys, tree.size(), tree.root(), now);
    store::grow(tx, Growth { ids, subtrees, head }).await?;
    Ok(numbered)
}

/// The tree under a head. Nothing is ever signed on top of a tree that somebody touched: two heads that contradict each
/// other would be the installation's own lie.
async fn tree_of(tx: &DatabaseTransaction, head: Option<&SignedHead>) -> Result<Frontier, Fault> {
    let Some(head) = head else {
        return Ok(Frontier::default());
    };
    head.check().map_err(|_bad| broken("the last head's signature does not hold"))?;
    let peaks = subtrees(&(0..head.size));
    let found = store::hashes(tx, &peaks).await?;
    let peaks = peaks.iter().filter_map(|p| found.get(p).copied()).collect();
    Frontier::resume(head.size, peaks)
        .filter(|tree| tree.root() == head.root)
        .ok_or_else(|| broken("the stored tree does not lead to the root that was signed last"))
}
