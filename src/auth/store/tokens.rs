//! Tokens.

use entity::auth::token;
use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::raise_turn;
use crate::db::Fault;

/// For how long tokens that have ended are kept: that of somebody who sits an exam may be asked for again.
const KEPT: Millis = Millis(7 * 24 * 3600 * 1000);

pub(in crate::auth) async fn insert_token(conn: &impl ConnectionTrait, row: token::Model) -> Result<(), Fault> {
    token::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(in crate::auth) async fn token(conn: &impl ConnectionTrait, hash: &str) -> Result<Option<token::Model>, Fault> {
    Ok(token::Entity::find_by_id(hash).one(conn).await?)
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
