//! Stating figures and reading counts.

use std::collections::HashMap;

use entity::List;
use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::{delta, obligation};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement, TableRef, UnionType, ValueTuple};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::model::{Figure, Figures, Standing, Subject};
use crate::db::{Fault, insert_all};
use crate::tree;

mod behind;
mod below;
mod fold;
mod persons;
mod recount;

pub use behind::{count_behind, people_behind, people_from, people_of};
pub use below::below;
pub(super) use fold::{fold, make_anew};
pub use persons::{Rosters, persons, rosters};
pub use recount::{Difference, recount};

/// How many people one look-up names at most.
const CHUNK: usize = 5_000;
/// What a list of values is called in a statement, in both databases.
const LIST: &str = "list";

/// States what people owe to a subject from now on: at the freezing of a roster, and for late additions.
pub async fn owe(tx: &impl ConnectionTrait, subject: Subject, people: Vec<Standing>) -> Result<(), Fault> {
    let mut changes = Changes::default();
    let mut rows = Vec::with_capacity(people.len());
    for person in people {
        changes.add(person.unit_id, &person.categories, person.figures);
        let mut row = obligation::ActiveModel {
            subject_kind: Set(subject.kind),
            subject_id: Set(subject.id),
            person_id: Set(person.person_id),
            unit_id: Set(person.unit_id),
            categories: Set(List(person.categories)),
            ..Default::default()
        };
        person.figures.put_obligation(&mut row);
        rows.push(row);
    }
    insert_all(tx, rows, false).await?;
    changes.append(tx, subject).await
}

/// Locks what these people, or everybody, owe to a subject until the transaction ends, in the order of people, and gives
/// those who owe anything. Whoever holds before reading the facts and restates afterwards overwrites nobody's news.
pub async fn hold(
    tx: &impl ConnectionTrait,
    subject: Subject,
    people: Option<&[PersonId]>,
) -> Result<Vec<PersonId>, Fault> {
    let mut ids = people.map(<[_]>::to_vec).unwrap_or_default();
    ids.sort_unstable();
    let chunks: Vec<Option<&[PersonId]>> = match people {
        None => vec![None],
        Some(_) => ids.chunks(CHUNK).map(Some).collect(),
    };
    let mut held = Vec::new();
    for chunk in chunks {
        let mut query = obligation::Entity::find()
            .select_only()
            .column(obligation::Column::PersonId)
            .filter(of_subject(subject))
            .order_by_asc(obligation::Column::PersonId)
            .lock_exclusive();
        if let Some(ids) = chunk {
            query = query.filter(obligation::Column::PersonId.is_in(ids.iter().copied()));
        }
        held.extend(query.into_tuple::<PersonId>().all(tx).await?);
    }
    Ok(held)
}

/// People who stand alike from now on but for their points: how, and the points of each, in hundredths.
type Alike = (Figures, Vec<(PersonId, i64)>);

/// States how people stand now. People who owe nothing to the subject are left out; what has not changed costs no write.
///
/// The rows are locked in the order of people, so that two transactions that restate the same ones wait and don't clash.
#[allow(clippy::implicit_hasher, reason = "nobody states figures with another hasher")]
pub async fn restate(
    tx: &impl ConnectionTrait,
    subject: Subject,
    people: &HashMap<PersonId, Figures>,
) -> Result<(), Fault> {
    let mut ids: Vec<PersonId> = people.keys().copied().collect();
    ids.sort_unstable();
    let mut changes = Changes::default();
    for ids in ids.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(of_subject(subject))
            .filter(obligation::Column::PersonId.is_in(ids.iter().copied()))
            .order_by_asc(obligation::Column::PersonId)
            .lock_exclusive()
            .all(tx)
            .await?;
        // Most people of a batch change alike (absent from one moment on), but for their points: one statement for each
        // new state, with each one's points beside it where they differ.
        let mut alike = HashMap::<[i64; 18], Alike>::new();
        for row in rows {
            let before = Figures::of_obligation(&row);
            let Some(&after) = people.get(&row.person_id) else { continue };
            if before != after {
                changes.add(row.unit_id, &row.categories.0, after - before);
                let state = key(&Figures { points: 0, ..after });
                alike.entry(state).or_insert_with(|| (after, Vec::new())).1.push((row.person_id, after.points));
            }
        }
        for (after, people) in alike.into_values() {
            let mut change = obligation::ActiveModel::default();
            after.put_obligation(&mut change);
            let mut update = obligation::Entity::update_many().filter(of_subject(subject));
            if people.iter().all(|(_, points)| *points == after.points) {
                let ids = people.into_iter().map(|(person, _)| person);
                update = update.set(change).filter(obligation::Column::PersonId.is_in(ids));
            } else {
                change.points = NotSet;
                update = update.set(change);
                let list =
                    people.into_iter().map(|(person, points)| ValueTuple::Many(vec![person.into(), points.into()]));
                let person = Expr::col((obligation::Entity, obligation::Column::PersonId));
                QueryTrait::query(&mut update)
                    .value(obligation::Column::Points, Expr::col((LIST, "column2")))
                    .from(TableRef::ValuesList(list.collect(), LIST.into()))
                    .and_where(person.equals((LIST, "column1")));
            }
            update.exec(tx).await?;
        }
    }
    changes.append(tx, subject).await
}

