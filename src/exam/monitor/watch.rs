//! The one watcher of an exam.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entity::exam::exam::ExamStatus;
use entity::id::{ExamId, PersonId, UnitId};
use entity::instant::Instant;
use parking_lot::Mutex;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::model::{Board, HEARD, Row, Standing};
use super::store;
use crate::core::Core;
use crate::db::Fault;
use crate::exam::attempt::Attempts;
use crate::exam::blueprint::{key_seers, status_at};
use crate::org::{self, Org, RosterMember};

/// How long it rests between two looks, and once the exam is over.
const REST: Duration = Duration::from_secs(1);
const REST_AFTERWARDS: Duration = Duration::from_secs(10);
/// After so many looks the roster is read again even if it is as long as before.
const ROSTER_AGAIN: u32 = 30;

/// What a watcher last found; nothing before its first look.
pub(super) type Found = Option<Arc<Board>>;

/// What looking takes.
#[derive(Clone)]
pub(super) struct Eyes {
    pub(super) core: Core,
    pub(super) org: Arc<Org>,
    pub(super) attempts: Arc<Attempts>,
}

/// The roster as it was read last.
#[derive(Default)]
struct Roster {
    members: Arc<Vec<RosterMember>>,
    units: Arc<HashMap<UnitId, String>>,
    /// Who saw a key, and when first.
    seers: HashMap<PersonId, Instant>,
    looks: u32,
}

impl Eyes {
    /// One look at an exam; nothing if it is gone.
    pub(super) async fn once(&self, exam: ExamId) -> Result<Found, Fault> {
        self.look(exam, &mut Roster::default()).await
    }

    async fn look(&self, exam: ExamId, roster: &mut Roster) -> Result<Found, Fault> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let Some((status, opens_at)) = store::status(conn, exam).await? else { return Ok(None) };
        let long = org::roster_count(conn, exam.into()).await?;
        let same = u64::try_from(roster.members.len()).is_ok_and(|known| known == long);
        if !same || roster.looks == 0 {
            roster.members = Arc::new(org::roster(conn, exam.into(), None).await?);
            let units: Vec<UnitId> = roster.members.iter().map(|m| m.unit_id).collect();
            roster.units = Arc::new(self.org.unit_names(&units).await.map_err(fault)?);
            roster.seers = key_seers(conn, exam).await?;
            roster.looks = ROSTER_AGAIN;
        }
        roster.looks -= 1;
        let attempts = store::newest(conn, exam).await?;
        let (mut heard, allowed) = (store::contacts(conn, exam).await?, store::allowances(conn, exam).await?);
        self.attempts.heard(exam, &mut heard);
        let row = |member: &RosterMember| {
            let sat = attempts.get(&member.person_id);
            let standing = Standing::of(sat.map(|sat| sat.state));
            let heard = sat.and_then(|sat| heard.get(&sat.id));
            let (extra_seconds, admit_until) = allowed.get(&member.person_id).copied().unwrap_or_default();
            Row {
                person_id: member.person_id,
                person_name: member.person_name.clone(),
                unit_id: member.unit_id,
                standing,
                connected: standing == Standing::Sitting && heard.is_some_and(|at| now - *at <= HEARD),
                attempt_id: sat.map(|sat| sat.id),
                number: sat.map_or(0, |sat| sat.number),
                started_at: sat.map(|sat| sat.started_at),
                deadline: sat.map(store::Sat::deadline),
                submitted_at: sat.and_then(|sat| sat.submitted_at),
                by_server: sat.is_some_and(|sat| sat.by_server),
                extra_seconds,
                admit_until,
                saw_key: roster.seers.get(&member.person_id).is_some_and(|at| sat.is_none_or(|s| *at < s.started_at)),
            }
        };
        let rows = roster.members.iter().map(row).collect();
        let status = status_at(status, opens_at, now);
        Ok(Some(Arc::new(Board { at: now, status, rows, units: Arc::clone(&roster.units) })))
    }
}

fn fault(error: org::OrgError) -> Fault {
    match error {
        org::OrgError::Fault(fault) => fault,
        other => sea_orm::DbErr::Custom(other.to_string()).into(),
    }
}

/// The watchers that are at work.
#[derive(Default)]
pub(super) struct Watchers(Mutex<HashMap<ExamId, Sender<Found>>>);

impl Watchers {
    /// What the exam's watcher finds; it begins with the first who looks.
    pub(super) fn subscribe(self: &Arc<Self>, exam: ExamId, eyes: &Eyes, stop: &CancellationToken) -> Receiver<Found> {
        let mut at_work = self.0.lock();
        if let Some(sender) = at_work.get(&exam) {
            let mut receiver = sender.subscribe();
            // What is known already is new to them.
            receiver.mark_changed();
            return receiver;
        }
        let (sender, receiver) = channel(None);
        at_work.insert(exam, sender.clone());
        tokio::spawn(Arc::clone(self).work(exam, eyes.clone(), sender, stop.clone()));
        receiver
    }

    /// Looks again and again until nobody looks any more.
    async fn work(self: Arc<Self>, exam: ExamId, eyes: Eyes, sender: Sender<Found>, stop: CancellationToken) {
        let mut roster = Roster::default();
        loop {
            let mut rest = REST;
            match eyes.look(exam, &mut roster).await {
                Ok(Some(board)) => {
                    if matches!(board.status, ExamStatus::Closed | ExamStatus::Released) {
                        rest = REST_AFTERWARDS;
                    }
                    sender.send_if_modified(|known| {
                        let more = known.as_ref().is_none_or(|known| board.tells_more_than(known));
                        if more {
                            *known = Some(board);
                        }
                        more
                    });
                }
                Ok(None) => return self.end(exam),
                // The next look may see more.
                Err(error) => tracing::warn!(%exam, %error, "an exam could not be watched"),
            }
            if stop.run_until_cancelled(tokio::time::sleep(rest)).await.is_none() {
                return self.end(exam);
            }
            let mut at_work = self.0.lock();
            // Under the lock: nobody can begin to look meanwhile.
            if sender.receiver_count() == 0 {
                at_work.remove(&exam);
                return;
            }
        }
    }

    fn end(&self, exam: ExamId) {
        self.0.lock().remove(&exam);
    }
}
