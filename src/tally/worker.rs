//! Folding deltas into counts, a batch at a time.

use super::store;
use crate::core::Core;
use crate::db::Fault;

/// How many deltas one transaction folds.
const BATCH: u64 = 2_000;

/// Folds until nothing is left, and makes sums anew where the tree was changed. Safe to run on several instances at once.
pub async fn fold(core: &Core) -> Result<(), Fault> {
    loop {
        let folded = core.db.tx("tally.fold", |tx| Box::pin(store::fold(tx, BATCH))).await?;
        if u64::try_from(folded).unwrap_or(u64::MAX) < BATCH {
            break;
        }
    }
    // After the tree was changed, subject by subject: nobody waits long for their turn to write.
    while core.db.tx("tally.make_anew", |tx| Box::pin(store::make_anew(tx))).await? {}
    Ok(())
}
