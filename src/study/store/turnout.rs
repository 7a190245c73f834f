//! How many different people were at what units held, counted before anybody asks.
//!
//! Different people don't add up over units, so no sum of units' counts gives them. They do add up over who was at what
//! exactly these units held: `turnouts` has a row for each such set of units. Who changes credits leaves a mark; kinds with
//! a mark are counted from the credits themselves until the next count has taken it off.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::List;
use entity::id::{PersonId, UnitId};
use entity::org::unit_ancestor;
use entity::study::session::SessionKind;
use entity::study::{attendance, credit, host, turnout, turnout_mark};
use futures_util::TryStreamExt as _;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    StreamTrait as _,
};

use super::super::counting::credits;
use super::ledger::held_in;
use crate::db::{Fault, insert_all};

/// Sessions of one kind in one year.
pub(in super::super) type Heap = (i32, SessionKind);

/// Says that credits of a kind and year have changed. To be called in the transaction that changes them.
pub(super) async fn mark(tx: &impl ConnectionTrait, (year, kind): Heap) -> Result<(), Fault> {
    let mark = turnout_mark::ActiveModel { id: NotSet, year: Set(year), kind: Set(kind) };
    turnout_mark::Entity::insert(mark).exec_without_returning(tx).await?;
    Ok(())
}

/// What was marked, with the marks' numbers.
pub(in super::super) async fn marked(conn: &impl ConnectionTrait) -> Result<HashMap<Heap, Vec<i64>>, Fault> {
    let mut marked: HashMap<Heap, Vec<i64>> = HashMap::new();
    for mark in turnout_mark::Entity::find().all(conn).await? {
        marked.entry((mark.year, mark.kind)).or_default().push(mark.id);
    }
    Ok(marked)
}

#[derive(FromQueryResult)]
struct Presence {
    person_id: PersonId,
    unit_id: UnitId,
}

/// Counts from the credits how many people were at what exactly which units held.
pub(in super::super) async fn count_turnouts(
    conn: &DatabaseConnection,
    (year, kind): Heap,
) -> Result<HashMap<Vec<UnitId>, i64>, Fault> {
    let presences = credited(year, [kind])
        .column(credit::Column::PersonId)
        .column((host::Entity, host::Column::UnitId))
        .inner_join(
            host::Entity,
            Expr::col((host::Entity, host::Column::SessionId)).equals((credit::Entity, credit::Column::SessionId)),
        )
        .order_by(credit::Column::PersonId, sea_orm::Order::Asc)
        .to_owned();
    let mut rows = conn.stream(&presences).await?;
    let mut turnouts: HashMap<Vec<UnitId>, i64> = HashMap::new();
    let mut of: Option<(PersonId, BTreeSet<UnitId>)> = None;
    let mut count = |units: BTreeSet<UnitId>| *turnouts.entry(units.into_iter().collect()).or_default() += 1;
    while let Some(row) = rows.try_next().await? {
        let Presence { person_id, unit_id } = Presence::from_query_result(&row, "")?;
        match &mut of {
            Some((person, units)) if *person == person_id => {
                units.insert(unit_id);
            }
            _ => {
                if let Some((_, units)) = of.replace((person_id, BTreeSet::from([unit_id]))) {
                    count(units);
                }
            }
        }
    }
    if let Some((_, units)) = of {
        count(units);
    }
    Ok(turnouts)
}

/// Puts a count in the place of the one before it. False, and nothing is changed, if any of these marks has been taken off
/// since: somebody else has counted, perhaps later.
pub(in super::super) async fn put_turnouts(
    tx: &impl ConnectionTrait,
    (year, kind): Heap,
    marks: &[i64],
    turnouts: HashMap<Vec<UnitId>, i64>,
) -> Result<bool, Fault> {
    for marks in marks.chunks(1_000) {
        let taken = turnout_mark::Entity::delete_many().filter(turnout_mark::Column::Id.is_in(marks.iter().copied()));
        if usize::try_from(taken.exec(tx).await?.rows_affected).ok() != Some(marks.len()) {
            return Ok(false);
        }
    }
    turnout::Entity::delete_many()
        .filter(turnout::Column::Year.eq(year))
        .filter(turnout::Column::Kind.eq(kind))
        .exec(tx)
        .await?;
    let row = |(units, persons)| turnout::ActiveModel {
        id: NotSet,
        year: Set(year),
        kind: Set(kind),
        units: Set(List(units)),
        persons: Set(persons),
    };
    insert_all(tx, turnouts.into_iter().map(row).collect(), false).await?;
    Ok(true)
}

