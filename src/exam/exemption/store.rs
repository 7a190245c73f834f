//! Queries over requests.

use entity::exam::attempt::{self, AttemptState, VoidKind};
use entity::exam::exemption::{self, ExemptionState};
use entity::exam::{allowance, exam};
use entity::id::{AccountId, ExamId, ExemptionId, PersonId, UnitId};
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::model::ExemptionFilter;
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

pub(super) async fn insert(tx: &impl ConnectionTrait, row: exemption::Model) -> Result<(), Fault> {
    exemption::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Whose requests somebody may see.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Their own.
    pub(super) person: Option<PersonId>,
    /// Those of people whose units lie in these subtrees.
    pub(super) people_of: Vec<UnitId>,
    /// Those toward exams of these subtrees.
    pub(super) exams_of: Vec<UnitId>,
}

impl Reach {
    fn visible(&self) -> Condition {
        let exams = Query::select()
            .column(exam::Column::Id)
            .from(exam::Entity)
            .and_where(exam::Column::UnitId.in_subquery(tree::within(&self.exams_of)))
            .to_owned();
        let mut any = Condition::any()
            .add(exemption::Column::UnitId.in_subquery(tree::within(&self.people_of)))
            .add(exemption::Column::ExamId.in_subquery(exams));
        if let Some(person) = self.person {
            any = any.add(exemption::Column::PersonId.eq(person));
        }
        any
    }
}

/// One request, if it lies within somebody's reach.
pub(super) async fn exemption(
    conn: &impl ConnectionTrait,
    id: ExemptionId,
    reach: &Reach,
) -> Result<Option<exemption::Model>, Fault> {
    Ok(exemption::Entity::find_by_id(id).filter(reach.visible()).one(conn).await?)
}

/// Requests within somebody's reach, newest first.
pub(super) async fn list(
    conn: &impl ConnectionTrait,
    reach: &Reach,
    filter: ExemptionFilter,
    page: &PageRequest,
) -> Result<Page<exemption::Model>, Fault> {
    let mut query =
        exemption::Entity::find().filter(reach.visible()).order_by_desc(exemption::Column::Id).limit(page.limit + 1);
    if let Some(exam) = filter.exam {
        query = query.filter(exemption::Column::ExamId.eq(exam));
    }
    if let Some(state) = filter.state {
        query = query.filter(exemption::Column::State.eq(state));
    }
    if let Some(after) = &page.after {
        query = query.filter(exemption::Column::Id.lt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |row| row.id.to_string()))
}

/// Whether somebody has asked toward an exam and was not refused.
pub(super) async fn has_asked(conn: &impl ConnectionTrait, exam: ExamId, person: PersonId) -> Result<bool, Fault> {
    let found = exemption::Entity::find()
        .filter(exemption::Column::ExamId.eq(exam))
        .filter(exemption::Column::PersonId.eq(person))
        .filter(exemption::Column::State.ne(ExemptionState::Refused))
        .count(conn)
        .await?;
    Ok(found > 0)
}

/// A main exam and its make-ups.
pub(super) async fn family(conn: &impl ConnectionTrait, main: ExamId) -> Result<Vec<ExamId>, Fault> {
    Ok(exam::Entity::find()
        .select_only()
        .column(exam::Column::Id)
        .filter(Condition::any().add(exam::Column::Id.eq(main)).add(exam::Column::MakesUpExamId.eq(main)))
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Whether somebody sits, or has sat and it stands, in one of these exams.
pub(super) async fn has_sat(conn: &impl ConnectionTrait, exams: &[ExamId], person: PersonId) -> Result<bool, Fault> {
    let found = attempt::Entity::find()
        .filter(attempt::Column::ExamId.is_in(exams.iter().copied()))
        .filter(attempt::Column::PersonId.eq(person))
        .filter(
            Condition::any()
                .add(attempt::Column::State.ne(AttemptState::Voided))
                .add(attempt::Column::VoidKind.eq(VoidKind::Misconduct)),
        )
        .count(conn)
        .await?;
    Ok(found > 0)
}

/// Keeps the unit's opinion on a request that waits; whether it still did.
pub(super) async fn set_opinion(
    tx: &impl ConnectionTrait,
    id: ExemptionId,
    (supported, opinion): (bool, String),
    (by, at): (AccountId, Instant),
) -> Result<bool, Fault> {
    let change = exemption::ActiveModel {
        supported: Set(Some(supported)),
        opinion: Set(opinion),
        opinion_by: Set(Some(by)),
        opinion_at: Set(Some(at)),
        ..Default::default()
    };
    pending(tx, id, change).await
}

/// Decides a request that waits; whether it still did.
pub(super) async fn decide(
    tx: &impl ConnectionTrait,
    id: ExemptionId,
    (state, decision, late): (ExemptionState, String, bool),
    (by, at): (AccountId, Instant),
) -> Result<bool, Fault> {
    let change = exemption::ActiveModel {
        state: Set(state),
        decision: Set(decision),
        late: Set(late),
        decided_by: Set(Some(by)),
        decided_at: Set(Some(at)),
        ..Default::default()
    };
    pending(tx, id, change).await
}

async fn pending(tx: &impl ConnectionTrait, id: ExemptionId, change: exemption::ActiveModel) -> Result<bool, Fault> {
    let done = exemption::Entity::update_many()
        .set(change)
        .filter(exemption::Column::Id.eq(id))
        .filter(exemption::Column::State.eq(ExemptionState::Pending))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Whoever is exempt from an exam cannot start it.
pub(super) async fn bar(tx: &impl ConnectionTrait, exams: &[ExamId], person: PersonId) -> Result<(), Fault> {
    use allowance::Column::{ExamId, Exempt, PersonId};
    let row = |exam: &entity::id::ExamId| allowance::ActiveModel {
        exam_id: Set(*exam),
        person_id: Set(person),
        extra_seconds: Set(0),
        extra_attempts: Set(0),
        admit_until: Set(None),
        exempt: Set(true),
    };
    let bar = OnConflict::columns([ExamId, PersonId]).update_column(Exempt).to_owned();
    allowance::Entity::insert_many(exams.iter().map(row)).on_conflict(bar).exec_without_returning(tx).await?;
    Ok(())
}
