//! Handing in what nobody handed in.

use entity::id::AttemptId;
use futures_util::future::join_all;

use super::super::store;
use super::{AttemptError, Attempts, By, HandIn, Operation, Reply};

/// How many attempts one look finds; fewer than the queue takes, so that saves keep their place in it.
const AT_ONCE: u64 = 1000;

impl Attempts {
    /// Hands in every attempt whose time is up, and gives how many. To be called once a second: whether or not anybody
    /// looks, after a restart, and by any number of instances.
    ///
    /// The database says what is due. It goes through the same queue as the saves, so that one which arrived in time is
    /// written first; which of two instances is first is settled by the attempt's lock.
    pub async fn tick(&self) -> Result<u64, AttemptError> {
        let now = self.core.now();
        let mut done = 0;
        loop {
            let due = store::due(self.core.db.read(), now, AT_ONCE).await?;
            let found = u64::try_from(due.len()).unwrap_or(u64::MAX);
            let results = join_all(due.into_iter().map(|id| self.hand_in_overdue(id))).await;
            let mut failed = None;
            let before = done;
            for result in results {
                match result {
                    Ok(handed_in) => done += u64::from(handed_in),
                    // One that cannot be handed in must not hold up the others.
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if found < AT_ONCE || done == before {
                return Ok(done);
            }
        }
    }

    async fn hand_in_overdue(&self, id: AttemptId) -> Result<bool, AttemptError> {
        let seat = self.seat(id).await?;
        let hand_in = HandIn { attempt: id, seat, arrival: self.core.now(), by: By::Server, entry: self.core.uuid() };
        let reply = self.writer.submit(Operation::HandIn(hand_in)).await?;
        Ok(matches!(reply, Reply::HandedIn { .. }))
    }
}
