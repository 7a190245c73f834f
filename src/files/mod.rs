//! Floor 2: tables and texts in files. Reading xlsx and csv (UTF-8 or GB18030), plain texts and Word's within fixed bounds,
//! finding columns by their heads, and writing tables, with the cells marked that were wrong.
//!
//! Never what a column means: a slice names its columns and reads their texts. Whatever bytes come in, what comes out is a
//! table or a [`Mistake`] that says where.

mod csv;
mod document;
mod docx;
mod format;
mod heads;
mod table;
mod write;
mod xlsx;

pub use document::{Document, TextLine, pasted, read_document};
pub use format::Format;
pub use heads::{Column, Heads};
pub use table::{Cell, Limits, Merged, Mistake, Row, Table, Unreadable, elsewhere, letters, read};
pub use write::{CSV_MARK, Field, Page, WriteError, csv_line, titles, write_csv, write_template, write_xlsx};
