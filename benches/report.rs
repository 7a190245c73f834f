//! The report.

use std::fmt;
use std::time::Duration;

use crate::Database;
use crate::machine;
use crate::press::Pressed;

/// A line of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// What the aim speaks of: a rate, a time, an amount of memory.
    pub(crate) figure: String,
    /// Median, 95th and 99th percentile and the longest, in milliseconds.
    pub(crate) latency: Option<[String; 4]>,
    pub(crate) errors: Option<u64>,
    /// Processor time for one operation: the server's, the database's and the load generator's, in microseconds.
    pub(crate) cpu: Option<[u128; 3]>,
    pub(crate) aim: String,
    /// By how much it is missed; empty if it is met or if there is none.
    pub(crate) missed: String,
}

impl Row {
    /// From what a press gave. The aim is so many a second, and so many milliseconds for 99 of 100.
    pub(crate) fn of(what: &str, pressed: &Pressed, aim: Option<(u128, Option<u64>)>) -> Self {
        if let Some(error) = &pressed.first_error {
            eprintln!("{what}: {} errors, the first: {error}", pressed.errors);
        }
        let rate = per_second(pressed.done, pressed.elapsed);
        let quantile = |q| pressed.latency.value_at_quantile(q);
        let (mut wanted, mut missed) = (Vec::new(), Vec::new());
        if let Some((aim, p99)) = aim {
            wanted.push(format!("{}/s", thousands(aim)));
            if rate < aim {
                missed.push(format!("{} % of it", rate * 100 / aim));
            }
            if let Some(p99) = p99 {
                wanted.push(format!("p99 < {p99} ms"));
                let got = quantile(0.99);
                if got >= p99 * 1000 {
                    missed.push(format!("p99 {} ms", millis(got)));
                }
            }
        }
        Self {
            what: what.to_owned(),
            figure: format!("{}/s", thousands(rate)),
            latency: Some([quantile(0.5), quantile(0.95), quantile(0.99), pressed.latency.max()].map(millis)),
            errors: Some(pressed.errors),
            cpu: Some([pressed.server, pressed.database, pressed.generator].map(|cpu| each(cpu, pressed.done))),
            aim: wanted.join(", "),
            missed: missed.join(", "),
        }
    }
}

/// So many a second.
pub(crate) fn per_second(count: u64, elapsed: Duration) -> u128 {
    u128::from(count) * 1_000_000 / elapsed.as_micros().max(1)
}

/// Microseconds for each of them.
pub(crate) fn each(cpu: Duration, count: u64) -> u128 {
    cpu.as_micros() / u128::from(count.max(1))
}

/// Microseconds as milliseconds with one decimal.
pub(crate) fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros % 1000 / 100)
}

pub(crate) fn thousands(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    machine: String,
    tables: Vec<(Database, Vec<Row>)>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { machine: machine::describe(), tables: Vec::new() }
    }

    pub(crate) fn add(&mut self, database: Database, rows: Vec<Row>) {
        self.tables.push((database, rows));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        for (database, rows) in &self.tables {
            let name = if *database == Database::Sqlite { "SQLite" } else { "PostgreSQL" };
            writeln!(
                f,
                "\n| {name} | measured | p50 ms | p95 ms | p99 ms | longest ms | errors | CPU an operation, µs: server / database / generator | aim | missed |"
            )?;
            writeln!(f, "|---|---|---|---|---|---|---|---|---|---|")?;
            for row in rows {
                let [p50, p95, p99, max] = row.latency.clone().unwrap_or_default();
                let errors = row.errors.map_or_else(String::new, |e| e.to_string());
                let cpu = row.cpu.map_or_else(String::new, |[s, d, g]| format!("{s} / {d} / {g}"));
                writeln!(
                    f,
                    "| {} | {} | {p50} | {p95} | {p99} | {max} | {errors} | {cpu} | {} | {} |",
                    row.what, row.figure, row.aim, row.missed
                )?;
            }
        }
        Ok(())
    }
}
