//! What changed of the tokens that an instance remembers.
//!
//! Accounts are dealt into slots. Whoever ends a token, or changes what an account is or may do, raises its slot's number
//! in the same transaction (`token_turns`); every instance reads these few rows twice a second. So a revoked token is
//! refused everywhere within a second, and none is looked up for as long as nothing changes of it.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;

use super::store;
use crate::db::Fault;

/// How old the turns may be before they are read again, and how old when somebody is just reading them.
const FRESH: Millis = Millis(500);
const LIFE: Millis = Millis(1000);
/// How many slots there are.
const SLOTS: u8 = 64;

/// The slot of an account. The last byte of its id is random.
pub(super) fn slot_of(account: AccountId) -> i32 {
    let [.., last] = *account.0.as_bytes();
    i32::from(last % SLOTS)
}

/// The turns of all slots at some moment.
#[derive(Debug)]
pub(super) struct Turns {
    read_at: Instant,
    turns: HashMap<i32, i64>,
}

impl Turns {
    /// The turn of an account's slot.
    pub(super) fn of(&self, account: AccountId) -> i64 {
        self.turns.get(&slot_of(account)).copied().unwrap_or_default()
    }

    fn is_younger_than(&self, life: Millis, now: Instant) -> bool {
        self.read_at <= now && now - self.read_at < life
    }
}

/// The turns as this instance read them last.
#[derive(Default)]
pub(super) struct Watch {
    last: Mutex<Option<Arc<Turns>>>,
    reading: tokio::sync::Mutex<()>,
}

impl Watch {
    /// The turns, less than a second old. To be asked for before anything is read that is to be remembered with them.
    pub(super) async fn turns(&self, conn: &impl ConnectionTrait, now: Instant) -> Result<Arc<Turns>, Fault> {
        if let Some(turns) = self.younger_than(FRESH, now) {
            return Ok(turns);
        }
        let _reading = match self.reading.try_lock() {
            Ok(reading) => reading,
            Err(_busy) => {
                if let Some(turns) = self.younger_than(LIFE, now) {
                    return Ok(turns);
                }
                self.reading.lock().await
            }
        };
        if let Some(turns) = self.younger_than(FRESH, now) {
            return Ok(turns);
        }
        let turns = Arc::new(Turns { read_at: now, turns: store::turns(conn).await? });
        *self.last.lock() = Some(Arc::clone(&turns));
        Ok(turns)
    }

    fn younger_than(&self, life: Millis, now: Instant) -> Option<Arc<Turns>> {
        self.last.lock().as_ref().filter(|turns| turns.is_younger_than(life, now)).map(Arc::clone)
    }
}
