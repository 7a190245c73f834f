//! Queries over units and people.

use std::collections::HashMap;

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::{person, person_category, unit, unit_ancestor};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::audience::Audience;
use super::model::PeopleFilter;
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

mod roster;

pub(super) use roster::insert_roster;
pub use roster::{everybody_on, on_rosters, people_on, roster, roster_names, roster_page, roster_size, rosters_of};

pub(super) async fn units_within(conn: &impl ConnectionTrait, tops: &[UnitId]) -> Result<Vec<unit::Model>, Fault> {
    Ok(unit::Entity::find()
        .filter(unit::Column::Id.in_subquery(tree::within(tops)))
        .order_by_asc(unit::Column::Position)
        .order_by_asc(unit::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn unit(conn: &impl ConnectionTrait, id: UnitId) -> Result<Option<unit::Model>, Fault> {
    Ok(unit::Entity::find_by_id(id).one(conn).await?)
}

/// The names from the top down to each of these units.
pub(super) async fn paths(
    conn: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<HashMap<UnitId, Vec<String>>, Fault> {
    let closure = unit_ancestor::Entity::find()
        .filter(unit_ancestor::Column::UnitId.is_in(units.iter().copied()))
        .order_by_desc(unit_ancestor::Column::Depth)
        .all(conn)
        .await?;
    let above = Query::select()
        .column(unit_ancestor::Column::AncestorId)
        .from(unit_ancestor::Entity)
        .and_where(unit_ancestor::Column::UnitId.is_in(units.iter().copied()))
        .to_owned();
    let names: HashMap<UnitId, String> = unit::Entity::find()
        .filter(unit::Column::Id.in_subquery(above))
        .all(conn)
        .await?
        .into_iter()
        .map(|u| (u.id, u.name))
        .collect();
    let mut paths: HashMap<UnitId, Vec<String>> = HashMap::new();
    for step in closure {
        if let Some(name) = names.get(&step.ancestor_id) {
            paths.entry(step.unit_id).or_default().push(name.clone());
        }
    }
    Ok(paths)
}

pub(super) async fn insert_unit(tx: &impl ConnectionTrait, row: unit::Model) -> Result<(), Fault> {
    let (id, parent) = (row.id, row.parent_id);
    unit::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let mut closure = vec![unit_ancestor::ActiveModel { unit_id: Set(id), ancestor_id: Set(id), depth: Set(0) }];
    if let Some(parent) = parent {
        let above = unit_ancestor::Entity::find().filter(unit_ancestor::Column::UnitId.eq(parent)).all(tx).await?;
        closure.extend(above.into_iter().map(|step| unit_ancestor::ActiveModel {
            unit_id: Set(id),
            ancestor_id: Set(step.ancestor_id),
            depth: Set(step.depth + 1),
        }));
    }
    insert_all(tx, closure, false).await
}

pub(super) async fn count_children(conn: &impl ConnectionTrait, parent: Option<UnitId>) -> Result<u64, Fault> {
    let query = match parent {
        Some(parent) => unit::Entity::find().filter(unit::Column::ParentId.eq(parent)),
        None => unit::Entity::find().filter(unit::Column::ParentId.is_null()),
    };
    Ok(query.count(conn).await?)
}

/// Which of these units exist, can hold people, and lie within `tops`.
pub(super) async fn holders(
    conn: &impl ConnectionTrait,
    units: &[UnitId],
    tops: &[UnitId],
) -> Result<Vec<UnitId>, Fault> {
    Ok(unit::Entity::find()
        .filter(unit::Column::Id.is_in(units.iter().copied()))
        .filter(unit::Column::Id.in_subquery(tree::within(tops)))
        .filter(unit::Column::Kind.eq(unit::UnitKind::Unit))
        .all(conn)
        .await?
        .into_iter()
        .map(|u| u.id)
        .collect())
}

pub(super) async fn people(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &PeopleFilter,
    today: Day,
    page: &PageRequest,
) -> Result<Page<person::Model>, Fault> {
    let mut query = person::Entity::find()
        .filter(person::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(person::Column::StaffNo)
        .limit(page.limit + 1);
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
    if let Some(after) = &page.after {
        query = query.filter(person::Column::StaffNo.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |p| p.staff_no.clone()))
}

pub(super) async fn person(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<person::Model>, Fault> {
    Ok(person::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn names_of_units(
    conn: &impl ConnectionTrait,
    ids: &[UnitId],
) -> Result<HashMap<UnitId, String>, Fault> {
    let units = unit::Entity::find().filter(unit::Column::Id.is_in(ids.iter().copied())).all(conn).await?;
    Ok(units.into_iter().map(|u| (u.id, u.name)).collect())
}

pub(super) async fn names_of_people(
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

pub(super) async fn categories_of(
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

pub(super) async fn insert_people(
    tx: &impl ConnectionTrait,
    people: Vec<person::Model>,
    categories: Vec<person_category::Model>,
) -> Result<(), Fault> {
    insert_all(tx, people.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await?;
    insert_all(tx, categories.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// Which of these staff numbers are taken.
pub(super) async fn taken(conn: &impl ConnectionTrait, staff_nos: &[String]) -> Result<Vec<String>, Fault> {
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

/// Those in post on that day whom an audience can mean, before categories are looked at.
pub(super) async fn in_post(
    conn: &impl ConnectionTrait,
    audience: &Audience,
    day: Day,
) -> Result<Vec<person::Model>, Fault> {
    Ok(person::Entity::find()
        .filter(
            Condition::any()
                .add(person::Column::UnitId.in_subquery(tree::within(&audience.unit_ids)))
                .add(person::Column::Id.is_in(audience.person_ids.iter().copied())),
        )
        .filter(person::Column::JoinedOn.lte(day))
        .filter(Condition::any().add(person::Column::DepartedOn.is_null()).add(person::Column::DepartedOn.gt(day)))
        .order_by_asc(person::Column::UnitId)
        .order_by_asc(person::Column::StaffNo)
        .all(conn)
        .await?)
}

/// The categories that those people hold on that day.
pub(super) async fn categories_on(
    conn: &impl ConnectionTrait,
    audience: &Audience,
    day: Day,
) -> Result<Vec<person_category::Model>, Fault> {
    let meant = Query::select()
        .column(person::Column::Id)
        .from(person::Entity)
        .and_where(person::Column::UnitId.in_subquery(tree::within(&audience.unit_ids)))
        .to_owned();
    Ok(person_category::Entity::find()
        .filter(
            Condition::any()
                .add(person_category::Column::PersonId.in_subquery(meant))
                .add(person_category::Column::PersonId.is_in(audience.person_ids.iter().copied())),
        )
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
