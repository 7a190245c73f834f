//! Queries over exams by their year.

use entity::exam::attempt::{AttemptState, VoidKind};
use entity::exam::exam::{ExamKind, ExamStatus};
use entity::exam::exemption::{self, ExemptionState};
use entity::exam::{attempt, exam};
use entity::id::{AttemptId, ExamId, PersonId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::db::Fault;

mod facts;

pub use facts::{attempt_facts, family_facts};

/// An exam that counts by itself, with its make-ups under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainExam {
    /// Its identifier.
    pub id: ExamId,
    /// The year it counts toward.
    pub year: i32,
    /// What it is for.
    pub kind: ExamKind,
    /// Its title.
    pub title: String,
}

/// The main exams that have been sealed: of `year` those of every kind, of the years before the annual ones.
pub async fn mains(conn: &impl ConnectionTrait, year: i32) -> Result<Vec<MainExam>, Fault> {
    let rows: Vec<(ExamId, i32, ExamKind, String)> = exam::Entity::find()
        .select_only()
        .columns([exam::Column::Id, exam::Column::Year, exam::Column::Kind, exam::Column::Title])
        .filter(exam::Column::MakesUpExamId.is_null())
        .filter(exam::Column::Status.ne(ExamStatus::Draft))
        .filter(
            Condition::any()
                .add(exam::Column::Year.eq(year))
                .add(Condition::all().add(exam::Column::Year.lt(year)).add(exam::Column::Kind.eq(ExamKind::Annual))),
        )
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, year, kind, title)| MainExam { id, year, kind, title }).collect())
}

/// The years of exams that have been sealed.
pub async fn years(conn: &impl ConnectionTrait) -> Result<Vec<i32>, Fault> {
    Ok(exam::Entity::find()
        .select_only()
        .column(exam::Column::Year)
        .distinct()
        .filter(exam::Column::Status.ne(ExamStatus::Draft))
        .order_by_asc(exam::Column::Year)
        .into_tuple()
        .all(conn)
        .await?)
}

/// A main exam and its make-ups, drafts left out.
pub async fn family(conn: &impl ConnectionTrait, main: ExamId) -> Result<Vec<ExamId>, Fault> {
    Ok(exam::Entity::find()
        .select_only()
        .column(exam::Column::Id)
        .filter(Condition::any().add(exam::Column::Id.eq(main)).add(exam::Column::MakesUpExamId.eq(main)))
        .filter(exam::Column::Status.ne(ExamStatus::Draft))
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The main exam of an exam's family; itself, unless it is a make-up.
pub async fn main_of(conn: &impl ConnectionTrait, exam: ExamId) -> Result<Option<ExamId>, Fault> {
    let row: Option<(ExamId, Option<ExamId>)> = exam::Entity::find_by_id(exam)
        .select_only()
        .columns([exam::Column::Id, exam::Column::MakesUpExamId])
        .into_tuple()
        .one(conn)
        .await?;
    Ok(row.map(|(id, makes_up)| makes_up.unwrap_or(id)))
}

/// The annual exams of a year and their make-ups that somebody may still sit, or toward which a request for exemption or
/// deferral waits: which main exam, and the title. Drafts bind nobody and are left out.
pub async fn still_open(conn: &impl ConnectionTrait, year: i32) -> Result<Vec<(ExamId, String)>, Fault> {
    let annual = |query: sea_orm::Select<exam::Entity>| {
        query.filter(exam::Column::Year.eq(year)).filter(exam::Column::Kind.eq(ExamKind::Annual))
    };
    let mains = annual(exam::Entity::find().select_only().column(exam::Column::Id))
        .filter(exam::Column::MakesUpExamId.is_null())
        .into_query();
    let undecided = exemption::Entity::find()
        .select_only()
        .column(exemption::Column::ExamId)
        .filter(exemption::Column::State.eq(ExemptionState::Pending))
        .into_query();
    let rows: Vec<(ExamId, Option<ExamId>, String)> = exam::Entity::find()
        .select_only()
        .columns([exam::Column::Id, exam::Column::MakesUpExamId, exam::Column::Title])
        .filter(
            Condition::any()
                .add(exam::Column::Status.is_in([ExamStatus::Sealed, ExamStatus::Open, ExamStatus::Paused]))
                .add(exam::Column::Id.in_subquery(undecided)),
        )
        .filter(
            Condition::any()
                .add(exam::Column::Id.in_subquery(mains.clone()))
                .add(exam::Column::MakesUpExamId.in_subquery(mains)),
        )
        .order_by_asc(exam::Column::OpensAt)
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, makes_up, title)| (makes_up.unwrap_or(id), title)).collect())
}

/// An attempt that counts as sat: handed in and not voided, or voided for misconduct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandingAttempt {
    /// Whose.
    pub person_id: PersonId,
    /// The main exam toward which it counts.
    pub main: ExamId,
    /// Its identifier; those of earlier attempts are lower.
    pub id: AttemptId,
}

/// The attempts that stand of these people in these main exams and their make-ups, in their own order.
pub async fn standing_attempts(
    conn: &impl ConnectionTrait,
    mains: &[ExamId],
    people: &[PersonId],
) -> Result<Vec<StandingAttempt>, Fault> {
    let of_families = Condition::any()
        .add(exam::Column::Id.is_in(mains.iter().copied()))
        .add(exam::Column::MakesUpExamId.is_in(mains.iter().copied()));
    let rows: Vec<(AttemptId, PersonId, ExamId, Option<ExamId>)> = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::Id, attempt::Column::PersonId, attempt::Column::ExamId])
        .column(exam::Column::MakesUpExamId)
        .join(
            sea_orm::JoinType::InnerJoin,
            attempt::Entity::belongs_to(exam::Entity).from(attempt::Column::ExamId).to(exam::Column::Id).into(),
        )
        .filter(of_families)
        .filter(attempt::Column::PersonId.is_in(people.iter().copied()))
        .filter(
            Condition::any()
                .add(attempt::Column::State.is_in([AttemptState::Submitted, AttemptState::Graded]))
                .add(attempt::Column::VoidKind.eq(VoidKind::Misconduct)),
        )
        .into_tuple()
        .all(conn)
        .await?;
    let mut attempts: Vec<StandingAttempt> = rows
        .into_iter()
        .map(|(id, person_id, exam, makes_up)| StandingAttempt { person_id, main: makes_up.unwrap_or(exam), id })
        .collect();
    attempts.sort_unstable();
    Ok(attempts)
}
