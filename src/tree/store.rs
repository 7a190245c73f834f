//! Queries over the closure of the tree.

use entity::id::UnitId;
use entity::org::{unit, unit_ancestor};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::db::Fault;

/// The units at or below any of `tops`, as a subquery: `column.in_subquery(within(&tops))`.
#[must_use]
pub fn within(tops: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(unit_ancestor::Column::UnitId)
        .from(unit_ancestor::Entity)
        .and_where(unit_ancestor::Column::AncestorId.is_in(tops.iter().copied()))
        .to_owned()
}

/// The units at or above any of `units`, as a subquery.
#[must_use]
pub fn above(units: &[UnitId]) -> SelectStatement {
    Query::select()
        .column(unit_ancestor::Column::AncestorId)
        .from(unit_ancestor::Entity)
        .and_where(unit_ancestor::Column::UnitId.is_in(units.iter().copied()))
        .to_owned()
}

/// Whether `unit` lies at or below any of `tops`.
pub async fn is_within(conn: &impl ConnectionTrait, unit: UnitId, tops: &[UnitId]) -> Result<bool, Fault> {
    if tops.contains(&unit) {
        return Ok(true);
    }
    let found = unit_ancestor::Entity::find()
        .filter(unit_ancestor::Column::UnitId.eq(unit))
        .filter(unit_ancestor::Column::AncestorId.is_in(tops.iter().copied()))
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// The units from the top of the tree down to `unit` itself.
pub async fn path_of(conn: &impl ConnectionTrait, unit: UnitId) -> Result<Vec<unit::Model>, Fault> {
    let above = unit_ancestor::Entity::find()
        .select_only()
        .column(unit_ancestor::Column::AncestorId)
        .filter(unit_ancestor::Column::UnitId.eq(unit))
        .into_query();
    let mut units = unit::Entity::find().filter(unit::Column::Id.in_subquery(above)).all(conn).await?;
    let depths = unit_ancestor::Entity::find()
        .filter(unit_ancestor::Column::UnitId.eq(unit))
        .order_by_desc(unit_ancestor::Column::Depth)
        .all(conn)
        .await?;
    units.sort_by_key(|u| depths.iter().position(|d| d.ancestor_id == u.id));
    Ok(units)
}

/// The units directly below `parent`, or the tops of the tree, in their order.
pub async fn children(conn: &impl ConnectionTrait, parent: Option<UnitId>) -> Result<Vec<unit::Model>, Fault> {
    let query = unit::Entity::find();
    let query = match parent {
        Some(parent) => query.filter(unit::Column::ParentId.eq(parent)),
        None => query.filter(unit::Column::ParentId.is_null()),
    };
    Ok(query.order_by_asc(unit::Column::Position).order_by_asc(unit::Column::Id).all(conn).await?)
}
