//! Folding: deltas become the counts of their units and the sums of all units above them.

use std::collections::{BTreeSet, HashMap};

use entity::id::{SubjectId, UnitId};
use entity::org::unit_ancestor;
use entity::tally::{count, delta, reckoning, sum};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::model::{Figure, Figures, Subject};
use super::CHUNK;
use crate::db::{Fault, insert_all};
use crate::tree;

/// How many rows of counts one statement writes.
const ROWS: usize = 500;

/// Takes up to `limit` deltas off the table and adds them to the counts and to the sums above them. Returns how many.
///
/// Whoever folds holds the reckonings of the subjects: two that meet wait for each other, in the order of subjects.
pub(in super::super) async fn fold(tx: &impl ConnectionTrait, limit: u64) -> Result<usize, Fault> {
    let rows = delta::Entity::find()
        .order_by_asc(delta::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut moves: HashMap<SubjectId, i64> = HashMap::new();
    let mut sums: HashMap<(Subject, UnitId, &str), Figures> = HashMap::new();
    for row in &rows {
        let subject = Subject { kind: row.subject_kind, id: row.subject_id };
        *sums.entry((subject, row.unit_id, row.category.as_str())).or_default() += Figures::of_delta(row);
        *moves.entry(row.subject_id).or_default() += row.moved;
    }
    let tree = tree::last_change(tx).await?;
    let subjects: BTreeSet<SubjectId> = moves.keys().copied().collect();
    let known = hold(tx, &subjects, tree).await?;
    let above = ancestors(tx, &sums.keys().map(|(_, unit, _)| *unit).collect()).await?;
    let mut higher: HashMap<(SubjectId, &str, UnitId), Figures> = HashMap::new();
    let made_for_this_tree = |subject: &SubjectId| known.get(subject) == Some(&tree);
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
        let more = moves.get(subject).copied().unwrap_or_default();
        if more != 0 {
            reckoning::Entity::update_many()
                .col_expr(reckoning::Column::Moves, Expr::col(reckoning::Column::Moves).add(more))
                .filter(reckoning::Column::SubjectId.eq(*subject))
                .exec(tx)
                .await?;
        }
    }
    for chunk in rows.chunks(CHUNK) {
        delta::Entity::delete_many().filter(delta::Column::Id.is_in(chunk.iter().map(|r| r.id))).exec(tx).await?;
    }
    Ok(rows.len())
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

/// Locks the reckonings of these subjects, made if need be, and gives the tree for which each was made.
async fn hold(
    tx: &impl ConnectionTrait,
    subjects: &BTreeSet<SubjectId>,
    tree: i64,
) -> Result<HashMap<SubjectId, i64>, Fault> {
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
    Ok(rows.into_iter().map(|row| (row.subject_id, row.tree)).collect())
}

/// Each of these units with itself and all above it.
async fn ancestors(tx: &impl ConnectionTrait, units: &BTreeSet<UnitId>) -> Result<HashMap<UnitId, Vec<UnitId>>, Fault> {
    let units: Vec<UnitId> = units.iter().copied().collect();
    let mut above: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
    for part in units.chunks(CHUNK) {
        let steps = unit_ancestor::Entity::find()
            .filter(unit_ancestor::Column::UnitId.is_in(part.iter().copied()))
            .all(tx)
            .await?;
        for step in steps {
            above.entry(step.unit_id).or_default().push(step.ancestor_id);
        }
    }
    Ok(above)
}

async fn add_counts(tx: &impl ConnectionTrait, sums: HashMap<(Subject, UnitId, &str), Figures>) -> Result<(), Fault> {
    let mut sums: Vec<_> = sums.into_iter().collect();
    // Two folders that meet take the counts in the same order.
    sums.sort_unstable_by_key(|(key, _)| *key);
    let key = [count::Column::SubjectKind, count::Column::SubjectId, count::Column::UnitId, count::Column::Category];
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
