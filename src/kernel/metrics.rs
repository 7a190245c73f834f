//! What the process counts about itself for Prometheus: amounts and times, and nothing about anybody.
//!
//! One for the process, as what it counts is the process: rooms note what they do, `router` shows it.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// The process's metrics.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The content type of what [`Metrics::encode`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of times, in seconds: a save should take a few milliseconds, a slow report some seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of batches.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// A request by what it asked for and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: Cow<'static, str>,
    status: u16,
}

/// A request by what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: Cow<'static, str>,
}

/// Something of ours that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    name: &'static str,
}

/// Connections by what they do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    pool: &'static str,
    state: &'static str,
}

/// Long work by how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

fn times() -> Histogram {
    Histogram::new(SECONDS)
}

fn sizes() -> Histogram {
    Histogram::new(SIZES)
}

/// All of them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_time: Times<Operation>,
    queue: Family<Name, Gauge>,
    batch: Times<Name>,
    transaction_retries: Family<Name, Counter>,
    turn: Times<Name>,
    turn_failures: Family<Name, Counter>,
    connections: Family<Connections, Gauge>,
    jobs: Family<State, Gauge>,
    log_waiting: Gauge,
    log_lag: Gauge,
}

/// A writer's own metrics, looked up once.
#[derive(Debug, Clone)]
pub struct WriterMetrics {
    /// How many operations wait.
    pub queue: Gauge,
    batch: Histogram,
}

impl WriterMetrics {
    /// A batch of so many was taken from the queue.
    pub fn taken(&self, size: usize) {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.queue.dec_by(size.into());
        self.batch.observe(size.into());
    }
}

impl Metrics {
    fn new() -> Self {
        let this = Self {
            registry: Registry::with_prefix("kaofa"),
            requests: Family::default(),
            request_time: Family::new_with_constructor(times),
            queue: Family::default(),
            batch: Family::new_with_constructor(sizes),
            transaction_retries: Family::default(),
            turn: Family::new_with_constructor(times),
            turn_failures: Family::default(),
            connections: Family::default(),
            jobs: Family::default(),
            log_waiting: Gauge::default(),
            log_lag: Gauge::default(),
        };
        this.registered()
    }

    fn registered(mut self) -> Self {
        let r = &mut self.registry;
        r.register("build", "The program's version", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("requests", "Requests by operation or page and status", self.requests.clone());
        let help = "From a request's arrival to its answer's beginning";
        r.register_with_unit("request", help, Unit::Seconds, self.request_time.clone());
        r.register("writer_queue", "Operations that wait to be written", self.queue.clone());
        r.register("writer_batch", "Operations committed as one transaction", self.batch.clone());
        let help = "Transactions that were run again because another was in the way";
        r.register("transaction_retries", help, self.transaction_retries.clone());
        r.register_with_unit("worker_turn", "Turns of background work", Unit::Seconds, self.turn.clone());
        r.register("worker_failures", "Turns of background work that failed", self.turn_failures.clone());
        r.register("database_connections", "Connections by pool and state", self.connections.clone());
        r.register("jobs", "Long work by state, until it expires", self.jobs.clone());
        r.register("log_waiting", "Entries of the log without a place yet", self.log_waiting.clone());
        let help = "How long the oldest entry without a place has waited";
        r.register_with_unit("log_lag", help, Unit::Seconds, self.log_lag.clone());
        self
    }

    /// A request was answered.
    pub fn answered(&self, operation: Cow<'static, str>, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { operation: operation.clone(), status }).inc();
        self.request_time.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
    }

    /// Those of a writer.
    #[must_use]
    pub fn writer(&self, name: &'static str) -> WriterMetrics {
        let name = Name { name };
        WriterMetrics { queue: self.queue.get_or_create_owned(&name), batch: self.batch.get_or_create_owned(&name) }
    }

    /// A transaction is tried again.
    pub fn retried(&self, name: &'static str) {
        self.transaction_retries.get_or_create(&Name { name }).inc();
    }

    /// A turn of background work ended.
    pub fn turned(&self, name: &'static str, took: Duration, well: bool) {
        self.turn.get_or_create(&Name { name }).observe(took.as_secs_f64());
        let failures = self.turn_failures.get_or_create(&Name { name });
        if !well {
            failures.inc();
        }
    }

    /// How many connections of a pool are in use and how many are not.
    pub fn pool(&self, pool: &'static str, busy: usize, idle: usize) {
        let set = |state, count| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.connections.get_or_create(&Connections { pool, state }).set(count);
        };
        set("busy", busy);
        set("idle", idle);
    }

    /// How many jobs are in a state.
    pub fn jobs(&self, state: &'static str, count: i64) {
        self.jobs.get_or_create(&State { state }).set(count);
    }

    /// How many entries of the log wait for their place, and for how many seconds the oldest has.
    pub fn log(&self, waiting: u64, seconds: i64) {
        self.log_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.log_lag.set(seconds);
    }

    /// All of them in the text format of `OpenMetrics`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("a String takes whatever is written to it");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_shown() {
        let metrics = Metrics::new();
        metrics.answered("get_exam".into(), 200, Duration::from_millis(3));
        metrics.answered("get_exam".into(), 404, Duration::from_millis(3));
        let writer = metrics.writer("attempt");
        writer.queue.inc_by(5);
        writer.taken(3);
        metrics.retried("exam.seal");
        metrics.turned("exam.tick", Duration::from_millis(1), false);
        metrics.pool("read", 1, 7);
        metrics.jobs("waiting", 3);
        metrics.log(2, 4);
        let text = metrics.encode();
        for line in [
            "kaofa_requests_total{operation=\"get_exam\",status=\"404\"} 1",
            "kaofa_request_seconds_bucket{le=\"0.005\",operation=\"get_exam\"} 2",
            "kaofa_writer_queue{name=\"attempt\"} 2",
            "kaofa_writer_batch_bucket{le=\"4.0\",name=\"attempt\"} 1",
            "kaofa_transaction_retries_total{name=\"exam.seal\"} 1",
            "kaofa_worker_failures_total{name=\"exam.tick\"} 1",
            "kaofa_database_connections{pool=\"read\",state=\"idle\"} 7",
            "kaofa_jobs{state=\"waiting\"} 3",
            "kaofa_log_waiting 2",
            "kaofa_log_lag_seconds 4",
        ] {
            assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
