//! Queries over amendments and allowances, and the moments of attempts that run.

use entity::exam::allowance;
use entity::exam::amendment::{self, AmendmentKind};
use entity::exam::exam::{self, ExamStatus};
use entity::id::{AccountId, AttemptId, ExamAmendmentId, ExamId, PersonId, UnitId};
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::model::{Allowed, Amendment};
use crate::db::Fault;
use crate::exam::blueprint::Times;
use crate::kernel::page::{Page, PageRequest};

mod running;

pub(super) use running::{Running, retime, running};

/// How many rows one statement names at most.
const CHUNK: usize = 2_000;

/// An amendment to be kept.
#[derive(Debug, Clone)]
pub(in crate::exam) struct NewAmendment {
    pub(in crate::exam) id: ExamAmendmentId,
    pub(in crate::exam) exam_id: ExamId,
    pub(in crate::exam) kind: AmendmentKind,
    pub(in crate::exam) person_id: Option<PersonId>,
    pub(in crate::exam) unit_id: Option<UnitId>,
    pub(in crate::exam) attempt_id: Option<AttemptId>,
    pub(in crate::exam) data: Value,
    pub(in crate::exam) reason: String,
    pub(in crate::exam) by: AccountId,
    pub(in crate::exam) at: Instant,
}

/// Keeps an amendment.
pub(in crate::exam) async fn amend(tx: &impl ConnectionTrait, new: NewAmendment) -> Result<(), Fault> {
    let row = amendment::ActiveModel {
        id: Set(new.id),
        exam_id: Set(new.exam_id),
        kind: Set(new.kind),
        person_id: Set(new.person_id),
        unit_id: Set(new.unit_id),
        attempt_id: Set(new.attempt_id),
        data: Set(new.data.to_string()),
        reason: Set(new.reason),
        created_by: Set(new.by),
        created_at: Set(new.at),
    };
    amendment::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Who reads amendments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// Whoever reads the figures of the exam's unit, and so all of it.
    Every,
    /// Anybody else, for this person or for nobody: what concerns everybody, a unit or them.
    Candidate(Option<PersonId>),
}

/// The amendments of an exam that somebody may see, oldest first.
pub(super) async fn amendments(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    reader: Reader,
    page: &PageRequest,
) -> Result<Page<Amendment>, Fault> {
    let mut query = amendment::Entity::find()
        .filter(amendment::Column::ExamId.eq(exam))
        .order_by_asc(amendment::Column::Id)
        .limit(page.limit + 1);
    if let Reader::Candidate(person) = reader {
        let mut own = Condition::any().add(amendment::Column::PersonId.is_null());
        if let Some(person) = person {
            own = own.add(amendment::Column::PersonId.eq(person));
        }
        query = query.filter(own);
    }
    if let Some(after) = &page.after {
        query = query.filter(amendment::Column::Id.gt(after));
    }
    let rows = query.all(conn).await?;
    let page = Page::cut(rows, page, |row| row.id.to_string());
    let read = |row: amendment::Model| {
        let data = serde_json::from_str(&row.data)
            .map_err(|e| Fault::from(DbErr::Type(format!("the amendment {}: {e}", row.id))))?;
        Ok::<_, Fault>(Amendment {
            id: row.id,
            exam_id: row.exam_id,
            kind: row.kind,
            person_id: row.person_id,
            unit_id: row.unit_id,
            attempt_id: row.attempt_id,
            data,
            reason: row.reason,
            at: row.created_at,
        })
    };
    let next_cursor = page.next_cursor;
    Ok(Page { items: page.items.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor })
}

/// What a candidate is allowed.
pub(super) async fn allowed(conn: &impl ConnectionTrait, exam: ExamId, person: PersonId) -> Result<Allowed, Fault> {
    let row = allowance::Entity::find_by_id((exam, person)).one(conn).await?;
    Ok(row.map_or_else(Allowed::default, |row| Allowed {
        extra_seconds: row.extra_seconds,
        extra_attempts: row.extra_attempts,
        admit_until: row.admit_until,
    }))
}

/// Allows a candidate this and nothing else.
pub(super) async fn allow(
    tx: &impl ConnectionTrait,
    exam: ExamId,
    person: PersonId,
    allowed: Allowed,
) -> Result<(), Fault> {
    use allowance::Column::{AdmitUntil, ExamId, ExtraAttempts, ExtraSeconds, PersonId};
    let whole =
        OnConflict::columns([ExamId, PersonId]).update_columns([ExtraSeconds, ExtraAttempts, AdmitUntil]).to_owned();
    allowance::Entity::insert(row(exam, person, allowed)).on_conflict(whole).exec_without_returning(tx).await?;
    Ok(())
}

/// Gives these candidates so many seconds more than they were allowed before.
pub(super) async fn extend(
    tx: &impl ConnectionTrait,
    exam: ExamId,
    people: &[PersonId],
    seconds: i32,
) -> Result<(), Fault> {
    use allowance::Column::{ExamId, ExtraSeconds, PersonId};
    let more = Expr::col((allowance::Entity, ExtraSeconds)).add(seconds);
    let add = OnConflict::columns([ExamId, PersonId]).value(ExtraSeconds, more).to_owned();
    for people in people.chunks(CHUNK) {
        let allowed = Allowed { extra_seconds: seconds, ..Allowed::default() };
        let rows = people.iter().map(|person| row(exam, *person, allowed));
        allowance::Entity::insert_many(rows).on_conflict(add.clone()).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(exam: ExamId, person: PersonId, allowed: Allowed) -> allowance::ActiveModel {
    allowance::ActiveModel {
        exam_id: Set(exam),
        person_id: Set(person),
        extra_seconds: Set(allowed.extra_seconds),
        extra_attempts: Set(allowed.extra_attempts),
        admit_until: Set(allowed.admit_until),
        exempt: Set(false),
    }
}

/// What an act changes about an exam.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) times: Option<Times>,
    pub(super) status: Option<ExamStatus>,
    /// Since when it is paused, and how long all pauses lasted that are over.
    pub(super) pauses: Option<(Option<Instant>, i64)>,
    /// Since when nobody starts any more.
    pub(super) closed_at: Option<Instant>,
}

/// Changes an exam that is held; whether it was still as it was read.
pub(super) async fn change(tx: &impl ConnectionTrait, read: &exam::Model, what: Change) -> Result<bool, Fault> {
    let mut change = exam::ActiveModel { version: Set(read.version + 1), ..Default::default() };
    if let Some(times) = what.times {
        change.opens_at = Set(times.opens_at);
        change.closes_at = Set(times.closes_at);
        change.latest_start_seconds = Set(times.latest_start_seconds);
        change.duration_seconds = Set(times.duration_seconds);
        change.grace_seconds = Set(times.grace_seconds);
    }
    if let Some(status) = what.status {
        change.status = Set(status);
    }
    if let Some((since, lasted)) = what.pauses {
        change.paused_at = Set(since);
        change.paused_ms = Set(lasted);
    }
    if let Some(at) = what.closed_at {
        change.closed_at = Set(Some(at));
    }
    let done = exam::Entity::update_many()
        .set(change)
        .filter(exam::Column::Id.eq(read.id))
        .filter(exam::Column::Status.eq(read.status))
        .filter(exam::Column::Version.eq(read.version))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}
