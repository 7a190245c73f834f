//! Queries over accounts, grants, tokens, codes and tries.

mod activations;
mod tokens;
mod tries;
mod turns;

pub(super) use activations::{
    Member, account_counts, accounts_of, code, codes_of, drop_code, forget_codes, grants_of_many, member, members,
    put_codes, taken, use_code,
};
pub(super) use tokens::{delete_token, delete_tokens, forget_tokens, holders, insert_token, see};
pub(super) use tries::{Try, forget, forgive, locks, take};
pub(super) use turns::{raise_turn, turns};

use entity::auth::{account, grant, tries as tries_table};
use entity::id::{AccountId, GrantId, PersonId, UnitId};
use entity::instant::Instant;
use entity::org::person;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::model::{AccountFilter, AccountRow, AccountStatus, GrantRow};
use crate::db::{self, Fault};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

pub(super) async fn by_username(conn: &impl ConnectionTrait, username: &str) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find().filter(account::Column::Username.eq(username)).one(conn).await?)
}

pub(super) async fn by_id(conn: &impl ConnectionTrait, id: AccountId) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn of_person(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<account::Model>, Fault> {
    Ok(account::Entity::find().filter(account::Column::PersonId.eq(id)).one(conn).await?)
}

/// The accounts that lie within these subtrees by a grant or by their person's unit, and those that lie nowhere.
fn within(tops: &[UnitId]) -> Condition {
    let granted = grant::Entity::find().select_only().column(grant::Column::AccountId);
    let people = person::Entity::find().select_only().column(person::Column::Id);
    let anywhere = granted.clone().into_query();
    let granted = granted.filter(grant::Column::UnitId.in_subquery(tree::within(tops))).into_query();
    let people = people.filter(person::Column::UnitId.in_subquery(tree::within(tops))).into_query();
    Condition::any()
        .add(account::Column::Id.in_subquery(granted))
        .add(account::Column::PersonId.in_subquery(people))
        .add(
            Condition::all()
                .add(account::Column::PersonId.is_null())
                .add(account::Column::Id.not_in_subquery(anywhere)),
        )
}

/// Whether an account can be seen from these subtrees.
pub(super) async fn is_within(conn: &impl ConnectionTrait, id: AccountId, tops: &[UnitId]) -> Result<bool, Fault> {
    Ok(account::Entity::find_by_id(id).filter(within(tops)).one(conn).await?.is_some())
}

/// The units that an account concerns: those of its grants, and its person's.
pub(super) async fn units_of(conn: &impl ConnectionTrait, account: &account::Model) -> Result<Vec<UnitId>, Fault> {
    let grants = grants_of(conn, &[account.id]).await?;
    let mut units: Vec<UnitId> = grants.into_iter().map(|g| g.unit_id).collect();
    if let Some(person) = account.person_id {
        units.extend(person::Entity::find_by_id(person).one(conn).await?.map(|p| p.unit_id));
    }
    Ok(units)
}

/// The unit in which a person is.
pub(super) async fn unit_of(conn: &impl ConnectionTrait, person: PersonId) -> Result<Option<UnitId>, Fault> {
    Ok(person::Entity::find_by_id(person).one(conn).await?.map(|p| p.unit_id))
}

/// The number by which the offices know somebody.
pub(super) async fn staff_no(conn: &impl ConnectionTrait, person: PersonId) -> Result<Option<String>, Fault> {
    Ok(person::Entity::find_by_id(person).one(conn).await?.map(|p| p.staff_no))
}

pub(super) async fn list(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &AccountFilter,
    now: Instant,
    page: &PageRequest,
) -> Result<Page<account::Model>, Fault> {
    let mut query =
        account::Entity::find().filter(within(tops)).order_by_asc(account::Column::Username).limit(page.limit + 1);
    if let Some(text) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let named = Condition::any()
            .add(account::Column::Username.contains(text.to_lowercase()))
            .add(account::Column::DisplayName.contains(text));
        query = query.filter(named);
    }
    if filter.role.is_some() || filter.unit_id.is_some() {
        let mut holders = grant::Entity::find().select_only().column(grant::Column::AccountId);
        if let Some(role) = filter.role {
            holders = holders.filter(grant::Column::Role.eq(role));
        }
        if let Some(unit) = filter.unit_id {
            holders = holders.filter(grant::Column::UnitId.in_subquery(tree::within(&[unit])));
        }
        query = query.filter(account::Column::Id.in_subquery(holders.into_query()));
    }
    query = match filter.status {
        None => query,
        Some(AccountStatus::Disabled) => query.filter(account::Column::DisabledAt.is_not_null()),
        Some(AccountStatus::Waiting) => {
            query.filter(account::Column::DisabledAt.is_null()).filter(account::Column::PasswordHash.is_null())
        }
        Some(AccountStatus::Active) => {
            query.filter(account::Column::DisabledAt.is_null()).filter(account::Column::PasswordHash.is_not_null())
        }
    };
    if filter.locked {
        let locked = tries_table::Entity::find()
            .select_only()
            .column(tries_table::Column::AccountId)
            .filter(tries_table::Column::LockedUntil.gt(now))
            .filter(tries_table::Column::AccountId.is_not_null());
        query = query.filter(account::Column::Id.in_subquery(locked.into_query()));
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

pub(super) async fn grant(
    conn: &impl ConnectionTrait,
    account: AccountId,
    id: GrantId,
) -> Result<Option<grant::Model>, Fault> {
    Ok(grant::Entity::find_by_id(id).filter(grant::Column::AccountId.eq(account)).one(conn).await?)
}

pub(super) async fn delete_grant(conn: &impl ConnectionTrait, account: AccountId, id: GrantId) -> Result<bool, Fault> {
    let done = grant::Entity::delete_many()
        .filter(grant::Column::Id.eq(id))
        .filter(grant::Column::AccountId.eq(account))
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Counts a change of an account, which also holds it until the transaction ends: what is decided by its grants is
/// decided one after another. False if there is no such account.
pub(super) async fn touch(conn: &impl ConnectionTrait, id: AccountId) -> Result<bool, Fault> {
    let done = account::Entity::update_many()
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .filter(account::Column::Id.eq(id))
        .exec(conn)
        .await?;
    raise_turn(conn, id).await?;
    Ok(done.rows_affected > 0)
}

/// Writes what may be changed of an account, if it still is in that version.
pub(super) async fn change(
    conn: &impl ConnectionTrait,
    id: AccountId,
    version: i32,
    display_name: String,
    person_id: Option<PersonId>,
    disabled_at: Option<Instant>,
) -> Result<bool, Fault> {
    let change = account::ActiveModel {
        display_name: Set(display_name),
        person_id: Set(person_id),
        disabled_at: Set(disabled_at),
        version: Set(version + 1),
        ..Default::default()
    };
    let done = account::Entity::update_many()
        .set(change)
        .filter(account::Column::Id.eq(id))
        .filter(account::Column::Version.eq(version))
        .exec(conn)
        .await?;
    raise_turn(conn, id).await?;
    Ok(done.rows_affected > 0)
}

/// Gives an account a password, of its owner's or to be replaced by them.
pub(super) async fn set_password(
    conn: &impl ConnectionTrait,
    id: AccountId,
    hash: String,
    must_change: bool,
) -> Result<(), Fault> {
    let change = account::ActiveModel {
        password_hash: Set(Some(hash)),
        must_change_password: Set(must_change),
        ..Default::default()
    };
    account::Entity::update_many().set(change).filter(account::Column::Id.eq(id)).exec(conn).await?;
    touch(conn, id).await?;
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

/// The names of accounts as pages show them. For slices that keep who did something.
pub async fn account_names(
    conn: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<std::collections::HashMap<AccountId, String>, Fault> {
    let mut names = std::collections::HashMap::new();
    for part in ids.chunks(5_000) {
        let rows: Vec<(AccountId, String)> = account::Entity::find()
            .select_only()
            .columns([account::Column::Id, account::Column::DisplayName])
            .filter(account::Column::Id.is_in(part.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        names.extend(rows);
    }
    Ok(names)
}
