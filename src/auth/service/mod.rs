//! Logging in and out, and who has which account.

mod accounts;
mod program;

use std::collections::HashMap;
use std::sync::Arc;

use entity::auth::grant::Role;
use entity::auth::{account, token};
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use parking_lot::Mutex;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::auth::model::{AccountRow, Caller, Denied};
use crate::auth::password::{Passwords, check_choice};
use crate::auth::store;
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::{self, Actor, Entry};

/// How long a token lasts.
const TOKEN_LIFE: Millis = Millis(12 * 3600 * 1000);
/// How long a token is believed without asking the database: by then a revocation is felt everywhere.
const CACHE_LIFE: Millis = Millis(1000);
/// How many tokens are remembered at most.
const CACHE_ROOM: usize = 50_000;
/// How many failures in a row lock an account, and for how long.
const FAILURES: i32 = 5;
const LOCK: Millis = Millis(15 * 60 * 1000);

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No valid token.
    #[error("no valid token")]
    Unauthenticated,
    /// User name or password is wrong.
    #[error("user name or password is wrong")]
    WrongCredentials,
    /// Too many failures; so many seconds to wait.
    #[error("locked for {0} s")]
    Locked(u64),
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(AuthError);

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Forbidden => Self::new(Code::Forbidden),
            Denied::NotFound => Self::new(Code::NotFound),
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthenticated => Self::new(Code::Unauthenticated),
            AuthError::WrongCredentials => Self::new(Code::WrongCredentials),
            AuthError::Locked(seconds) => Self::new(Code::TooManyRequests).retry_after(seconds),
            AuthError::Denied(denied) => denied.into(),
            AuthError::Invalid(invalid) => invalid.into(),
            AuthError::Fault(fault) => fault.into(),
        }
    }
}

/// A successful log-in.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The token; it is shown this once and never kept.
    pub token: String,
    /// When it ends.
    pub expires_at: Instant,
    /// Whose it is.
    pub account: AccountRow,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What will be typed to log in.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// Its first password.
    pub password: String,
    /// The password must be replaced at the first log-in.
    pub must_change_password: bool,
    /// The person on a roster that it belongs to.
    pub person_id: Option<PersonId>,
}

/// A role to be given.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The role.
    pub role: Role,
    /// The top of the subtree.
    pub unit_id: UnitId,
    /// When it ends.
    pub valid_until: Option<Instant>,
}

struct Cached {
    account: Arc<AccountRow>,
    expires_at: Instant,
    seen_at: Instant,
}

/// The slice's service.
pub struct Auth {
    core: Core,
    passwords: Passwords,
    cache: Mutex<HashMap<String, Cached>>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

impl Auth {
    /// With an empty cache.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core, passwords: Passwords::default(), cache: Mutex::default() }
    }

    /// Checks a password and gives a token.
    pub async fn log_in(&self, username: &str, password: &str, address: Option<String>) -> Result<LogIn, AuthError> {
        let now = self.core.now();
        let username = username.trim().to_lowercase();
        let found = store::by_username(self.core.db.read(), &username).await?;
        if let Some(until) = found.as_ref().and_then(|a| a.locked_until).filter(|until| now < *until) {
            return Err(AuthError::Locked(u64::try_from((until - now).0 / 1000 + 1).unwrap_or(1)));
        }
        let hash = found.as_ref().map(|a| a.password_hash.clone());
        let right = self.passwords.verify(hash, password).await;
        match found {
            Some(account) if right => self.give_token(account, address).await,
            other => {
                self.note_failure(other, &username, address).await?;
                Err(AuthError::WrongCredentials)
            }
        }
    }

