//! Queries over years before Kaofa.

use entity::id::{AccountId, PastYearId, PersonId, SubjectId, UnitId};
use entity::instant::Instant;
use entity::report::{past_row, past_year};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::db::{Fault, insert_all};
use crate::tree;

/// The years that count, up to one of them.
pub(in crate::report) async fn past_years(
    conn: &impl ConnectionTrait,
    until: i32,
) -> Result<Vec<past_year::Model>, Fault> {
    Ok(past_year::Entity::find()
        .filter(past_year::Column::WithdrawnAt.is_null())
        .filter(past_year::Column::Year.lte(until))
        .order_by_asc(past_year::Column::Id)
        .all(conn)
        .await?)
}

/// Those of a unit, those above and those below it, taken back or not, the newest year first.
pub(in crate::report) async fn past_years_about(
    conn: &impl ConnectionTrait,
    unit: UnitId,
) -> Result<Vec<past_year::Model>, Fault> {
    Ok(past_year::Entity::find()
        .filter(
            Condition::any()
                .add(past_year::Column::UnitId.in_subquery(tree::within(&[unit])))
                .add(past_year::Column::UnitId.in_subquery(tree::above(&[unit]))),
        )
        .order_by_desc(past_year::Column::Year)
        .order_by_desc(past_year::Column::Id)
        .all(conn)
        .await?)
}

/// One of them.
pub(in crate::report) async fn past_year(
    conn: &impl ConnectionTrait,
    id: PastYearId,
) -> Result<Option<past_year::Model>, Fault> {
    Ok(past_year::Entity::find_by_id(id).one(conn).await?)
}

/// That of which the tally speaks by this subject.
pub(in crate::report) async fn past_year_of(
    conn: &impl ConnectionTrait,
    subject: SubjectId,
) -> Result<Option<past_year::Model>, Fault> {
    let either =
        Condition::any().add(past_year::Column::StudyId.eq(subject)).add(past_year::Column::ExamId.eq(subject));
    Ok(past_year::Entity::find().filter(either).one(conn).await?)
}

/// Its rows, all or those of these people.
pub(in crate::report) async fn past_rows(
    conn: &impl ConnectionTrait,
    id: PastYearId,
    people: Option<&[PersonId]>,
) -> Result<Vec<past_row::Model>, Fault> {
    let mut rows = Vec::new();
    let chunks: Vec<Option<&[PersonId]>> = match people {
        None => vec![None],
        Some(people) => people.chunks(5_000).map(Some).collect(),
    };
    for chunk in chunks {
        let mut query = past_row::Entity::find().filter(past_row::Column::PastYearId.eq(id));
        if let Some(people) = chunk {
            query = query.filter(past_row::Column::PersonId.is_in(people.iter().copied()));
        }
        rows.extend(query.order_by_asc(past_row::Column::PersonId).all(conn).await?);
    }
    Ok(rows)
}

/// Writes a year and its rows.
pub(in crate::report) async fn insert_past_year(
    tx: &impl ConnectionTrait,
    year: past_year::Model,
    rows: Vec<past_row::Model>,
) -> Result<(), Fault> {
    past_year::Entity::insert(year.into_active_model()).exec_without_returning(tx).await?;
    insert_all(tx, rows.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// Takes a year back. False if that was done already.
pub(in crate::report) async fn withdraw_past_year(
    tx: &impl ConnectionTrait,
    id: PastYearId,
    (by, at, reason): (AccountId, Instant, String),
) -> Result<bool, Fault> {
    let change = past_year::ActiveModel {
        open_key: Set(None),
        withdrawn_at: Set(Some(at)),
        withdrawn_by: Set(Some(by)),
        withdraw_reason: Set(Some(reason)),
        ..Default::default()
    };
    let done = past_year::Entity::update_many()
        .set(change)
        .filter(past_year::Column::Id.eq(id))
        .filter(past_year::Column::WithdrawnAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected > 0)
}
