//! Counting closed exams once and for all.

use std::collections::HashSet;
use std::sync::Arc;

use entity::id::ExamId;
use entity::points::Points;
use parking_lot::Mutex;
use sea_orm::DbErr;

use super::report::ExamStatistics;
use super::store::Counted;
use super::{collect, report, store};
use crate::auth::Caller;
use crate::core::Core;
use crate::db::Fault;
use crate::exam::ruling;
use crate::exam::sealed::SealedCache;
use crate::exam::{ExamError, Exams};

/// The service of statistics. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Statistics {
    core: Core,
    sealed: Arc<SealedCache>,
    exams: Arc<Exams>,
    /// Those whose papers cannot be read: once said is enough.
    unreadable: Arc<Mutex<HashSet<ExamId>>>,
}

impl Statistics {
    /// Over a core and the sealed exams in memory.
    #[must_use]
    pub fn new(core: Core, sealed: Arc<SealedCache>, exams: Arc<Exams>) -> Self {
        Self { core, sealed, exams, unreadable: Arc::default() }
    }

    /// What an exam that has closed adds up to. For those who manage or audit its unit; before release, for nobody on its
    /// roster, since it tells the key.
    pub async fn statistics(&self, caller: &Caller, id: ExamId) -> Result<ExamStatistics, ExamError> {
        let conn = self.core.db.read();
        let (seal, max_points, regrades) = self.exams.counted_for(conn, caller, id).await?;
        let sealed = self.sealed.get(conn, id, &seal).await?;
        let rulings = ruling::rulings(conn, &sealed, regrades).await?;
        let found = collect::collect(conn, &sealed, &rulings).await?;
        Ok(report::report(&sealed, &rulings, &found, max_points.0))
    }

    /// Counts every exam that has closed and is not counted yet, so that the next draw knows how hard its questions were.
    /// Reading takes as long as it takes and holds nothing up; what it came to is written in one short step. Safe on
    /// several instances at once, and again after a crash.
    pub async fn tick(&self) -> Result<(), Fault> {
        for (exam, seal, regrades) in store::uncounted(self.core.db.read()).await? {
            if self.unreadable.lock().contains(&exam) {
                continue;
            }
            match self.count(exam, &seal, regrades).await {
                // A paper that was changed behind the program's back: the other exams are counted all the same.
                Err(Fault::Other(error)) => {
                    tracing::error!(%exam, %error, "the papers of an exam cannot be counted");
                    self.unreadable.lock().insert(exam);
                }
                other => other?,
            }
        }
        Ok(())
    }

    async fn count(&self, exam: ExamId, seal: &str, regrades: i32) -> Result<(), Fault> {
        let conn = self.core.db.read();
        let sealed = self.sealed.get(conn, exam, seal).await?;
        let rulings = ruling::rulings(conn, &sealed, regrades).await?;
        let sums = collect::collect(conn, &sealed, &rulings).await?.sums;
        // What everybody has full marks for, or nobody any, says nothing about how hard it is.
        let told = |item: &str| rulings.of(item).is_none_or(|course| !course.valid().keys().is_empty());
        let counted = sealed.items().map(|item| counted(item, sums.items.get(item).filter(|_| told(item))));
        let counted: Option<Vec<Counted>> = counted.collect();
        let counted = counted.ok_or_else(|| Fault::from(DbErr::Type(format!("the sums of exam {exam}"))))?;
        let now = self.core.now();
        self.core
            .db
            .tx("statistics.count", |tx| {
                let (counted, seal) = (counted.clone(), seal.to_owned());
                Box::pin(async move { store::keep(tx, exam, (&seal, regrades), &counted, now).await })
            })
            .await
    }
}

fn counted(item: &str, tally: Option<&super::Tally>) -> Option<Counted> {
    let (question, version) = item.split_once('@')?;
    let (question, version) = (question.parse().ok()?, version.parse().ok()?);
    let nothing = super::Tally::default();
    let tally = tally.unwrap_or(&nothing);
    Some(Counted {
        question,
        version,
        sittings: i32::try_from(tally.persons).ok()?,
        points: Points(i64::try_from(tally.x).ok()?),
        max_points: Points(i64::try_from(tally.max_points).ok()?),
    })
}
