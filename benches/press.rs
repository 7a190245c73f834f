//! Pressing the server: many connections from one thread, each sending its next request when the last is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rig::Wire;
use tokio::task::{JoinSet, LocalSet};

use crate::stage::Stage;

/// What one connection does.
pub(crate) trait Script: 'static {
    /// Its next request; nothing once it is done.
    fn next(&mut self) -> Option<&[u8]>;

    /// Looks at the answer and says whether it was the right one.
    fn answered(&mut self, status: u16, body: &[u8]) -> bool;
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Pressed {
    /// How many requests were answered as they should.
    pub(crate) done: u64,
    /// How many were not.
    pub(crate) errors: u64,
    /// The first that was not.
    pub(crate) first_error: Option<String>,
    pub(crate) elapsed: Duration,
    /// Microseconds from request to whole answer.
    pub(crate) latency: Histogram<u64>,
    /// Time of the processor that the server took.
    pub(crate) server: Duration,
    /// The same of the database's own processes.
    pub(crate) database: Duration,
    /// The same of the load generator.
    pub(crate) generator: Duration,
}

impl Pressed {
    fn new() -> Self {
        Self {
            done: 0,
            errors: 0,
            first_error: None,
            elapsed: Duration::ZERO,
            latency: Histogram::new(3).unwrap(),
            server: Duration::ZERO,
            database: Duration::ZERO,
            generator: Duration::ZERO,
        }
    }

    fn note(&mut self, took: Duration, error: Option<String>) {
        self.latency.record(u64::try_from(took.as_micros()).unwrap()).unwrap();
        match error {
            None => self.done += 1,
            Some(error) => {
                self.errors += 1;
                self.first_error.get_or_insert(error);
            }
        }
    }

    fn join(&mut self, other: Self) {
        self.done += other.done;
        self.errors += other.errors;
        self.latency.add(other.latency).unwrap();
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// When to begin counting and when to stop.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Instant,
    until: Option<Instant>,
}

/// Presses until every script is done.
pub(crate) async fn to_the_end<S: Script>(stage: &Stage, scripts: Vec<S>) -> Pressed {
    press(stage, scripts, Duration::ZERO, None).await
}

/// Presses for a while, and before that for a second or so that is not counted.
pub(crate) async fn for_a_while<S: Script>(stage: &Stage, scripts: Vec<S>) -> Pressed {
    press(stage, scripts, Duration::from_millis(1_500), Some(stage.length)).await
}

async fn press<S: Script>(stage: &Stage, scripts: Vec<S>, warm: Duration, length: Option<Duration>) -> Pressed {
    let address = stage.address();
    let from = Instant::now() + warm;
    let window = Window { from, until: length.map(|length| from + length) };
    let local = LocalSet::new();
    local
        .run_until(async {
            let mut clients: JoinSet<Pressed> = JoinSet::new();
            for script in scripts {
                clients.spawn_local(client(address, script, window));
            }
            if !warm.is_zero() {
                tokio::time::sleep_until(from.into()).await;
            }
            let used = || (stage.server().cpu, stage.database(), rig::Usage::of(std::process::id()).unwrap().cpu);
            let (before, began) = (used(), Instant::now());
            if let Some(until) = window.until {
                tokio::time::sleep_until(until.into()).await;
            }
            let mut pressed = Pressed::new();
            let mut after = length.map(|_| (used(), began.elapsed()));
            while let Some(ended) = clients.join_next().await {
                pressed.join(ended.unwrap());
            }
            let (used, elapsed) = after.take().unwrap_or_else(|| (used(), began.elapsed()));
            pressed.elapsed = elapsed;
            pressed.server = used.0.saturating_sub(before.0);
            pressed.database = used.1.saturating_sub(before.1);
            pressed.generator = used.2.saturating_sub(before.2);
            pressed
        })
        .await
}

async fn client<S: Script>(address: SocketAddr, mut script: S, window: Window) -> Pressed {
    let mut pressed = Pressed::new();
    let mut wire = None;
    loop {
        let sent = Instant::now();
        if window.until.is_some_and(|until| sent >= until) {
            return pressed;
        }
        let Some(request) = script.next() else { return pressed };
        let open = match &mut wire {
            Some(open) => open,
            none => match Wire::connect(address).await {
                Ok(open) => none.insert(open),
                Err(error) => {
                    pressed.note(sent.elapsed(), Some(error.to_string()));
                    continue;
                }
            },
        };
        let error = match open.exchange(request).await {
            Ok(answer) if script.answered(answer.status, answer.body) => None,
            Ok(answer) => Some(format!("{} {}", answer.status, answer.text())),
            Err(error) => {
                wire = None;
                Some(error.to_string())
            }
        };
        let now = Instant::now();
        if sent >= window.from && window.until.is_none_or(|until| now <= until) {
            pressed.note(now - sent, error);
        }
    }
}
