//! Stating figures and reading counts.

use std::collections::HashMap;

use entity::List;
use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::tally::{delta, moved, obligation};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, Query, SelectExpr, SelectStatement, TableRef, UnionType, ValueTuple,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::model::{Figure, Figures, Standing, Subject};
use crate::db::{Fault, insert_all};
use crate::tree;

mod behind;
mod below;
mod fold;
mod persons;
mod recount;

pub use behind::{Behind, Place, people_behind, people_from, people_of};
pub use below::below;
pub(super) use fold::{fold, make_anew};
pub use persons::{Rosters, Stands, persons, rosters};
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
        changes.moves(person.person_id, None);
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
                if before.on_roster != after.on_roster {
                    changes.moves(row.person_id, stood(&row));
                }
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
    changes.moves(row.person_id, stood(&row));
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

/// Where somebody stands on a roster and as what; nothing if they are not on it.
fn stood(row: &obligation::Model) -> Stood {
    (row.on_roster != 0).then(|| (row.unit_id, row.categories.clone()))
}

type Stood = Option<(UnitId, List<Category>)>;

/// How many who move at once are named: of more it is only noted that many have.
const NAMED: usize = 1_000;

/// Changes of units' counts, gathered before they are appended, and who came to the roster, left it or moved on it.
#[derive(Default)]
struct Changes {
    counts: HashMap<(UnitId, String), Figures>,
    moves: Vec<(PersonId, Stood)>,
}

impl Changes {
    fn add(&mut self, unit: UnitId, categories: &[Category], change: Figures) {
        let names = std::iter::once(String::new()).chain(categories.iter().map(ToString::to_string));
        for name in names {
            *self.counts.entry((unit, name)).or_default() += change;
        }
    }

    fn moves(&mut self, person: PersonId, stood: Stood) {
        self.moves.push((person, stood));
    }

    async fn append(self, tx: &impl ConnectionTrait, subject: Subject) -> Result<(), Fault> {
        let changed = self.counts.into_iter().filter(|(_, change)| !change.is_none());
        let rows = changed.map(|((unit_id, category), change)| {
            let mut row = delta::ActiveModel {
                id: NotSet,
                subject_kind: Set(subject.kind),
                subject_id: Set(subject.id),
                unit_id: Set(unit_id),
                category: Set(category),
                ..Default::default()
            };
            change.put_delta(&mut row);
            row
        });
        insert_all(tx, rows.collect(), false).await?;
        let row = |person: Option<PersonId>, stood: Stood| {
            let (unit, categories) = stood.unzip();
            moved::ActiveModel {
                id: NotSet,
                subject_id: Set(subject.id),
                person_id: Set(person),
                unit_id: Set(unit),
                categories: Set(categories.unwrap_or(List(Vec::new()))),
                place: Set(None),
            }
        };
        let rows = if self.moves.len() > NAMED {
            vec![row(None, None)]
        } else {
            self.moves.into_iter().map(|(person, stood)| row(Some(person), stood)).collect()
        };
        insert_all(tx, rows, false).await
    }
}

/// These figures of each unit at or below `top` for each subject, the other figures being 0: folded and not yet folded ones together, as one
/// statement sees them. Units without anybody are left out.
pub async fn counts(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
    category: Option<Category>,
    figures: &[Figure],
) -> Result<Vec<(SubjectId, UnitId, Figures)>, Fault> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<SubjectId> = subjects.iter().map(|s| s.id).collect();
    let category = category.map_or_else(String::new, |c| c.to_string());
    let mut folded = part(Alias::new("tally_counts"), &ids, top, &category, figures);
    let fresh = part(Alias::new("tally_deltas"), &ids, top, &category, figures);
    summed(conn, folded.union(UnionType::All, fresh).take(), figures).await
}

/// These figures of the rows of a query, added up for each subject and unit.
async fn summed(
    conn: &impl ConnectionTrait,
    parts: SelectStatement,
    figures: &[Figure],
) -> Result<Vec<(SubjectId, UnitId, Figures)>, Fault> {
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
    read(conn, &both, figures).await
}

/// The rows of a query of a subject, a unit and these figures.
async fn read(
    conn: &impl ConnectionTrait,
    query: &SelectStatement,
    figures: &[Figure],
) -> Result<Vec<(SubjectId, UnitId, Figures)>, Fault> {
    let rows = conn.query_all(query).await?;
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

fn part(table: Alias, subjects: &[SubjectId], top: UnitId, category: &str, figures: &[Figure]) -> SelectStatement {
    Query::select()
        .columns([Alias::new("subject_id"), Alias::new("unit_id")])
        .columns(figures.iter().map(|f| Alias::new(f.as_str())))
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
