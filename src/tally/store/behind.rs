//! The people behind the counts.

use std::collections::BTreeMap;

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::obligation;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::super::model::{Counted, Standing, Subject};
use super::{CHUNK, counts, standing};
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};

/// Where somebody stands in a list of people behind a figure.
pub type Place = (UnitId, PersonId, SubjectId);

/// What is listed: whom a figure counts of a unit with its subtree.
#[derive(Debug, Clone, Copy)]
pub struct Behind<'a> {
    /// Of which programmes or exams.
    pub subjects: &'a [Subject],
    /// The unit.
    pub top: UnitId,
    /// Only those who held this category on the roster.
    pub category: Option<Category>,
    /// The figure.
    pub counted: Counted,
}

/// The people behind a figure of a unit with its subtree: exactly those that it counts, by unit, person and subject.
pub async fn people_behind(
    conn: &impl ConnectionTrait,
    behind: Behind<'_>,
    page: &PageRequest,
) -> Result<Page<(Subject, Standing)>, Fault> {
    let after = page.after.as_deref().and_then(|after| {
        let mut parts = after.split(' ');
        let mut next = || parts.next();
        Some((next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?))
    });
    let rows = rows(conn, behind, after.map(|place| (place, false)), page.limit + 1).await?;
    let page = Page::cut(rows, page, |row| format!("{} {} {}", row.unit_id, row.person_id, row.subject_id));
    Ok(page.map(with_subject))
}

/// The same without pages: from this place on, whoever stands there included, so many at most.
pub async fn people_from(
    conn: &impl ConnectionTrait,
    behind: Behind<'_>,
    from: Option<Place>,
    limit: u64,
) -> Result<Vec<(Subject, Standing)>, Fault> {
    let rows = rows(conn, behind, from.map(|place| (place, true)), limit).await?;
    Ok(rows.into_iter().map(with_subject).collect())
}

/// Rows from a place on, or after it. Only the rosters of units that have somebody behind the figure are read, and no more
/// of them than so many rows want: it costs what it gives.
async fn rows(
    conn: &impl ConnectionTrait,
    behind: Behind<'_>,
    from: Option<(Place, bool)>,
    limit: u64,
) -> Result<Vec<obligation::Model>, Fault> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut units = units_behind(conn, behind, from.map(|((unit, ..), _)| unit)).await?.into_iter();
    let mut rows: Vec<obligation::Model> = Vec::new();
    while rows.len() < wanted && units.len() > 0 {
        let (lacking, mut found, mut ids) = (wanted - rows.len(), 0, Vec::new());
        for (unit, number) in units.by_ref() {
            ids.push(unit);
            found += usize::try_from(number).unwrap_or_default();
            if found >= lacking || ids.len() >= CHUNK {
                break;
            }
        }
        let mut query = of_units(behind.subjects, &ids, behind.category, behind.counted);
        if let Some(((unit, person, subject), included)) = from {
            let later = obligation::Column::SubjectId.gt(subject);
            let here = if included { obligation::Column::SubjectId.gte(subject) } else { later };
            let here = Condition::all().add(obligation::Column::PersonId.eq(person)).add(here);
            let here = Condition::any().add(obligation::Column::PersonId.gt(person)).add(here);
            query = query.filter(Condition::any().add(obligation::Column::UnitId.ne(unit)).add(here));
        }
        rows.extend(query.limit(u64::try_from(lacking).unwrap_or(u64::MAX)).all(conn).await?);
    }
    Ok(rows)
}

/// The units from one on that have somebody behind a figure on their own rosters, and how many, in the order of their ids.
async fn units_behind(
    conn: &impl ConnectionTrait,
    behind: Behind<'_>,
    from: Option<UnitId>,
) -> Result<Vec<(UnitId, i64)>, Fault> {
    let figures = behind.counted.figures();
    let counts = counts(conn, behind.subjects, behind.top, behind.category, &figures).await?;
    let mut units: BTreeMap<UnitId, i64> = BTreeMap::new();
    for (_, unit, figures) in counts.into_iter().filter(|(_, unit, _)| from.is_none_or(|from| *unit >= from)) {
        *units.entry(unit).or_default() += behind.counted.of(&figures);
    }
    units.retain(|_, number| *number != 0);
    Ok(units.into_iter().collect())
}

/// The people behind a figure on the rosters of just these units, not of those below them, by unit, person and
/// subject.
pub async fn people_of(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    units: &[UnitId],
    category: Option<Category>,
    counted: impl Into<Counted>,
) -> Result<Vec<(Subject, Standing)>, Fault> {
    Ok(of_units(subjects, units, category, counted.into()).all(conn).await?.into_iter().map(with_subject).collect())
}

fn of_units(
    subjects: &[Subject],
    units: &[UnitId],
    category: Option<Category>,
    counted: Counted,
) -> Select<obligation::Entity> {
    obligation::Entity::find()
        .filter(obligation::Column::SubjectId.is_in(subjects.iter().map(|s| s.id)))
        .filter(obligation::Column::UnitId.is_in(units.iter().copied()))
        .filter(meant(category, counted))
        .order_by_asc(obligation::Column::UnitId)
        .order_by_asc(obligation::Column::PersonId)
        .order_by_asc(obligation::Column::SubjectId)
}

fn with_subject(row: obligation::Model) -> (Subject, Standing) {
    (Subject { kind: row.subject_kind, id: row.subject_id }, standing(row))
}

pub(super) fn meant(category: Option<Category>, counted: Counted) -> Condition {
    let meant = match counted {
        Counted::In(figure) => Condition::all().add(figure.column().ne(0)),
        Counted::Between(whole, part) => Condition::all().add(whole.column().ne(0)).add(part.column().eq(0)),
    };
    match category {
        // The words of a list stand between spaces; no category's word is part of another's.
        Some(category) => meant.add(obligation::Column::Categories.contains(category.as_str())),
        None => meant,
    }
}