    async fn give_token(&self, account: account::Model, address: Option<String>) -> Result<LogIn, AuthError> {
        let now = self.core.now();
        let token = self.core.secret::<32>();
        let expires_at = now + TOKEN_LIFE;
        let (hash, id, entry) = (hash_of(&token), account.id, self.core.uuid());
        let actor = Actor { account: Some(id), address };
        self.core
            .db
            .tx("auth.log_in", |tx| {
                let row = token::Model { token_hash: hash.clone(), account_id: id, created_at: now, expires_at };
                let entry = act(entry, now, &actor, "auth.log_in", id, Outcome::Done);
                Box::pin(async move {
                    store::forgive(tx, id).await?;
                    store::insert_token(tx, row).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        let grants = store::grants_of(self.core.db.read(), &[id]).await?;
        Ok(LogIn { token, expires_at, account: store::row(account, grants) })
    }

    async fn note_failure(
        &self,
        account: Option<account::Model>,
        username: &str,
        address: Option<String>,
    ) -> Result<(), AuthError> {
        let (now, entry) = (self.core.now(), self.core.uuid());
        let actor = Actor { account: account.as_ref().map(|a| a.id), address };
        let subject = account.as_ref().map_or_else(|| "account:unknown".to_owned(), |a| format!("account:{}", a.id));
        // Somebody may have typed a password in place of the name: only the names of accounts are kept.
        let data = json!({ "username": account.as_ref().map(|_| username) });
        let id = account.map(|a| a.id);
        self.core
            .db
            .tx("auth.log_in_failed", |tx| {
                let entry = Entry {
                    id: entry,
                    at: now,
                    actor: actor.clone(),
                    action: "auth.log_in",
                    subject: subject.clone(),
                    unit: None,
                    data: data.clone(),
                    outcome: Outcome::Refused,
                };
                Box::pin(async move {
                    if let Some(id) = id {
                        store::count_failure(tx, id, FAILURES, now + LOCK).await?;
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// Whose token it is. Known tokens cost no query.
    pub async fn authenticate(&self, token: &str, address: Option<String>) -> Result<Caller, AuthError> {
        let now = self.core.now();
        let token_hash = hash_of(token);
        let known = self.cache.lock().get(&token_hash).and_then(|c| {
            let fresh = now - c.seen_at < CACHE_LIFE && c.seen_at <= now;
            (fresh && now < c.expires_at).then(|| Arc::clone(&c.account))
        });
        let account = match known {
            Some(account) => account,
            None => self.look_up(&token_hash, now).await?,
        };
        Ok(Caller { account, token_hash, address })
    }

    async fn look_up(&self, token_hash: &str, now: Instant) -> Result<Arc<AccountRow>, AuthError> {
        let conn = self.core.db.read();
        let token = store::token(conn, token_hash).await?.filter(|t| now < t.expires_at);
        let Some(token) = token else {
            self.cache.lock().remove(token_hash);
            return Err(AuthError::Unauthenticated);
        };
        let account = store::by_id(conn, token.account_id).await?.ok_or(AuthError::Unauthenticated)?;
        let grants = store::grants_of(conn, &[account.id]).await?;
        let account = Arc::new(store::row(account, grants));
        let mut cache = self.cache.lock();
        if cache.len() >= CACHE_ROOM {
            cache.clear();
        }
        let cached = Cached { account: Arc::clone(&account), expires_at: token.expires_at, seen_at: now };
        cache.insert(token_hash.to_owned(), cached);
        Ok(account)
    }

    /// Ends the token in use.
    pub async fn log_out(&self, caller: &Caller) -> Result<(), AuthError> {
        let (now, entry, actor) = (self.core.now(), self.core.uuid(), caller.actor());
        let id = caller.account.id;
        self.core
            .db
            .tx("auth.log_out", |tx| {
                let entry = act(entry, now, &actor, "auth.log_out", id, Outcome::Done);
                let hash = caller.token_hash.clone();
                Box::pin(async move {
                    store::delete_token(tx, &hash).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.lock().remove(&caller.token_hash);
        Ok(())
    }

    /// Replaces the caller's own password and ends their other tokens.
    pub async fn change_password(&self, caller: &Caller, old: &str, new: &str) -> Result<(), AuthError> {
        let mut fields = Fields::new();
        check_choice(&mut fields, "new_password", new, &caller.account.username);
        let id = caller.account.id;
        let account = store::by_id(self.core.db.read(), id).await?.ok_or(AuthError::Unauthenticated)?;
        if !self.passwords.verify(Some(account.password_hash), old).await {
            fields.reject("password", FieldCode::Invalid);
        }
        fields.check()?;
        let hash = self.passwords.hash(&*self.core.rng, new).await;
        let (now, entry, actor) = (self.core.now(), self.core.uuid(), caller.actor());
        self.core
            .db
            .tx("auth.change_password", |tx| {
                let entry = act(entry, now, &actor, "auth.change_password", id, Outcome::Done);
                let (hash, keep) = (hash.clone(), caller.token_hash.clone());
                Box::pin(async move {
                    store::set_password(tx, id, hash, false).await?;
                    store::delete_tokens(tx, id, &keep, now).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.lock().retain(|_, c| c.account.id != id);
        Ok(())
    }
}

fn act(id: Uuid, at: Instant, actor: &Actor, action: &'static str, account: AccountId, outcome: Outcome) -> Entry {
    Entry {
        id,
        at,
        actor: actor.clone(),
        action,
        subject: format!("account:{account}"),
        unit: None,
        data: json!({}),
        outcome,
    }
}

fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
