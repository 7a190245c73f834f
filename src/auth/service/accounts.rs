//! Who has which account. Security administrators look after those within their subtrees.

use entity::auth::account;
use entity::auth::grant::Role;
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Auth, AuthError, NewAccount, act};
use crate::auth::choice::{Owner, check_choice};
use crate::auth::model::{
    AccountChange, AccountDetails, AccountFilter, AccountRow, AccountStatus, Caller, Denied, Scope, authorise,
};
use crate::auth::store;
use crate::db::Fault;
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Actor};
use crate::tree;

pub(super) const KEEPERS: &[Role] = &[Role::SecurityAdmin];

impl Auth {
    /// The hash of a password, to be given to several accounts at once.
    pub async fn hash(&self, password: &str) -> String {
        self.passwords.hash(&*self.core.rng, password).await
    }

    /// Makes an account. By a security administrator; one that belongs to a person, of that person's unit.
    pub async fn create_account(&self, caller: &Caller, new: NewAccount) -> Result<AccountDetails, AuthError> {
        let now = self.core.now();
        let scope = caller.scope(KEEPERS, now)?;
        let conn = self.core.db.read();
        let mut fields = Fields::new();
        let staff_no = match new.person_id {
            Some(person) => {
                check_person(conn, &mut fields, person, &scope.0).await?;
                store::staff_no(conn, person).await?.unwrap_or_default()
            }
            None => String::new(),
        };
        let owner = Owner { username: &new.username, name: &new.display_name, staff_no: &staff_no };
        check_choice(&mut fields, "password", &new.password, owner);
        fields.check()?;
        let hash = self.hash(&new.password).await;
        let row = self.insert_account(&caller.actor(), new, hash).await?;
        self.account(caller, row.id).await
    }

