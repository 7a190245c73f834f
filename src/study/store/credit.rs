//! Hours earned at closed sessions, and what counts for units.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, ProgrammeId, SessionId, UnitId};
use entity::points::Hours;
use entity::study::attendance::AttendanceStatus;
use entity::study::credit::CreditBasis;
use entity::study::session::SessionKind;
use entity::study::{attendance, credit, host, session, unit_credit};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
};

use super::super::counting::{attends, credited_as, credits, earns};
use super::super::requirement::{Earned, Held};
use super::turnout;
use crate::db::{Fault, insert_all};

/// What people earned in a year.
pub(in super::super) type Earnings = HashMap<PersonId, Vec<Earned>>;

/// Person, kind, programme, basis, number of sessions, hours in hundredths.
type Row = (PersonId, SessionKind, Option<ProgrammeId>, CreditBasis, i64, i64);

/// How many people one look-up names at most.
const CHUNK: usize = 5_000;

/// Whose credits are asked for.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Whose<'a> {
    /// Everybody's.
    All,
    /// Those of people who were credited with this session.
    CreditedAt(SessionId),
    /// Somebody's.
    Of(PersonId),
    /// Those of these people.
    Among(&'a [PersonId]),
}

/// Credits everybody whose status at the session earns its hours or might, and those who came for somebody, within the
/// database.
pub(in super::super) async fn credit_session(tx: &impl ConnectionTrait, session: &session::Model) -> Result<(), Fault> {
    let columns = [
        credit::Column::SessionId,
        credit::Column::PersonId,
        credit::Column::Year,
        credit::Column::Kind,
        credit::Column::Hours,
        credit::Column::Basis,
        credit::Column::ProgrammeId,
    ];
    let basis = CaseStatement::new()
        .case(attendance::Column::Status.eq(AttendanceStatus::LeftEarly), CreditBasis::LeftEarly)
        .case(attendance::Column::Status.eq(AttendanceStatus::Delegated), CreditBasis::Delegated)
        .finally(CreditBasis::Full);
    let everybody = |person: attendance::Column, basis: sea_orm::sea_query::SimpleExpr| {
        Query::select()
            .column(attendance::Column::SessionId)
            .column(person)
            .expr(Expr::value(session.year))
            .expr(Expr::value(session.kind))
            .expr(Expr::value(session.credit_hours))
            .expr(basis)
            .expr(Expr::value(session.programme_id))
            .from(attendance::Entity)
            .and_where(attendance::Column::SessionId.eq(session.id))
            .to_owned()
    };
    let own = everybody(attendance::Column::PersonId, basis.into())
        .and_where(attendance::Column::Status.is_in(credits()))
        .to_owned();
    let insert = Query::insert()
        .into_table(credit::Entity)
        .columns(columns)
        .select_from(own)
        .map_err(|error| DbErr::Type(error.to_string()))?
        .to_owned();
    tx.execute(&insert).await?;
    let sent = everybody(attendance::Column::DelegatePersonId, Expr::value(CreditBasis::Full))
        .distinct()
        .and_where(attendance::Column::Status.eq(AttendanceStatus::Delegated))
        .and_where(attendance::Column::DelegatePersonId.is_not_null())
        .to_owned();
    // Who came for somebody and is on the roster too is credited once.
    let once = OnConflict::columns([credit::Column::SessionId, credit::Column::PersonId])
        .update_column(credit::Column::Basis)
        .to_owned();
    let insert = Query::insert()
        .into_table(credit::Entity)
        .columns(columns)
        .select_from(sent)
        .map_err(|error| DbErr::Type(error.to_string()))?
        .on_conflict(once)
        .to_owned();
    tx.execute(&insert).await?;
    turnout::mark(tx, (session.year, session.kind)).await
}

