//! Who holds which roles.

use entity::auth::grant;
use entity::auth::grant::Role;
use entity::id::{AccountId, GrantId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::accounts::KEEPERS;
use super::{Auth, AuthError, NewGrant, act};
use crate::auth::model::{Caller, Denied};
use crate::auth::store;
use crate::db::Fault;
use crate::kernel::field::{FieldCode, Invalid};
use crate::log::{self, Actor};
use crate::tree;

impl Auth {
    /// Gives a role over a unit of the caller's subtrees. By a security administrator, to anybody but themself.
    pub async fn grant(&self, caller: &Caller, to: AccountId, new: NewGrant) -> Result<GrantId, AuthError> {
        let scope = caller.scope(KEEPERS, self.core.now())?;
        if to == caller.account.id {
            return Err(Denied::Forbidden.into());
        }
        let conn = self.core.db.read();
        store::by_id(conn, to).await?.ok_or(Denied::NotFound)?;
        if !store::is_within(conn, to, &scope.0).await? {
            return Err(Denied::NotFound.into());
        }
        if !tree::is_within(conn, new.unit_id, &scope.0).await? {
            return Err(Invalid::one("unit_id", FieldCode::UnknownReference).into());
        }
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
                entry.data = json!({
                    "grant": row.id, "role": row.role, "unit": row.unit_id,
                    "valid_until": row.valid_until.map(|at| at.to_string()),
                });
                Box::pin(async move {
                    // Whoever gives this account another role at the same time waits here.
                    if !store::touch(tx, to).await? {
                        return Err(AuthError::Denied(Denied::NotFound));
                    }
                    refuse_two_administrators(tx, to, row.role, now).await?;
                    // A code that a liaison handed out for an official's account must not open what it becomes now.
                    if row.role != Role::Official {
                        store::drop_code(tx, to).await?;
                    }
                    store::insert_grant(tx, row).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await;
        self.cache.forget_account(to);
        match given {
            Err(AuthError::Fault(Fault::Reference(_))) => {
                Err(Invalid::one("unit_id", FieldCode::UnknownReference).into())
            }
            other => other.map(|()| row.id),
        }
    }

    /// Takes a role back. By a security administrator of the grant's unit.
    pub async fn revoke(&self, caller: &Caller, from: AccountId, id: GrantId) -> Result<(), AuthError> {
        let now = self.core.now();
        let scope = caller.scope(KEEPERS, now)?;
        let conn = self.core.db.read();
        let held = store::grant(conn, from, id).await?.ok_or(Denied::NotFound)?;
        if !tree::is_within(conn, held.unit_id, &scope.0).await? {
            return Err(Denied::NotFound.into());
        }
        let (entry, actor) = (self.core.uuid(), caller.actor());
        self.core
            .db
            .tx("auth.revoke", |tx| {
                let mut entry = act(entry, now, &actor, "auth.revoke", from, Outcome::Done);
                entry.unit = Some(held.unit_id);
                entry.data = json!({ "grant": id, "role": held.role, "unit": held.unit_id });
                Box::pin(async move {
                    store::touch(tx, from).await?;
                    if !store::delete_grant(tx, from, id).await? {
                        return Err(AuthError::Denied(Denied::NotFound));
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        self.cache.forget_account(from);
        Ok(())
    }
}

/// The three administrators watch each other: nobody may be two of them at a time.
async fn refuse_two_administrators(
    tx: &impl ConnectionTrait,
    account: AccountId,
    role: Role,
    now: Instant,
) -> Result<(), AuthError> {
    const ADMINISTRATORS: [Role; 3] = [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin];
    if !ADMINISTRATORS.contains(&role) {
        return Ok(());
    }
    let held = store::grants_of(tx, &[account]).await?;
    let in_force = |g: &&grant::Model| g.valid_until.is_none_or(|end| now < end);
    if held.iter().filter(in_force).any(|g| g.role != role && ADMINISTRATORS.contains(&g.role)) {
        return Err(Invalid::one("role", FieldCode::Conflict).into());
    }
    Ok(())
}
