//! Where people were from when to when, and how they left.

use std::collections::HashMap;

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::{departure, person, posting};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::{Fault, upsert_all};
use crate::tree;

/// In force on that day.
pub(super) fn holding(day: Day) -> Condition {
    Condition::all()
        .add(posting::Column::FromOn.lte(day))
        .add(Condition::any().add(posting::Column::ToOn.is_null()).add(posting::Column::ToOn.gt(day)))
}

/// The postings of these people, by day.
pub(in crate::org) async fn postings(
    conn: &impl ConnectionTrait,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<posting::Model>>, Fault> {
    let mut found: HashMap<PersonId, Vec<posting::Model>> = HashMap::new();
    for part in people.chunks(5_000) {
        let rows = posting::Entity::find()
            .filter(posting::Column::PersonId.is_in(part.iter().copied()))
            .order_by_asc(posting::Column::FromOn)
            .all(conn)
            .await?;
        for row in rows {
            found.entry(row.person_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// The postings of everybody whose present unit lies within `tops`, by day.
pub(in crate::org) async fn postings_of_all(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
) -> Result<Vec<posting::Model>, Fault> {
    Ok(posting::Entity::find()
        .filter(posting::Column::PersonId.in_subquery(super::people::whose_unit(tops)))
        .order_by_asc(posting::Column::FromOn)
        .all(conn)
        .await?)
}

/// Writes postings that begin, and those that end.
pub(in crate::org) async fn put_postings(tx: &impl ConnectionTrait, rows: Vec<posting::Model>) -> Result<(), Fault> {
    use posting::Column::{FromOn, Kind, PersonId, Reason, ToOn, UnitId};
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model).collect::<Vec<_>>();
    upsert_all(tx, rows, &[PersonId, FromOn], &[UnitId, ToOn, Kind, Reason]).await
}

/// What lists show of where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::org) struct Standing {
    pub(in crate::org) person: PersonId,
    /// The version that it was worked out from.
    pub(in crate::org) version: i32,
    pub(in crate::org) unit: UnitId,
    pub(in crate::org) departed_on: Option<Day>,
}

/// Writes it, unless somebody else changed the person meanwhile.
pub(in crate::org) async fn set_standing(tx: &impl ConnectionTrait, standing: Standing) -> Result<bool, Fault> {
    let done = person::Entity::update_many()
        .set(person::ActiveModel {
            unit_id: Set(standing.unit),
            departed_on: Set(standing.departed_on),
            version: Set(standing.version + 1),
            ..Default::default()
        })
        .filter(person::Column::Id.eq(standing.person))
        .filter(person::Column::Version.eq(standing.version))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// People whose postings begin or end after one day and by another.
pub(in crate::org) async fn turning(
    conn: &impl ConnectionTrait,
    after: Day,
    by: Day,
) -> Result<Vec<person::Model>, Fault> {
    let turns = |column: posting::Column| Condition::all().add(column.gt(after)).add(column.lte(by));
    let who = posting::Entity::find()
        .select_only()
        .column(posting::Column::PersonId)
        .filter(Condition::any().add(turns(posting::Column::FromOn)).add(turns(posting::Column::ToOn)));
    Ok(person::Entity::find()
        .filter(person::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(who)))
        .all(conn)
        .await?)
}

/// The people on a unit's roster at some time after that day.
pub(in crate::org) async fn in_unit_after(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    day: Day,
) -> Result<Vec<PersonId>, Fault> {
    let rows = posting::Entity::find()
        .filter(posting::Column::UnitId.eq(unit))
        .filter(Condition::any().add(posting::Column::ToOn.is_null()).add(posting::Column::ToOn.gt(day)))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// The units within `tops` on whose rosters somebody is or will be.
pub(in crate::org) async fn peopled(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    today: Day,
) -> Result<Vec<UnitId>, Fault> {
    Ok(posting::Entity::find()
        .select_only()
        .distinct()
        .column(posting::Column::UnitId)
        .filter(posting::Column::UnitId.in_subquery(tree::within(tops)))
        .filter(Condition::any().add(posting::Column::ToOn.is_null()).add(posting::Column::ToOn.gt(today)))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(in crate::org) async fn insert_departure(tx: &impl ConnectionTrait, row: departure::Model) -> Result<(), Fault> {
    departure::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// How somebody left, by day.
pub(in crate::org) async fn departures(
    conn: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<departure::Model>, Fault> {
    Ok(departure::Entity::find()
        .filter(departure::Column::PersonId.eq(person))
        .order_by_asc(departure::Column::EffectiveOn)
        .order_by_asc(departure::Column::Id)
        .all(conn)
        .await?)
}
