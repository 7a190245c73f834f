//! Queries over graded papers and what they add up to.

use std::collections::HashMap;

use entity::exam::attempt::{self, AttemptState};
use entity::exam::exam::{self, ExamStatus};
use entity::exam::{pool_item, save};
use entity::id::{AttemptId, ExamId, QuestionId};
use entity::instant::Instant;
use entity::points::Points;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::{Fault, insert_all};

/// The exams that nobody sits any more and that have not been counted since they last changed, with their seals.
pub(super) async fn uncounted(conn: &impl ConnectionTrait) -> Result<Vec<(ExamId, String)>, Fault> {
    let rows: Vec<(ExamId, Option<String>)> = exam::Entity::find()
        .select_only()
        .columns([exam::Column::Id, exam::Column::ManifestDigest])
        .filter(exam::Column::Status.is_in([ExamStatus::Closed, ExamStatus::Released]))
        .filter(exam::Column::CountedAt.is_null())
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, seal)| Some((id, seal?))).collect())
}

/// The graded papers of an exam after this one, by id; a page of them.
pub(super) async fn graded(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    after: Option<AttemptId>,
    limit: u64,
) -> Result<Vec<(AttemptId, String)>, Fault> {
    let mut query = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::Id, attempt::Column::Items])
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::State.eq(AttemptState::Graded))
        .order_by_asc(attempt::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(attempt::Column::Id.gt(after));
    }
    Ok(query.into_tuple().all(conn).await?)
}

/// The responses that count on these papers, by position.
pub(super) async fn answers(
    conn: &impl ConnectionTrait,
    ids: &[AttemptId],
) -> Result<HashMap<AttemptId, HashMap<i32, String>>, Fault> {
    let rows: Vec<(AttemptId, i32, i32, String)> = save::Entity::find()
        .select_only()
        .columns([save::Column::AttemptId, save::Column::Position, save::Column::Seq, save::Column::Response])
        .filter(save::Column::AttemptId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let mut highest: HashMap<AttemptId, HashMap<i32, (i32, String)>> = HashMap::new();
    for (id, position, seq, response) in rows {
        let answers = highest.entry(id).or_default();
        if answers.get(&position).is_none_or(|(known, _)| *known < seq) {
            answers.insert(position, (seq, response));
        }
    }
    let responses = |answers: HashMap<i32, (i32, String)>| answers.into_iter().map(|(p, (_, r))| (p, r)).collect();
    Ok(highest.into_iter().map(|(id, answers)| (id, responses(answers))).collect())
}

/// What a question of a pool came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) question: QuestionId,
    pub(super) version: i32,
    pub(super) sittings: i32,
    pub(super) points: Points,
    pub(super) max_points: Points,
}

/// Keeps what the questions of an exam came to, unless it was counted or sealed anew meanwhile.
pub(super) async fn keep(
    tx: &impl ConnectionTrait,
    exam: ExamId,
    seal: &str,
    counted: &[Counted],
    now: Instant,
) -> Result<(), Fault> {
    let mark = exam::ActiveModel { counted_at: Set(Some(now)), ..Default::default() };
    let marked = exam::Entity::update_many()
        .set(mark)
        .filter(exam::Column::Id.eq(exam))
        .filter(exam::Column::ManifestDigest.eq(seal))
        .filter(exam::Column::CountedAt.is_null())
        .exec(tx)
        .await?;
    if marked.rows_affected == 0 {
        return Ok(());
    }
    pool_item::Entity::delete_many().filter(pool_item::Column::ExamId.eq(exam)).exec(tx).await?;
    let row = |c: &Counted| pool_item::ActiveModel {
        exam_id: Set(exam),
        question_id: Set(c.question),
        version: Set(c.version),
        sittings: Set(Some(c.sittings)),
        points: Set(Some(c.points)),
        max_points: Set(Some(c.max_points)),
    };
    insert_all(tx, counted.iter().map(row).collect(), false).await
}
