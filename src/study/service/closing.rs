//! Closing a session: from here on its figures are facts.

use entity::id::SessionId;
use entity::study::session::SessionStatus;
use serde_json::json;

use super::super::store;
use super::standing::{Change, restate};
use super::{Study, StudyError, session_subject};
use crate::auth::Caller;
use crate::log;

impl Study {
    /// Closes a running session once it has begun: whoever has not come was absent, whoever was there is credited, and
    /// the standings of those credited follow in every programme that it counts toward. By a coordinator of a host.
    pub async fn close_session(&self, caller: &Caller, id: SessionId) -> Result<(), StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let row = self.opened(row).await?;
        if row.status != SessionStatus::Running || now < row.starts_at {
            return Err(StudyError::WrongState);
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
                    let absent = store::close_pending(tx, id).await?;
                    store::credit_session(tx, &row).await?;
                    restate(tx, &row, Change::Closed, today).await?;
                    entry.data = json!({ "expected": store::count_roster(tx, id).await?, "absent": absent });
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }
}
