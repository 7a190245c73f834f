//! The report.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

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
    /// What the server held in memory afterwards, in bytes.
    pub(crate) memory: Option<u64>,
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
            memory: Some(pressed.memory),
            aim: wanted.join(", "),
            missed: missed.join(", "),
        }
    }

    /// Something that took so long, and should have taken no longer than the aim.
    pub(crate) fn took(what: String, took: Duration, aim: Duration) -> Self {
        let seconds = |time: Duration| format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100);
        Self {
            what,
            figure: seconds(took),
            aim: format!("{} s", aim.as_secs()),
            missed: if took > aim { seconds(took) } else { String::new() },
            ..Self::default()
        }
    }

    /// Something of which 99 of 100 should take no longer than the aim, in milliseconds.
    pub(crate) fn within(what: String, figure: String, latency: &Histogram<u64>, errors: u64, aim: u64) -> Self {
        let p99 = latency.value_at_quantile(0.99);
        let mut missed = Vec::new();
        if p99 >= aim * 1000 {
            missed.push(format!("p99 {} ms", millis(p99)));
        }
        if errors > 0 {
            missed.push(format!("{errors} errors"));
        }
        let quantile = |q| latency.value_at_quantile(q);
        Self {
            what,
            figure,
            latency: Some([quantile(0.5), quantile(0.95), p99, latency.max()].map(millis)),
            errors: Some(errors),
            aim: format!("p99 < {aim} ms, no error"),
            missed: missed.join(", "),
            ..Self::default()
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
    lines: Vec<(usize, Database, Row)>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { machine: machine::describe(), lines: Vec::new() }
    }

    /// The rows of a measure, by its place among the measures.
    pub(crate) fn add(&mut self, measure: usize, database: Database, rows: Vec<Row>) {
        self.lines.extend(rows.into_iter().enumerate().map(|(nth, row)| (measure * 100 + nth, database, row)));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        writeln!(
            f,
            "\n| what | on | measured | p50 ms | p95 ms | p99 ms | longest ms | errors | CPU an operation, µs: server / database / generator | server's memory, MB | aim | missed |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|---|---|")?;
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|(place, ..)| *place);
        for (_, database, row) in lines {
            let name = if *database == Database::Sqlite { "SQLite" } else { "PostgreSQL" };
            let [p50, p95, p99, max] = row.latency.clone().unwrap_or_default();
            let errors = row.errors.map_or_else(String::new, |e| e.to_string());
            let cpu = row.cpu.map_or_else(String::new, |[s, d, g]| format!("{s} / {d} / {g}"));
            let memory = row.memory.map_or_else(String::new, |bytes| (bytes / 1_000_000).to_string());
            writeln!(
                f,
                "| {} | {name} | {} | {p50} | {p95} | {p99} | {max} | {errors} | {cpu} | {memory} | {} | {} |",
                row.what, row.figure, row.aim, row.missed
            )?;
        }
        Ok(())
    }
}
