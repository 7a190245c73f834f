//! Six digits can be guessed: whoever is wrong too often waits. Kept in memory, since a guess is worth ten seconds.

use std::collections::HashMap;

use entity::id::AccountId;
use entity::instant::{Instant, Millis};

/// How many wrong codes an account may send in [`SPAN`].
const WRONG: usize = 10;
/// The time that is looked back on.
const SPAN: Millis = Millis(5 * 60 * 1000);
/// How many accounts are remembered at most.
const ROOM: usize = 20_000;

/// Wrong codes by account, oldest first.
#[derive(Debug, Default)]
pub(super) struct Guesses(HashMap<AccountId, Vec<Instant>>);

impl Guesses {
    /// For how many seconds the account must wait, if it must.
    pub(super) fn wait(&mut self, account: AccountId, now: Instant) -> Option<u64> {
        let wrong = self.0.get_mut(&account)?;
        wrong.retain(|at| now - *at < SPAN && *at <= now);
        let oldest = *wrong.first()?;
        if wrong.len() < WRONG {
            return None;
        }
        u64::try_from((oldest + SPAN - now).0 / 1000 + 1).ok()
    }

    /// Notes a wrong code.
    pub(super) fn wrong(&mut self, account: AccountId, now: Instant) {
        if self.0.len() >= ROOM {
            self.0.retain(|_, wrong| wrong.last().is_some_and(|at| now - *at < SPAN));
        }
        self.0.entry(account).or_default().push(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn ten_wrong_codes_in_five_minutes_are_enough() {
        let (mut guesses, account) = (Guesses::default(), AccountId(Uuid::from_u128(1)));
        let at = |seconds: i64| Instant(0) + Millis::seconds(seconds);
        for second in 0..10 {
            assert_eq!(guesses.wait(account, at(second)), None);
            guesses.wrong(account, at(second));
        }
        assert_eq!(guesses.wait(account, at(10)), Some(291));
        assert_eq!(guesses.wait(AccountId(Uuid::from_u128(2)), at(10)), None, "only who was wrong waits");
        assert_eq!(guesses.wait(account, at(300)), None, "the oldest is forgotten");
    }
}
