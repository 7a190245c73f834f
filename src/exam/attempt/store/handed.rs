//! What was handed in, for whoever holds it against the log.

use std::collections::HashMap;

use entity::exam::attempt::{self, AttemptState};
use entity::id::{AttemptId, ExamId, PersonId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::ledger::Ledger;
use super::ledgers;
use crate::db::Fault;

/// An attempt that was handed in, with a digest of all that was saved in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Which one.
    pub attempt: AttemptId,
    /// Whose.
    pub person: PersonId,
    /// SHA-256 over its saves, hex, as the log was told when it was handed in.
    pub history: String,
}

/// The attempts of an exam that have been handed in and count, from one on, so many at most, in the order of their ids.
pub async fn handed_in(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    after: Option<AttemptId>,
    limit: u64,
) -> Result<Vec<Handed>, Fault> {
    let mut query = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::Id, attempt::Column::PersonId])
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::State.is_in([AttemptState::Submitted, AttemptState::Graded]))
        .order_by_asc(attempt::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(attempt::Column::Id.gt(after));
    }
    let rows: Vec<(AttemptId, PersonId)> = query.into_tuple().all(conn).await?;
    let ids: Vec<AttemptId> = rows.iter().map(|(id, _)| *id).collect();
    let mut kept: HashMap<AttemptId, Ledger> = HashMap::new();
    ledgers(conn, &ids, &mut kept).await?;
    let handed = rows.into_iter().map(|(attempt, person)| {
        let history = kept.remove(&attempt).unwrap_or_default().digest().to_string();
        Handed { attempt, person, history }
    });
    Ok(handed.collect())
}
