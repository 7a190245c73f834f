//! Who may watch what.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use entity::id::{ExamId, UnitId};
use futures_util::Stream;
use tokio_util::sync::CancellationToken;

use super::model::{Board, Sight};
use super::watch::{Eyes, Found, Watchers};
use crate::auth::{Auth, Caller, Denied, MANAGERS, READERS, authorise};
use crate::core::Core;
use crate::exam::attempt::Attempts;
use crate::exam::{ExamError, Exams};
use crate::org::Org;

/// How often it is asked whether the one who looks still may.
const STILL_ALLOWED: Duration = Duration::from_secs(1);
/// After so many seconds without news it is told that there is none.
const NO_NEWS: u32 = 15;

/// The service that watches exams. Cheap to clone.
#[derive(Clone)]
pub struct Monitors {
    eyes: Eyes,
    auth: Arc<Auth>,
    exams: Arc<Exams>,
    watchers: Arc<Watchers>,
    stop: CancellationToken,
}

impl std::fmt::Debug for Monitors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Monitors")
    }
}

/// Somebody who looks: what they saw last.
struct Viewer {
    monitors: Monitors,
    caller: Caller,
    units: HashSet<UnitId>,
    found: tokio::sync::watch::Receiver<Found>,
    seen: Found,
}

impl Monitors {
    /// Over what looking takes.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, auth: Arc<Auth>, exams: Arc<Exams>, attempts: Arc<Attempts>) -> Self {
        let eyes = Eyes { core, org, attempts };
        Self { eyes, auth, exams, watchers: Arc::default(), stop: CancellationToken::new() }
    }

    /// Lets nobody look any more: the server is about to stop, and streams would hold it up.
    pub fn close(&self) {
        self.stop.cancel();
    }

    /// An exam as the caller sees it at this moment, and whether they may act on it. For coordinators and auditors, of the
    /// part of its roster that they reach.
    pub async fn sight(&self, caller: &Caller, id: ExamId, unit: Option<UnitId>) -> Result<(Sight, bool), ExamError> {
        let units = self.units(caller, id, unit).await?;
        let board = self.eyes.once(id).await?.ok_or(Denied::NotFound)?;
        Ok((Sight::of(&board, None, &units), self.acts(caller, id).await?))
    }

    /// The same as a stream: first everybody, then whoever stands otherwise, at most once a second. It ends when the caller
    /// may not look any more, or may look elsewhere.
    pub async fn stream(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
    ) -> Result<(impl Stream<Item = Sight> + Send + use<>, bool), ExamError> {
        let units = self.units(caller, id, unit).await?;
        let acts = self.acts(caller, id).await?;
        let found = self.watchers.subscribe(id, &self.eyes, &self.stop);
        let viewer = Viewer { monitors: self.clone(), caller: caller.clone(), units, found, seen: None };
        let next = |mut viewer: Viewer| async move {
            let sight = viewer.next().await?;
            Some((sight, viewer))
        };
        Ok((futures_util::stream::unfold(viewer, next), acts))
    }

    /// The units whose candidates the caller sees.
    async fn units(&self, caller: &Caller, id: ExamId, unit: Option<UnitId>) -> Result<HashSet<UnitId>, ExamError> {
        let (conn, now) = (self.eyes.core.db.read(), self.eyes.core.now());
        let tops = match unit {
            None => caller.scope(READERS, now)?.0,
            Some(unit) => {
                authorise::<ExamError>(conn, caller, READERS, unit, now).await?;
                vec![unit]
            }
        };
        self.exams.seen(conn, caller, id).await?;
        let mut units = HashSet::new();
        for top in tops {
            units.extend(crate::tree::subtree(conn, top).await?.into_iter().map(|node| node.unit.id));
        }
        Ok(units)
    }

    async fn acts(&self, caller: &Caller, id: ExamId) -> Result<bool, ExamError> {
        if !caller.has(MANAGERS, self.eyes.core.now()) {
            return Ok(false);
        }
        match self.exams.managed(self.eyes.core.db.read(), caller, id).await {
            Ok(_) => Ok(true),
            Err(ExamError::Denied(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

impl Viewer {
    /// What is to be told next; nothing at the end.
    async fn next(&mut self) -> Option<Sight> {
        let mut quiet = 0;
        loop {
            // Known tokens cost no query.
            let again = self.monitors.auth.again(&self.caller).await.ok()?;
            if again.account.grants != self.caller.account.grants {
                return None;
            }
            let changed = tokio::time::timeout(STILL_ALLOWED, self.found.changed());
            match self.monitors.stop.run_until_cancelled(changed).await? {
                Err(_nothing_new) => {
                    quiet += 1;
                    if let Some(seen) = self.seen.as_deref().filter(|_| quiet >= NO_NEWS) {
                        let at = self.monitors.eyes.core.now();
                        return Some(Sight { at, ..Sight::of(seen, Some(seen), &self.units) });
                    }
                }
                Ok(Err(_the_watcher_has_ended)) => return None,
                Ok(Ok(())) => {
                    let board: Found = self.found.borrow_and_update().clone();
                    let Some(board) = board else { continue };
                    let first = self.seen.is_none();
                    let sight = Sight::of(&board, self.seen.as_deref(), &self.units);
                    let status = self.seen.as_ref().map(|seen: &Arc<Board>| seen.status);
                    self.seen = Some(board);
                    // Something changed where they do not look.
                    if first || !sight.rows.is_empty() || status != Some(sight.status) {
                        return Some(sight);
                    }
                }
            }
        }
    }
}
