//! Queries over the log, within what a caller may see.

mod checks;

pub(super) use checks::{beat, claim, finish_check, insert_check, last_check, open_check, open_row};

use std::collections::HashSet;
use std::ops::Range;

use entity::id::EntryId;
use entity::log;
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::model::{ADMINISTERED, EntryFilter, Sight, Which};
use crate::db::Fault;
use crate::log::Written;
use crate::tree;

/// Numbered entries within sight.
fn seen(sight: &Sight) -> Select<log::Entity> {
    let kinds = ADMINISTERED.iter().fold(Condition::any(), |any, kind| any.add(begins(log::Column::Subject, kind)));
    let mut within = Condition::any();
    if !sight.audited.is_empty() {
        within = within.add(log::Column::UnitId.in_subquery(tree::within(&sight.audited)));
    }
    if !sight.administered.is_empty() {
        let units = Condition::any()
            .add(log::Column::UnitId.is_null())
            .add(log::Column::UnitId.in_subquery(tree::within(&sight.administered)));
        within = within.add(Condition::all().add(kinds).add(units));
    }
    // An empty `any` is true, and whoever has neither role sees nothing.
    let nobody = sight.audited.is_empty() && sight.administered.is_empty();
    let query = log::Entity::find().filter(log::Column::Idx.is_not_null()).filter(within);
    if nobody { query.filter(Expr::value(1).eq(0)) } else { query }
}

fn begins(column: log::Column, start: &str) -> Expr {
    let escaped = start.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Expr::col((log::Entity, column)).like(LikeExpr::new(format!("{escaped}%")).escape('\\'))
}

/// The whole word, or all that begins with it if it ends in `.` or `:`.
fn matches(column: log::Column, word: &str) -> Expr {
    if word.ends_with(['.', ':']) { begins(column, word) } else { column.eq(word) }
}

/// Entries by place, one more than asked for: ascending if a first place is given, else newest first.
pub(super) async fn entries(
    conn: &impl ConnectionTrait,
    sight: &Sight,
    filter: &EntryFilter,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<Written>, Fault> {
    let mut query = seen(sight).limit(limit + 1);
    if let Some(action) = &filter.action {
        query = query.filter(matches(log::Column::Action, action));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(matches(log::Column::Subject, subject));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(log::Column::Actor.eq(actor));
    }
    if let Some(unit) = filter.unit_id {
        query = query.filter(log::Column::UnitId.in_subquery(tree::within(&[unit])));
    }
    if let Some(from) = filter.from {
        query = query.filter(log::Column::At.gte(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(log::Column::At.lt(to));
    }
    query = match filter.from_index {
        Some(first) => {
            let first = i64::try_from(first).unwrap_or(i64::MAX);
            query.filter(log::Column::Idx.gte(first)).order_by_asc(log::Column::Idx)
        }
        None => query.order_by_desc(log::Column::Idx),
    };
    if let Some(after) = after {
        let next = if filter.from_index.is_some() { log::Column::Idx.gt(after) } else { log::Column::Idx.lt(after) };
        query = query.filter(next);
    }
    Ok(query.into_model().all(conn).await?)
}

/// The id and the place of an entry within sight.
pub(super) async fn entry(
    conn: &impl ConnectionTrait,
    sight: &Sight,
    which: Which,
) -> Result<Option<(EntryId, u64)>, Fault> {
    let query = seen(sight);
    let query = match which {
        Which::Id(id) => query.filter(log::Column::Id.eq(id)),
        Which::Index(index) => query.filter(log::Column::Idx.eq(i64::try_from(index).unwrap_or(i64::MAX))),
    };
    let query = query.select_only().columns([log::Column::Id, log::Column::Idx]);
    let found: Option<(EntryId, i64)> = query.into_tuple().one(conn).await?;
    Ok(found.and_then(|(id, idx)| Some((id, u64::try_from(idx).ok()?))))
}

/// The ids of the entries within sight among these places.
pub(super) async fn ids(
    conn: &impl ConnectionTrait,
    sight: &Sight,
    places: &Range<u64>,
) -> Result<HashSet<String>, Fault> {
    let [start, end] = [places.start, places.end].map(|place| i64::try_from(place).unwrap_or(i64::MAX));
    let query = seen(sight)
        .select_only()
        .column(log::Column::Id)
        .filter(log::Column::Idx.gte(start))
        .filter(log::Column::Idx.lt(end));
    Ok(query.into_tuple::<String>().all(conn).await?.into_iter().collect())
}
