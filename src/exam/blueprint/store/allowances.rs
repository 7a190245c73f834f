//! What candidates are allowed beyond the schedule; it is written elsewhere.

use std::collections::HashMap;

use entity::exam::allowance;
use entity::id::{ExamId, PersonId};
use entity::instant::Millis;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::db::Fault;
use crate::exam::clock::Allowance;

/// How many people one look-up names at most.
const CHUNK: usize = 5_000;

/// What anybody is allowed in an exam.
pub(in super::super) async fn allowances(conn: &impl ConnectionTrait, exam: ExamId) -> Result<Vec<Allowance>, Fault> {
    let rows = allowance::Entity::find().filter(allowance::Column::ExamId.eq(exam)).all(conn).await?;
    Ok(rows.iter().map(of).collect())
}

/// What these people are allowed in these exams. Who is allowed nothing is left out.
pub(in super::super) async fn allowances_of(
    conn: &impl ConnectionTrait,
    exams: &[ExamId],
    people: &[PersonId],
) -> Result<HashMap<(PersonId, ExamId), Allowance>, Fault> {
    let mut allowed = HashMap::new();
    for people in people.chunks(CHUNK) {
        let rows = allowance::Entity::find()
            .filter(allowance::Column::ExamId.is_in(exams.iter().copied()))
            .filter(allowance::Column::PersonId.is_in(people.iter().copied()))
            .all(conn)
            .await?;
        allowed.extend(rows.iter().map(|row| ((row.person_id, row.exam_id), of(row))));
    }
    Ok(allowed)
}

fn of(row: &allowance::Model) -> Allowance {
    Allowance {
        extra: Millis::seconds(row.extra_seconds),
        attempts: row.extra_attempts,
        admit_until: row.admit_until,
        exempt: row.exempt,
    }
}
