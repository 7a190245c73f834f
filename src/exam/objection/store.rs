//! Queries over objections and what they are about.

use std::collections::HashMap;

use entity::exam::attempt::{self, AttemptState};
use entity::exam::exam::{self, ExamStatus, Release};
use entity::exam::objection::{self, ObjectionState};
use entity::id::{AccountId, AttemptId, ExamId, ObjectionId, PersonId, UnitId};
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::model::{ObjectionFilter, Window};
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// An attempt, as much of it as an objection asks for.
#[derive(Debug, FromQueryResult)]
pub(super) struct Sat {
    pub(super) exam_id: ExamId,
    pub(super) person_id: PersonId,
    pub(super) state: AttemptState,
    pub(super) items: String,
}

pub(super) async fn attempt(conn: &impl ConnectionTrait, id: AttemptId) -> Result<Option<Sat>, Fault> {
    use attempt::Column::{ExamId, Items, PersonId, State};
    let query = attempt::Entity::find_by_id(id).select_only().columns([ExamId, PersonId, State, Items]);
    Ok(query.into_model().one(conn).await?)
}

/// Whose exam it is, and until when results may be objected to.
pub(super) async fn window(conn: &impl ConnectionTrait, id: ExamId) -> Result<Option<(UnitId, Window)>, Fault> {
    use exam::Column::{ObjectionDays, Release as When, ReleasedAt, Status, UnitId as Unit};
    let row: Option<(UnitId, ExamStatus, Release, Option<Instant>, i32)> = exam::Entity::find_by_id(id)
        .select_only()
        .columns([Unit, Status, When, ReleasedAt, ObjectionDays])
        .into_tuple()
        .one(conn)
        .await?;
    Ok(row.map(|(unit, status, release, released_at, days)| (unit, Window { status, release, released_at, days })))
}

/// An objection to be kept.
#[derive(Debug, Clone)]
pub(super) struct Raised {
    pub(super) id: ObjectionId,
    pub(super) exam: ExamId,
    pub(super) attempt: AttemptId,
    pub(super) person: PersonId,
    pub(super) item: String,
    pub(super) position: Option<i32>,
    pub(super) text: String,
    pub(super) by: AccountId,
    pub(super) at: Instant,
}

/// Keeps it, unless the same was raised before; whether it was done.
pub(super) async fn insert(tx: &impl ConnectionTrait, new: Raised) -> Result<bool, Fault> {
    let known = objection::Entity::find()
        .select_only()
        .column(objection::Column::Id)
        .filter(objection::Column::AttemptId.eq(new.attempt))
        .filter(objection::Column::Item.eq(&new.item))
        .into_tuple::<ObjectionId>()
        .one(tx)
        .await?;
    if known.is_some() {
        return Ok(false);
    }
    let row = objection::ActiveModel {
        id: Set(new.id),
        exam_id: Set(new.exam),
        attempt_id: Set(new.attempt),
        person_id: Set(new.person),
        item: Set(new.item),
        position: Set(new.position),
        body: Set(new.text),
        state: Set(ObjectionState::Open),
        answer: Set(String::new()),
        created_by: Set(new.by),
        created_at: Set(new.at),
        decided_by: Set(None),
        decided_at: Set(None),
    };
    objection::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(true)
}

pub(super) async fn objection(conn: &impl ConnectionTrait, id: ObjectionId) -> Result<Option<objection::Model>, Fault> {
    Ok(objection::Entity::find_by_id(id).one(conn).await?)
}

/// Decides an objection that is open; whether it was.
pub(super) async fn decide(
    tx: &impl ConnectionTrait,
    id: ObjectionId,
    state: ObjectionState,
    answer: &str,
    (by, at): (AccountId, Instant),
) -> Result<bool, Fault> {
    let change = objection::ActiveModel {
        state: Set(state),
        answer: Set(answer.to_owned()),
        decided_by: Set(Some(by)),
        decided_at: Set(Some(at)),
        ..Default::default()
    };
    let done = objection::Entity::update_many()
        .set(change)
        .filter(objection::Column::Id.eq(id))
        .filter(objection::Column::State.eq(ObjectionState::Open))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The objections about an attempt, oldest first.
pub(super) async fn of_attempt(conn: &impl ConnectionTrait, id: AttemptId) -> Result<Vec<objection::Model>, Fault> {
    Ok(objection::Entity::find()
        .filter(objection::Column::AttemptId.eq(id))
        .order_by_asc(objection::Column::Id)
        .all(conn)
        .await?)
}

/// The objections about an exam, oldest first.
pub(super) async fn of_exam(
    conn: &impl ConnectionTrait,
    id: ExamId,
    filter: ObjectionFilter,
    page: &PageRequest,
) -> Result<Page<objection::Model>, Fault> {
    let mut query = objection::Entity::find()
        .filter(objection::Column::ExamId.eq(id))
        .order_by_asc(objection::Column::Id)
        .limit(page.limit + 1);
    if let Some(state) = filter.state {
        query = query.filter(objection::Column::State.eq(state));
    }
    if let Some(after) = &page.after {
        query = query.filter(objection::Column::Id.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |row| row.id.to_string()))
}

/// The exams of units in these subtrees with objections to be decided, and how many.
pub(super) async fn waiting(conn: &impl ConnectionTrait, tops: &[UnitId]) -> Result<Vec<(ExamId, String, i64)>, Fault> {
    let own = exam::Entity::find()
        .select_only()
        .columns([exam::Column::Id, exam::Column::Title])
        .filter(exam::Column::UnitId.in_subquery(tree::within(tops)))
        .filter(exam::Column::Id.in_subquery(open_exams()))
        .order_by_desc(exam::Column::Id)
        .into_tuple::<(ExamId, String)>()
        .all(conn)
        .await?;
    let ids: Vec<ExamId> = own.iter().map(|(id, _)| *id).collect();
    let counted: Vec<(ExamId, i64)> = objection::Entity::find()
        .select_only()
        .column(objection::Column::ExamId)
        .expr(Func::count(Expr::col(objection::Column::Id)))
        .filter(objection::Column::State.eq(ObjectionState::Open))
        .filter(objection::Column::ExamId.is_in(ids))
        .group_by(objection::Column::ExamId)
        .into_tuple()
        .all(conn)
        .await?;
    let counted: HashMap<ExamId, i64> = counted.into_iter().collect();
    Ok(own.into_iter().filter_map(|(id, title)| counted.get(&id).map(|n| (id, title, *n))).collect())
}

fn open_exams() -> SelectStatement {
    Query::select()
        .column(objection::Column::ExamId)
        .from(objection::Entity)
        .and_where(objection::Column::State.eq(ObjectionState::Open))
        .to_owned()
}
