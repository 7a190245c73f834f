//! Queries over closings and snapshots.

use entity::id::{AccountId, ClosingId, SnapshotId, UnitId};
use entity::instant::Instant;
use entity::report::{closing, snapshot};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Select};

use crate::db::Fault;
use crate::tree;

/// The key under which a year can be closed once for a unit.
pub(super) fn open_key(year: i32, unit: UnitId) -> String {
    format!("{year} {unit}")
}

/// Every act of closing for this unit or one above it, opened again or not, the newest first.
pub(super) async fn closings_over(conn: &impl ConnectionTrait, unit: UnitId) -> Result<Vec<closing::Model>, Fault> {
    Ok(closing::Entity::find()
        .filter(closing::Column::UnitId.in_subquery(tree::above(&[unit])))
        .order_by_desc(closing::Column::ClosedAt)
        .order_by_desc(closing::Column::Id)
        .all(conn)
        .await?)
}

/// The closings up to a year that stand, for the unit, those above it and those below it.
pub(super) async fn standing(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    until: i32,
) -> Result<Vec<closing::Model>, Fault> {
    Ok(in_force()
        .filter(closing::Column::Year.lte(until))
        .filter(
            Condition::any()
                .add(closing::Column::UnitId.in_subquery(tree::within(&[unit])))
                .add(closing::Column::UnitId.in_subquery(tree::above(&[unit]))),
        )
        .all(conn)
        .await?)
}

/// The closing of a year for a unit that stands: its own one or one above it.
pub(super) async fn closing_over(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    year: i32,
) -> Result<Option<closing::Model>, Fault> {
    Ok(in_force()
        .filter(closing::Column::Year.eq(year))
        .filter(closing::Column::UnitId.in_subquery(tree::above(&[unit])))
        .one(conn)
        .await?)
}

fn in_force() -> Select<closing::Entity> {
    closing::Entity::find().filter(closing::Column::ReopenedAt.is_null())
}

pub(super) async fn insert_snapshot(tx: &impl ConnectionTrait, row: snapshot::Model) -> Result<(), Fault> {
    snapshot::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(super) async fn insert_closing(tx: &impl ConnectionTrait, row: closing::Model) -> Result<(), Fault> {
    closing::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Opens a year again. `None` if it is not closed for that very unit.
pub(super) async fn reopen(
    tx: &impl ConnectionTrait,
    year: i32,
    unit: UnitId,
    (by, at, reason): (AccountId, Instant, String),
) -> Result<Option<ClosingId>, Fault> {
    let key = open_key(year, unit);
    let Some(found) = closing::Entity::find().filter(closing::Column::OpenKey.eq(&key)).one(tx).await? else {
        return Ok(None);
    };
    let change = closing::ActiveModel {
        open_key: Set(None),
        reopened_at: Set(Some(at)),
        reopened_by: Set(Some(by)),
        reopen_reason: Set(Some(reason)),
        ..Default::default()
    };
    let done = closing::Entity::update_many()
        .set(change)
        .filter(closing::Column::Id.eq(found.id))
        .filter(closing::Column::ReopenedAt.is_null())
        .exec(tx)
        .await?;
    Ok((done.rows_affected > 0).then_some(found.id))
}

pub(super) async fn snapshot(conn: &impl ConnectionTrait, id: SnapshotId) -> Result<Option<snapshot::Model>, Fault> {
    Ok(snapshot::Entity::find_by_id(id).one(conn).await?)
}
