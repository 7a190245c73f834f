//! How many different people stand on several rosters: what no sum of counts tells.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::org::unit;
use entity::tally::{delta, obligation, reckoning};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::super::model::{Counted, Figure, Subject};
use super::behind::meant;
use crate::db::Fault;
use crate::tree;

/// How far these rosters have come: as long as it is the same, the same people stand on them and in the same places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rosters {
    tree: i64,
    moves: BTreeMap<SubjectId, i64>,
}

/// How far the rosters of these subjects have come; nothing while somebody who came or left is not folded yet.
pub async fn rosters(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Option<Rosters>, Fault> {
    let ids = || subjects.iter().map(|s| s.id);
    let moves: Vec<(SubjectId, i64)> = reckoning::Entity::find()
        .select_only()
        .columns([reckoning::Column::SubjectId, reckoning::Column::Moves])
        .filter(reckoning::Column::SubjectId.is_in(ids()))
        .into_tuple()
        .all(conn)
        .await?;
    let tree = tree::last_change(conn).await?;
    let coming = delta::Entity::find()
        .filter(delta::Column::SubjectId.is_in(ids()))
        .filter(delta::Column::Moved.ne(0))
        .count(conn)
        .await?;
    Ok((coming == 0).then(|| Rosters { tree, moves: moves.into_iter().collect() }))
}

/// How many different people stand on the rosters of these subjects, for every unit with its subtree. Units without
/// anybody are left out. Reads the rosters: whoever asks often keeps the answer beside what [`rosters`] said.
pub async fn persons(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    category: Option<Category>,
) -> Result<HashMap<UnitId, i64>, Fault> {
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    let units: Vec<(UnitId, Option<UnitId>)> = unit::Entity::find()
        .select_only()
        .columns([unit::Column::Id, unit::Column::ParentId])
        .into_tuple()
        .all(conn)
        .await?;
    let above: HashMap<UnitId, Option<UnitId>> = units.into_iter().collect();
    let mut persons: HashMap<UnitId, i64> = HashMap::new();
    // Nearly everybody stands in one place.
    let unit = Alias::new("one_unit");
    let one_place = Query::select()
        .column(unit.clone())
        .expr_as(Expr::col(unit.clone()).count(), Alias::new("persons"))
        .from_subquery(places(subjects, category, true), Alias::new("people"))
        .group_by_col(unit)
        .to_owned();
    for row in conn.query_all(&one_place).await? {
        let (unit, number): (UnitId, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        for higher in path(&above, unit) {
            *persons.entry(higher).or_default() += number;
        }
    }
    let several = Query::select()
        .column(Alias::new("person_id"))
        .from_subquery(places(subjects, category, false), Alias::new("people"))
        .to_owned();
    let rows: Vec<(PersonId, UnitId)> = obligation::Entity::find()
        .select_only()
        .columns([obligation::Column::PersonId, obligation::Column::UnitId])
        .filter(obligation::Column::SubjectId.is_in(subjects.iter().map(|s| s.id)))
        .filter(meant(category, Counted::In(Figure::OnRoster)))
        .filter(obligation::Column::PersonId.in_subquery(several))
        .into_tuple()
        .all(conn)
        .await?;
    let mut seen: HashMap<PersonId, HashSet<UnitId>> = HashMap::new();
    for (person, unit) in rows {
        seen.entry(person).or_default().extend(path(&above, unit));
    }
    for unit in seen.into_values().flatten() {
        *persons.entry(unit).or_default() += 1;
    }
    Ok(persons)
}

/// Everybody on these rosters who stands in one place, and where; or those who stand in several.
fn places(subjects: &[Subject], category: Option<Category>, one: bool) -> SelectStatement {
    let unit = || Expr::col(Alias::new("unit_id"));
    let mut query = Query::select();
    query
        .column(Alias::new("person_id"))
        .expr_as(unit().min(), Alias::new("one_unit"))
        .from(Alias::new("obligations"))
        .and_where(Expr::col(Alias::new("subject_id")).is_in(subjects.iter().map(|s| s.id)))
        .cond_where(meant(category, Counted::In(Figure::OnRoster)))
        .group_by_col(Alias::new("person_id"));
    if one {
        query.and_having(unit().min().eq(unit().max()))
    } else {
        query.and_having(unit().min().ne(unit().max()))
    };
    query
}

/// A unit and all above it.
fn path(above: &HashMap<UnitId, Option<UnitId>>, unit: UnitId) -> impl Iterator<Item = UnitId> {
    std::iter::successors(Some(unit), |unit| above.get(unit).copied().flatten())
}
