//! What only the program itself does, at the command line and for the demonstration: nobody asks, so nobody is asked for
//! a role.

use std::collections::HashMap;
use std::sync::Arc;

use entity::auth::{account, grant};
use entity::id::AccountId;
use entity::log::Outcome;
use serde_json::json;

use super::{Auth, AuthError, NewAccount, NewGrant, act, normal};
use crate::auth::model::{Caller, Denied};
use crate::auth::store;
use crate::log::{self, Actor, Entry};

impl Auth {
    /// Makes many accounts with their roles, all or none. They share one password hash; without one, they wait for their
    /// activation.
    pub async fn insert_accounts(
        &self,
        actor: &Actor,
        new: Vec<(NewAccount, Vec<NewGrant>)>,
        hash: Option<&str>,
    ) -> Result<Vec<AccountId>, AuthError> {
        let now = self.core.now();
        let (mut accounts, mut grants, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (account, roles) in new {
            let id: AccountId = self.core.id();
            let mut entry = act(self.core.uuid(), now, actor, "auth.create_account", id, Outcome::Done);
            let given: Vec<_> = roles.iter().map(|r| json!({ "role": r.role, "unit": r.unit_id })).collect();
            entry.unit = roles.first().map(|role| role.unit_id);
            entry.data = json!({ "username": account.username, "person": account.person_id, "grants": given });
            entries.push(entry);
            for role in roles {
                grants.push(grant::Model {
                    id: self.core.id(),
                    account_id: id,
                    role: role.role,
                    unit_id: role.unit_id,
                    valid_until: role.valid_until,
                    created_at: now,
                });
            }
            accounts.push(account::Model {
                id,
                username: normal(&account.username),
                display_name: account.display_name,
                password_hash: hash.map(str::to_owned),
                person_id: account.person_id,
                must_change_password: account.must_change_password,
                disabled_at: None,
                version: 1,
                created_at: now,
            });
        }
        let ids = accounts.iter().map(|a| a.id).collect();
        self.core
            .db
            .tx("auth.create_accounts", |tx| {
                let (accounts, grants, entries) = (accounts.clone(), grants.clone(), entries.clone());
                Box::pin(async move {
                    store::insert_all(tx, accounts, grants).await?;
                    Ok::<_, AuthError>(log::append_all(tx, entries).await?)
                })
            })
            .await?;
        Ok(ids)
    }

    /// Replaces the password of an account by one that must be changed at the next log-in or not, unlocks it and ends its
    /// tokens.
    pub async fn reset_password(
        &self,
        actor: &Actor,
        id: AccountId,
        hash: &str,
        must_change: bool,
    ) -> Result<(), AuthError> {
        let now = self.core.now();
        let account = store::by_id(self.core.db.read(), id).await?.ok_or(Denied::NotFound)?;
        let tries = self.all_tries_of(&account.username);
        let entry: Entry = act(self.core.uuid(), now, actor, "auth.reset_password", id, Outcome::Done);
        self.core
            .db
            .tx("auth.reset_password", |tx| {
                let (hash, entry, tries) = (hash.to_owned(), entry.clone(), tries.clone());
                Box::pin(async move {
                    store::set_password(tx, id, hash, must_change).await?;
                    store::forgive(tx, &tries).await?;
                    store::delete_tokens(tx, id, "").await?;
                    Ok::<_, AuthError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.forget_account(id);
        Ok(())
    }

    /// The program acting as the owner of an account.
    pub async fn act_as(&self, username: &str) -> Result<Caller, AuthError> {
        let conn = self.core.db.read();
        let account = store::by_username(conn, username).await?.ok_or(Denied::NotFound)?;
        let grants = store::grants_of(conn, &[account.id]).await?;
        Ok(Caller { account: Arc::new(store::row(account, grants)), token_hash: String::new(), address: None })
    }

    /// The program acting as the owner of an account, for what they asked it to do by themselves.
    pub async fn act_as_account(&self, id: AccountId) -> Result<Caller, AuthError> {
        let conn = self.core.db.read();
        let account = store::by_id(conn, id).await?.ok_or(Denied::NotFound)?;
        let grants = store::grants_of(conn, &[account.id]).await?;
        Ok(Caller { account: Arc::new(store::row(account, grants)), token_hash: String::new(), address: None })
    }

    /// The program acting as each owner of an account that belongs to a person, by user name.
    pub async fn act_as_people(&self) -> Result<HashMap<String, Caller>, AuthError> {
        let conn = self.core.db.read();
        let mut roles: HashMap<AccountId, Vec<grant::Model>> = HashMap::new();
        for grant in store::all_grants(conn).await? {
            roles.entry(grant.account_id).or_default().push(grant);
        }
        let accounts = store::of_people(conn).await?;
        Ok(accounts
            .into_iter()
            .map(|account| {
                let username = account.username.clone();
                let grants = roles.remove(&account.id).unwrap_or_default();
                let account = Arc::new(store::row(account, grants));
                (username, Caller { account, token_hash: String::new(), address: None })
            })
            .collect())
    }
}
