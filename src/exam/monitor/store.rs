//! Queries over an exam that is being sat: short rows alone, for they are read once a second.

use std::collections::HashMap;

use entity::exam::allowance;
use entity::exam::attempt::{self, AttemptState};
use entity::exam::contact;
use entity::exam::exam::{self, ExamStatus};
use entity::id::{AttemptId, ExamId, PersonId};
use entity::instant::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use crate::db::Fault;
use crate::exam::clock::Times;

/// How far an exam has come as it is written, and when it opens.
pub(super) async fn status(conn: &impl ConnectionTrait, id: ExamId) -> Result<Option<(ExamStatus, Instant)>, Fault> {
    let query = exam::Entity::find_by_id(id).select_only().columns([exam::Column::Status, exam::Column::OpensAt]);
    Ok(query.into_tuple().one(conn).await?)
}

/// An attempt, as much of it as is watched.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Sat {
    pub(super) id: AttemptId,
    pub(super) person_id: PersonId,
    pub(super) number: i32,
    pub(super) state: AttemptState,
    pub(super) started_at: Instant,
    deadline: Instant,
    due_at: Instant,
    paused_at: Option<Instant>,
    pub(super) submitted_at: Option<Instant>,
    pub(super) by_server: bool,
}

impl Sat {
    /// When its time is up; during a pause it moves on with the clock, and is told as of its beginning.
    pub(super) fn deadline(&self) -> Instant {
        let times = Times { deadline: self.deadline, due_at: self.due_at, paused_at: self.paused_at };
        times.deadline_at(self.paused_at.unwrap_or(self.started_at))
    }
}

/// The newest attempt of everybody in an exam.
pub(super) async fn newest(conn: &impl ConnectionTrait, exam: ExamId) -> Result<HashMap<PersonId, Sat>, Fault> {
    use attempt::Column::{
        ByServer, Deadline, DueAt, ExamId, Id, Number, PausedAt, PersonId, StartedAt, State, SubmittedAt,
    };
    let rows: Vec<Sat> = attempt::Entity::find()
        .select_only()
        .columns([Id, PersonId, Number, State, StartedAt, Deadline, DueAt, PausedAt, SubmittedAt, ByServer])
        .filter(ExamId.eq(exam))
        .into_model()
        .all(conn)
        .await?;
    let mut newest: HashMap<_, Sat> = HashMap::with_capacity(rows.len());
    for row in rows {
        if newest.get(&row.person_id).is_none_or(|known| known.number < row.number) {
            newest.insert(row.person_id, row);
        }
    }
    Ok(newest)
}

/// When the devices of an exam's attempts were last heard of, as far as it was written down.
pub(super) async fn contacts(conn: &impl ConnectionTrait, exam: ExamId) -> Result<HashMap<AttemptId, Instant>, Fault> {
    let rows: Vec<(AttemptId, Instant)> = contact::Entity::find()
        .select_only()
        .columns([contact::Column::AttemptId, contact::Column::At])
        .filter(contact::Column::ExamId.eq(exam))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Extra time in seconds, and until when somebody may start. Who is allowed nothing is left out.
pub(super) async fn allowances(
    conn: &impl ConnectionTrait,
    exam: ExamId,
) -> Result<HashMap<PersonId, (i32, Option<Instant>)>, Fault> {
    let rows = allowance::Entity::find().filter(allowance::Column::ExamId.eq(exam)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.person_id, (row.extra_seconds, row.admit_until))).collect())
}