    /// Makes an account whose password was hashed already. For the program's own command line and demonstration; the
    /// contract reaches it through [`Auth::create_account`].
    pub async fn insert_account(&self, actor: &Actor, new: NewAccount, hash: String) -> Result<AccountRow, AuthError> {
        let now = self.core.now();
        let row = account::Model {
            id: self.core.id(),
            username: super::normal(&new.username),
            display_name: new.display_name,
            password_hash: Some(hash),
            person_id: new.person_id,
            must_change_password: new.must_change_password,
            disabled_at: None,
            version: 1,
            created_at: now,
        };
        let entry = self.core.uuid();
        let inserted = self
            .core
            .db
            .tx("auth.create_account", |tx| {
                let row = row.clone();
                let mut entry = act(entry, now, actor, "auth.create_account", row.id, Outcome::Done);
                entry.data = json!({ "username": row.username, "person": row.person_id });
                Box::pin(async move {
                    store::insert(tx, row).await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await;
        match inserted {
            Err(AuthError::Fault(fault)) if fault.breaks_unique("accounts", "username") => {
                Err(Invalid::one("username", FieldCode::Duplicate).into())
            }
            Err(AuthError::Fault(fault)) if fault.breaks_unique("accounts", "person_id") => {
                Err(Invalid::one("person_id", FieldCode::Duplicate).into())
            }
            other => other.map(|()| store::row(row, Vec::new())),
        }
    }

    /// One account. For security administrators, those of their subtrees.
    pub async fn account(&self, caller: &Caller, id: AccountId) -> Result<AccountDetails, AuthError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let (account, _) = self.seen(caller, id).await?;
        Self::detailed(conn, vec![account], now).await?.pop().ok_or_else(|| Denied::NotFound.into())
    }

    /// The accounts of the caller's subtrees that are looked for, by user name. For security administrators.
    pub async fn find_accounts(
        &self,
        caller: &Caller,
        filter: &AccountFilter,
        page: &PageRequest,
    ) -> Result<Page<AccountDetails>, AuthError> {
        let now = self.core.now();
        let scope = caller.scope(KEEPERS, now)?;
        let conn = self.core.db.read();
        if let Some(unit) = filter.unit_id {
            authorise::<AuthError>(conn, caller, KEEPERS, unit, now).await?;
        }
        let found = store::list(conn, &scope.0, filter, now, page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: Self::detailed(conn, found.items, now).await?, next_cursor })
    }

    async fn detailed(
        conn: &impl ConnectionTrait,
        accounts: Vec<account::Model>,
        now: Instant,
    ) -> Result<Vec<AccountDetails>, AuthError> {
        let ids: Vec<AccountId> = accounts.iter().map(|a| a.id).collect();
        let grants = store::grants_of(conn, &ids).await?;
        let locks = store::locks(conn, &ids, now).await?;
        let detail = |a: account::Model| AccountDetails {
            status: AccountStatus::of(&a),
            locked_until: locks.iter().filter(|(id, _)| *id == a.id).map(|(_, until)| *until).max(),
            version: a.version,
            created_at: a.created_at,
            account: {
                let own = grants.iter().filter(|g| g.account_id == a.id).cloned().collect();
                store::row(a, own)
            },
        };
        Ok(accounts.into_iter().map(detail).collect())
    }

    /// The account of a person, if they have one.
    pub async fn account_of(&self, person: PersonId) -> Result<Option<AccountId>, AuthError> {
        Ok(store::of_person(self.core.db.read(), person).await?.map(|a| a.id))
    }

    /// The unit in which a person is.
    pub async fn unit_of(&self, person: PersonId) -> Result<Option<UnitId>, Fault> {
        store::unit_of(self.core.db.read(), person).await
    }

    /// Changes an account: its name, whose it is, whether it is in use. Out of use, its tokens and codes end. By a security
    /// administrator of all units that it concerns, for any account but their own.
    pub async fn change_account(
        &self,
        caller: &Caller,
        id: AccountId,
        expected: &IfMatch,
        change: AccountChange,
    ) -> Result<AccountDetails, AuthError> {
        let now = self.core.now();
        let account = self.kept(caller, id).await?;
        if !expected.allows(account.version) {
            return Err(AuthError::Stale);
        }
        if change.disabled == Some(true) && id == caller.account.id {
            return Err(Invalid::one("disabled", FieldCode::Conflict).into());
        }
        if let Some(Some(person)) = change.person_id {
            let mut fields = Fields::new();
            check_person(self.core.db.read(), &mut fields, person, &caller.scope(KEEPERS, now)?.0).await?;
            fields.check()?;
        }
        let (version, username) = (account.version, account.username);
        let display_name = change.display_name.clone().unwrap_or(account.display_name);
        let person_id = change.person_id.unwrap_or(account.person_id);
        let disabled_at = match change.disabled {
            None => account.disabled_at,
            Some(false) => None,
            Some(true) => Some(account.disabled_at.unwrap_or(now)),
        };
        let (entry, actor, tries) = (self.core.uuid(), caller.actor(), self.all_tries_of(&username));
        let changed = self
            .core
            .db
            .tx("auth.change_account", |tx| {
                let mut entry = act(entry, now, &actor, "auth.change_account", id, Outcome::Done);
                entry.data = json!({
                    "display_name": change.display_name, "person": change.person_id, "disabled": change.disabled,
                });
                let (display_name, tries) = (display_name.clone(), tries.clone());
                Box::pin(async move {
                    if !store::change(tx, id, version, display_name, person_id, disabled_at).await? {
                        return Err(AuthError::Stale);
                    }
                    if disabled_at.is_some() {
                        store::delete_tokens(tx, id, "").await?;
                        store::drop_code(tx, id).await?;
                    } else if change.disabled.is_some() {
                        store::forgive(tx, &tries).await?;
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await;
        self.cache.forget_account(id);
        match changed {
            Err(AuthError::Fault(fault)) if fault.breaks_unique("accounts", "person_id") => {
                Err(Invalid::one("person_id", FieldCode::Duplicate).into())
            }
            other => {
                other?;
                self.account(caller, id).await
            }
        }
    }

    /// Lets an account that was locked after too many failures be tried again at once.
    pub async fn unlock(&self, caller: &Caller, id: AccountId) -> Result<(), AuthError> {
        let now = self.core.now();
        let account = self.kept(caller, id).await?;
        let (entry, actor, tries) = (self.core.uuid(), caller.actor(), self.all_tries_of(&account.username));
        self.core
            .db
            .tx("auth.unlock", |tx| {
                let entry = act(entry, now, &actor, "auth.unlock", id, Outcome::Done);
                let tries = tries.clone();
                Box::pin(async move {
                    store::forgive(tx, &tries).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// An account that the caller may change: one all of whose units lie within their subtrees. One of which some do is
    /// seen but not touched: whoever could take it over would have more than they were given.
    pub(super) async fn kept(&self, caller: &Caller, id: AccountId) -> Result<account::Model, AuthError> {
        let conn = self.core.db.read();
        let (account, scope) = self.seen(caller, id).await?;
        for unit in store::units_of(conn, &account).await? {
            if !tree::is_within(conn, unit, &scope.0).await? {
                return Err(Denied::Forbidden.into());
            }
        }
        Ok(account)
    }

    /// An account that the caller may see, with the subtrees that are theirs: one that has a unit within them.
    async fn seen(&self, caller: &Caller, id: AccountId) -> Result<(account::Model, Scope), AuthError> {
        let scope = caller.scope(KEEPERS, self.core.now())?;
        let conn = self.core.db.read();
        let account = store::by_id(conn, id).await?.ok_or(Denied::NotFound)?;
        if !store::is_within(conn, id, &scope.0).await? {
            return Err(Denied::NotFound.into());
        }
        Ok((account, scope))
    }
}

/// A person of these subtrees.
async fn check_person(
    conn: &impl ConnectionTrait,
    fields: &mut Fields,
    person: PersonId,
    tops: &[UnitId],
) -> Result<(), AuthError> {
    let within = match store::unit_of(conn, person).await? {
        Some(unit) => tree::is_within(conn, unit, tops).await?,
        None => false,
    };
    if !within {
        fields.reject("person_id", FieldCode::UnknownReference);
    }
    Ok(())
}
