//! Whatever bytes a file holds, reading it gives a table or a reason, within the limits.
#![no_main]

use std::sync::Once;

use kaofa::files::{Column, Heads, Limits, read, write_csv};
use libfuzzer_sys::fuzz_target;

const COLUMNS: &[Column] = &[
    Column { name: "staff_no", titles: &["工号"], required: false },
    Column { name: "name", titles: &["姓名"], required: true },
];

fuzz_target!(|bytes: &[u8]| {
    // The reader of workbooks runs behind a net, as an overflow in it is a damaged file; the fuzzer's own hook would end the
    // process before the net holds.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let limits = Limits { rows: 500, columns: 16, unpacked: 4 << 20, cell: 2_000 };
    let Ok(table) = read(bytes, limits) else { return };
    assert!(table.rows.iter().all(|row| row.number <= limits.rows && row.cells.len() <= 16 && row.number > 0));
    assert!(table.rows.windows(2).all(|rows| rows[0].number < rows[1].number));
    if let Ok(heads) = Heads::find(&table, COLUMNS, &[]) {
        assert!(heads.place(1).is_some());
    }
    // What is written of it is read again.
    let rows: Vec<_> = table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text().into()).collect()).collect();
    assert!(rows.is_empty() || read(&write_csv(&rows), Limits::default()).is_ok());
});
