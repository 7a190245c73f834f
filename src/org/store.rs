//! Queries over units and people.

use std::collections::HashMap;

use entity::id::UnitId;
use entity::instant::Day;
use entity::org::{unit, unit_ancestor};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::{Fault, insert_all};
use crate::tree;

mod changes;
mod people;
mod postings;
mod roster;

pub use changes::{amendments, due_amendments, effect_amendments, left, newest_amendments};
pub(super) use changes::{
    change, change_rows, changes, close_frozen_roster, decide, insert_amendments, insert_changes, insert_frozen_roster,
    is_open, open_rosters, stands,
};
pub(super) use people::{
    categories_of, categories_of_all, categories_on, delete_person, every_category, everybody, in_post, insert_people,
    names_of_people, numbers_of_people, people, people_of, people_of_other_editions, person, put_categories,
    put_people, set_person_key, taken, taken_id_numbers, unchanged_since, update_person,
};
pub(super) use postings::{
    Standing, departures, in_unit_after, insert_departure, peopled, postings, postings_of_all, put_postings,
    set_standing, turning,
};

pub(super) use roster::insert_roster;
pub use roster::{
    everybody_on, on_roster, on_rosters, people_on, roster, roster_count, roster_names, roster_page, roster_people,
    roster_size, rosters_of,
};

pub(super) async fn units_within(conn: &impl ConnectionTrait, tops: &[UnitId]) -> Result<Vec<unit::Model>, Fault> {
    Ok(unit::Entity::find()
        .filter(unit::Column::Id.in_subquery(tree::within(tops)))
        .order_by_asc(unit::Column::Position)
        .order_by_asc(unit::Column::SortKey)
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

/// Which of these units exist on that day, can hold people, and lie within `tops`.
pub(super) async fn holders(
    conn: &impl ConnectionTrait,
    units: &[UnitId],
    tops: &[UnitId],
    day: Day,
) -> Result<Vec<UnitId>, Fault> {
    Ok(unit::Entity::find()
        .filter(unit::Column::Id.is_in(units.iter().copied()))
        .filter(unit::Column::Id.in_subquery(tree::within(tops)))
        .filter(unit::Column::Kind.eq(unit::UnitKind::Unit))
        .filter(Condition::any().add(unit::Column::ActiveTo.is_null()).add(unit::Column::ActiveTo.gte(day)))
        .all(conn)
        .await?
        .into_iter()
        .map(|u| u.id)
        .collect())
}

/// Changes a unit, unless somebody else did meanwhile.
pub(super) async fn update_unit(tx: &impl ConnectionTrait, row: unit::Model) -> Result<bool, Fault> {
    let (id, before) = (row.id, row.version);
    let changed = unit::ActiveModel { version: Set(before + 1), ..row.into_active_model().reset_all() };
    let done = unit::Entity::update_many()
        .set(unit::ActiveModel { id: NotSet, ..changed })
        .filter(unit::Column::Id.eq(id))
        .filter(unit::Column::Version.eq(before))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Hangs a unit with everything below it under another one. The caller has made sure that it does not lie below itself.
pub(super) async fn move_unit(tx: &impl ConnectionTrait, id: UnitId, parent: Option<UnitId>) -> Result<(), Fault> {
    let below = unit_ancestor::Entity::find().filter(unit_ancestor::Column::AncestorId.eq(id)).all(tx).await?;
    let inside: Vec<UnitId> = below.iter().map(|step| step.unit_id).collect();
    for part in inside.chunks(5_000) {
        unit_ancestor::Entity::delete_many()
            .filter(unit_ancestor::Column::UnitId.is_in(part.iter().copied()))
            .filter(unit_ancestor::Column::AncestorId.not_in_subquery(tree::within(&[id])))
            .exec(tx)
            .await?;
    }
    tree::changed(tx, Some(id)).await?;
    let Some(parent) = parent else { return Ok(()) };
    let above = unit_ancestor::Entity::find().filter(unit_ancestor::Column::UnitId.eq(parent)).all(tx).await?;
    let closure = below.iter().flat_map(|lower| {
        above.iter().map(|upper| unit_ancestor::ActiveModel {
            unit_id: Set(lower.unit_id),
            ancestor_id: Set(upper.ancestor_id),
            depth: Set(lower.depth + upper.depth + 1),
        })
    });
    insert_all(tx, closure.collect(), false).await
}

/// Works out anew which nodes lie below which, from the node that each hangs under. False if one would lie below itself.
pub(super) async fn rebuild_tree(tx: &impl ConnectionTrait) -> Result<bool, Fault> {
    let parents: HashMap<UnitId, Option<UnitId>> =
        unit::Entity::find().all(tx).await?.into_iter().map(|u| (u.id, u.parent_id)).collect();
    let mut closure = Vec::new();
    for id in parents.keys() {
        let (mut at, mut depth) = (Some(*id), 0);
        while let Some(ancestor) = at {
            if depth > 0 && ancestor == *id || usize::try_from(depth).is_ok_and(|depth| depth > parents.len()) {
                return Ok(false);
            }
            closure.push(unit_ancestor::ActiveModel {
                unit_id: Set(*id),
                ancestor_id: Set(ancestor),
                depth: Set(depth),
            });
            at = parents.get(&ancestor).copied().flatten();
            depth += 1;
        }
    }
    unit_ancestor::Entity::delete_many().exec(tx).await?;
    insert_all(tx, closure, false).await?;
    tree::changed(tx, None).await?;
    Ok(true)
}

/// Which of these codes are taken.
pub(super) async fn taken_codes(conn: &impl ConnectionTrait, codes: &[String]) -> Result<Vec<String>, Fault> {
    let mut taken = Vec::new();
    for part in codes.chunks(5_000) {
        let units =
            unit::Entity::find().filter(unit::Column::Code.is_in(part.iter().map(String::as_str))).all(conn).await?;
        taken.extend(units.into_iter().map(|u| u.code));
    }
    Ok(taken)
}

/// Removes a unit that nothing refers to.
pub(super) async fn delete_unit(tx: &impl ConnectionTrait, id: UnitId) -> Result<(), Fault> {
    unit_ancestor::Entity::delete_many().filter(unit_ancestor::Column::UnitId.eq(id)).exec(tx).await?;
    unit::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// Whether a unit below this one goes on after that day.
pub(super) async fn has_children_after(conn: &impl ConnectionTrait, id: UnitId, day: Day) -> Result<bool, Fault> {
    let going_on = Condition::any().add(unit::Column::ActiveTo.is_null()).add(unit::Column::ActiveTo.gt(day));
    Ok(unit::Entity::find().filter(unit::Column::ParentId.eq(id)).filter(going_on).one(conn).await?.is_some())
}

/// Some of the units whose key was made by another edition of the collation.
pub(super) async fn units_of_other_editions(
    conn: &impl ConnectionTrait,
    edition: &str,
    most: usize,
) -> Result<Vec<unit::Model>, Fault> {
    Ok(unit::Entity::find()
        .filter(unit::Column::SortKey.starts_with(edition).not())
        .limit(u64::try_from(most).unwrap_or(u64::MAX))
        .all(conn)
        .await?)
}

pub(super) async fn set_unit_key(tx: &impl ConnectionTrait, id: UnitId, key: String) -> Result<(), Fault> {
    unit::Entity::update_many()
        .set(unit::ActiveModel { sort_key: Set(key), ..Default::default() })
        .filter(unit::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
