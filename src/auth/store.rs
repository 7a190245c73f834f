//! Queries over accounts, grants and tokens.

use entity::auth::{account, grant, token};
use entity::id::{AccountId, GrantId, PersonId};
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::model::{AccountFilter, AccountRow, GrantRow};
use crate::db::{self, Fault};
use crate::kernel::page::{Page, PageRequest};

pub(super) async fn by_username(conn: &impl ConnectionTrait, username: &str) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find().filter(account::Column::Username.eq(username)).one(conn).await?)
}

pub(super) async fn by_id(conn: &impl ConnectionTrait, id: AccountId) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn of_person(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find().filter(account::Column::PersonId.eq(id)).one(conn).await?)
}

pub(super) async fn list(
    conn: &impl ConnectionTrait,
    filter: &AccountFilter,
    page: &PageRequest,
) -> Result<Page<account::Model>, Fault> {
    let mut query = account::Entity::find().order_by_asc(account::Column::Username).limit(page.limit + 1);
    if let Some(text) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let named = Condition::any()
            .add(account::Column::Username.contains(text.to_lowercase()))
            .add(account::Column::DisplayName.contains(text));
        query = query.filter(named);
    }
    if let Some(role) = filter.role {
        let holders = grant::Entity::find().select_only().column(grant::Column::AccountId);
        query =
            query.filter(account::Column::Id.in_subquery(holders.filter(grant::Column::Role.eq(role)).into_query()));
    }
    if let Some(after) = &page.after {
        query = query.filter(account::Column::Username.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |a| a.username.clone()))
}

pub(super) async fn insert(conn: &impl ConnectionTrait, row: account::Model) -> Result<(), Fault> {
    account::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn grants_of(conn: &impl ConnectionTrait, ids: &[AccountId]) -> Result<Vec<grant::Model>, Fault> {
    Ok(grant::Entity::find()
        .filter(grant::Column::AccountId.is_in(ids.iter().copied()))
        .order_by_asc(grant::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn insert_grant(conn: &impl ConnectionTrait, row: grant::Model) -> Result<(), Fault> {
    grant::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn insert_all(
    conn: &impl ConnectionTrait,
    accounts: Vec<account::Model>,
    grants: Vec<grant::Model>,
) -> Result<(), Fault> {
    db::insert_all(conn, accounts.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await?;
    db::insert_all(conn, grants.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

pub(super) async fn all_grants(conn: &impl ConnectionTrait) -> Result<Vec<grant::Model>, Fault> {
    Ok(grant::Entity::find().order_by_asc(grant::Column::Id).all(conn).await?)
}

pub(super) async fn of_people(conn: &impl ConnectionTrait) -> Result<Vec<account::Model>, Fault> {
    Ok(account::Entity::find().filter(account::Column::PersonId.is_not_null()).all(conn).await?)
}

pub(super) async fn delete_grant(conn: &impl ConnectionTrait, account: AccountId, id: GrantId) -> Result<bool, Fault> {
    let done = grant::Entity::delete_many()
        .filter(grant::Column::Id.eq(id))
        .filter(grant::Column::AccountId.eq(account))
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// One failure more; from the fifth in a row on the account is locked until `until`.
pub(super) async fn count_failure(
    conn: &impl ConnectionTrait,
    id: AccountId,
    limit: i32,
    until: Instant,
) -> Result<(), Fault> {
    account::Entity::update_many()
        .col_expr(account::Column::FailedAttempts, Expr::col(account::Column::FailedAttempts).add(1))
        .filter(account::Column::Id.eq(id))
        .exec(conn)
        .await?;
    account::Entity::update_many()
        .col_expr(account::Column::LockedUntil, Expr::value(until))
        .filter(account::Column::Id.eq(id))
        .filter(account::Column::FailedAttempts.gte(limit))
        .exec(conn)
        .await?;
    Ok(())
}

pub(super) async fn forgive(conn: &impl ConnectionTrait, id: AccountId) -> Result<(), Fault> {
    account::Entity::update_many()
        .col_expr(account::Column::FailedAttempts, Expr::value(0))
        .col_expr(account::Column::LockedUntil, Expr::value(Option::<Instant>::None))
        .filter(account::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_password(
    conn: &impl ConnectionTrait,
    id: AccountId,
    hash: String,
    must_change: bool,
) -> Result<(), Fault> {
    let change =
        account::ActiveModel { password_hash: Set(hash), must_change_password: Set(must_change), ..Default::default() };
    account::Entity::update_many().set(change).filter(account::Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}

pub(super) async fn insert_token(conn: &impl ConnectionTrait, row: token::Model) -> Result<(), Fault> {
    token::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn token(conn: &impl ConnectionTrait, hash: &str) -> Result<Option<token::Model>, Fault> {
    Ok(token::Entity::find_by_id(hash).one(conn).await?)
}

pub(super) async fn delete_token(conn: &impl ConnectionTrait, hash: &str) -> Result<(), Fault> {
    token::Entity::delete_by_id(hash).exec(conn).await?;
    Ok(())
}

/// Ends every token of an account but one, and those of anybody that have expired.
pub(super) async fn delete_tokens(
    conn: &impl ConnectionTrait,
    account: AccountId,
    keep: &str,
    now: Instant,
) -> Result<(), Fault> {
    token::Entity::delete_many()
        .filter(token::Column::AccountId.eq(account))
        .filter(token::Column::TokenHash.ne(keep))
        .exec(conn)
        .await?;
    token::Entity::delete_many().filter(token::Column::ExpiresAt.lt(now)).exec(conn).await?;
    Ok(())
}

pub(super) fn row(account: account::Model, grants: Vec<grant::Model>) -> AccountRow {
    AccountRow {
        id: account.id,
        username: account.username,
        display_name: account.display_name,
        person_id: account.person_id,
        must_change_password: account.must_change_password,
        grants: grants
            .into_iter()
            .map(|g| GrantRow { id: g.id, role: g.role, unit_id: g.unit_id, valid_until: g.valid_until })
            .collect(),
    }
}
