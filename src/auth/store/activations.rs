//! One-time codes, and whom they are for.

use std::collections::HashMap;

use entity::auth::{account, activation, grant};
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::{person, unit};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::auth::model::AccountCounts;
use crate::db::{self, Fault};
use crate::tree;

/// Somebody of a unit, and the unit's name.
#[derive(Debug, Clone)]
pub(in crate::auth) struct Member {
    pub(in crate::auth) person: person::Model,
    pub(in crate::auth) unit_name: String,
}

/// Everybody in post in a unit on a day, with those of the units below it if asked, unit by unit.
pub(in crate::auth) async fn members(
    conn: &impl ConnectionTrait,
    top: UnitId,
    subtree: bool,
    day: Day,
) -> Result<Vec<Member>, Fault> {
    let (people, units) = (person::Entity::find(), unit::Entity::find());
    let (people, units) = if subtree {
        (
            people.filter(person::Column::UnitId.in_subquery(tree::within(&[top]))),
            units.filter(unit::Column::Id.in_subquery(tree::within(&[top]))),
        )
    } else {
        (people.filter(person::Column::UnitId.eq(top)), units.filter(unit::Column::Id.eq(top)))
    };
    let mut units = units.all(conn).await?;
    units.sort_by(|a, b| a.code.cmp(&b.code));
    let people = people
        .filter(person::Column::JoinedOn.lte(day))
        .filter(Condition::any().add(person::Column::DepartedOn.is_null()).add(person::Column::DepartedOn.gt(day)))
        .order_by_asc(person::Column::StaffNo)
        .all(conn)
        .await?;
    let place = |id: UnitId| units.iter().position(|u| u.id == id);
    let mut members: Vec<(usize, Member)> = people
        .into_iter()
        .filter_map(|person| {
            let at = place(person.unit_id)?;
            Some((at, Member { unit_name: units.get(at)?.name.clone(), person }))
        })
        .collect();
    members.sort_by_key(|(at, _)| *at);
    Ok(members.into_iter().map(|(_, member)| member).collect())
}

/// How many people are in post on a day in a unit and those below it, and how many of them have accounts.
pub(in crate::auth) async fn account_counts(
    conn: &impl ConnectionTrait,
    top: UnitId,
    day: Day,
) -> Result<AccountCounts, Fault> {
    let people = person::Entity::find()
        .filter(person::Column::UnitId.in_subquery(tree::within(&[top])))
        .filter(person::Column::JoinedOn.lte(day))
        .filter(Condition::any().add(person::Column::DepartedOn.is_null()).add(person::Column::DepartedOn.gt(day)));
    let ids = people.clone().select_only().column(person::Column::Id).into_query();
    let accounts = account::Entity::find().filter(account::Column::PersonId.in_subquery(ids));
    let waiting =
        accounts.clone().filter(account::Column::PasswordHash.is_null()).filter(account::Column::DisabledAt.is_null());
    Ok(AccountCounts {
        people: people.count(conn).await?,
        accounts: accounts.count(conn).await?,
        waiting: waiting.count(conn).await?,
    })
}

/// Until when the codes of these accounts are good.
pub(in crate::auth) async fn codes_of(
    conn: &impl ConnectionTrait,
    accounts: &[AccountId],
    now: Instant,
) -> Result<HashMap<AccountId, Instant>, Fault> {
    let mut found = HashMap::new();
    for accounts in accounts.chunks(5_000) {
        let query = activation::Entity::find()
            .filter(activation::Column::AccountId.is_in(accounts.iter().copied()))
            .filter(activation::Column::ExpiresAt.gt(now));
        found.extend(query.all(conn).await?.into_iter().map(|c| (c.account_id, c.expires_at)));
    }
    Ok(found)
}

/// One person and their unit's name.
pub(in crate::auth) async fn member(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<Member>, Fault> {
    let Some(person) = person::Entity::find_by_id(id).one(conn).await? else { return Ok(None) };
    let unit = unit::Entity::find_by_id(person.unit_id).one(conn).await?;
    Ok(Some(Member { unit_name: unit.map(|u| u.name).unwrap_or_default(), person }))
}

/// The accounts of these people.
pub(in crate::auth) async fn accounts_of(
    conn: &impl ConnectionTrait,
    people: &[PersonId],
) -> Result<Vec<account::Model>, Fault> {
    let mut found = Vec::new();
    for people in people.chunks(5_000) {
        let query = account::Entity::find().filter(account::Column::PersonId.is_in(people.iter().copied()));
        found.extend(query.all(conn).await?);
    }
    Ok(found)
}

/// The grants of these accounts.
pub(in crate::auth) async fn grants_of_many(
    conn: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<grant::Model>, Fault> {
    let mut found = Vec::new();
    for accounts in accounts.chunks(5_000) {
        let query = grant::Entity::find().filter(grant::Column::AccountId.is_in(accounts.iter().copied()));
        found.extend(query.all(conn).await?);
    }
    Ok(found)
}

/// Which of these user names are taken.
pub(in crate::auth) async fn taken(conn: &impl ConnectionTrait, names: &[String]) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    for names in names.chunks(5_000) {
        let query = account::Entity::find().filter(account::Column::Username.is_in(names.iter().map(String::as_str)));
        found.extend(query.all(conn).await?.into_iter().map(|a| a.username));
    }
    Ok(found)
}

/// Puts new codes in the place of old ones.
pub(in crate::auth) async fn put_codes(
    conn: &impl ConnectionTrait,
    codes: Vec<activation::Model>,
) -> Result<(), Fault> {
    let ids: Vec<AccountId> = codes.iter().map(|c| c.account_id).collect();
    for ids in ids.chunks(5_000) {
        let query = activation::Entity::delete_many();
        query.filter(activation::Column::AccountId.is_in(ids.iter().copied())).exec(conn).await?;
    }
    db::insert_all(conn, codes.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// The code of an account, if it is still good.
pub(in crate::auth) async fn code(
    conn: &impl ConnectionTrait,
    account: AccountId,
    now: Instant,
) -> Result<Option<activation::Model>, Fault> {
    let query = activation::Entity::find_by_id(account).filter(activation::Column::ExpiresAt.gt(now));
    Ok(query.one(conn).await?)
}

/// Takes a code back; false if this very code is not there any more.
pub(in crate::auth) async fn use_code(
    conn: &impl ConnectionTrait,
    account: AccountId,
    hash: &str,
) -> Result<bool, Fault> {
    let done = activation::Entity::delete_many()
        .filter(activation::Column::AccountId.eq(account))
        .filter(activation::Column::CodeHash.eq(hash))
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Takes the code of an account back, if there is one.
pub(in crate::auth) async fn drop_code(conn: &impl ConnectionTrait, account: AccountId) -> Result<(), Fault> {
    activation::Entity::delete_by_id(account).exec(conn).await?;
    Ok(())
}

/// Forgets codes that are no longer good.
pub(in crate::auth) async fn forget_codes(conn: &impl ConnectionTrait, now: Instant) -> Result<(), Fault> {
    activation::Entity::delete_many().filter(activation::Column::ExpiresAt.lte(now)).exec(conn).await?;
    Ok(())
}
