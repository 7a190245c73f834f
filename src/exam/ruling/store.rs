//! Reading the rulings about an exam.

use entity::exam::regrade;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::model::{Ruling, Rulings};
use crate::bank::Answer;
use crate::db::Fault;
use crate::exam::grading::Response;
use crate::exam::sealed::SealedExam;

/// What was ruled about the items of an exam, in order. The exam says how often, so that most are not asked for.
pub(in crate::exam) async fn rulings(
    conn: &impl ConnectionTrait,
    sealed: &SealedExam,
    regrades: i32,
) -> Result<Rulings, Fault> {
    let mut rulings = Rulings::default();
    if regrades == 0 {
        return Ok(rulings);
    }
    let rows = regrade::Entity::find()
        .filter(regrade::Column::ExamId.eq(sealed.id()))
        .order_by_asc(regrade::Column::Number)
        .all(conn)
        .await?;
    for row in rows {
        let bad = || Fault::from(DbErr::Type(format!("the regrade {}", row.id)));
        let content = sealed.content(&row.item).ok_or_else(bad)?;
        let key = match Response::read(content.kind, &row.response).ok_or_else(bad)? {
            Response::Blank => None,
            Response::Truth(truth) => Some(Answer::Judgement(truth)),
            Response::Options(ids) => Some(Answer::Options(ids)),
        };
        let ruling = Ruling { action: row.action, key, never_lower: row.never_lower };
        rulings.rule(&row.item, (content.kind, &content.answer), &ruling);
    }
    Ok(rulings)
}
