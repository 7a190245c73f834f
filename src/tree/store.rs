//! Queries over the closure of the tree.

use std::collections::{BTreeSet, HashMap};

use entity::id::UnitId;
use entity::org::{tree_change, unit, unit_ancestor};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

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

/// A unit and how far it lies below the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The unit.
    pub unit: unit::Model,
    /// 0 for the unit that was asked for.
    pub depth: i32,
}

/// A unit and everything below it, each unit before those below it and siblings in their order. Nothing if there is no
/// such unit.
pub async fn subtree(conn: &impl ConnectionTrait, top: UnitId) -> Result<Vec<Node>, Fault> {
    in_order(conn, top, within(&[top])).await
}

/// The same down to so many levels below it.
pub async fn levels(conn: &impl ConnectionTrait, top: UnitId, depth: i32) -> Result<Vec<Node>, Fault> {
    in_order(conn, top, down_to(top, depth)).await
}

/// A unit and those down to so many levels below it, as a subquery.
#[must_use]
pub fn down_to(top: UnitId, depth: i32) -> SelectStatement {
    within(&[top]).and_where(unit_ancestor::Column::Depth.lte(depth)).to_owned()
}

/// Notes that a unit was hung elsewhere with all that lies below it, or many were. Whoever keeps sums of subtrees makes
/// them anew.
pub async fn changed(tx: &impl ConnectionTrait, unit: Option<UnitId>) -> Result<(), Fault> {
    let row = tree_change::ActiveModel { number: NotSet, unit_id: Set(unit) };
    tree_change::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The number of the last of these changes; 0 before the first.
pub async fn last_change(conn: &impl ConnectionTrait) -> Result<i64, Fault> {
    let last: Option<i64> = tree_change::Entity::find()
        .select_only()
        .column(tree_change::Column::Number)
        .order_by_desc(tree_change::Column::Number)
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(last.unwrap_or_default())
}

async fn in_order(conn: &impl ConnectionTrait, top: UnitId, which: SelectStatement) -> Result<Vec<Node>, Fault> {
    let units = unit::Entity::find()
        .filter(unit::Column::Id.in_subquery(which))
        .order_by_desc(unit::Column::Position)
        .order_by_desc(unit::Column::Id)
        .all(conn)
        .await?;
    let mut below: HashMap<Option<UnitId>, Vec<unit::Model>> = HashMap::new();
    let mut open = Vec::new();
    for unit in units {
        if unit.id == top {
            open.push(Node { unit, depth: 0 });
        } else {
            below.entry(unit.parent_id).or_default().push(unit);
        }
    }
    let mut nodes = Vec::new();
    // Siblings come last first, so that the first of them is taken off the stack next.
    while let Some(node) = open.pop() {
        let children = below.remove(&Some(node.unit.id)).unwrap_or_default();
        open.extend(children.into_iter().map(|unit| Node { unit, depth: node.depth + 1 }));
        nodes.push(node);
    }
    Ok(nodes)
}

/// Those of `units` that lie below no other of them.
pub async fn tops(conn: &impl ConnectionTrait, units: &[UnitId]) -> Result<Vec<UnitId>, Fault> {
    let below = unit_ancestor::Entity::find()
        .filter(unit_ancestor::Column::UnitId.is_in(units.iter().copied()))
        .filter(unit_ancestor::Column::AncestorId.is_in(units.iter().copied()))
        .filter(unit_ancestor::Column::Depth.gt(0))
        .all(conn)
        .await?;
    let mut tops: Vec<UnitId> = units.iter().copied().filter(|u| below.iter().all(|step| step.unit_id != *u)).collect();
    tops.sort_unstable();
    tops.dedup();
    Ok(tops)
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
    let mut units = unit::Entity::find().filter(unit::Column::Id.in_subquery(above(&[unit]))).all(conn).await?;
    let depths = unit_ancestor::Entity::find()
        .filter(unit_ancestor::Column::UnitId.eq(unit))
        .order_by_desc(unit_ancestor::Column::Depth)
        .all(conn)
        .await?;
    units.sort_by_key(|u| depths.iter().position(|d| d.ancestor_id == u.id));
    Ok(units)
}

/// Each of these units with itself and every unit above it, in no order.
pub async fn paths(
    conn: &impl ConnectionTrait,
    units: impl IntoIterator<Item = UnitId>,
) -> Result<HashMap<UnitId, Vec<UnitId>>, Fault> {
    let units: BTreeSet<UnitId> = units.into_iter().collect();
    let units: Vec<UnitId> = units.into_iter().collect();
    let mut paths: HashMap<UnitId, Vec<UnitId>> = HashMap::with_capacity(units.len());
    for part in units.chunks(5_000) {
        let steps: Vec<(UnitId, UnitId)> = unit_ancestor::Entity::find()
            .select_only()
            .columns([unit_ancestor::Column::UnitId, unit_ancestor::Column::AncestorId])
            .filter(unit_ancestor::Column::UnitId.is_in(part.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        for (unit, above) in steps {
            paths.entry(unit).or_default().push(above);
        }
    }
    Ok(paths)
}

/// The units directly below `parent`, or the tops of the tree, in their order.
pub async fn children(conn: &impl ConnectionTrait, parent: Option<UnitId>) -> Result<Vec<unit::Model>, Fault> {
    let query = unit::Entity::find();
    let query = match parent {
        Some(parent) => query.filter(unit::Column::ParentId.eq(parent)),
        None => query.filter(unit::Column::ParentId.is_null()),
    };
    let query = query.order_by_asc(unit::Column::Position).order_by_asc(unit::Column::SortKey);
    Ok(query.order_by_asc(unit::Column::Id).all(conn).await?)
}

/// What units are called.
pub async fn unit_names(conn: &impl ConnectionTrait, ids: &[UnitId]) -> Result<HashMap<UnitId, String>, Fault> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::with_capacity(ids.len());
    for part in ids.chunks(5_000) {
        let rows: Vec<(UnitId, String)> = unit::Entity::find()
            .select_only()
            .columns([unit::Column::Id, unit::Column::Name])
            .filter(unit::Column::Id.is_in(part.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        names.extend(rows);
    }
    Ok(names)
}
