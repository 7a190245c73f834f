//! Queries over graded papers and what they add up to.

use entity::exam::exam::{self, ExamStatus};
use entity::exam::pool_item;
use entity::id::{ExamId, QuestionId};
use entity::instant::Instant;
use entity::points::Points;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::{Fault, insert_all};

/// The exams that nobody sits any more and that have not been counted since they last changed, with their seals
/// and how often each was regraded.
pub(super) async fn uncounted(conn: &impl ConnectionTrait) -> Result<Vec<(ExamId, String, i32)>, Fault> {
    let rows: Vec<(ExamId, Option<String>, i32)> = exam::Entity::find()
        .select_only()
        .columns([exam::Column::Id, exam::Column::ManifestDigest, exam::Column::Regrades])
        .filter(exam::Column::Status.is_in([ExamStatus::Closed, ExamStatus::Released]))
        .filter(exam::Column::CountedAt.is_null())
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, seal, regrades)| Some((id, seal?, regrades))).collect())
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

/// Keeps what the questions of an exam came to, unless it was counted, regraded or sealed anew meanwhile.
pub(super) async fn keep(
    tx: &impl ConnectionTrait,
    exam: ExamId,
    (seal, regrades): (&str, i32),
    counted: &[Counted],
    now: Instant,
) -> Result<(), Fault> {
    let mark = exam::ActiveModel { counted_at: Set(Some(now)), ..Default::default() };
    let marked = exam::Entity::update_many()
        .set(mark)
        .filter(exam::Column::Id.eq(exam))
        .filter(exam::Column::ManifestDigest.eq(seal))
        .filter(exam::Column::Regrades.eq(regrades))
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
