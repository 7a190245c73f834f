//! Checking the whole log, a part at a time, so that no request has to wait for it and no reader for the check. It is
//! done every few hours, and at once when somebody asks.

use entity::instant::{Instant, Millis};
use entity::log::Outcome as Done;
use serde_json::json;

use super::{Evidence, EvidenceError};
use crate::auth::Caller;
use crate::evidence::model::{Check, Outcome};
use crate::evidence::store;
use crate::log::{self, Actor, Entry, Trust, Verification};

/// How long after a check another one is due.
const EVERY: Millis = Millis(6 * 3600 * 1000);
/// How long after its start an instance makes the first check of all.
const SETTLED: Millis = Millis(60_000);
/// An instance that has not been at its check for so long is gone, and another takes it over from the beginning.
const SILENCE: Millis = Millis(60_000);
/// How many thousands of entries are looked at in a turn.
const STEPS: usize = 5;

/// A check that this instance is at.
#[derive(Debug)]
pub(super) struct Underway {
    id: i64,
    verification: Verification,
}

impl Evidence {
    /// The last check that is done, and the one that is asked for or under way. For those who read the log.
    pub async fn checks(&self, caller: &Caller) -> Result<(Option<Check>, Option<Check>), EvidenceError> {
        self.sight(caller)?;
        let conn = self.core.db.read();
        Ok((store::last_check(conn).await?, store::open_check(conn).await?))
    }

    /// Asks for a check, unless one is under way. For those who read the log.
    pub async fn ask_for_check(&self, caller: &Caller) -> Result<(), EvidenceError> {
        self.sight(caller)?;
        let (now, account) = (self.core.now(), caller.account.id);
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: caller.actor(),
            action: "log.ask_check",
            subject: "log:checks".to_owned(),
            unit: None,
            data: json!({}),
            outcome: Done::Done,
        };
        self.core
            .db
            .tx("log.ask_check", |tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    if store::open_check(tx).await?.is_some() {
                        return Ok(());
                    }
                    store::insert_check(tx, Some(account), now).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// A turn of the worker: goes on with the check that this instance is at, or begins one that is asked for or due.
    pub async fn tick(&self) -> Result<(), EvidenceError> {
        let now = self.core.now();
        let mut underway = self.underway.lock().await;
        if underway.is_none() {
            *underway = self.begin(now).await?;
        }
        let Some(mut at) = underway.take() else { return Ok(()) };
        let conn = self.core.db.read();
        for _ in 0..STEPS {
            if !at.verification.step(conn).await? {
                return self.finish(at, now).await;
            }
        }
        // Somebody who took it over while this instance slept goes on alone.
        let (id, name, progress) = (at.id, self.name.clone(), at.verification.progress());
        let still: Result<bool, EvidenceError> = self
            .core
            .db
            .tx("log.beat", |tx| {
                let name = name.clone();
                Box::pin(async move { Ok(store::beat(tx, id, &name, progress, now).await?) })
            })
            .await;
        if still? {
            *underway = Some(at);
        }
        Ok(())
    }

    async fn begin(&self, now: Instant) -> Result<Option<Underway>, EvidenceError> {
        let conn = self.core.db.read();
        let open = store::open_row(conn).await?;
        let takes = if let Some(row) = &open {
            row.beat_at.is_none_or(|beat| beat + SILENCE <= now)
        } else {
            let last = store::last_check(conn).await?.and_then(|check| check.done);
            let due = last.map_or(self.started_at + SETTLED, |(at, _)| at + EVERY);
            due <= now && log::head(conn).await?.is_some()
        };
        if !takes {
            return Ok(None);
        }
        let (id, name) = (open.map(|row| row.id), self.name.clone());
        let claimed: Option<i64> = self
            .core
            .db
            .tx("log.claim_check", |tx| {
                let name = name.clone();
                Box::pin(async move {
                    if !crate::db::alone(tx, "log.check").await? {
                        return Ok::<_, EvidenceError>(None);
                    }
                    let id = match id {
                        Some(id) => id,
                        // Another instance may have found it due as well.
                        None if store::open_row(tx).await?.is_some() => return Ok(None),
                        None => store::insert_check(tx, None, now).await?,
                    };
                    Ok(store::claim(tx, id, &name, now, SILENCE).await?.then_some(id))
                })
            })
            .await?;
        let Some(id) = claimed else { return Ok(None) };
        let trust = Trust { keys: vec![self.core.keys.log_public()], head: None };
        Ok(Some(Underway { id, verification: Verification::begin(conn, trust).await? }))
    }

    async fn finish(&self, at: Underway, now: Instant) -> Result<(), EvidenceError> {
        let progress = at.verification.progress();
        let outcome = Outcome::from(at.verification.finish());
        if !outcome.sound {
            tracing::error!(
                findings = outcome.findings.len(),
                "the log is not as it was signed; see `kaofa verify log`"
            );
        }
        let verdict = serde_json::to_string(&outcome).expect("a verdict is made of texts and numbers");
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: Actor::SYSTEM,
            action: "log.check",
            subject: "log:checks".to_owned(),
            unit: None,
            data: json!({
                "entries": outcome.entries, "root": outcome.root, "sound": outcome.sound,
                "findings": outcome.findings.len(),
            }),
            outcome: Done::Done,
        };
        let (id, name) = (at.id, self.name.clone());
        self.core
            .db
            .tx("log.check", |tx| {
                let (verdict, entry, name) = (verdict.clone(), entry.clone(), name.clone());
                Box::pin(async move {
                    if store::finish_check(tx, id, &name, progress, verdict, now).await? {
                        log::append(tx, entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
