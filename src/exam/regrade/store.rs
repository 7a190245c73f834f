//! Queries over regrades and what they change.

use std::collections::HashMap;

use entity::List;
use entity::exam::attempt;
use entity::exam::{exam, objection, regrade, regraded_attempt};
use entity::id::{AccountId, AttemptId, ExamId, ObjectionId, PersonId, RegradeId};
use entity::instant::Instant;
use entity::points::Points;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query, TableRef, ValueTuple};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::model::{Change, Checked, Effect};
use crate::db::{Fault, insert_all};
use crate::exam::outcome::Sitting;
use crate::kernel::page::{Page, PageRequest};

/// How many rows of values one statement names at most.
const CHUNK: usize = 4_000;

/// All attempts of everybody in an exam.
pub(super) async fn sittings(
    conn: &impl ConnectionTrait,
    exam: ExamId,
) -> Result<HashMap<PersonId, Vec<Sitting>>, Fault> {
    let rows = attempt::Entity::find()
        .select_only()
        .columns([
            attempt::Column::PersonId,
            attempt::Column::Number,
            attempt::Column::State,
            attempt::Column::Points,
            attempt::Column::Answered,
            attempt::Column::VoidKind,
        ])
        .filter(attempt::Column::ExamId.eq(exam))
        .into_tuple()
        .all(conn)
        .await?;
    let mut sat: HashMap<PersonId, Vec<Sitting>> = HashMap::with_capacity(rows.len());
    for (person, number, state, points, answered, void_kind) in rows {
        sat.entry(person).or_default().push(Sitting { exam, number, state, points, answered, void_kind });
    }
    Ok(sat)
}

/// Which of these objections are about this exam.
pub(super) async fn objections_of(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    ids: &[ObjectionId],
) -> Result<Vec<ObjectionId>, Fault> {
    Ok(objection::Entity::find()
        .select_only()
        .column(objection::Column::Id)
        .filter(objection::Column::Id.is_in(ids.iter().copied()))
        .filter(objection::Column::ExamId.eq(exam))
        .into_tuple()
        .all(conn)
        .await?)
}

/// Who applies a regrade, when, and under which number.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) id: RegradeId,
    pub(super) exam: ExamId,
    pub(super) number: i32,
    pub(super) reason: String,
    pub(super) by: AccountId,
    pub(super) at: Instant,
}

/// Keeps a regrade and the attempts that it changed.
pub(super) async fn insert(
    tx: &impl ConnectionTrait,
    applied: &Applied,
    what: &Checked,
    effect: &Effect,
    changes: &[Change],
) -> Result<(), Fault> {
    let small = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    let row = regrade::ActiveModel {
        id: Set(applied.id),
        exam_id: Set(applied.exam),
        number: Set(applied.number),
        item: Set(what.item.clone()),
        action: Set(what.ruling.action),
        response: Set(what.response.clone()),
        never_lower: Set(what.ruling.never_lower),
        reason: Set(applied.reason.clone()),
        objections: Set(List(what.objections.clone())),
        papers: Set(small(effect.papers)),
        rises: Set(small(effect.rises)),
        falls: Set(small(effect.falls)),
        newly_passed: Set(small(effect.newly_passed)),
        no_longer_passed: Set(small(effect.no_longer_passed)),
        sat: Set(small(effect.sat)),
        passed: Set(small(effect.passed_after)),
        created_by: Set(applied.by),
        created_at: Set(applied.at),
    };
    regrade::Entity::insert(row).exec_without_returning(tx).await?;
    let row = |change: &Change| regraded_attempt::ActiveModel {
        regrade_id: Set(applied.id),
        person_id: Set(change.person),
        attempt_id: Set(change.attempt),
        before: Set(change.before.points),
        after: Set(change.after.points),
    };
    let differing = changes.iter().filter(|c| c.before.points != c.after.points);
    insert_all(tx, differing.map(row).collect(), false).await
}

/// Gives attempts what they come to now. Their exam must be held, so that none of them is being marked elsewhere.
pub(super) async fn mark(tx: &impl ConnectionTrait, changes: &[Change]) -> Result<(), Fault> {
    const LIST: &str = "list";
    // Most papers change alike: what they gain is written by few statements that name them only.
    let mut alike: HashMap<(i64, i64), Vec<AttemptId>> = HashMap::new();
    for c in changes {
        let by = (c.after.points.0 - c.before.points.0, c.after.max_points.0 - c.before.max_points.0);
        alike.entry(by).or_default().push(c.attempt);
    }
    for ((points, max_points), ids) in alike {
        for ids in ids.chunks(CHUNK) {
            let list = ids.iter().map(|id| -> Vec<Value> { vec![(*id).into()] });
            let own = |column| Expr::col((attempt::Entity, column));
            let update = Query::update()
                .table(attempt::Entity)
                .value(attempt::Column::Points, own(attempt::Column::Points).add(points))
                .value(attempt::Column::MaxPoints, own(attempt::Column::MaxPoints).add(max_points))
                .from(TableRef::ValuesList(list.map(ValueTuple::Many).collect(), LIST.into()))
                .and_where(own(attempt::Column::Id).equals((LIST, "column1")))
                .and_where(own(attempt::Column::Points).is_not_null())
                .to_owned();
            let marked = tx.execute(&update).await?.rows_affected();
            if u64::try_from(ids.len()) != Ok(marked) {
                let said = format!("{marked} of {} papers of a held exam were marked anew", ids.len());
                return Err(DbErr::Custom(said).into());
            }
        }
    }
    Ok(())
}

/// Notes that an exam was regraded once more; its statistics are counted anew.
pub(super) async fn note(tx: &impl ConnectionTrait, exam: ExamId, number: i32) -> Result<(), Fault> {
    let change = exam::ActiveModel { regrades: Set(number), counted_at: Set(None), ..Default::default() };
    exam::Entity::update_many().set(change).filter(exam::Column::Id.eq(exam)).exec(tx).await?;
    Ok(())
}

/// The regrades of an exam, in order.
pub(super) async fn regrades(conn: &impl ConnectionTrait, exam: ExamId) -> Result<Vec<regrade::Model>, Fault> {
    Ok(regrade::Entity::find()
        .filter(regrade::Column::ExamId.eq(exam))
        .order_by_asc(regrade::Column::Number)
        .all(conn)
        .await?)
}

/// The attempts that a regrade of this exam changed, by person; a page of them.
pub(super) async fn regraded(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    id: RegradeId,
    page: &PageRequest,
) -> Result<Option<Page<(PersonId, AttemptId, Points, Points)>>, Fault> {
    use regraded_attempt::Column::{AttemptId, PersonId, RegradeId};
    let of_exam = regrade::Entity::find_by_id(id).filter(regrade::Column::ExamId.eq(exam)).one(conn).await?;
    if of_exam.is_none() {
        return Ok(None);
    }
    let mut query = regraded_attempt::Entity::find()
        .filter(RegradeId.eq(id))
        .order_by_asc(PersonId)
        .order_by_asc(AttemptId)
        .limit(page.limit + 1);
    if let Some((person, attempt)) = page.after.as_deref().and_then(|after| after.split_once(' ')) {
        let same = Condition::all().add(PersonId.eq(person)).add(AttemptId.gt(attempt));
        query = query.filter(Condition::any().add(PersonId.gt(person)).add(same));
    }
    let rows = query.all(conn).await?;
    let page = Page::cut(rows, page, |row| format!("{} {}", row.person_id, row.attempt_id));
    Ok(Some(page.map(|row| (row.person_id, row.attempt_id, row.before, row.after))))
}
