//! Logging in and out, and who has which account.

mod accounts;
mod activation;
mod grants;
mod program;
mod standing;
mod tokens;

use std::sync::{Arc, OnceLock};

use entity::auth::grant::Role;
use entity::auth::{account, token};
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::choice::{Owner, check_choice};
use crate::auth::model::{AccountRow, Caller, Denied, Vigil};
use crate::auth::password::Passwords;
use crate::auth::refusal::Refusals;
use crate::auth::store::{self, Try};
use crate::auth::throttle::Throttle;
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::http::{Code, Problem};
use crate::kernel::digest::Mac;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::{self, Actor, Entry};
pub use activation::Handout;
use tokens::{Cache, Holders};

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No valid token.
    #[error("no valid token")]
    Unauthenticated,
    /// User name or password is wrong.
    #[error("user name or password is wrong")]
    WrongCredentials,
    /// User name or one-time code is wrong, or the code is no longer good.
    #[error("user name or one-time code is wrong")]
    WrongCode,
    /// The password is right, but the account is out of use.
    #[error("the account is out of use")]
    Disabled,
    /// Too many failures; so many seconds to wait.
    #[error("locked for {0} s")]
    Locked(u64),
    /// Not possible for somebody who left, or with an account out of use.
    #[error("not possible in its present state")]
    WrongState,
    /// Somebody changed it meanwhile.
    #[error("somebody changed it meanwhile")]
    Stale,
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
            AuthError::WrongCode => Self::new(Code::WrongActivation),
            AuthError::Disabled => Self::new(Code::AccountDisabled),
            AuthError::Locked(seconds) => Self::new(Code::TooManyRequests).retry_after(seconds),
            AuthError::WrongState => Self::new(Code::WrongState),
            AuthError::Stale => Self::new(Code::Stale),
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
    /// When it ends at the latest.
    pub expires_at: Instant,
    /// It ends earlier when it is not used for so long.
    pub idle: Millis,
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

/// What is tried: each is counted for itself, so that nobody who guesses passwords keeps an owner from using their code.
#[derive(Debug, Clone, Copy)]
enum Secret {
    Password,
    Code,
}

