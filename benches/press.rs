//! Pressing the server: many connections from one thread, each sending its next request when the last is answered.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
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
    /// What the server held in memory at the end, in bytes.
    pub(crate) memory: u64,
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
            memory: 0,
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
            pressed.memory = stage.server().resident;
            pressed
        })
        .await
}

/// Sends at a steady pace while something else is done: each connection a request every so often, from the moment of its
/// turn. One that is late is counted from when it was due, so whatever stalls the server is felt by all that were due
/// meanwhile, as people would feel it.
pub(crate) async fn paced<S: Script, T>(
    stage: &Stage,
    scripts: Vec<S>,
    every: Duration,
    beside: impl Future<Output = T>,
) -> (Pressed, T) {
    let address = stage.address();
    let count = u32::try_from(scripts.len()).unwrap().max(1);
    let over = Rc::new(Cell::new(false));
    let local = LocalSet::new();
    local
        .run_until(async {
            let used = || (stage.server().cpu, stage.database(), rig::Usage::of(std::process::id()).unwrap().cpu);
            let (before, began) = (used(), Instant::now());
            let mut clients: JoinSet<Pressed> = JoinSet::new();
            for (nth, script) in (0..).zip(scripts) {
                clients.spawn_local(pacer(address, script, (began + every * nth / count, every), Rc::clone(&over)));
            }
            let came = beside.await;
            over.set(true);
            let mut pressed = Pressed::new();
            while let Some(ended) = clients.join_next().await {
                pressed.join(ended.unwrap());
            }
            let used = used();
            pressed.elapsed = began.elapsed();
            pressed.server = used.0.saturating_sub(before.0);
            pressed.database = used.1.saturating_sub(before.1);
            pressed.generator = used.2.saturating_sub(before.2);
            pressed.memory = stage.server().resident;
            (pressed, came)
        })
        .await
}

async fn pacer<S: Script>(
    address: SocketAddr,
    mut script: S,
    (mut due, every): (Instant, Duration),
    over: Rc<Cell<bool>>,
) -> Pressed {
    let mut pressed = Pressed::new();
    let mut wire = None;
    loop {
        tokio::time::sleep_until(due.into()).await;
        // Whoever was due before it was over is still counted.
        if over.get() && due + every > Instant::now() {
            return pressed;
        }
        let Some(error) = turn(address, &mut wire, &mut script).await else { return pressed };
        pressed.note(due.elapsed(), error);
        due += every;
    }
}

async fn client<S: Script>(address: SocketAddr, mut script: S, window: Window) -> Pressed {
    let mut pressed = Pressed::new();
    let mut wire = None;
    loop {
        let sent = Instant::now();
        if window.until.is_some_and(|until| sent >= until) {
            return pressed;
        }
        let Some(error) = turn(address, &mut wire, &mut script).await else { return pressed };
        let now = Instant::now();
        if sent >= window.from && window.until.is_none_or(|until| now <= until) {
            pressed.note(now - sent, error);
        }
    }
}

/// One request and its answer: what was wrong with it, if anything; none once the script is done.
async fn turn<S: Script>(address: SocketAddr, wire: &mut Option<Wire>, script: &mut S) -> Option<Option<String>> {
    let request = script.next()?;
    let mut open = match wire.take() {
        Some(open) => open,
        None => match Wire::connect(address).await {
            Ok(open) => open,
            Err(error) => return Some(Some(error.to_string())),
        },
    };
    let error = match open.exchange(request).await {
        Ok(answer) if script.answered(answer.status, answer.body) => None,
        Ok(answer) => Some(format!("{} {}", answer.status, answer.text())),
        Err(error) => return Some(Some(error.to_string())),
    };
    *wire = Some(open);
    Some(error)
}
