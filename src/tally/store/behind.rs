//! The people behind the counts.

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::obligation;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::super::model::{Counted, Standing, Subject};
use super::standing;
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// The people behind a figure of a unit with its subtree: exactly those that it counts, by person and subject.
pub async fn people_behind(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
    counted: impl Into<Counted>,
    page: &PageRequest,
) -> Result<Page<(Subject, Standing)>, Fault> {
    let after = page.after.as_deref().and_then(|after| after.split_once(' '));
    let after = after.and_then(|(person, subject)| Some((person.parse().ok()?, subject.parse().ok()?)));
    let mut query = ordered(subjects, top, category, counted.into()).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(past(after));
    }
    let rows = query.all(conn).await?;
    let page = Page::cut(rows, page, |row| format!("{} {}", row.person_id, row.subject_id));
    Ok(page.map(with_subject))
}

/// The same without pages: from this person and subject on, themselves included, so many at most.
pub async fn people_from(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
    counted: impl Into<Counted>,
    (from, limit): (Option<(PersonId, SubjectId)>, u64),
) -> Result<Vec<(Subject, Standing)>, Fault> {
    let mut query = ordered(subjects, top, category, counted.into()).limit(limit);
    if let Some((person, subject)) = from {
        let same = Condition::all()
            .add(obligation::Column::PersonId.eq(person))
            .add(obligation::Column::SubjectId.eq(subject));
        query = query.filter(Condition::any().add(past((person, subject))).add(same));
    }
    Ok(query.all(conn).await?.into_iter().map(with_subject).collect())
}

/// The people behind a figure on the rosters of just these units, not of those below them, by person and subject.
pub async fn people_of(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    units: &[UnitId],
    category: Option<Category>,
    counted: impl Into<Counted>,
) -> Result<Vec<(Subject, Standing)>, Fault> {
    let ids: Vec<SubjectId> = subjects.iter().map(|s| s.id).collect();
    let query = obligation::Entity::find()
        .filter(obligation::Column::SubjectId.is_in(ids))
        .filter(obligation::Column::UnitId.is_in(units.iter().copied()))
        .filter(meant(category, counted.into()))
        .order_by_asc(obligation::Column::PersonId)
        .order_by_asc(obligation::Column::SubjectId);
    Ok(query.all(conn).await?.into_iter().map(with_subject).collect())
}

fn ordered(
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
    counted: Counted,
) -> Select<obligation::Entity> {
    obligation::Entity::find()
        .filter(behind(subjects, top, category, counted))
        .order_by_asc(obligation::Column::PersonId)
        .order_by_asc(obligation::Column::SubjectId)
}

fn past((person, subject): (PersonId, SubjectId)) -> Condition {
    let later =
        Condition::all().add(obligation::Column::PersonId.eq(person)).add(obligation::Column::SubjectId.gt(subject));
    Condition::any().add(obligation::Column::PersonId.gt(person)).add(later)
}

fn with_subject(row: obligation::Model) -> (Subject, Standing) {
    (Subject { kind: row.subject_kind, id: row.subject_id }, standing(row))
}

/// How many rows [`people_behind`] gives over all its pages.
pub async fn count_behind(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
    counted: impl Into<Counted>,
) -> Result<u64, Fault> {
    Ok(obligation::Entity::find().filter(behind(subjects, top, category, counted.into())).count(conn).await?)
}

fn behind(subjects: &[Subject], top: UnitId, category: Option<Category>, counted: Counted) -> Condition {
    let ids: Vec<SubjectId> = subjects.iter().map(|s| s.id).collect();
    meant(category, counted)
        .add(obligation::Column::SubjectId.is_in(ids))
        .add(obligation::Column::UnitId.in_subquery(tree::within(&[top])))
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