/// The slice's service.
pub struct Auth {
    core: Core,
    passwords: Passwords,
    cache: Cache,
    holders: Holders,
    throttle: Throttle,
    refusals: Refusals,
    vigil: OnceLock<Arc<dyn Vigil>>,
    tries_key: [u8; 32],
    codes_key: [u8; 32],
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
        Self {
            passwords: Passwords::default(),
            cache: Cache::default(),
            holders: tokens::holders(&core.db),
            throttle: Throttle::default(),
            refusals: Refusals::default(),
            vigil: OnceLock::new(),
            tries_key: core.keys.subkey("auth.tries"),
            codes_key: core.keys.subkey("auth.codes"),
            core,
        }
    }

    /// Lets somebody say who must not be logged out. Only the first is asked.
    pub fn keep(&self, vigil: Arc<dyn Vigil>) {
        if self.vigil.set(vigil).is_err() {
            tracing::error!("a second vigil is not asked");
        }
    }

    /// Who was refused something lately.
    pub(in crate::auth) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Checks a password and gives a token.
    pub async fn log_in(&self, username: &str, password: &str, address: Option<String>) -> Result<LogIn, AuthError> {
        let username = normal(username);
        let found = store::by_username(self.core.db.read(), &username).await?;
        let last = self.try_one(Secret::Password, &username, found.as_ref(), address.as_deref()).await?;
        let hash = found.as_ref().and_then(|a| a.password_hash.clone());
        let right = self.passwords.verify(hash, password).await;
        match found {
            Some(account) if right && account.disabled_at.is_some() => {
                self.note(&account, address.as_deref(), "auth.log_in", json!({ "reason": "disabled" })).await?;
                Err(AuthError::Disabled)
            }
            Some(account) if right => self.give_token(account, address, "auth.log_in", None).await,
            other => {
                self.note_failure("auth.log_in", other.as_ref(), &username, address.as_deref(), last).await?;
                Err(AuthError::WrongCredentials)
            }
        }
    }

    /// Takes a try upon a name, before it is made; tells whether it is the last one before a lock. What is done is the
    /// same whether or not there is such an account.
    async fn try_one(
        &self,
        secret: Secret,
        username: &str,
        account: Option<&account::Model>,
        address: Option<&str>,
    ) -> Result<bool, AuthError> {
        let now = self.core.now();
        if let Some(seconds) = self.throttle.wait(address, now) {
            return Err(AuthError::Locked(seconds));
        }
        let (key, id) = (self.tries_of(secret, username), account.map(|a| a.id));
        let taken: Try = self
            .core
            .db
            .tx("auth.try", |tx| {
                let key = key.clone();
                Box::pin(async move { Ok::<_, AuthError>(store::take(tx, &key, id, now).await?) })
            })
            .await?;
        match taken {
            Try::Taken { last } => Ok(last),
            Try::Locked(until) => {
                self.throttle.note(address, now);
                Err(AuthError::Locked(u64::try_from((until - now).0 / 1000 + 1).unwrap_or(1)))
            }
        }
    }

    /// Under which key the tries upon a name are counted.
    fn tries_of(&self, secret: Secret, username: &str) -> String {
        let what: &[u8] = match secret {
            Secret::Password => b"password",
            Secret::Code => b"code",
        };
        Mac::new(&self.tries_key).lp(what).lp(username.as_bytes()).finish().to_string()
    }

    /// The tries upon a name of every kind.
    fn all_tries_of(&self, username: &str) -> Vec<String> {
        [Secret::Password, Secret::Code].map(|secret| self.tries_of(secret, username)).to_vec()
    }

    /// Gives a token, with the password that was just chosen, if one was. The account must be as it was read.
    async fn give_token(
        &self,
        account: account::Model,
        address: Option<String>,
        action: &'static str,
        chosen: Option<(String, String)>,
    ) -> Result<LogIn, AuthError> {
        let now = self.core.now();
        let token = self.core.secret::<32>();
        let settings = &self.core.settings;
        let (hash, id, entry) = (tokens::hash_of(&token), account.id, self.core.uuid());
        let ends_at = now + settings.token_life;
        let actor = Actor { account: Some(id), address };
        let tries = self.all_tries_of(&account.username);
        let known = account.password_hash.clone();
        let forgiven = if chosen.is_some() { tries } else { tries.into_iter().take(1).collect() };
        self.core
            .db
            .tx(action, |tx| {
                let row =
                    token::Model { token_hash: hash.clone(), account_id: id, created_at: now, seen_at: now, ends_at };
                let entry = act(entry, now, &actor, action, id, Outcome::Done);
                let (forgiven, chosen, known) = (forgiven.clone(), chosen.clone(), known.clone());
                Box::pin(async move {
                    // The password that was checked may have been replaced, or the account taken out of use.
                    let now = store::by_id(tx, id).await?;
                    if !now.is_some_and(|a| a.password_hash == known && a.disabled_at.is_none()) {
                        return Err(AuthError::WrongCredentials);
                    }
                    if let Some((code, password)) = chosen {
                        if !store::use_code(tx, id, &code).await? {
                            return Err(AuthError::WrongCode);
                        }
                        store::set_password(tx, id, password, false).await?;
                        store::delete_tokens(tx, id, "").await?;
                    }
                    store::forgive(tx, &forgiven).await?;
                    store::insert_token(tx, row).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        let conn = self.core.db.read();
        let account = store::by_id(conn, id).await?.ok_or(AuthError::Unauthenticated)?;
        let grants = store::grants_of(conn, &[id]).await?;
        Ok(LogIn { token, expires_at: ends_at, idle: settings.token_idle, account: store::row(account, grants) })
    }

    /// Writes a refusal down: by nobody, upon the account that was meant; and the lock, if it was one failure too many.
    async fn note_failure(
        &self,
        action: &'static str,
        account: Option<&account::Model>,
        username: &str,
        address: Option<&str>,
        last: bool,
    ) -> Result<(), AuthError> {
        let now = self.core.now();
        self.throttle.note(address, now);
        let subject = account.map_or_else(|| "account:unknown".to_owned(), |a| format!("account:{}", a.id));
        // Somebody may have typed a password in place of the name: only the names of accounts are kept.
        let data = json!({ "username": account.map(|_| username) });
        let entry = |action, outcome| Entry {
            id: self.core.uuid(),
            at: now,
            actor: Actor::nobody(address.map(str::to_owned)),
            action,
            subject: subject.clone(),
            unit: None,
            data: data.clone(),
            outcome,
        };
        let mut entries = vec![entry(action, Outcome::Refused)];
        if last {
            entries.push(entry("auth.lock", Outcome::Done));
        }
        self.write(entries).await
    }

    /// Writes down that an account was not let do something.
    async fn note(
        &self,
        account: &account::Model,
        address: Option<&str>,
        action: &'static str,
        data: Value,
    ) -> Result<(), AuthError> {
        let actor = Actor { account: Some(account.id), address: address.map(str::to_owned) };
        let mut entry = act(self.core.uuid(), self.core.now(), &actor, action, account.id, Outcome::Refused);
        entry.data = data;
        self.write(vec![entry]).await
    }

    async fn write(&self, entries: Vec<Entry>) -> Result<(), AuthError> {
        self.core
            .db
            .tx("auth.note", |tx| {
                let entries = entries.clone();
                Box::pin(async move { Ok(log::append_all(tx, entries).await?) })
            })
            .await
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
                    store::delete_token(tx, id, &hash).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.forget_token(&caller.token_hash);
        Ok(())
    }

    /// Replaces the caller's own password and ends their other tokens. A wrong old one counts like one at log-in.
    pub async fn change_password(&self, caller: &Caller, old: &str, new: &str) -> Result<(), AuthError> {
        let (id, conn) = (caller.account.id, self.core.db.read());
        let account = store::by_id(conn, id).await?.ok_or(AuthError::Unauthenticated)?;
        let mut fields = Fields::new();
        self.check_choice(&mut fields, "new_password", new, &account).await?;
        if old == new && !fields.has("new_password") {
            fields.reject("new_password", FieldCode::Duplicate);
        }
        let username = account.username.clone();
        let last = self.try_one(Secret::Password, &username, Some(&account), caller.address.as_deref()).await?;
        if !self.passwords.verify(account.password_hash.clone(), old).await {
            self.throttle.note(caller.address.as_deref(), self.core.now());
            let refused = json!({ "reason": "wrong_password", "locked": last });
            self.note(&account, caller.address.as_deref(), "auth.change_password", refused).await?;
            fields.reject("password", FieldCode::Invalid);
        }
        let tries = self.tries_of(Secret::Password, &username);
        fields.check()?;
        let hash = self.passwords.hash(&*self.core.rng, new).await;
        let (now, entry, actor) = (self.core.now(), self.core.uuid(), caller.actor());
        self.core
            .db
            .tx("auth.change_password", |tx| {
                let entry = act(entry, now, &actor, "auth.change_password", id, Outcome::Done);
                let (hash, keep, tries) = (hash.clone(), caller.token_hash.clone(), tries.clone());
                Box::pin(async move {
                    store::set_password(tx, id, hash, false).await?;
                    store::delete_tokens(tx, id, &keep).await?;
                    store::forgive(tx, &[tries]).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.forget_account(id);
        Ok(())
    }

    /// Whether a password may be chosen by the owner of an account.
    async fn check_choice(
        &self,
        fields: &mut Fields,
        field: &str,
        password: &str,
        account: &account::Model,
    ) -> Result<(), AuthError> {
        let staff_no = match account.person_id {
            Some(person) => store::staff_no(self.core.db.read(), person).await?.unwrap_or_default(),
            None => String::new(),
        };
        let owner = Owner { username: &account.username, name: &account.display_name, staff_no: &staff_no };
        check_choice(fields, field, password, owner);
        Ok(())
    }
}

/// A user name as it is kept: upper and lower case are the same.
fn normal(username: &str) -> String {
    username.trim().to_lowercase()
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