/// Moves what somebody owes to a subject to another unit's part of the roster, and states how it stands there. Nothing
/// happens if they owe nothing.
pub async fn transfer(tx: &impl ConnectionTrait, subject: Subject, person: Standing) -> Result<(), Fault> {
    let one = of_subject(subject).add(obligation::Column::PersonId.eq(person.person_id));
    let Some(row) = obligation::Entity::find().filter(one.clone()).lock_exclusive().one(tx).await? else {
        return Ok(());
    };
    let mut changes = Changes::default();
    changes.add(row.unit_id, &row.categories.0, Figures::none() - Figures::of_obligation(&row));
    changes.add(person.unit_id, &person.categories, person.figures);
    let mut change = obligation::ActiveModel {
        unit_id: Set(person.unit_id),
        categories: Set(List(person.categories)),
        ..Default::default()
    };
    person.figures.put_obligation(&mut change);
    obligation::Entity::update_many().set(change).filter(one).exec(tx).await?;
    changes.append(tx, subject).await
}

fn key(figures: &Figures) -> [i64; 18] {
    let mut key = [0; 18];
    for (place, figure) in key.iter_mut().zip(Figure::ALL) {
        *place = figures.get(*figure);
    }
    key
}

fn of_subject(subject: Subject) -> Condition {
    Condition::all()
        .add(obligation::Column::SubjectKind.eq(subject.kind))
        .add(obligation::Column::SubjectId.eq(subject.id))
}

/// How people stand toward a subject: all of them, or those named.
pub async fn standings(
    conn: &impl ConnectionTrait,
    subject: Subject,
    people: Option<&[PersonId]>,
) -> Result<Vec<Standing>, Fault> {
    let mut standings = Vec::new();
    let chunks: Vec<Option<&[PersonId]>> = match people {
        None => vec![None],
        Some(people) => people.chunks(CHUNK).map(Some).collect(),
    };
    for chunk in chunks {
        let mut query = obligation::Entity::find().filter(of_subject(subject));
        if let Some(ids) = chunk {
            query = query.filter(obligation::Column::PersonId.is_in(ids.iter().copied()));
        }
        standings.extend(query.all(conn).await?.into_iter().map(standing));
    }
    Ok(standings)
}

fn standing(row: obligation::Model) -> Standing {
    Standing {
        figures: Figures::of_obligation(&row),
        person_id: row.person_id,
        unit_id: row.unit_id,
        categories: row.categories.0,
    }
}

/// Changes of units' counts, gathered before they are appended, and how many people came or went.
#[derive(Default)]
struct Changes(HashMap<(UnitId, String), (Figures, i64)>);

impl Changes {
    fn add(&mut self, unit: UnitId, categories: &[Category], change: Figures) {
        let names = std::iter::once(String::new()).chain(categories.iter().map(ToString::to_string));
        for name in names {
            let (sum, moved) = self.0.entry((unit, name)).or_default();
            *sum += change;
            *moved += change.on_roster.abs();
        }
    }

    async fn append(self, tx: &impl ConnectionTrait, subject: Subject) -> Result<(), Fault> {
        let rows = self
            .0
            .into_iter()
            .filter(|(_, (change, moved))| !change.is_none() || *moved != 0)
            .map(|((unit_id, category), (change, moved))| {
                let mut row = delta::ActiveModel {
                    id: NotSet,
                    subject_kind: Set(subject.kind),
                    subject_id: Set(subject.id),
                    unit_id: Set(unit_id),
                    category: Set(category),
                    moved: Set(moved),
                    ..Default::default()
                };
                change.put_delta(&mut row);
                row
            })
            .collect();
        insert_all(tx, rows, false).await
    }
}

/// The counts of each unit at or below `top` for each subject: folded and not yet folded ones together, as one
/// statement sees them. Units without anybody are left out.
pub async fn counts(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
) -> Result<Vec<(SubjectId, UnitId, Figures)>, Fault> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<SubjectId> = subjects.iter().map(|s| s.id).collect();
    let category = category.map_or_else(String::new, |c| c.to_string());
    let mut folded = part(Alias::new("tally_counts"), &ids, top, &category);
    let fresh = part(Alias::new("tally_deltas"), &ids, top, &category);
    let both = Query::select()
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .exprs(Figure::ALL.iter().map(|f| total(*f)).map(|(expr, name)| sea_orm::sea_query::SelectExpr {
            expr,
            alias: Some(name.into()),
            window: None,
        }))
        .from_subquery(folded.union(UnionType::All, fresh).take(), Alias::new("parts"))
        .group_by_columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .to_owned();
    let rows = conn.query_all(&both).await?;
    rows.iter()
        .map(|row| {
            let figures = Figures::of_values(|f| row.try_get("", f.as_str()))?;
            Ok((row.try_get("", "subject_id")?, row.try_get("", "unit_id")?, figures))
        })
        .collect::<Result<_, sea_orm::DbErr>>()
        .map_err(Fault::from)
}

fn part(table: Alias, subjects: &[SubjectId], top: UnitId, category: &str) -> SelectStatement {
    Query::select()
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .columns(Figure::ALL.iter().map(|f| Alias::new(f.as_str())))
        .from(table)
        .and_where(Expr::col("subject_id").is_in(subjects.iter().copied()))
        .and_where(Expr::col("category").eq(category))
        .and_where(Expr::col("unit_id").in_subquery(tree::within(&[top])))
        .to_owned()
}

/// The sum of a figure. PostgreSQL sums big integers into decimals, hence the cast.
fn total(figure: Figure) -> (sea_orm::sea_query::SimpleExpr, Alias) {
    let sum = Func::sum(Expr::col(Alias::new(figure.as_str())));
    (Expr::expr(sum).cast_as(Alias::new("bigint")), Alias::new(figure.as_str()))
}
