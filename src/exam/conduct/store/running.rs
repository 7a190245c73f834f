//! The moments of attempts that run.

use std::collections::HashSet;

use entity::exam::attempt::{self, AttemptState};
use entity::id::{AttemptId, ExamId, PersonId};
use entity::instant::Instant;
use sea_orm::sea_query::{Expr, ExprTrait, Query, TableRef, ValueTuple};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::CHUNK;
use crate::db::Fault;
use crate::exam::clock::Times;

/// What a list of values is called in a statement, and its columns, in both databases.
const LIST: &str = "list";
const COLUMNS: [(&str, &str); 6] =
    [(LIST, "column1"), (LIST, "column2"), (LIST, "column3"), (LIST, "column4"), (LIST, "column5"), (LIST, "column6")];

/// The moments of an attempt that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "attempt::Entity")]
pub(in super::super) struct Running {
    pub(in super::super) id: AttemptId,
    pub(in super::super) person_id: PersonId,
    pub(in super::super) started_at: Instant,
    pub(in super::super) deadline: Instant,
    pub(in super::super) due_at: Instant,
    pub(in super::super) paused_at: Option<Instant>,
    pub(in super::super) paused_ms: i64,
    pub(in super::super) extra_ms: i64,
}

impl Running {
    pub(in super::super) fn times(&self) -> Times {
        Times { deadline: self.deadline, due_at: self.due_at, paused_at: self.paused_at }
    }

    /// The same with other moments.
    pub(in super::super) fn at(self, times: Times) -> Self {
        Self { deadline: times.deadline, due_at: times.due_at, paused_at: times.paused_at, ..self }
    }
}

/// The attempts of an exam that run, of everybody or of these people, locked in the order of their ids. The exam must be
/// held, so that no other begins.
pub(in super::super) async fn running(
    tx: &impl ConnectionTrait,
    exam: ExamId,
    people: Option<&HashSet<PersonId>>,
) -> Result<Vec<Running>, Fault> {
    let rows: Vec<Running> = attempt::Entity::find()
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::State.eq(AttemptState::Running))
        .order_by_asc(attempt::Column::Id)
        .lock_exclusive()
        .into_partial_model()
        .all(tx)
        .await?;
    Ok(rows.into_iter().filter(|row| people.is_none_or(|people| people.contains(&row.person_id))).collect())
}

/// Gives attempts that run and are locked other moments.
pub(in super::super) async fn retime(tx: &impl ConnectionTrait, rows: &[Running]) -> Result<(), Fault> {
    use attempt::Column::{Deadline, DueAt, ExtraMs, Id, PausedAt, PausedMs, State};
    let [id, deadline, due_at, paused_at, paused_ms, extra_ms] = COLUMNS;
    for rows in rows.chunks(CHUNK) {
        let list = rows.iter().map(|r| -> Vec<Value> {
            vec![
                r.id.into(),
                r.deadline.into(),
                r.due_at.into(),
                r.paused_at.into(),
                r.paused_ms.into(),
                r.extra_ms.into(),
            ]
        });
        let update = Query::update()
            .table(attempt::Entity)
            .value(Deadline, Expr::col(deadline))
            .value(DueAt, Expr::col(due_at))
            .value(PausedAt, Expr::col(paused_at))
            .value(PausedMs, Expr::col(paused_ms))
            .value(ExtraMs, Expr::col(extra_ms))
            .from(TableRef::ValuesList(list.map(ValueTuple::Many).collect(), LIST.into()))
            .and_where(Expr::col((attempt::Entity, Id)).equals(id))
            .and_where(Expr::col((attempt::Entity, State)).eq(AttemptState::Running))
            .to_owned();
        let changed = tx.execute(&update).await?.rows_affected();
        if u64::try_from(rows.len()) != Ok(changed) {
            let said = format!("{changed} of {} locked attempts were changed", rows.len());
            return Err(DbErr::Custom(said).into());
        }
    }
    Ok(())
}
