//! How fast it is: the real program on SQLite and on PostgreSQL, pressed over real HTTP from the same machine.
//!
//! `make bench` prints the report. `cargo bench --bench speed -- --help` names what can be measured alone. A further
//! measure is a file in `measures/` and a line in `measures/mod.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that cannot go on ends")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a report is printed")]

mod machine;
mod measures;
mod press;
mod report;
mod stage;

use std::time::Instant;

use clap::{Parser, ValueEnum};

use measures::{MEASURES, Measure};
use report::Report;
use stage::Stage;

/// Measures Kaofa on this machine and prints a report in Markdown.
#[derive(Debug, Parser)]
struct Arguments {
    /// On which database; both if none is named
    #[arg(long)]
    database: Option<Database>,
    /// What to measure, by name; everything if nothing is named
    #[arg(long, value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    /// How many people the hall has
    #[arg(long, default_value_t = 10_000)]
    people: usize,
    /// For how long a rate is measured, in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Another build of the program than this one
    #[arg(long, default_value = env!("CARGO_BIN_EXE_kaofa"))]
    binary: std::path::PathBuf,
    /// Prints the process of the server and waits so many seconds before each measure, for a profiler
    #[arg(long, default_value_t = 0)]
    pause: u64,
    /// What cargo hands to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// A database to measure on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

fn names() -> clap::builder::PossibleValuesParser {
    MEASURES.iter().map(|m| m.name).collect::<Vec<_>>().into()
}

fn main() {
    let arguments = Arguments::parse();
    let wanted = |m: &&Measure| arguments.only.is_empty() || arguments.only.iter().any(|name| name == m.name);
    let measures: Vec<&Measure> = MEASURES.iter().filter(wanted).collect();
    let begun = Instant::now();
    // One thread, as the load comes from one: what the generator takes, the server lacks.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut report = Report::new();
    for database in [Database::Sqlite, Database::Postgres] {
        if arguments.database.is_none_or(|only| only == database) {
            runtime.block_on(async {
                let stage = Stage::set(database, &arguments, &measures).await;
                for (place, measure) in measures.iter().enumerate() {
                    eprintln!("{} s: {}: {}", begun.elapsed().as_secs(), stage.database_name, measure.name);
                    stage.pause(arguments.pause).await;
                    let rows = (measure.run)(&stage).await;
                    // Should a later one fail, this one was measured.
                    for row in &rows {
                        eprintln!("  {}: {} {:?} {}", row.what, row.figure, row.latency, row.missed);
                    }
                    report.add(place, database, rows);
                }
                stage.clear();
            });
        }
    }
    println!("{report}");
}
