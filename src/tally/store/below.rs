//! The sums of units with everything below them.

use std::collections::HashSet;

use entity::id::{SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::{delta, reckoning};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::model::{Figure, Figures, Subject};
use super::{read, summed};
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
    let shown = Shown::find(conn, top, depth).await?;
    let mut parts = Query::select();
    parts
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .columns(figures.iter().map(|f| Alias::new(f.as_str())))
        .from(Alias::new("tally_sums"))
        .and_where(Expr::col("subject_id").is_in(current))
        .and_where(Expr::col("category").eq(category.as_str()))
        .and_where(shown.holds(Expr::col("unit_id")));
    let fresh = delta::Entity::find().filter(delta::Column::SubjectId.is_in(ids.iter().copied())).one(conn).await?;
    if fresh.is_none() && old.is_empty() {
        // Nothing is to be added up: each row is an answer.
        return read(conn, &parts, figures).await;
    }
    parts.union(UnionType::All, raised("tally_deltas", &ids, &shown, &category, figures));
    if !old.is_empty() {
        let old: Vec<SubjectId> = old.into_iter().collect();
        parts.union(UnionType::All, raised("tally_counts", &old, &shown, &category, figures));
    }
    summed(conn, parts, figures).await
}

/// How many units are named in a statement. PostgreSQL cannot know how few lie just below a unit: told only which are meant
/// it reads the sums of all.
const NAMED: u64 = 500;

/// The units that are shown.
enum Shown {
    Few(Vec<UnitId>),
    Many(UnitId, i32),
}

impl Shown {
    async fn find(conn: &impl ConnectionTrait, top: UnitId, depth: i32) -> Result<Self, Fault> {
        let rows = conn.query_all(tree::down_to(top, depth).limit(NAMED + 1)).await?;
        if u64::try_from(rows.len()).unwrap_or(u64::MAX) > NAMED {
            return Ok(Self::Many(top, depth));
        }
        let units = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?;
        Ok(Self::Few(units))
    }

    fn holds(&self, unit: impl ExprTrait) -> sea_orm::sea_query::SimpleExpr {
        match self {
            Self::Few(units) => unit.is_in(units.iter().copied()),
            Self::Many(top, depth) => unit.in_subquery(tree::down_to(*top, *depth)),
        }
    }
}

/// Rows of single units, each once for every unit above it that is shown.
fn raised(
    table: &'static str,
    subjects: &[SubjectId],
    shown: &Shown,
    category: &str,
    figures: &[Figure],
) -> SelectStatement {
    let (rows, above) = (Alias::new(table), Alias::new("unit_ancestors"));
    // Cast, so that SQLite climbs from each row to the few units above it and does not try all that are shown.
    let higher = Expr::col((above.clone(), Alias::new("ancestor_id"))).cast_as(Alias::new("text"));
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
        .and_where(shown.holds(higher))
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
