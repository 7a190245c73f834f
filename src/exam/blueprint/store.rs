//! Queries over exams and their sections.

use std::collections::HashMap;

use entity::List;
use entity::exam::exam::{self, ExamStatus};
use entity::exam::section;
use entity::id::{AccountId, BankId, ExamId, PersonId};
use entity::instant::{Instant, Millis};
use entity::org::roster_row::SubjectKind;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::model::{Blueprint, Exam, SectionPlan};
use super::state::{Times, status_at};
use crate::db::{Fault, insert_all};
use crate::exam::clock::Schedule;
use crate::org::{Audience, on_rosters};

mod allowances;
mod list;
mod seal;
mod sittings;

pub(super) use allowances::{allowances, allowances_of};
pub(super) use list::{Reach, brief_of, list};
pub(in crate::exam) use seal::opening;
pub(super) use seal::{Papers, Sealing, beacon, draw_head, ever_started, manifest, observed, paper_ids, papers, seal};
use seal::{balance_of, balance_text, seal_of};
pub(in crate::exam) use sittings::key_seers;
pub(super) use sittings::{Attempt, Part, forget_contacts, has_running, shown, sittings};

/// Exams without what is large or secret: manifest and secret are read as null.
fn light() -> Select<exam::Entity> {
    let small = |c: &exam::Column| !matches!(c, exam::Column::Manifest | exam::Column::Secret);
    exam::Entity::find()
        .select_only()
        .columns(exam::Column::iter().filter(small))
        .column_as(Expr::cust("NULL"), "manifest")
        .column_as(Expr::cust("NULL"), "secret")
}

/// One exam.
pub(super) async fn exam(conn: &impl ConnectionTrait, id: ExamId) -> Result<Option<exam::Model>, Fault> {
    Ok(light().filter(exam::Column::Id.eq(id)).one(conn).await?)
}

/// One exam, if it meets a condition.
pub(super) async fn exam_if(
    conn: &impl ConnectionTrait,
    id: ExamId,
    condition: Condition,
) -> Result<Option<exam::Model>, Fault> {
    Ok(light().filter(exam::Column::Id.eq(id)).filter(condition).one(conn).await?)
}

/// The banks of the exams in one of these statuses on whose rosters somebody is.
pub(super) async fn banks_to_sit(
    conn: &impl ConnectionTrait,
    person: PersonId,
    statuses: &[ExamStatus],
) -> Result<Vec<Vec<BankId>>, Fault> {
    let rows: Vec<List<BankId>> = exam::Entity::find()
        .select_only()
        .column(exam::Column::BankIds)
        .filter(exam::Column::Status.is_in(statuses.iter().copied()))
        .filter(exam::Column::Id.in_subquery(on_rosters(SubjectKind::Exam, Some(person), &[])))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|banks| banks.0).collect())
}

/// The other sealed exams that are held at some moment between two, in the order of their opening.
pub(super) async fn held_meanwhile(
    conn: &impl ConnectionTrait,
    id: ExamId,
    (opens_at, closes_at): (Instant, Instant),
) -> Result<Vec<exam::Model>, Fault> {
    Ok(light()
        .filter(exam::Column::Status.is_in([ExamStatus::Sealed, ExamStatus::Open, ExamStatus::Paused]))
        .filter(exam::Column::ClosesAt.gt(opens_at))
        .filter(exam::Column::OpensAt.lt(closes_at))
        .filter(exam::Column::Id.ne(id))
        .order_by_asc(exam::Column::OpensAt)
        .order_by_asc(exam::Column::Id)
        .all(conn)
        .await?)
}

/// One exam, held until the transaction ends.
pub(in crate::exam) async fn hold(tx: &impl ConnectionTrait, id: ExamId) -> Result<Option<exam::Model>, Fault> {
    Ok(light().filter(exam::Column::Id.eq(id)).lock_exclusive().one(tx).await?)
}

