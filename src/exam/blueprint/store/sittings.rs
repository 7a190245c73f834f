//! What an exam's own business needs of its attempts; they are written elsewhere.

use std::collections::{HashMap, HashSet};

use entity::auth::account;
use entity::bank::key_view;
use entity::exam::attempt::{self, AttemptState};
use entity::exam::exam::{self, ExamStatus, ShowKey};
use entity::exam::{contact, pool_item};
use entity::id::{AttemptId, ExamId, PersonId, QuestionId, UnitId};
use entity::instant::Instant;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationDef,
};
use serde::Deserialize;

use crate::db::Fault;
use crate::exam::outcome::Sitting;
use crate::org::people_on;

/// Whose attempts are asked for.
pub(in super::super) enum Part<'a> {
    /// One person's in these exams.
    Person(PersonId, &'a [ExamId]),
    /// These people's in an exam; a page of them.
    People(ExamId, &'a [PersonId]),
    /// Those of people on the exam's roster whose units lie in these subtrees.
    Units(ExamId, &'a [UnitId]),
}

/// An attempt with what identifies it.
#[derive(Debug, Clone)]
pub(in super::super) struct Attempt {
    pub(in super::super) id: AttemptId,
    pub(in super::super) started_at: Instant,
    pub(in super::super) submitted_at: Option<Instant>,
    pub(in super::super) sitting: Sitting,
}

/// Attempts by person and exam, in the order of their numbers.
pub(in super::super) async fn sittings(
    conn: &impl ConnectionTrait,
    part: Part<'_>,
) -> Result<HashMap<(PersonId, ExamId), Vec<Attempt>>, Fault> {
    let condition = match part {
        Part::Person(person, exams) => Condition::all()
            .add(attempt::Column::PersonId.eq(person))
            .add(attempt::Column::ExamId.is_in(exams.iter().copied())),
        Part::People(exam, people) => Condition::all()
            .add(attempt::Column::ExamId.eq(exam))
            .add(attempt::Column::PersonId.is_in(people.iter().copied())),
        Part::Units(exam, tops) => Condition::all()
            .add(attempt::Column::ExamId.eq(exam))
            .add(attempt::Column::PersonId.in_subquery(people_on(exam.into(), tops))),
    };
    let rows = attempt::Entity::find()
        .select_only()
        .columns([
            attempt::Column::Id,
            attempt::Column::PersonId,
            attempt::Column::ExamId,
            attempt::Column::Number,
            attempt::Column::State,
            attempt::Column::Points,
            attempt::Column::Answered,
            attempt::Column::VoidKind,
            attempt::Column::StartedAt,
            attempt::Column::SubmittedAt,
        ])
        .filter(condition)
        .into_tuple()
        .all(conn)
        .await?;
    let mut found: HashMap<(PersonId, ExamId), Vec<Attempt>> = HashMap::new();
    for (id, person, exam, number, state, points, answered, void_kind, started_at, submitted_at) in rows {
        let sitting = Sitting { exam, number, state, points, answered, void_kind };
        found.entry((person, exam)).or_default().push(Attempt { id, started_at, submitted_at, sitting });
    }
    for attempts in found.values_mut() {
        attempts.sort_by_key(|a| a.sitting.number);
    }
    Ok(found)
}

/// Whether anybody is sitting an exam.
pub(in super::super) async fn has_running(conn: &impl ConnectionTrait, exam: ExamId) -> Result<bool, Fault> {
    let running = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::State.eq(AttemptState::Running))
        .into_tuple::<AttemptId>()
        .one(conn)
        .await?;
    Ok(running.is_some())
}

/// Forgets when the devices of an exam were heard of: it is over.
pub(in super::super) async fn forget_contacts(tx: &impl ConnectionTrait, exam: ExamId) -> Result<(), Fault> {
    contact::Entity::delete_many().filter(contact::Column::ExamId.eq(exam)).exec(tx).await?;
    Ok(())
}

/// The questions whose key candidates of a main exam or its make-ups have been shown, or will be: those on their papers,
/// where the exam shows keys and has closed.
pub(in super::super) async fn shown(conn: &impl ConnectionTrait, main: ExamId) -> Result<HashSet<QuestionId>, Fault> {
    #[derive(Deserialize)]
    struct OnPaper {
        item: String,
    }
    let telling = Query::select()
        .column(exam::Column::Id)
        .from(exam::Entity)
        .cond_where(Condition::any().add(exam::Column::Id.eq(main)).add(exam::Column::MakesUpExamId.eq(main)))
        .and_where(exam::Column::ShowKey.eq(ShowKey::AfterClose))
        // What has closed and is released later shows its keys while the make-up is sat.
        .and_where(exam::Column::Status.is_in([ExamStatus::Closed, ExamStatus::Released]))
        .to_owned();
    let papers: Vec<String> = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Items)
        .filter(attempt::Column::ExamId.in_subquery(telling))
        .into_tuple()
        .all(conn)
        .await?;
    let mut shown = HashSet::new();
    for paper in papers {
        let broken = |e: &dyn std::fmt::Display| Fault::from(DbErr::Type(format!("a paper of exam {main}: {e}")));
        let items: Vec<OnPaper> = serde_json::from_str(&paper).map_err(|e| broken(&e))?;
        for OnPaper { item } in items {
            let id = item.split_once('@').map_or(item.as_str(), |(id, _)| id);
            shown.insert(id.parse().map_err(|e| broken(&e))?);
        }
    }
    Ok(shown)
}

/// Who of all people has seen the key of a question of an exam's pool, in whichever version, and when first.
pub(in crate::exam) async fn key_seers(
    conn: &impl ConnectionTrait,
    exam: ExamId,
) -> Result<HashMap<PersonId, Instant>, Fault> {
    let pool = Query::select()
        .column(pool_item::Column::QuestionId)
        .from(pool_item::Entity)
        .and_where(pool_item::Column::ExamId.eq(exam))
        .to_owned();
    let account: RelationDef =
        key_view::Entity::belongs_to(account::Entity).from(key_view::Column::AccountId).to(account::Column::Id).into();
    let rows: Vec<(PersonId, Instant)> = key_view::Entity::find()
        .select_only()
        .column(account::Column::PersonId)
        .column_as(key_view::Column::At.min(), "at")
        .join(JoinType::InnerJoin, account)
        .filter(account::Column::PersonId.is_not_null())
        .filter(key_view::Column::QuestionId.in_subquery(pool))
        .group_by(account::Column::PersonId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
