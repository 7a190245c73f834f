//! Writing attempts.

use std::collections::HashSet;

use entity::exam::attempt::{self, AttemptState};
use entity::exam::contact;
use entity::exam::exam::{self, ExamStatus};
use entity::id::{AttemptId, ExamId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Value};

use super::super::contact::Contact;
use super::{CHUNK, Drawn, FIFTH, FIRST, FOURTH, Row, SECOND, SEVENTH, SIXTH, THIRD, values};
use crate::db::{Fault, insert_all, upsert_all};

/// Writes new attempts and gives those that somebody else had started meanwhile, under the same candidate and number.
pub(in super::super) async fn insert(
    conn: &impl ConnectionTrait,
    attempts: Vec<(Row, &Drawn)>,
) -> Result<HashSet<AttemptId>, Fault> {
    let mut ids: HashSet<AttemptId> = attempts.iter().map(|(row, _)| row.id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let model = |(row, drawn): (Row, &Drawn)| attempt::ActiveModel {
        id: Set(row.id),
        exam_id: Set(row.exam_id),
        person_id: Set(row.person_id),
        number: Set(row.number),
        state: Set(row.state),
        lease: Set(row.lease),
        device: Set(row.device),
        started_at: Set(row.started_at),
        deadline: Set(row.deadline),
        due_at: Set(row.due_at),
        paused_at: Set(row.paused_at),
        paused_ms: Set(row.paused_ms),
        extra_ms: Set(row.extra_ms),
        submitted_at: Set(row.submitted_at),
        by_server: Set(row.by_server),
        k: Set(drawn.k),
        items: Set(drawn.items.clone()),
        paper_digest: Set(row.paper_digest),
        points: Set(row.points),
        max_points: Set(row.max_points),
        answered: Set(row.answered),
        void_kind: Set(row.void_kind),
        responses: Set(row.responses),
    };
    insert_all(conn, attempts.into_iter().map(model).collect(), true).await?;
    let there: Vec<AttemptId> = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    for id in there {
        ids.remove(&id);
    }
    Ok(ids)
}

/// Writes down when devices were heard of.
pub(in super::super) async fn contacts(
    conn: &impl ConnectionTrait,
    heard: &[(AttemptId, Contact)],
) -> Result<(), Fault> {
    use contact::Column::{At, AttemptId};
    let row = |(attempt, contact): &(entity::id::AttemptId, Contact)| contact::ActiveModel {
        attempt_id: Set(*attempt),
        exam_id: Set(contact.exam),
        at: Set(contact.at),
    };
    let mut rows: Vec<&(entity::id::AttemptId, Contact)> = heard.iter().collect();
    // Two instances that write down the same ones do so in one order.
    rows.sort_unstable_by_key(|(attempt, _)| *attempt);
    upsert_all(conn, rows.into_iter().map(row).collect(), &[AttemptId], &[At]).await
}

/// Gives attempts to other devices. They must be locked.
pub(in super::super) async fn set_leases(conn: &impl ConnectionTrait, rows: &[&Row]) -> Result<(), Fault> {
    for rows in rows.chunks(CHUNK) {
        let list = rows.iter().map(|r| vec![r.id.into(), r.lease.into(), r.device.clone().into()]);
        let update = Query::update()
            .table(attempt::Entity)
            .value(attempt::Column::Lease, Expr::col(SECOND))
            .value(attempt::Column::Device, Expr::col(THIRD))
            .from(values(list))
            .and_where(Expr::col((attempt::Entity, attempt::Column::Id)).equals(FIRST))
            .to_owned();
        all_of(rows.len(), conn.execute(&update).await?.rows_affected())?;
    }
    Ok(())
}

/// Writes what graded attempts came to. They must be locked and were in the state `before`.
pub(in super::super) async fn set_graded(
    conn: &impl ConnectionTrait,
    rows: &[&Row],
    before: AttemptState,
) -> Result<(), Fault> {
    for rows in rows.chunks(CHUNK) {
        let list = rows.iter().map(|r| -> Vec<Value> {
            vec![
                r.id.into(),
                r.submitted_at.into(),
                r.by_server.into(),
                r.points.into(),
                r.answered.into(),
                r.max_points.into(),
                r.responses.clone().into(),
            ]
        });
        let update = Query::update()
            .table(attempt::Entity)
            .value(attempt::Column::State, AttemptState::Graded)
            .value(attempt::Column::SubmittedAt, Expr::col(SECOND))
            .value(attempt::Column::ByServer, Expr::col(THIRD))
            .value(attempt::Column::Points, Expr::col(FOURTH))
            .value(attempt::Column::Answered, Expr::col(FIFTH))
            .value(attempt::Column::MaxPoints, Expr::col(SIXTH))
            .value(attempt::Column::Responses, Expr::col(SEVENTH))
            .from(values(list))
            .and_where(Expr::col((attempt::Entity, attempt::Column::Id)).equals(FIRST))
            .and_where(Expr::col((attempt::Entity, attempt::Column::State)).eq(before))
            .to_owned();
        all_of(rows.len(), conn.execute(&update).await?.rows_affected())?;
    }
    Ok(())
}

/// Writes what became of an attempt by somebody's act. It must be locked and was in the state `before`.
pub(in super::super) async fn set_state(
    conn: &impl ConnectionTrait,
    row: &Row,
    before: AttemptState,
) -> Result<(), Fault> {
    let change = attempt::ActiveModel {
        state: Set(row.state),
        deadline: Set(row.deadline),
        due_at: Set(row.due_at),
        paused_at: Set(row.paused_at),
        submitted_at: Set(row.submitted_at),
        by_server: Set(row.by_server),
        points: Set(row.points),
        answered: Set(row.answered),
        void_kind: Set(row.void_kind),
        responses: Set(row.responses.clone()),
        ..Default::default()
    };
    let done = attempt::Entity::update_many()
        .set(change)
        .filter(attempt::Column::Id.eq(row.id))
        .filter(attempt::Column::State.eq(before))
        .exec(conn)
        .await?;
    // What it stood for in the statistics is counted anew.
    let stale = exam::ActiveModel { counted_at: Set(None), ..Default::default() };
    exam::Entity::update_many()
        .set(stale)
        .filter(exam::Column::Id.eq(row.exam_id))
        .filter(exam::Column::CountedAt.is_not_null())
        .exec(conn)
        .await?;
    all_of(1, done.rows_affected)
}

/// Opens an exam again that had closed; when it closed first stays, so that nobody else starts. It must be held.
pub(in super::super) async fn open_again(conn: &impl ConnectionTrait, id: ExamId) -> Result<(), Fault> {
    let done = exam::Entity::update_many()
        .col_expr(exam::Column::Status, Expr::value(ExamStatus::Open))
        .col_expr(exam::Column::Version, Expr::col(exam::Column::Version).add(1))
        .filter(exam::Column::Id.eq(id))
        .filter(exam::Column::Status.eq(ExamStatus::Closed))
        .exec(conn)
        .await?;
    all_of(1, done.rows_affected)
}

/// A locked row that is not there to be changed is a mistake of the program; nothing of the batch may stand then.
fn all_of(wanted: usize, changed: u64) -> Result<(), Fault> {
    if u64::try_from(wanted) == Ok(changed) {
        return Ok(());
    }
    Err(DbErr::Custom(format!("{changed} of {wanted} locked attempts were changed")).into())
}