/// Gives these people the credit for a session that its attendance now says, and no other.
pub(in super::super) async fn credit_people(
    tx: &impl ConnectionTrait,
    session: &session::Model,
    people: &[PersonId],
) -> Result<(), Fault> {
    credit::Entity::delete_many()
        .filter(credit::Column::SessionId.eq(session.id))
        .filter(credit::Column::PersonId.is_in(people.iter().copied()))
        .exec(tx)
        .await?;
    let rows = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session.id))
        .filter(
            Condition::any()
                .add(attendance::Column::PersonId.is_in(people.iter().copied()))
                .add(attendance::Column::DelegatePersonId.is_in(people.iter().copied())),
        )
        .all(tx)
        .await?;
    let mut earned: HashMap<PersonId, CreditBasis> = HashMap::new();
    for row in &rows {
        if let Some(basis) = credited_as(row.status) {
            earned.entry(row.person_id).or_insert(basis);
        }
    }
    for delegate in rows.iter().filter(|r| r.status == AttendanceStatus::Delegated).filter_map(|r| r.delegate_person_id)
    {
        earned.insert(delegate, CreditBasis::Full);
    }
    let rows = earned.into_iter().filter(|(person, _)| people.contains(person)).map(|(person_id, basis)| {
        credit::Model {
            session_id: session.id,
            person_id,
            year: session.year,
            kind: session.kind,
            hours: session.credit_hours,
            basis,
            programme_id: session.programme_id,
        }
        .into_active_model()
    });
    insert_all(tx, rows.collect(), false).await?;
    turnout::mark(tx, (session.year, session.kind)).await
}

/// Takes all credits of a session back. Returns whose they were.
pub(in super::super) async fn uncredit_session(
    tx: &impl ConnectionTrait,
    session: &session::Model,
) -> Result<Vec<PersonId>, Fault> {
    let people = credited(tx, session.id).await?.into_keys().collect();
    credit::Entity::delete_many().filter(credit::Column::SessionId.eq(session.id)).exec(tx).await?;
    turnout::mark(tx, (session.year, session.kind)).await?;
    Ok(people)
}

