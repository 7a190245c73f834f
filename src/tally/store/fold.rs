//! Folding: deltas become the counts of their units and the sums of all units above them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{SubjectId, UnitId};
use entity::tally::{count, delta, moved, reckoning, sum};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::model::{Figure, Figures, Subject};
use super::CHUNK;
use crate::db::{Fault, insert_all};
use crate::tree;

/// How many rows of counts one statement writes.
const ROWS: usize = 500;

/// Takes up to `limit` deltas off the table and adds them to the counts and to the sums above them, and gives as many who
/// moved their places. Returns how many there were of the more numerous.
///
/// Whoever folds holds the reckonings of the subjects: two that meet wait for each other, in the order of subjects.
pub(in super::super) async fn fold(tx: &impl ConnectionTrait, limit: u64) -> Result<usize, Fault> {
    let rows = delta::Entity::find()
        .order_by_asc(delta::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    let moves = moved::Entity::find()
        .filter(moved::Column::Place.is_null())
        .order_by_asc(moved::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    let most = rows.len().max(moves.len());
    if most == 0 {
        return Ok(0);
    }
    let mut sums: HashMap<(Subject, UnitId, &str), Figures> = HashMap::new();
    for row in &rows {
        let subject = Subject { kind: row.subject_kind, id: row.subject_id };
        *sums.entry((subject, row.unit_id, row.category.as_str())).or_default() += Figures::of_delta(row);
    }
    let tree = tree::last_change(tx).await?;
    let subjects: BTreeSet<SubjectId> =
        rows.iter().map(|row| row.subject_id).chain(moves.iter().map(|row| row.subject_id)).collect();
    let known = hold(tx, &subjects, tree).await?;
    let above = tree::paths(tx, sums.keys().map(|(_, unit, _)| *unit)).await?;
    let mut higher: HashMap<(SubjectId, &str, UnitId), Figures> = HashMap::new();
    let made_for_this_tree = |subject: &SubjectId| known.get(subject).is_some_and(|held| held.tree == tree);
    for ((subject, unit, category), figures) in &sums {
        if made_for_this_tree(&subject.id) {
            for ancestor in above.get(unit).into_iter().flatten() {
                *higher.entry((subject.id, category, *ancestor)).or_default() += *figures;
            }
        }
    }
    add_counts(tx, sums).await?;
    add_sums(tx, higher).await?;
    for subject in &subjects {
        if !made_for_this_tree(subject) {
            sum_anew(tx, *subject, tree).await?;
        }
    }
    place(tx, moves, &known).await?;
    for chunk in rows.chunks(CHUNK) {
        delta::Entity::delete_many().filter(delta::Column::Id.is_in(chunk.iter().map(|r| r.id))).exec(tx).await?;
    }
    Ok(most)
}

/// Gives those who moved their places, in the order in which they did, and notes the last of them in the reckonings, which
/// are held: so whoever knows a place knows all before it.
async fn place(
    tx: &impl ConnectionTrait,
    moves: Vec<moved::Model>,
    held: &HashMap<SubjectId, reckoning::Model>,
) -> Result<(), Fault> {
    let mut last: BTreeMap<SubjectId, i64> = BTreeMap::new();
    for row in moves {
        let first = || held.get(&row.subject_id).map_or(0, |held| held.moves);
        let place = last.entry(row.subject_id).or_insert_with(first);
        *place += 1;
        moved::Entity::update_many()
            .set(moved::ActiveModel { place: Set(Some(*place)), ..Default::default() })
            .filter(moved::Column::Id.eq(row.id))
            .exec(tx)
            .await?;
    }
    for (subject, place) in last {
        reckoning::Entity::update_many()
            .set(reckoning::ActiveModel { moves: Set(place), ..Default::default() })
            .filter(reckoning::Column::SubjectId.eq(subject))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Makes the sums of one subject anew that were made for another tree; whether there was one.
pub(in super::super) async fn make_anew(tx: &impl ConnectionTrait) -> Result<bool, Fault> {
    let tree = tree::last_change(tx).await?;
    let Some(row) = reckoning::Entity::find()
        .filter(reckoning::Column::Tree.ne(tree))
        .order_by_asc(reckoning::Column::SubjectId)
        .lock_exclusive()
        .one(tx)
        .await?
    else {
        return Ok(false);
    };
    sum_anew(tx, row.subject_id, tree).await?;
    Ok(true)
}

/// Locks the reckonings of these subjects, made if need be.
async fn hold(
    tx: &impl ConnectionTrait,
    subjects: &BTreeSet<SubjectId>,
    tree: i64,
) -> Result<HashMap<SubjectId, reckoning::Model>, Fault> {
    let new = subjects.iter().map(|subject| reckoning::ActiveModel {
        subject_id: Set(*subject),
        tree: Set(tree),
        moves: Set(0),
    });
    insert_all(tx, new.collect(), true).await?;
    let rows = reckoning::Entity::find()
        .filter(reckoning::Column::SubjectId.is_in(subjects.iter().copied()))
        .order_by_asc(reckoning::Column::SubjectId)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.subject_id, row)).collect())
}

async fn add_counts(tx: &impl ConnectionTrait, sums: HashMap<(Subject, UnitId, &str), Figures>) -> Result<(), Fault> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    // Two folders that meet take the counts in the same order.
    sums.sort_unstable_by_key(|(key, _)| *key);
    let key = [count::Column::SubjectId, count::Column::Category, count::Column::UnitId];
    for chunk in sums.chunks(ROWS) {
        let models = chunk.iter().map(|((subject, unit, category), figures)| {
            let mut row = count::ActiveModel {
                subject_kind: Set(subject.kind),
                subject_id: Set(subject.id),
                unit_id: Set(*unit),
                category: Set((*category).to_owned()),
                ..Default::default()
            };
            figures.put_count(&mut row);
            row
        });
        let add = added(OnConflict::columns(key), "tally_counts");
        count::Entity::insert_many(models).on_conflict(add).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn add_sums(tx: &impl ConnectionTrait, sums: HashMap<(SubjectId, &str, UnitId), Figures>) -> Result<(), Fault> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(key, _)| *key);
    let key = [sum::Column::SubjectId, sum::Column::Category, sum::Column::UnitId];
    for chunk in sums.chunks(ROWS) {
        let models = chunk.iter().map(|((subject, category, unit), figures)| {
            let mut row = sum::ActiveModel {
                subject_id: Set(*subject),
                category: Set((*category).to_owned()),
                unit_id: Set(*unit),
                ..Default::default()
            };
            figures.put_sum(&mut row);
            row
        });
        let add = added(OnConflict::columns(key), "tally_sums");
        sum::Entity::insert_many(models).on_conflict(add).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What is there already is added to.
fn added(mut conflict: OnConflict, table: &'static str) -> OnConflict {
    for figure in Figure::ALL {
        let name = figure.as_str();
        conflict.value(Alias::new(name), Expr::col((table, name)).add(Expr::col(("excluded", name))));
    }
    conflict
}

/// Makes the sums of a subject from the counts of its units. Its reckoning must be held.
async fn sum_anew(tx: &impl ConnectionTrait, subject: SubjectId, tree: i64) -> Result<(), Fault> {
    sum::Entity::delete_many().filter(sum::Column::SubjectId.eq(subject)).exec(tx).await?;
    let (counts, above) = (Alias::new("tally_counts"), Alias::new("unit_ancestors"));
    let mut added_up = Query::select();
    added_up
        .columns([(counts.clone(), Alias::new("subject_id")), (counts.clone(), Alias::new("category"))])
        .column((above.clone(), Alias::new("ancestor_id")));
    for figure in Figure::ALL {
        let total = Func::sum(Expr::col((counts.clone(), Alias::new(figure.as_str()))));
        added_up.expr(Expr::expr(total).cast_as(Alias::new("bigint")));
    }
    added_up
        .from(counts.clone())
        .inner_join(
            above.clone(),
            Expr::col((above.clone(), Alias::new("unit_id"))).equals((counts.clone(), Alias::new("unit_id"))),
        )
        .and_where(Expr::col((counts.clone(), Alias::new("subject_id"))).eq(subject))
        .group_by_columns([(counts.clone(), Alias::new("subject_id")), (counts, Alias::new("category"))])
        .group_by_col((above, Alias::new("ancestor_id")));
    let columns = ["subject_id", "category", "unit_id"].into_iter().chain(Figure::ALL.iter().map(|f| f.as_str()));
    let insert = Query::insert()
        .into_table(sum::Entity)
        .columns(columns.map(Alias::new))
        .select_from(added_up)
        .map_err(|error| DbErr::Type(error.to_string()))?
        .to_owned();
    tx.execute(&insert).await?;
    reckoning::Entity::update_many()
        .set(reckoning::ActiveModel { tree: Set(tree), ..Default::default() })
        .filter(reckoning::Column::SubjectId.eq(subject))
        .exec(tx)
        .await?;
    Ok(())
}