/// How many different people were there in some way, by kind, at the closed sessions of a year that a unit or one below
/// it held: those who are credited, however it counts, but for those who only came for somebody.
pub(super) async fn persons(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<HashMap<SessionKind, i64>, Fault> {
    // The marks first: a kind whose turnouts are put between the two reads is then counted from its credits, and no count
    // is taken that was old when its mark was looked for.
    let marked: BTreeSet<SessionKind> = turnout_mark::Entity::find()
        .select_only()
        .column(turnout_mark::Column::Kind)
        .filter(turnout_mark::Column::Year.eq(year))
        .distinct()
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let turnouts: Vec<(SessionKind, List<UnitId>, i64)> = turnout::Entity::find()
        .select_only()
        .columns([turnout::Column::Kind, turnout::Column::Units, turnout::Column::Persons])
        .filter(turnout::Column::Year.eq(year))
        .filter(turnout::Column::Kind.is_not_in(marked.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let below: HashSet<UnitId> = unit_ancestor::Entity::find()
        .select_only()
        .column(unit_ancestor::Column::UnitId)
        .filter(unit_ancestor::Column::AncestorId.eq(top))
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let mut persons: HashMap<SessionKind, i64> = HashMap::new();
    for (kind, units, count) in turnouts {
        if units.0.iter().any(|unit| below.contains(unit)) {
            *persons.entry(kind).or_default() += count;
        }
    }
    if !marked.is_empty() {
        persons.extend(counted_now(conn, year, top, marked).await?);
    }
    Ok(persons)
}

/// The same from the credits themselves.
async fn counted_now(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
    kinds: BTreeSet<SessionKind>,
) -> Result<Vec<(SessionKind, i64)>, Fault> {
    let different = credited(year, kinds)
        .distinct()
        .columns([credit::Column::Kind, credit::Column::PersonId])
        .and_where(Expr::col(credit::Column::SessionId).in_subquery(held_in(year, top)))
        .to_owned();
    let counted = Query::select()
        .column(credit::Column::Kind)
        .expr_as(Expr::col(credit::Column::PersonId).count(), "persons")
        .from_subquery(different, "different")
        .group_by_col(credit::Column::Kind)
        .to_owned();
    let rows = conn.query_all(&counted).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "kind")?, row.try_get("", "persons")?)))
        .collect::<Result<_, DbErr>>()
        .map_err(Fault::from)
}

/// The credits of a year and these kinds of everybody who was there by their own line of the roster: who came for somebody
/// else is counted with that person, and not again.
fn credited(year: i32, kinds: impl IntoIterator<Item = SessionKind>) -> SelectStatement {
    let came = Query::select()
        .column(attendance::Column::SessionId)
        .from(attendance::Entity)
        .and_where(
            Expr::col((attendance::Entity, attendance::Column::SessionId))
                .equals((credit::Entity, credit::Column::SessionId)),
        )
        .and_where(
            Expr::col((attendance::Entity, attendance::Column::PersonId))
                .equals((credit::Entity, credit::Column::PersonId)),
        )
        .and_where(Expr::col((attendance::Entity, attendance::Column::Status)).is_in(credits()))
        .to_owned();
    Query::select()
        .from(credit::Entity)
        .and_where(credit::Column::Year.eq(year))
        .and_where(credit::Column::Kind.is_in(kinds))
        .and_where(Expr::exists(came))
        .to_owned()
}
