//! Queries over the addresses of calendars.

use entity::desk::calendar_feed;
use entity::id::AccountId;
use entity::instant::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::db::Fault;

/// Ends the address of an account, if it has one, and gives it another if there is one.
pub(super) async fn replace_feed(
    tx: &impl ConnectionTrait,
    account_id: AccountId,
    token_hash: Option<String>,
    created_at: Instant,
) -> Result<bool, Fault> {
    let ended =
        calendar_feed::Entity::delete_many().filter(calendar_feed::Column::AccountId.eq(account_id)).exec(tx).await?;
    if let Some(token_hash) = token_hash {
        let row = calendar_feed::Model { token_hash, account_id, created_at };
        calendar_feed::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(ended.rows_affected > 0)
}

/// When the address of an account was made.
pub(super) async fn feed_of(conn: &impl ConnectionTrait, account: AccountId) -> Result<Option<Instant>, Fault> {
    let row = calendar_feed::Entity::find().filter(calendar_feed::Column::AccountId.eq(account)).one(conn).await?;
    Ok(row.map(|row| row.created_at))
}

/// Whose address it is.
pub(super) async fn account_of(conn: &impl ConnectionTrait, token_hash: &str) -> Result<Option<AccountId>, Fault> {
    let row = calendar_feed::Entity::find_by_id(token_hash.to_owned()).one(conn).await?;
    Ok(row.map(|row| row.account_id))
}
