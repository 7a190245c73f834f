//! The program's own rooms for files and for questions in them, compiled here without the rest of it.
#![allow(dead_code, unused_imports, unreachable_pub)]

#[path = "../../src/files/mod.rs"]
pub mod files;

pub mod bank;
pub mod kernel;
pub mod questions;

use files::{Column, Heads, Limits, Table, read, write_csv};

/// The bounds within which the fuzzers read: small, so that what breaks them is found soon.
pub const LIMITS: Limits = Limits { rows: 500, columns: 16, unpacked: 4 << 20, cell: 2_000 };

const COLUMNS: &[Column] = &[
    Column { name: "staff_no", titles: &["工号"], required: false },
    Column { name: "name", titles: &["姓名"], required: true },
];

/// Reads a file and holds the outcome against what every table must be.
///
/// # Panics
/// If it is not.
pub fn check(bytes: &[u8]) {
    // The reader of workbooks runs behind a net, as an overflow in it is a damaged file; the fuzzer's own hook would end the
    // process before the net holds.
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let outcome = std::panic::catch_unwind(|| {
        if let Ok(table) = read(bytes, LIMITS) {
            within_limits(&table);
        }
    });
    if outcome.is_err() {
        std::process::abort();
    }
}

fn within_limits(table: &Table) {
    let columns = usize::try_from(LIMITS.columns).unwrap_or(usize::MAX);
    assert!(table.rows.iter().all(|row| (1..=LIMITS.rows).contains(&row.number) && row.cells.len() <= columns));
    assert!(table.rows.windows(2).all(|rows| rows[0].number < rows[1].number));
    assert!(table.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.text().chars().count() <= LIMITS.cell));
    if let Ok(heads) = Heads::find(table, COLUMNS, &[]) {
        assert!(heads.place(1).is_some());
    }
    // What is written of it is read again.
    let rows: Vec<_> = table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text().into()).collect()).collect();
    assert!(rows.is_empty() || read(&write_csv(&rows), Limits::default()).is_ok());
}
