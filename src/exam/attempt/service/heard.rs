//! Whose devices are heard of.

use std::collections::HashMap;

use entity::id::{AttemptId, ExamId};
use entity::instant::{Instant, Millis};

use super::super::store;
use super::{AttemptError, Attempts};

/// What was not heard of for so long is no matter any more.
const OLD: Millis = Millis(600_000);

impl Attempts {
    /// Puts when this instance heard of an exam's devices over what all of them have written down.
    pub(in crate::exam) fn heard(&self, exam: ExamId, heard: &mut HashMap<AttemptId, Instant>) {
        self.contacts.over(exam, heard);
    }

    /// Writes down which devices were heard of since the last time, for other instances. To be called every few seconds;
    /// what is lost with a crash is heard of again.
    pub async fn note_contacts(&self) -> Result<(), AttemptError> {
        let fresh = self.contacts.take(self.core.now() - OLD);
        if fresh.is_empty() {
            return Ok(());
        }
        self.core
            .db
            .tx("attempt.contacts", |tx| {
                let fresh = fresh.clone();
                Box::pin(async move { store::contacts(tx, &fresh).await })
            })
            .await?;
        Ok(())
    }
}
