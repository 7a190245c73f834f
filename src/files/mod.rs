//! Floor 2: tables in files. Reading xlsx and csv (UTF-8 or GB18030) within fixed bounds, finding columns by their heads,
//! and writing both, with the cells marked that were wrong.
//!
//! Never what a column means: a slice names its columns and reads their texts. Whatever bytes come in, what comes out is a
//! table or a [`Mistake`] that says where.

mod csv;
mod heads;
mod table;
mod write;
mod xlsx;

pub use heads::{Column, Heads};
pub use table::{Cell, Limits, Merged, Mistake, Row, Table, Unreadable, letters, read};
pub use write::{CSV_MARK, Field, Page, WriteError, csv_line, write_csv, write_xlsx};
