//! The credits and the attendance behind figures, as they stand in the database.

use std::collections::HashMap;

use entity::id::{PersonId, ProgrammeId};
use entity::study::session::SessionStatus;
use entity::study::{attendance, credit, programme, requirement, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value, json};

use crate::db::Fault;

/// What these people were credited with in a year and how they attended its closed sessions: what the log calls each, and all
/// of it on which a figure rests.
pub(in super::super) async fn facts(
    conn: &impl ConnectionTrait,
    year: i32,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(String, Value)>>, Fault> {
    let of_year = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::Year.eq(year))
        .filter(session::Column::Status.eq(SessionStatus::Closed))
        .into_query();
    let mut facts: HashMap<PersonId, Vec<(String, Value)>> = HashMap::new();
    for people in people.chunks(2_000) {
        let credits = credit::Entity::find()
            .filter(credit::Column::PersonId.is_in(people.iter().copied()))
            .filter(credit::Column::Year.eq(year))
            .order_by_asc(credit::Column::SessionId)
            .all(conn)
            .await?;
        for row in credits {
            let fact = json!({
                "credit": row.hours.0, "kind": row.kind, "basis": row.basis, "programme": row.programme_id,
            });
            facts.entry(row.person_id).or_default().push((format!("session:{}", row.session_id), fact));
        }
        let attended = attendance::Entity::find()
            .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
            .filter(attendance::Column::SessionId.in_subquery(of_year.clone()))
            .order_by_asc(attendance::Column::SessionId)
            .all(conn)
            .await?;
        for row in attended {
            let fact = json!({
                "status": row.status, "unit": row.unit_id, "in": row.checked_in_at, "out": row.checked_out_at,
                "method": row.method, "reason": row.reason, "delegate": row.delegate_person_id,
                "studied": row.studied, "confirmed_by": row.confirmed_by, "evidence": row.evidence_id,
            });
            facts.entry(row.person_id).or_default().push((format!("session:{}", row.session_id), fact));
        }
    }
    Ok(facts)
}

/// A programme as the log calls it, with all that it asks.
pub(in super::super) async fn programme_facts(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Vec<(String, Value)>, Fault> {
    let Some(row) = programme::Entity::find_by_id(id).one(conn).await? else { return Ok(Vec::new()) };
    let asked = requirement::Entity::find()
        .filter(requirement::Column::ProgrammeId.eq(id))
        .all(conn)
        .await?
        .into_iter()
        .map(|r| format!("{r:?}"))
        .collect::<std::collections::BTreeSet<_>>();
    let fact = json!({
        "year": row.year, "hours": row.required_hours.map(|h| h.0), "left_early": row.credits_left_early,
        "delegated": row.credits_delegated, "asked": asked,
    });
    Ok(vec![(format!("programme:{id}"), fact)])
}
