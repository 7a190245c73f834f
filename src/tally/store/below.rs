//! The sums of units with everything below them.

use std::collections::HashSet;

use entity::id::{SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::reckoning;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectExpr, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::model::{Figure, Figures, Subject};
use super::total;
use crate::db::Fault;
use crate::tree;

/// These figures of `top` and of each unit down to `depth` below it, each with its subtree, for each subject; the other
/// figures are 0. Units with nobody below them are left out.
///
/// It costs what it gives: the sums are kept. What is not folded yet is added, and a subject whose sums were made before
/// the tree was changed is summed from the counts of its units until they are made anew.
pub async fn below(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    (top, depth): (UnitId, i32),
    category: Option<Category>,
    figures: &[Figure],
) -> Result<Vec<(SubjectId, UnitId, Figures)>, Fault> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<SubjectId> = subjects.iter().map(|s| s.id).collect();
    let category = category.map_or_else(String::new, |c| c.to_string());
    let old = outdated(conn, &ids).await?;
    let current: Vec<SubjectId> = ids.iter().copied().filter(|id| !old.contains(id)).collect();
    let mut parts = Query::select();
    parts
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .columns(figures.iter().map(|f| Alias::new(f.as_str())))
        .from(Alias::new("tally_sums"))
        .and_where(Expr::col("subject_id").is_in(current))
        .and_where(Expr::col("category").eq(category.as_str()))
        .and_where(Expr::col("unit_id").in_subquery(tree::down_to(top, depth)));
    parts.union(UnionType::All, raised("tally_deltas", &ids, (top, depth), &category, figures));
    if !old.is_empty() {
        let old: Vec<SubjectId> = old.into_iter().collect();
        parts.union(UnionType::All, raised("tally_counts", &old, (top, depth), &category, figures));
    }
    let both = Query::select()
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .exprs(figures.iter().map(|f| total(*f)).map(|(expr, name)| SelectExpr {
            expr,
            alias: Some(name.into()),
            window: None,
        }))
        .from_subquery(parts, Alias::new("parts"))
        .group_by_columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .to_owned();
    let rows = conn.query_all(&both).await?;
    rows.iter()
        .map(|row| {
            let mut found = Figures::none();
            for (place, figure) in figures.iter().enumerate() {
                found.set(*figure, row.try_get_by_index(place + 2)?);
            }
            Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, found))
        })
        .collect::<Result<_, sea_orm::DbErr>>()
        .map_err(Fault::from)
}

/// Rows of single units, each once for every unit above it that is shown.
fn raised(
    table: &'static str,
    subjects: &[SubjectId],
    (top, depth): (UnitId, i32),
    category: &str,
    figures: &[Figure],
) -> SelectStatement {
    let (rows, above) = (Alias::new(table), Alias::new("unit_ancestors"));
    Query::select()
        .column((rows.clone(), Alias::new("subject_id")))
        .column((above.clone(), Alias::new("ancestor_id")))
        .columns(figures.iter().map(|f| (rows.clone(), Alias::new(f.as_str()))))
        .from(rows.clone())
        .inner_join(
            above.clone(),
            Expr::col((above.clone(), Alias::new("unit_id"))).equals((rows.clone(), Alias::new("unit_id"))),
        )
        .and_where(Expr::col((rows.clone(), Alias::new("subject_id"))).is_in(subjects.iter().copied()))
        .and_where(Expr::col((rows, Alias::new("category"))).eq(category))
        .and_where(Expr::col((above, Alias::new("ancestor_id"))).in_subquery(tree::down_to(top, depth)))
        .to_owned()
}

/// Those of these subjects whose sums were made for another tree than the present one.
pub(super) async fn outdated(conn: &impl ConnectionTrait, subjects: &[SubjectId]) -> Result<HashSet<SubjectId>, Fault> {
    let tree = tree::last_change(conn).await?;
    let old: Vec<SubjectId> = reckoning::Entity::find()
        .select_only()
        .column(reckoning::Column::SubjectId)
        .filter(reckoning::Column::SubjectId.is_in(subjects.iter().copied()))
        .filter(reckoning::Column::Tree.ne(tree))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(old.into_iter().collect())
}