/// Who is credited with a session, and on what it rests.
pub(in super::super) async fn credited(
    conn: &impl ConnectionTrait,
    session: SessionId,
) -> Result<HashMap<PersonId, CreditBasis>, Fault> {
    let rows: Vec<(PersonId, CreditBasis)> = credit::Entity::find()
        .select_only()
        .column(credit::Column::PersonId)
        .column(credit::Column::Basis)
        .filter(credit::Column::SessionId.eq(session))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// With which sessions of a year somebody is credited, and on what it rests.
pub(in super::super) async fn credits_of(
    conn: &impl ConnectionTrait,
    person: PersonId,
    year: i32,
) -> Result<HashMap<SessionId, CreditBasis>, Fault> {
    let rows: Vec<(SessionId, CreditBasis)> = credit::Entity::find()
        .select_only()
        .column(credit::Column::SessionId)
        .column(credit::Column::Basis)
        .filter(credit::Column::PersonId.eq(person))
        .filter(credit::Column::Year.eq(year))
        .filter(credit::Column::Basis.eq(CreditBasis::Full))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Writes what a session was for each unit; nothing unless it is closed. It counts for its hosts and for those whose people
/// were credited with all of it. Returns for which that has changed.
pub(in super::super) async fn count_for_units(
    tx: &impl ConnectionTrait,
    session: &session::Model,
    closed: bool,
) -> Result<HashSet<UnitId>, Fault> {
    let before: Vec<UnitId> = unit_credit::Entity::find()
        .select_only()
        .column(unit_credit::Column::UnitId)
        .filter(unit_credit::Column::SessionId.eq(session.id))
        .filter(unit_credit::Column::Counts.eq(true))
        .into_tuple()
        .all(tx)
        .await?;
    let before: HashSet<UnitId> = before.into_iter().collect();
    unit_credit::Entity::delete_many().filter(unit_credit::Column::SessionId.eq(session.id)).exec(tx).await?;
    let mut was: HashMap<UnitId, Was> = HashMap::new();
    if closed {
        let hosts: Vec<UnitId> = host::Entity::find()
            .select_only()
            .column(host::Column::UnitId)
            .filter(host::Column::SessionId.eq(session.id))
            .into_tuple()
            .all(tx)
            .await?;
        for host in hosts {
            was.entry(host).or_default().counts = true;
        }
        let people: Vec<(UnitId, AttendanceStatus, i64)> = attendance::Entity::find()
            .select_only()
            .column(attendance::Column::UnitId)
            .column(attendance::Column::Status)
            .column_as(attendance::Column::PersonId.count(), "people")
            .filter(attendance::Column::SessionId.eq(session.id))
            .group_by(attendance::Column::UnitId)
            .group_by(attendance::Column::Status)
            .into_tuple()
            .all(tx)
            .await?;
        for (unit, status, people) in people {
            let (was, people) = (was.entry(unit).or_default(), i32::try_from(people).unwrap_or(i32::MAX));
            was.expected += people;
            was.attended += if attends(status) { people } else { 0 };
            was.counts |= earns(status);
        }
    }
    let now: HashSet<UnitId> = was.iter().filter(|(_, was)| was.counts).map(|(unit, _)| *unit).collect();
    let rows = was.into_iter().map(|(unit, was)| unit_credit::ActiveModel {
        session_id: Set(session.id),
        unit_id: Set(unit),
        year: Set(session.year),
        kind: Set(session.kind),
        programme_id: Set(session.programme_id),
        counts: Set(was.counts),
        expected: Set(was.expected),
        attended: Set(was.attended),
    });
    insert_all(tx, rows.collect(), false).await?;
    Ok(before.symmetric_difference(&now).copied().collect())
}

/// What a session was for a unit.
#[derive(Default)]
struct Was {
    counts: bool,
    expected: i32,
    attended: i32,
}

/// How many sessions of each kind of a year count for each unit toward a programme.
pub(in super::super) async fn held(
    conn: &impl ConnectionTrait,
    year: i32,
    programme: ProgrammeId,
) -> Result<HashMap<UnitId, Held>, Fault> {
    let rows: Vec<(UnitId, SessionKind, i64)> = unit_credit::Entity::find()
        .select_only()
        .column(unit_credit::Column::UnitId)
        .column(unit_credit::Column::Kind)
        .column_as(unit_credit::Column::SessionId.count(), "sessions")
        .filter(unit_credit::Column::Year.eq(year))
        .filter(unit_credit::Column::Counts.eq(true))
        .filter(
            Condition::any()
                .add(unit_credit::Column::ProgrammeId.is_null())
                .add(unit_credit::Column::ProgrammeId.eq(programme)),
        )
        .group_by(unit_credit::Column::UnitId)
        .group_by(unit_credit::Column::Kind)
        .into_tuple()
        .all(conn)
        .await?;
    let mut held: HashMap<UnitId, Held> = HashMap::new();
    for (unit, kind, sessions) in rows {
        held.entry(unit).or_default().insert(kind, sessions);
    }
    Ok(held)
}

/// What people earned in a year, summed by the database: a row for each person, kind, programme and basis.
pub(in super::super) async fn earnings(
    conn: &impl ConnectionTrait,
    year: i32,
    whose: Whose<'_>,
) -> Result<Earnings, Fault> {
    let mut rows: Vec<Row> = Vec::new();
    let query = sums(year);
    match whose {
        Whose::All => rows = query.into_tuple().all(conn).await?,
        Whose::Of(person) => rows = query.filter(credit::Column::PersonId.eq(person)).into_tuple().all(conn).await?,
        Whose::Among(people) => {
            for people in people.chunks(CHUNK) {
                let query = query.clone().filter(credit::Column::PersonId.is_in(people.iter().copied()));
                rows.extend(query.into_tuple::<Row>().all(conn).await?);
            }
        }
        Whose::CreditedAt(session) => {
            let credited = credit::Entity::find()
                .select_only()
                .column(credit::Column::PersonId)
                .filter(credit::Column::SessionId.eq(session))
                .into_query();
            rows = query.filter(credit::Column::PersonId.in_subquery(credited)).into_tuple().all(conn).await?;
        }
    }
    let mut earnings = Earnings::new();
    for (person, kind, programme_id, basis, sessions, hours) in rows {
        let earned = Earned { kind, programme_id, basis, sessions, hours: Hours(hours) };
        earnings.entry(person).or_default().push(earned);
    }
    Ok(earnings)
}

fn sums(year: i32) -> sea_orm::Select<credit::Entity> {
    // PostgreSQL sums big integers into decimals, hence the cast.
    let hours = Expr::expr(Expr::col(credit::Column::Hours).sum()).cast_as("bigint");
    credit::Entity::find()
        .select_only()
        .column(credit::Column::PersonId)
        .column(credit::Column::Kind)
        .column(credit::Column::ProgrammeId)
        .column(credit::Column::Basis)
        .column_as(credit::Column::SessionId.count(), "sessions")
        .column_as(hours, "hours")
        .filter(credit::Column::Year.eq(year))
        .group_by(credit::Column::PersonId)
        .group_by(credit::Column::Kind)
        .group_by(credit::Column::ProgrammeId)
        .group_by(credit::Column::Basis)
}
