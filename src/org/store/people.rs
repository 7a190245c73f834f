//! People and their categories.

use std::collections::HashMap;

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::{departure, person, person_category, posting, roster_change};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{ExprTrait, Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::{Fault, insert_all, upsert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::org::audience::Audience;
use crate::org::model::PeopleFilter;
use crate::tree;

/// People within `tops`, by the pinyin of their names.
pub(in crate::org) async fn people(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &PeopleFilter,
    today: Day,
    page: &PageRequest,
) -> Result<Page<person::Model>, Fault> {
    let mut query = meant(tops, filter, today).limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(person::Column::SortKey.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |p| p.sort_key.clone()))
}

/// The same without pages.
pub(in crate::org) async fn people_of(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &PeopleFilter,
    today: Day,
) -> Result<Vec<person::Model>, Fault> {
    Ok(meant(tops, filter, today).all(conn).await?)
}

fn meant(tops: &[UnitId], filter: &PeopleFilter, today: Day) -> sea_orm::Select<person::Entity> {
    let mut query = person::Entity::find()
        .filter(person::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(person::Column::SortKey);
    if let Some(unit) = filter.unit_id {
        query = if filter.subtree {
            query.filter(person::Column::UnitId.in_subquery(tree::within(&[unit])))
        } else {
            query.filter(person::Column::UnitId.eq(unit))
        };
    }
    if let Some(category) = filter.category {
        query = query.filter(person::Column::Id.in_subquery(holding(&[category], today)));
    }
    if let Some(q) = filter.q.as_deref().filter(|q| !q.is_empty()) {
        query = query.filter(
            Condition::any()
                .add(person::Column::Name.contains(q))
                .add(person::Column::StaffNo.contains(q))
                .add(person::Column::Post.contains(q)),
        );
    }
    query
}

pub(in crate::org) async fn person(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<person::Model>, Fault> {
    Ok(person::Entity::find_by_id(id).one(conn).await?)
}

pub(in crate::org) async fn names_of_people(
    conn: &impl ConnectionTrait,
    ids: &[PersonId],
) -> Result<HashMap<PersonId, String>, Fault> {
    let mut names = HashMap::new();
    for ids in ids.chunks(5_000) {
        let people = person::Entity::find().filter(person::Column::Id.is_in(ids.iter().copied())).all(conn).await?;
        names.extend(people.into_iter().map(|p| (p.id, p.name)));
    }
    Ok(names)
}

pub(in crate::org) async fn categories_of(
    conn: &impl ConnectionTrait,
    people: &[PersonId],
    day: Day,
) -> Result<Vec<person_category::Model>, Fault> {
    Ok(person_category::Entity::find()
        .filter(person_category::Column::PersonId.is_in(people.iter().copied()))
        .filter(in_force(day))
        .order_by_asc(person_category::Column::Category)
        .all(conn)
        .await?)
}

pub(in crate::org) async fn insert_people(
    tx: &impl ConnectionTrait,
    people: Vec<person::Model>,
    categories: Vec<person_category::Model>,
    postings: Vec<posting::Model>,
) -> Result<(), Fault> {
    insert_all(tx, people.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await?;
    insert_all(tx, categories.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await?;
    insert_all(tx, postings.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// Changes what is written about a person, unless somebody else did meanwhile. Where they stand is not part of it.
pub(in crate::org) async fn update_person(tx: &impl ConnectionTrait, row: person::Model) -> Result<bool, Fault> {
    let (id, before) = (row.id, row.version);
    let changed = person::ActiveModel {
        id: NotSet,
        unit_id: NotSet,
        joined_on: NotSet,
        departed_on: NotSet,
        version: Set(before + 1),
        ..row.into_active_model().reset_all()
    };
    let done = person::Entity::update_many()
        .set(changed)
        .filter(person::Column::Id.eq(id))
        .filter(person::Column::Version.eq(before))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Removes somebody with what only tells about them. Whoever is on a roster, has an account or did anything is referred to
/// and stays.
pub(in crate::org) async fn delete_person(tx: &impl ConnectionTrait, id: PersonId) -> Result<(), Fault> {
    roster_change::Entity::delete_many()
        .filter(roster_change::Column::PersonId.eq(id))
        .filter(roster_change::Column::State.eq(roster_change::ChangeState::Proposed))
        .exec(tx)
        .await?;
    departure::Entity::delete_many().filter(departure::Column::PersonId.eq(id)).exec(tx).await?;
    posting::Entity::delete_many().filter(posting::Column::PersonId.eq(id)).exec(tx).await?;
    person_category::Entity::delete_many().filter(person_category::Column::PersonId.eq(id)).exec(tx).await?;
    person::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// Every category that somebody held, holds or will hold, by day.
pub(in crate::org) async fn every_category(
    conn: &impl ConnectionTrait,
    id: PersonId,
) -> Result<Vec<person_category::Model>, Fault> {
    Ok(person_category::Entity::find()
        .filter(person_category::Column::PersonId.eq(id))
        .order_by_asc(person_category::Column::FromOn)
        .order_by_asc(person_category::Column::Category)
        .all(conn)
        .await?)
}

/// Everybody whose present unit lies within `tops`, whether or not they are in post.
pub(in crate::org) async fn everybody(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
) -> Result<Vec<person::Model>, Fault> {
    Ok(person::Entity::find()
        .filter(person::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(person::Column::SortKey)
        .all(conn)
        .await?)
}

/// Every category that they hold, held or will hold.
pub(in crate::org) async fn categories_of_all(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
) -> Result<Vec<person_category::Model>, Fault> {
    Ok(person_category::Entity::find()
        .filter(person_category::Column::PersonId.in_subquery(whose_unit(tops)))
        .all(conn)
        .await?)
}

/// People whose present unit lies within `tops`, as a subquery.
pub(super) fn whose_unit(tops: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(person::Column::Id)
        .from(person::Entity)
        .and_where(person::Column::UnitId.in_subquery(tree::within(tops)))
        .to_owned()
}

/// Whether these people still have the versions that they had; they keep them until the transaction ends.
pub(in crate::org) async fn unchanged_since(
    tx: &impl ConnectionTrait,
    people: &[person::Model],
) -> Result<bool, Fault> {
    for part in people.chunks(5_000) {
        let mut found: HashMap<PersonId, i32> = person::Entity::find()
            .select_only()
            .column(person::Column::Id)
            .column(person::Column::Version)
            .filter(person::Column::Id.is_in(part.iter().map(|p| p.id)))
            .order_by_asc(person::Column::Id)
            .lock_exclusive()
            .into_tuple()
            .all(tx)
            .await?
            .into_iter()
            .collect();
        if part.iter().any(|p| found.remove(&p.id) != Some(p.version)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes people who are there already, in one statement for many, and counts their versions up.
pub(in crate::org) async fn put_people(tx: &impl ConnectionTrait, people: Vec<person::Model>) -> Result<(), Fault> {
    use person::Column::{
        DepartedOn, Id, IdNumber, IdNumberHash, Name, Phone, PhoneHash, Post, SortKey, StaffNo, UnitId, Version,
    };
    let next = |p: person::Model| person::Model { version: p.version + 1, ..p }.into_active_model();
    let change = [StaffNo, Name, SortKey, Post, IdNumber, IdNumberHash, Phone, PhoneHash, UnitId, DepartedOn, Version];
    upsert_all(tx, people.into_iter().map(next).collect::<Vec<_>>(), &[Id], &change).await
}

/// Writes categories that begin, and those that end.
pub(in crate::org) async fn put_categories(
    tx: &impl ConnectionTrait,
    rows: Vec<person_category::Model>,
) -> Result<(), Fault> {
    use person_category::Column::{Category, FromOn, PersonId, ToOn};
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model).collect::<Vec<_>>();
    upsert_all(tx, rows, &[PersonId, Category, FromOn], &[ToOn]).await
}

/// Which of these staff numbers are taken.
pub(in crate::org) async fn taken(conn: &impl ConnectionTrait, staff_nos: &[String]) -> Result<Vec<String>, Fault> {
    let mut taken = Vec::new();
    for chunk in staff_nos.chunks(5_000) {
        let people = person::Entity::find()
            .filter(person::Column::StaffNo.is_in(chunk.iter().map(String::as_str)))
            .all(conn)
            .await?;
        taken.extend(people.into_iter().map(|p| p.staff_no));
    }
    Ok(taken)
}

/// Which of these hashes of national IDs are held by somebody.
pub(in crate::org) async fn taken_id_numbers(
    conn: &impl ConnectionTrait,
    hashes: &[String],
) -> Result<Vec<String>, Fault> {
    let mut taken = Vec::new();
    for chunk in hashes.chunks(5_000) {
        let people = person::Entity::find()
            .filter(person::Column::IdNumberHash.is_in(chunk.iter().map(String::as_str)))
            .all(conn)
            .await?;
        taken.extend(people.into_iter().filter_map(|p| p.id_number_hash));
    }
    Ok(taken)
}

/// Those on a roster on that day whom an audience can mean, before categories are looked at, each with the unit of that
/// day.
pub(in crate::org) async fn in_post(
    conn: &impl ConnectionTrait,
    audience: &Audience,
    day: Day,
) -> Result<Vec<person::Model>, Fault> {
    let units: HashMap<PersonId, UnitId> = posting::Entity::find()
        .filter(posted(audience, day))
        .all(conn)
        .await?
        .into_iter()
        .map(|row| (row.person_id, row.unit_id))
        .collect();
    let mut people =
        person::Entity::find().filter(person::Column::Id.in_subquery(people_posted(audience, day))).all(conn).await?;
    for person in &mut people {
        person.unit_id = units.get(&person.id).copied().unwrap_or(person.unit_id);
    }
    people.sort_by(|a, b| (a.unit_id, &a.staff_no).cmp(&(b.unit_id, &b.staff_no)));
    Ok(people)
}

fn posted(audience: &Audience, day: Day) -> Condition {
    let meant = Condition::any()
        .add(posting::Column::UnitId.in_subquery(tree::within(&audience.unit_ids)))
        .add(posting::Column::PersonId.is_in(audience.person_ids.iter().copied()));
    Condition::all().add(meant).add(super::postings::holding(day))
}

fn people_posted(audience: &Audience, day: Day) -> SelectStatement {
    Query::select().column(posting::Column::PersonId).from(posting::Entity).cond_where(posted(audience, day)).to_owned()
}

/// The categories that those people hold on that day.
pub(in crate::org) async fn categories_on(
    conn: &impl ConnectionTrait,
    audience: &Audience,
    day: Day,
) -> Result<Vec<person_category::Model>, Fault> {
    Ok(person_category::Entity::find()
        .filter(person_category::Column::PersonId.in_subquery(people_posted(audience, day)))
        .filter(in_force(day))
        .all(conn)
        .await?)
}

fn in_force(day: Day) -> Condition {
    Condition::all()
        .add(person_category::Column::FromOn.lte(day))
        .add(Condition::any().add(person_category::Column::ToOn.is_null()).add(person_category::Column::ToOn.gt(day)))
}

fn holding(categories: &[entity::org::person::Category], day: Day) -> SelectStatement {
    Query::select()
        .column(person_category::Column::PersonId)
        .from(person_category::Entity)
        .and_where(person_category::Column::Category.is_in(categories.iter().copied()))
        .cond_where(in_force(day))
        .to_owned()
}

/// Some of the people whose key was made by another edition of the collation.
pub(in crate::org) async fn people_of_other_editions(
    conn: &impl ConnectionTrait,
    edition: &str,
    most: usize,
) -> Result<Vec<person::Model>, Fault> {
    Ok(person::Entity::find()
        .filter(person::Column::SortKey.starts_with(edition).not())
        .limit(u64::try_from(most).unwrap_or(u64::MAX))
        .all(conn)
        .await?)
}

pub(in crate::org) async fn set_person_key(tx: &impl ConnectionTrait, id: PersonId, key: String) -> Result<(), Fault> {
    person::Entity::update_many()
        .set(person::ActiveModel { sort_key: Set(key), ..Default::default() })
        .filter(person::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in crate::org) async fn numbers_of_people(
    conn: &impl ConnectionTrait,
    ids: &[PersonId],
) -> Result<HashMap<PersonId, String>, Fault> {
    let mut numbers = HashMap::new();
    for ids in ids.chunks(5_000) {
        let people: Vec<(PersonId, String)> = person::Entity::find()
            .select_only()
            .column(person::Column::Id)
            .column(person::Column::StaffNo)
            .filter(person::Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        numbers.extend(people);
    }
    Ok(numbers)
}