/// These exams, in no order.
pub(super) async fn exams(conn: &impl ConnectionTrait, ids: &[ExamId]) -> Result<Vec<exam::Model>, Fault> {
    Ok(light().filter(exam::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// The sections of these exams, in order.
pub(super) async fn sections(
    conn: &impl ConnectionTrait,
    ids: &[ExamId],
) -> Result<HashMap<ExamId, Vec<SectionPlan>>, Fault> {
    let rows = section::Entity::find()
        .filter(section::Column::ExamId.is_in(ids.iter().copied()))
        .order_by_asc(section::Column::ExamId)
        .order_by_asc(section::Column::Position)
        .all(conn)
        .await?;
    let mut sections: HashMap<ExamId, Vec<SectionPlan>> = HashMap::new();
    for row in rows {
        let topics = serde_json::from_str(&row.topics)
            .map_err(|e| Fault::from(DbErr::Type(format!("topics of exam {}: {e}", row.exam_id))))?;
        sections.entry(row.exam_id).or_default().push(SectionPlan {
            title: row.title,
            kind: row.kind,
            topics,
            difficulties: row.difficulties.0,
            count: row.count,
            points_each: row.points_each,
            scoring: row.scoring,
        });
    }
    Ok(sections)
}

/// An exam with all that its readers see.
pub(super) async fn whole(conn: &impl ConnectionTrait, row: exam::Model, now: Instant) -> Result<Exam, Fault> {
    let sections = sections(conn, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let balance = balance_of(&row)?;
    Ok(Exam {
        id: row.id,
        status: status_at(row.status, opening(&row), now),
        seal: seal_of(&row),
        paused_at: row.paused_at,
        paused: Millis(row.paused_ms),
        closed_at: row.closed_at.filter(|_| matches!(row.status, ExamStatus::Closed | ExamStatus::Released)),
        released_at: row.released_at,
        version: row.version,
        created_at: row.created_at,
        blueprint: Blueprint {
            times: times(&row),
            title: row.title,
            kind: row.kind,
            year: row.year,
            unit_id: row.unit_id,
            bank_ids: row.bank_ids.0,
            pass_points: row.pass_points,
            excellence_points: row.excellence_points,
            attempts_allowed: row.attempts_allowed,
            attempt_scoring: row.attempt_scoring,
            audience: Audience::from_text(&row.audience)?,
            sections,
            release: row.release,
            show_key: row.show_key,
            makes_up: row.makes_up_exam_id,
            balance,
            beacon_rule: row.beacon_rule,
            contact: row.contact,
            objection_days: row.objection_days,
        },
    })
}

/// When an exam may be sat.
pub(in crate::exam) fn times(row: &exam::Model) -> Times {
    Times {
        opens_at: row.opens_at,
        closes_at: row.closes_at,
        latest_start_seconds: row.latest_start_seconds,
        duration_seconds: row.duration_seconds,
        grace_seconds: row.grace_seconds,
    }
}

/// The same as the clock reads it, with the pauses so far.
pub(in crate::exam) fn schedule(row: &exam::Model) -> Schedule {
    times(row).schedule(Millis(row.paused_ms))
}

/// A new draft.
pub(super) async fn insert(
    tx: &impl ConnectionTrait,
    id: ExamId,
    plan: &Blueprint,
    author: AccountId,
    now: Instant,
) -> Result<(), Fault> {
    let row = exam::ActiveModel {
        id: Set(id),
        status: Set(ExamStatus::Draft),
        version: Set(1),
        created_by: Set(author),
        created_at: Set(now),
        paused_ms: Set(0),
        regrades: Set(0),
        ..fill(plan)
    };
    exam::Entity::insert(row).exec_without_returning(tx).await?;
    insert_sections(tx, id, &plan.sections).await
}

async fn insert_sections(tx: &impl ConnectionTrait, exam: ExamId, plans: &[SectionPlan]) -> Result<(), Fault> {
    let row = |(position, plan): (i32, &SectionPlan)| section::ActiveModel {
        exam_id: Set(exam),
        position: Set(position),
        title: Set(plan.title.clone()),
        kind: Set(plan.kind),
        topics: Set(serde_json::to_string(&plan.topics).expect("texts are always JSON")),
        difficulties: Set(List(plan.difficulties.clone())),
        count: Set(plan.count),
        points_each: Set(plan.points_each),
        scoring: Set(plan.scoring),
    };
    insert_all(tx, (1..).zip(plans).map(row).collect(), false).await
}

/// The columns that a blueprint fills; all others are left alone.
fn fill(plan: &Blueprint) -> exam::ActiveModel {
    exam::ActiveModel {
        title: Set(plan.title.clone()),
        kind: Set(plan.kind),
        year: Set(plan.year),
        unit_id: Set(plan.unit_id),
        bank_ids: Set(List(plan.bank_ids.clone())),
        opens_at: Set(plan.times.opens_at),
        closes_at: Set(plan.times.closes_at),
        latest_start_seconds: Set(plan.times.latest_start_seconds),
        duration_seconds: Set(plan.times.duration_seconds),
        grace_seconds: Set(plan.times.grace_seconds),
        pass_points: Set(plan.pass_points),
        excellence_points: Set(plan.excellence_points),
        attempts_allowed: Set(plan.attempts_allowed),
        attempt_scoring: Set(plan.attempt_scoring),
        audience: Set(plan.audience.to_text()),
        release: Set(plan.release),
        show_key: Set(plan.show_key),
        makes_up_exam_id: Set(plan.makes_up),
        balance: Set(plan.balance.map(|balance| balance_text(&balance))),
        beacon_rule: Set(plan.beacon_rule.clone()),
        contact: Set(plan.contact.clone()),
        objection_days: Set(plan.objection_days),
        ..Default::default()
    }
}

/// Makes `plan` the blueprint of a draft, unless it is no longer the draft that was read; whether it was done.
pub(super) async fn replace(tx: &impl ConnectionTrait, read: &exam::Model, plan: &Blueprint) -> Result<bool, Fault> {
    let change = exam::ActiveModel { version: Set(read.version + 1), ..fill(plan) };
    if !update(tx, read, change).await? {
        return Ok(false);
    }
    delete_sections(tx, read.id).await?;
    insert_sections(tx, read.id, &plan.sections).await?;
    Ok(true)
}

/// Removes a draft, unless it is no longer the draft that was read; whether it was done.
pub(super) async fn delete(tx: &impl ConnectionTrait, read: &exam::Model) -> Result<bool, Fault> {
    delete_sections(tx, read.id).await?;
    let gone = exam::Entity::delete_many().filter(as_read(read)).exec(tx).await?;
    Ok(gone.rows_affected == 1)
}

async fn delete_sections(tx: &impl ConnectionTrait, exam: ExamId) -> Result<(), Fault> {
    section::Entity::delete_many().filter(section::Column::ExamId.eq(exam)).exec(tx).await?;
    Ok(())
}

/// Where an exam goes next, and when.
pub(super) struct Step {
    pub(super) to: ExamStatus,
    pub(super) closed_at: Option<Instant>,
    pub(super) released_at: Option<Instant>,
}

/// Takes an exam to its next status, unless it is no longer as it was read; whether it was done.
pub(super) async fn step(tx: &impl ConnectionTrait, read: &exam::Model, step: &Step) -> Result<bool, Fault> {
    let given = |at: Option<Instant>| at.map_or(NotSet, |at| Set(Some(at)));
    let change = exam::ActiveModel {
        status: Set(step.to),
        closed_at: given(step.closed_at),
        released_at: given(step.released_at),
        version: Set(read.version + 1),
        ..Default::default()
    };
    update(tx, read, change).await
}

async fn update(tx: &impl ConnectionTrait, read: &exam::Model, change: exam::ActiveModel) -> Result<bool, Fault> {
    let done = exam::Entity::update_many().set(change).filter(as_read(read)).exec(tx).await?;
    Ok(done.rows_affected == 1)
}

fn as_read(read: &exam::Model) -> Condition {
    Condition::all()
        .add(exam::Column::Id.eq(read.id))
        .add(exam::Column::Status.eq(read.status))
        .add(exam::Column::Version.eq(read.version))
}

/// Exams that time alone moves on: sealed ones whose opening has come, and open ones.
pub(super) async fn moving(conn: &impl ConnectionTrait, now: Instant) -> Result<Vec<exam::Model>, Fault> {
    let opening = Condition::all().add(exam::Column::Status.eq(ExamStatus::Sealed)).add(exam::Column::OpensAt.lte(now));
    Ok(light()
        .filter(Condition::any().add(opening).add(exam::Column::Status.eq(ExamStatus::Open)))
        .order_by_asc(exam::Column::Id)
        .all(conn)
        .await?)
}
