//! Sealed exams in memory.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::ExamId;
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;
use tokio::sync::OnceCell;

use super::model::SealedExam;
use super::store;
use crate::db::Fault;

/// How many exams are remembered at most; a district runs a few at a time.
const ROOM: usize = 64;

type Slot = Arc<OnceCell<Arc<SealedExam>>>;

/// Sealed exams by the digest of their manifest.
#[derive(Default)]
pub struct SealedCache {
    exams: Mutex<HashMap<String, Slot>>,
}

impl std::fmt::Debug for SealedCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedCache")
    }
}

impl SealedCache {
    /// The exam as it was sealed with that manifest. However many ask at once, it is loaded once.
    ///
    /// An exam that was sealed anew meanwhile is a passing fault: read its digest again.
    pub async fn get(
        &self,
        conn: &impl ConnectionTrait,
        exam: ExamId,
        manifest_digest: &str,
    ) -> Result<Arc<SealedExam>, Fault> {
        let slot = self.slot(manifest_digest);
        Ok(Arc::clone(slot.get_or_try_init(|| store::load(conn, exam, manifest_digest)).await?))
    }

    fn slot(&self, manifest_digest: &str) -> Slot {
        let mut exams = self.exams.lock();
        if let Some(slot) = exams.get(manifest_digest) {
            return Arc::clone(slot);
        }
        if exams.len() >= ROOM {
            exams.clear();
        }
        Arc::clone(exams.entry(manifest_digest.to_owned()).or_default())
    }
}
