//! Closing a session: from here on its figures are facts.

use entity::id::SessionId;
use entity::study::session::{SessionKind, SessionStatus};
use serde_json::json;

use super::super::store;
use super::standing::{Change, restate};
use super::{Study, StudyError, session_subject};
use crate::auth::Caller;
use crate::log;

impl Study {
    /// Closes a running session once it has begun: whoever has not come was absent, whoever never checked out
    /// where that is asked for left early, whoever was there is credited, and
    /// the standings of those credited follow in every programme that it counts toward. By a coordinator of a host.
    pub async fn close_session(&self, caller: &Caller, id: SessionId) -> Result<(), StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let row = self.opened(row).await?;
        if row.status != SessionStatus::Running || now < row.starts_at {
            return Err(StudyError::WrongState);
        }
        if row.kind == SessionKind::External && row.evidence_id.is_none() {
            return Err(StudyError::EvidenceRequired);
        }
        let entry = self.entry(&caller.actor(), "study.close_session", session_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.close_session", |tx| {
                let (row, mut entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    if !store::set_session_closed(tx, id, now).await? {
                        return Err(StudyError::WrongState);
                    }
                    let early = if row.require_check_out { store::close_stays(tx, id).await? } else { 0 };
                    let absent = store::close_pending(tx, id).await?;
                    store::credit_session(tx, &row).await?;
                    let units = store::count_for_units(tx, &row, true).await?;
                    restate(tx, &row, Change::Closed, &units, today).await?;
                    entry.data = json!({
                        "expected": store::count_roster(tx, id).await?, "absent": absent, "left_early": early,
                    });
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }
}
