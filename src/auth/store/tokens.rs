//! Tokens.

use std::collections::HashMap;
use std::sync::Arc;

use entity::auth::{account, grant, token};
use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{grants_of, raise_turn};
use crate::auth::model::AccountRow;
use crate::db::Fault;

/// For how long tokens that have ended are kept: that of somebody who sits an exam may be asked for again.
const KEPT: Millis = Millis(7 * 24 * 3600 * 1000);

pub(in crate::auth) async fn insert_token(conn: &impl ConnectionTrait, row: token::Model) -> Result<(), Fault> {
    token::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

/// Whose these tokens are, with what the accounts may do. Tokens that nobody has, and those of accounts out of use, are
/// left out.
pub(in crate::auth) async fn holders(
    conn: &impl ConnectionTrait,
    hashes: Vec<String>,
) -> Result<HashMap<String, (token::Model, Arc<AccountRow>)>, Fault> {
    let tokens = token::Entity::find().filter(token::Column::TokenHash.is_in(hashes)).all(conn).await?;
    let ids: Vec<AccountId> = tokens.iter().map(|t| t.account_id).collect();
    let accounts = account::Entity::find()
        .filter(account::Column::Id.is_in(ids.iter().copied()))
        .filter(account::Column::DisabledAt.is_null())
        .all(conn)
        .await?;
    let mut grants: HashMap<AccountId, Vec<grant::Model>> = HashMap::new();
    for grant in grants_of(conn, &ids).await? {
        grants.entry(grant.account_id).or_default().push(grant);
    }
    let row = |account: account::Model| {
        let grants = grants.remove(&account.id).unwrap_or_default();
        (account.id, Arc::new(super::row(account, grants)))
    };
    let rows: HashMap<AccountId, Arc<AccountRow>> = accounts.into_iter().map(row).collect();
    let holder = |token: token::Model| {
        let row = Arc::clone(rows.get(&token.account_id)?);
        Some((token.token_hash.clone(), (token, row)))
    };
    Ok(tokens.into_iter().filter_map(holder).collect())
}

/// Ends a token of an account.
pub(in crate::auth) async fn delete_token(
    conn: &impl ConnectionTrait,
    account: AccountId,
    hash: &str,
) -> Result<(), Fault> {
    token::Entity::delete_by_id(hash).exec(conn).await?;
    raise_turn(conn, account).await
}

/// Ends every token of an account but one.
pub(in crate::auth) async fn delete_tokens(
    conn: &impl ConnectionTrait,
    account: AccountId,
    keep: &str,
) -> Result<(), Fault> {
    token::Entity::delete_many()
        .filter(token::Column::AccountId.eq(account))
        .filter(token::Column::TokenHash.ne(keep))
        .exec(conn)
        .await?;
    raise_turn(conn, account).await
}

/// Notes that these tokens were in use.
pub(in crate::auth) async fn see(conn: &impl ConnectionTrait, hashes: &[String], now: Instant) -> Result<(), Fault> {
    for hashes in hashes.chunks(5_000) {
        token::Entity::update_many()
            .col_expr(token::Column::SeenAt, Expr::value(now))
            .filter(token::Column::TokenHash.is_in(hashes.iter().map(String::as_str)))
            .filter(token::Column::SeenAt.lt(now))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Forgets tokens that ended long ago.
pub(in crate::auth) async fn forget_tokens(conn: &impl ConnectionTrait, now: Instant) -> Result<(), Fault> {
    token::Entity::delete_many().filter(token::Column::EndsAt.lt(now - KEPT)).exec(conn).await?;
    Ok(())
}
