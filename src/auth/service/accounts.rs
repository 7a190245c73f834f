//! Who has which account and which roles.

use entity::auth::grant::Role;
use entity::auth::{account, grant};
use entity::id::{AccountId, GrantId, PersonId};
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Auth, AuthError, NewAccount, NewGrant, act};
use crate::auth::model::{AccountFilter, AccountRow, Caller, Denied};
use crate::auth::password::check_choice;
use crate::auth::store;
use crate::db::Fault;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Actor};

impl Auth {
    /// The hash of a password, to be given to several accounts at once.
    pub async fn hash(&self, password: &str) -> String {
        self.passwords.hash(&*self.core.rng, password).await
    }

    /// Makes an account. By a security administrator.
    pub async fn create_account(&self, caller: &Caller, new: NewAccount) -> Result<AccountRow, AuthError> {
        caller.scope(&[Role::SecurityAdmin], self.core.now())?;
        let mut fields = Fields::new();
        check_choice(&mut fields, "password", &new.password, &new.username);
        fields.check()?;
        let hash = self.hash(&new.password).await;
        self.insert_account(&caller.actor(), new, hash).await
    }

    /// Makes an account whose password was hashed already. For the program's own command line and demonstration; the
    /// contract reaches it through [`Auth::create_account`].
    pub async fn insert_account(&self, actor: &Actor, new: NewAccount, hash: String) -> Result<AccountRow, AuthError> {
        let now = self.core.now();
        let row = account::Model {
            id: self.core.id(),
            username: new.username.trim().to_lowercase(),
            display_name: new.display_name,
            password_hash: hash,
            person_id: new.person_id,
            must_change_password: new.must_change_password,
            failed_attempts: 0,
            locked_until: None,
            created_at: now,
        };
        let entry = self.core.uuid();
        let inserted = self
            .core
            .db
            .tx("auth.create_account", |tx| {
                let row = row.clone();
                let entry = act(entry, now, actor, "auth.create_account", row.id, Outcome::Done);
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
            other => other.map(|()| store::row(row, Vec::new())),
        }
    }

    /// One account. For security administrators.
    pub async fn account(&self, caller: &Caller, id: AccountId) -> Result<AccountRow, AuthError> {
        caller.scope(&[Role::SecurityAdmin], self.core.now())?;
        let conn = self.core.db.read();
        let account = store::by_id(conn, id).await?.ok_or(Denied::NotFound)?;
        Ok(store::row(account, store::grants_of(conn, &[id]).await?))
    }

    /// Every account, by user name. For security administrators.
    pub async fn accounts(&self, caller: &Caller, page: &PageRequest) -> Result<Page<AccountRow>, AuthError> {
        self.find_accounts(caller, &AccountFilter::default(), page).await
    }

    /// The accounts that are looked for, by user name. For security administrators.
    pub async fn find_accounts(
        &self,
        caller: &Caller,
        filter: &AccountFilter,
        page: &PageRequest,
    ) -> Result<Page<AccountRow>, AuthError> {
        caller.scope(&[Role::SecurityAdmin], self.core.now())?;
        let conn = self.core.db.read();
        let accounts = store::list(conn, filter, page).await?;
        let ids: Vec<AccountId> = accounts.items.iter().map(|a| a.id).collect();
        let grants = store::grants_of(conn, &ids).await?;
        Ok(accounts.map(|a| {
            let own = grants.iter().filter(|g| g.account_id == a.id).cloned().collect();
            store::row(a, own)
        }))
    }

    /// The account of a person, if they have one.
    pub async fn account_of(&self, person: PersonId) -> Result<Option<AccountId>, AuthError> {
        Ok(store::of_person(self.core.db.read(), person).await?.map(|a| a.id))
    }

    /// Gives a role. By a security administrator.
    pub async fn grant(&self, caller: &Caller, to: AccountId, new: NewGrant) -> Result<GrantId, AuthError> {
        caller.scope(&[Role::SecurityAdmin], self.core.now())?;
        self.insert_grant(&caller.actor(), to, new).await
    }

    /// Gives a role; for the program's own command line and demonstration.
    pub async fn insert_grant(&self, actor: &Actor, to: AccountId, new: NewGrant) -> Result<GrantId, AuthError> {
        let now = self.core.now();
        let row = grant::Model {
            id: self.core.id(),
            account_id: to,
            role: new.role,
            unit_id: new.unit_id,
            valid_until: new.valid_until,
            created_at: now,
        };
        let entry = self.core.uuid();
        let given = self
            .core
            .db
            .tx("auth.grant", |tx| {
                let row = row.clone();
                let mut entry = act(entry, now, actor, "auth.grant", to, Outcome::Done);
                entry.unit = Some(row.unit_id);
                entry.data = json!({ "grant": row.id, "role": row.role, "unit": row.unit_id });
                Box::pin(async move {
                    if store::by_id(tx, to).await?.is_none() {
                        return Err(AuthError::Denied(Denied::NotFound));
                    }
                    refuse_two_administrators(tx, to, row.role).await?;
                    store::insert_grant(tx, row).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await;
        self.cache.lock().retain(|_, c| c.account.id != to);
        match given {
            Err(AuthError::Fault(Fault::Reference(_))) => {
                Err(Invalid::one("unit_id", FieldCode::UnknownReference).into())
            }
            other => other.map(|()| row.id),
        }
    }

    /// Takes a role back. By a security administrator.
    pub async fn revoke(&self, caller: &Caller, from: AccountId, id: GrantId) -> Result<(), AuthError> {
        let now = self.core.now();
        caller.scope(&[Role::SecurityAdmin], now)?;
        let (entry, actor) = (self.core.uuid(), caller.actor());
        self.core
            .db
            .tx("auth.revoke", |tx| {
                let mut entry = act(entry, now, &actor, "auth.revoke", from, Outcome::Done);
                entry.data = json!({ "grant": id });
                Box::pin(async move {
                    if !store::delete_grant(tx, from, id).await? {
                        return Err(AuthError::Denied(Denied::NotFound));
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.lock().retain(|_, c| c.account.id != from);
        Ok(())
    }
}

/// The three administrators watch each other: nobody may be two of them.
async fn refuse_two_administrators(tx: &impl ConnectionTrait, account: AccountId, role: Role) -> Result<(), AuthError> {
    const ADMINISTRATORS: [Role; 3] = [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin];
    if !ADMINISTRATORS.contains(&role) {
        return Ok(());
    }
    let held = store::grants_of(tx, &[account]).await?;
    if held.iter().any(|g| g.role != role && ADMINISTRATORS.contains(&g.role)) {
        return Err(Invalid::one("role", FieldCode::Conflict).into());
    }
    Ok(())
}
