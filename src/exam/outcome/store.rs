//! Reading the facts of a family of exams and stating the figures that follow from them.

use std::collections::HashMap;

use entity::exam::attempt::{self, AttemptState, VoidKind};
use entity::exam::exam::{self, AttemptScoring, ExamStatus};
use entity::exam::exemption::{self, ExemptionKind, ExemptionState};
use entity::id::{ExamId, PersonId};
use entity::org::roster_row::SubjectKind;
use entity::points::Points;
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::model::{Excuse, Family, Member, Sitting, excused};
use crate::db::Fault;
use crate::org;
use crate::tally::{self, Figures, Subject};

/// How many people one look-up names at most.
const CHUNK: usize = 5_000;

/// What the tally calls a family: its main exam.
fn subject(main: ExamId) -> Subject {
    Subject { kind: SubjectKind::Exam, id: main.into() }
}

/// States anew how these people stand toward the main exam of the family to which `exam` belongs, main exam or make-up,
/// from rosters and attempts as this transaction sees them. People who are not on the main exam's roster are passed over.
///
/// Call it in the transaction that changed the facts, after the change.
pub async fn restate(tx: &impl ConnectionTrait, exam: ExamId, people: &[PersonId]) -> Result<(), Fault> {
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    state(tx, exam, Some(&people)).await
}

/// The same for everybody on the main exam's roster: when an exam of the family is sealed or closes.
pub async fn restate_everybody(tx: &impl ConnectionTrait, exam: ExamId) -> Result<(), Fault> {
    state(tx, exam, None).await
}

async fn state(tx: &impl ConnectionTrait, exam: ExamId, people: Option<&[PersonId]>) -> Result<(), Fault> {
    let Some(family) = family_of(tx, exam).await? else { return Ok(()) };
    let main = family.main.id;
    // Whoever restates the same people next reads the facts only after this transaction has ended.
    let held = tally::hold(tx, subject(main), people).await?;
    let now = figures_of(tx, main, &held).await?;
    tally::restate(tx, subject(main), &now).await
}

/// The exam with its main exam and all make-ups.
pub async fn family_of(conn: &impl ConnectionTrait, exam: ExamId) -> Result<Option<Family>, Fault> {
    // Not the whole row: it holds the manifest, and every hand-in comes through here.
    let rows: Vec<Row> = exam::Entity::find()
        .select_only()
        .columns([
            exam::Column::Id,
            exam::Column::MakesUpExamId,
            exam::Column::Status,
            exam::Column::AttemptScoring,
            exam::Column::PassPoints,
            exam::Column::ExcellencePoints,
        ])
        .filter(
            Condition::any()
                .add(exam::Column::Id.in_subquery(main_of(exam)))
                .add(exam::Column::MakesUpExamId.in_subquery(main_of(exam))),
        )
        .order_by_asc(exam::Column::OpensAt)
        .order_by_asc(exam::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    let (mut main, make_ups): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, makes_up, ..)| makes_up.is_none());
    Ok(main.pop().map(|main| Family { main: member(main), make_ups: make_ups.into_iter().map(member).collect() }))
}

/// The main exam of an exam's family, as a subquery.
fn main_of(exam: ExamId) -> SelectStatement {
    Query::select()
        .expr(Func::coalesce([Expr::col(exam::Column::MakesUpExamId), Expr::col(exam::Column::Id)]))
        .from(exam::Entity)
        .and_where(exam::Column::Id.eq(exam))
        .to_owned()
}

type SatRow = (PersonId, ExamId, i32, AttemptState, Option<Points>, i32, Option<VoidKind>);
type Row = (ExamId, Option<ExamId>, ExamStatus, AttemptScoring, Points, Option<Points>);

fn member((id, _, status, scoring, pass, excellence): Row) -> Member {
    Member { id, status, scoring, pass, excellence }
}

/// The figures of these people of a main exam's roster, counted from the facts; what the tally holds must be the same.
pub async fn figures_of(
    conn: &impl ConnectionTrait,
    main: ExamId,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Figures>, Fault> {
    let Some(family) = family_of(conn, main).await? else { return Ok(HashMap::new()) };
    let exams: Vec<ExamId> = family.members().map(|m| m.id).collect();
    let mut sat: HashMap<PersonId, Vec<Sitting>> = HashMap::new();
    for people in people.chunks(CHUNK) {
        let rows: Vec<SatRow> = attempt::Entity::find()
            .select_only()
            .columns([
                attempt::Column::PersonId,
                attempt::Column::ExamId,
                attempt::Column::Number,
                attempt::Column::State,
                attempt::Column::Points,
                attempt::Column::Answered,
                attempt::Column::VoidKind,
            ])
            .filter(attempt::Column::ExamId.is_in(exams.iter().copied()))
            .filter(attempt::Column::PersonId.is_in(people.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        for (person, exam, number, state, points, answered, void_kind) in rows {
            sat.entry(person).or_default().push(Sitting { exam, number, state, points, answered, void_kind });
        }
    }
    let mut excuses = excuses(conn, family.main.id).await?;
    // Leaving means nothing for those who have sat: whoever hands in need not wait for this.
    if people.iter().any(|person| !sat.get(person).is_some_and(|own| own.iter().any(Sitting::stands))) {
        for person in org::left(conn, family.main.id.into()).await? {
            excuses.entry(person).or_default().left = true;
        }
    }
    let of = |person| {
        let excuse = excuses.get(&person).copied().unwrap_or_default();
        excused(&family, sat.get(&person).map_or(&[], Vec::as_slice), excuse)
    };
    Ok(people.iter().map(|person| (*person, of(*person))).collect())
}

/// What was granted toward a main exam; few people ask.
async fn excuses(conn: &impl ConnectionTrait, main: ExamId) -> Result<HashMap<PersonId, Excuse>, Fault> {
    let rows: Vec<(PersonId, ExemptionKind, bool)> = exemption::Entity::find()
        .select_only()
        .columns([exemption::Column::PersonId, exemption::Column::Kind, exemption::Column::Late])
        .filter(exemption::Column::ExamId.eq(main))
        .filter(exemption::Column::State.eq(ExemptionState::Approved))
        .into_tuple()
        .all(conn)
        .await?;
    let mut excuses: HashMap<PersonId, Excuse> = HashMap::new();
    for (person, kind, late) in rows {
        let excuse = excuses.entry(person).or_default();
        match kind {
            ExemptionKind::Exempt => excuse.exempt = Some(late),
            ExemptionKind::Deferred => excuse.deferred = true,
        }
    }
    Ok(excuses)
}
