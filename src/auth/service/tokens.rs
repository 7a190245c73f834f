//! Whose token it is, and when it ends.
//!
//! A token is believed without asking the database for as long as nothing changes of what it is worth (`turns`): whoever
//! saves an answer every few seconds is not looked up each time, and a revocation is felt everywhere within a second. It ends
//! when it has not been used for a while, at the latest some hours after log-in, but never while its owner sits an exam
//! that they began with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::auth::token;
use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::{Auth, AuthError};
use crate::auth::caller::COOKIE;
use crate::auth::model::{AccountRow, Caller};
use crate::auth::store;
use crate::auth::turns::{Turns, Watch};
use crate::db::{Db, Gather, Read};

/// How long a token is believed without asking the database, whatever is heard.
const CACHE_LIFE: Millis = Millis(60_000);
/// How many tokens are remembered at most.
const CACHE_ROOM: usize = 50_000;
/// The use of a token is noted at most so often; it may end that much late.
const STEP: Millis = Millis(60_000);
/// How often what has ended is swept away.
const SWEEP: Millis = Millis(10 * 60 * 1000);

struct Cached {
    account: Arc<AccountRow>,
    /// When the database was asked.
    asked_at: Instant,
    /// The turn of the account's slot before that.
    turn: i64,
    /// When it ends unless it is used.
    end: Instant,
    /// When its use was noted in the database.
    seen_at: Instant,
    /// When it was last used here.
    used_at: Instant,
}

/// The tokens that were used lately, and those whose use is to be noted.
#[derive(Default)]
pub(super) struct Cache {
    tokens: Mutex<HashMap<String, Cached>>,
    used: Mutex<HashSet<String>>,
    swept_at: Mutex<Instant>,
    watch: Watch,
}

impl Cache {
    pub(super) fn forget_token(&self, hash: &str) {
        self.tokens.lock().remove(hash);
    }

    pub(super) fn forget_account(&self, id: AccountId) {
        self.tokens.lock().retain(|_, c| c.account.id != id);
    }

    /// The account of a token that was looked up, if nothing has changed since.
    fn known(&self, hash: &str, turns: &Turns, now: Instant) -> Option<Arc<AccountRow>> {
        let mut tokens = self.tokens.lock();
        let cached = tokens.get_mut(hash)?;
        let fresh = now - cached.asked_at < CACHE_LIFE && cached.asked_at <= now;
        if !fresh || now >= cached.end || cached.turn != turns.of(cached.account.id) {
            return None;
        }
        cached.used_at = now;
        let (account, noted) = (Arc::clone(&cached.account), cached.seen_at);
        drop(tokens);
        self.note_use(hash, noted, now);
        Some(account)
    }

    /// When a token was last used, as far as this instance knows.
    fn used_at(&self, hash: &str) -> Option<Instant> {
        self.tokens.lock().get(hash).map(|c| c.used_at)
    }

    /// Remembers what was looked up after these turns were read.
    fn keep(
        &self,
        hash: &str,
        account: &Arc<AccountRow>,
        (seen_at, end): (Instant, Instant),
        turns: &Turns,
        now: Instant,
    ) {
        let mut tokens = self.tokens.lock();
        if tokens.len() >= CACHE_ROOM {
            tokens.clear();
        }
        let (account, turn) = (Arc::clone(account), turns.of(account.id));
        let cached = Cached { account, asked_at: now, turn, end, seen_at, used_at: now };
        tokens.insert(hash.to_owned(), cached);
        drop(tokens);
        self.note_use(hash, seen_at, now);
    }

    fn note_use(&self, hash: &str, noted: Instant, now: Instant) {
        if now - noted >= STEP {
            self.used.lock().insert(hash.to_owned());
        }
    }
}

impl Auth {
    /// The name of the cookie that holds a page's token here.
    pub(in crate::auth) fn cookie(&self) -> &'static str {
        let [bound, plain] = COOKIE;
        if self.core.settings.https() { bound } else { plain }
    }

    /// Whose token it is. Known tokens cost no query.
    pub async fn authenticate(&self, token: &str, address: Option<String>) -> Result<Caller, AuthError> {
        self.owner(hash_of(token), address).await
    }

    /// The same of somebody who was known before: as they are now, for what goes on longer than a request.
    pub async fn again(&self, caller: &Caller) -> Result<Caller, AuthError> {
        self.owner(caller.token_hash.clone(), caller.address.clone()).await
    }

    async fn owner(&self, token_hash: String, address: Option<String>) -> Result<Caller, AuthError> {
        let now = self.core.now();
        let turns = self.cache.watch.turns(self.core.db.read(), now).await?;
        let account = match self.cache.known(&token_hash, &turns, now) {
            Some(account) => account,
            None => self.look_up(&token_hash, &turns, now).await?,
        };
        Ok(Caller { account, token_hash, address })
    }

    async fn look_up(&self, hash: &str, turns: &Turns, now: Instant) -> Result<Arc<AccountRow>, AuthError> {
        let Some((token, account)) = self.holders.get(hash.to_owned()).await? else {
            self.cache.forget_token(hash);
            return Err(AuthError::Unauthenticated);
        };
        let used_at = self.cache.used_at(hash).map_or(token.seen_at, |used| used.max(token.seen_at));
        let end = self.end_of(&token, used_at);
        if end <= now {
            // It is the exam's deadline that ends a token with which an exam was begun.
            let sitting = match (self.vigil.get(), account.person_id) {
                (Some(vigil), Some(person)) => vigil.since(person).await?,
                _ => None,
            };
            if sitting.is_none_or(|since| since >= end) {
                self.cache.forget_token(hash);
                return Err(AuthError::Unauthenticated);
            }
        }
        // In an exam that outlasts the token it is asked again every second.
        let end = end.max(now + Millis(1000));
        self.cache.keep(hash, &account, (token.seen_at, end), turns, now);
        Ok(account)
    }

    /// When a token ends that was last used then.
    fn end_of(&self, token: &token::Model, used_at: Instant) -> Instant {
        token.ends_at.min(used_at + self.core.settings.token_idle + STEP)
    }

    /// Notes which tokens were in use, and now and then sweeps away what has ended.
    pub async fn tick(&self) -> Result<(), AuthError> {
        let now = self.core.now();
        let used: Vec<String> = self.cache.used.lock().drain().collect();
        let sweep = {
            let mut swept = self.cache.swept_at.lock();
            let due = now - *swept >= SWEEP;
            if due {
                *swept = now;
            }
            due
        };
        if used.is_empty() && !sweep {
            return Ok(());
        }
        self.core
            .db
            .tx("auth.tick", |tx| {
                let used = used.clone();
                Box::pin(async move {
                    store::see(tx, &used, now).await?;
                    if sweep {
                        store::forget_tokens(tx, now).await?;
                        store::forget_codes(tx, now).await?;
                        store::forget(tx, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Whoever asks whose a token is.
pub(super) type Holders = Gather<String, (token::Model, Arc<AccountRow>)>;

/// A hall that starts at one moment is looked up together.
pub(super) fn holders(db: &Db) -> Holders {
    let db = db.clone();
    let read: Arc<Read<String, (token::Model, Arc<AccountRow>)>> = Arc::new(move |hashes| {
        let db = db.clone();
        Box::pin(async move { store::holders(db.read(), hashes).await })
    });
    Gather::spawn(&read)
}

pub(super) fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
