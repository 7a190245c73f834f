//! Hours earned at closed sessions.

use std::collections::HashMap;

use entity::id::{PersonId, ProgrammeId, SessionId};
use entity::points::Hours;
use entity::study::session::SessionKind;
use entity::study::{attendance, credit, session};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
};

use super::super::counting::earning;
use super::super::requirement::Earned;
use crate::db::Fault;

/// What people earned in a year.
pub(in super::super) type Earnings = HashMap<PersonId, Vec<Earned>>;

/// Person, kind, programme, number of sessions, hours in hundredths.
type Row = (PersonId, SessionKind, Option<ProgrammeId>, i64, i64);

/// Whose credits are asked for.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Whose {
    /// Everybody's.
    All,
    /// Those of people who were credited with this session.
    CreditedAt(SessionId),
    /// Somebody's.
    Of(PersonId),
}

/// Credits everybody whose status at the session earns its hours, within the database.
pub(in super::super) async fn credit_session(tx: &impl ConnectionTrait, session: &session::Model) -> Result<(), Fault> {
    let earned = Query::select()
        .column(attendance::Column::SessionId)
        .column(attendance::Column::PersonId)
        .expr(Expr::value(session.year))
        .expr(Expr::value(session.kind))
        .expr(Expr::value(session.credit_hours))
        .expr(Expr::value(session.programme_id))
        .from(attendance::Entity)
        .and_where(attendance::Column::SessionId.eq(session.id))
        .and_where(attendance::Column::Status.is_in(earning()))
        .to_owned();
    let insert = Query::insert()
        .into_table(credit::Entity)
        .columns([
            credit::Column::SessionId,
            credit::Column::PersonId,
            credit::Column::Year,
            credit::Column::Kind,
            credit::Column::Hours,
            credit::Column::ProgrammeId,
        ])
        .select_from(earned)
        .map_err(|error| DbErr::Type(error.to_string()))?
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}

/// Credits somebody with a session.
pub(in super::super) async fn insert_credit(
    tx: &impl ConnectionTrait,
    session: &session::Model,
    person_id: PersonId,
) -> Result<(), Fault> {
    let row = credit::Model {
        session_id: session.id,
        person_id,
        year: session.year,
        kind: session.kind,
        hours: session.credit_hours,
        programme_id: session.programme_id,
    };
    credit::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Takes a credit back.
pub(in super::super) async fn delete_credit(
    tx: &impl ConnectionTrait,
    session: SessionId,
    person: PersonId,
) -> Result<(), Fault> {
    credit::Entity::delete_by_id((session, person)).exec(tx).await?;
    Ok(())
}

/// What people earned in a year, summed by the database: a row for each person, kind and programme.
pub(in super::super) async fn earnings(
    conn: &impl ConnectionTrait,
    year: i32,
    whose: Whose,
) -> Result<Earnings, Fault> {
    // PostgreSQL sums big integers into decimals, hence the cast.
    let hours = Expr::expr(Expr::col(credit::Column::Hours).sum()).cast_as("bigint");
    let mut query = credit::Entity::find()
        .select_only()
        .column(credit::Column::PersonId)
        .column(credit::Column::Kind)
        .column(credit::Column::ProgrammeId)
        .column_as(credit::Column::SessionId.count(), "sessions")
        .column_as(hours, "hours")
        .filter(credit::Column::Year.eq(year))
        .group_by(credit::Column::PersonId)
        .group_by(credit::Column::Kind)
        .group_by(credit::Column::ProgrammeId);
    query = match whose {
        Whose::All => query,
        Whose::Of(person) => query.filter(credit::Column::PersonId.eq(person)),
        Whose::CreditedAt(session) => {
            let credited = credit::Entity::find()
                .select_only()
                .column(credit::Column::PersonId)
                .filter(credit::Column::SessionId.eq(session))
                .into_query();
            query.filter(credit::Column::PersonId.in_subquery(credited))
        }
    };
    let rows: Vec<Row> = query.into_tuple().all(conn).await?;
    let mut earnings = Earnings::new();
    for (person, kind, programme_id, sessions, hours) in rows {
        let earned = Earned { kind, programme_id, sessions, hours: Hours(hours) };
        earnings.entry(person).or_default().push(earned);
    }
    Ok(earnings)
}
