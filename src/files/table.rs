//! A table as it stands in a file, before anybody knows what its columns mean.

use crate::kernel::field::{FieldCode, FieldError, Invalid};

/// What a file may hold at most. Whatever lies beyond is not read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The last row that is looked at, heads included.
    pub rows: u32,
    /// The last column that is looked at.
    pub columns: u32,
    /// How many bytes a packed file may unpack to.
    pub unpacked: u64,
    /// How many characters a cell may hold.
    pub cell: usize,
}

impl Default for Limits {
    /// 60,000 rows of 64 columns, 128 MiB unpacked, 32,767 characters a cell (what Excel itself allows).
    fn default() -> Self {
        Self { rows: 60_000, columns: 64, unpacked: 128 << 20, cell: 32_767 }
    }
}

/// The most mistakes that are kept; a file that is wrong throughout need not be told so in every cell.
pub(super) const MOST_MISTAKES: usize = 1_000;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing, or nothing but white space.
    #[default]
    Empty,
    /// Its text, without white space around it; numbers and dates as they are written.
    Text(String),
    /// Something that has no text that could be relied on.
    Bad(FieldCode),
}

impl Cell {
    /// From a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim_matches(is_blank);
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// Its text; empty where there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Empty | Self::Bad(_) => "",
        }
    }

    /// Whether nothing stands there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// White space, and the marks without width that are carried along when a text is copied from elsewhere.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as a spreadsheet shows it, from 1.
    pub number: u32,
    /// Its cells from column A on; those after the last that holds something are left out.
    pub cells: Vec<Cell>,
}

impl Row {
    /// The cell in a column, from 0.
    #[must_use]
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

/// Cells that were joined into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// First and last row, from 1.
    pub rows: (u32, u32),
    /// First and last column, from 0.
    pub columns: (u32, u32),
}

/// Something wrong at a place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The row, from 1.
    pub row: u32,
    /// The column, from 0; nothing where the whole row is meant.
    pub column: Option<u32>,
    /// What is wrong.
    pub code: FieldCode,
    /// A bound or value that its text mentions; may be empty.
    pub detail: String,
}

impl Mistake {
    /// At a cell.
    #[must_use]
    pub fn at(row: u32, column: u32, code: FieldCode) -> Self {
        Self { row, column: Some(column), code, detail: String::new() }
    }

    /// Of a whole row.
    #[must_use]
    pub fn of_row(row: u32, code: FieldCode) -> Self {
        Self { row, column: None, code, detail: String::new() }
    }

    /// With what its text mentions.
    #[must_use]
    pub fn with(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

/// The first sheet of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The rows that hold something, from the top.
    pub rows: Vec<Row>,
    /// The cells that were joined.
    pub merged: Vec<Merged>,
    /// What was found wrong on the way: cells that could not be read, rows or columns beyond the limits.
    pub mistakes: Vec<Mistake>,
}

impl Table {
    pub(super) fn note(&mut self, mistake: Mistake) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(mistake);
        }
    }
}

/// A file that is no table at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a file that cannot be read: {}", code.as_str())]
pub struct Unreadable {
    /// What is wrong with it.
    pub code: FieldCode,
    /// A bound that its text mentions; may be empty.
    pub detail: String,
}

/// The file is the field.
impl From<Unreadable> for Invalid {
    fn from(Unreadable { code, detail }: Unreadable) -> Self {
        Self(vec![FieldError { field: "file".to_owned(), code, detail }])
    }
}

impl Unreadable {
    pub(super) fn new(code: FieldCode) -> Self {
        Self { code, detail: String::new() }
    }

    pub(super) fn with(code: FieldCode, detail: impl std::fmt::Display) -> Self {
        Self { code, detail: detail.to_string() }
    }
}

/// How a packed file begins (xlsx), and how one of the older or encrypted kind does.
const PACKED: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Reads the first sheet of an xlsx file, or a csv file. What kind it is is seen from its bytes: a file's name proves
/// nothing.
///
/// It takes a processor for some seconds when the file is large: call it [`elsewhere`].
pub fn read(bytes: &[u8], limits: Limits) -> Result<Table, Unreadable> {
    if bytes.starts_with(PACKED) {
        super::xlsx::read(bytes, limits)
    } else if bytes.starts_with(COMPOUND) {
        Err(Unreadable::new(FieldCode::Damaged))
    } else {
        super::csv::read(bytes, limits)
    }
}

/// Does long work on a file where it stops nobody. Work that broke off means a damaged file.
pub async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unreadable> {
    tokio::task::spawn_blocking(work).await.map_err(|_panic| Unreadable::new(FieldCode::Damaged))
}

/// A column's letters as a spreadsheet shows them: 0 is A, 26 is AA.
#[must_use]
pub fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or_default()));
        left /= 26;
        if left == 0 {
            break;
        }
        left -= 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        let shown: Vec<String> = [0, 1, 25, 26, 27, 51, 52, 701, 702].into_iter().map(letters).collect();
        assert_eq!(shown, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn what_cannot_be_seen_is_no_text() {
        assert_eq!(Cell::of(" \u{3000}\u{feff}张三\u{200b} "), Cell::Text("张三".into()));
        assert_eq!(Cell::of("\u{3000}\u{a0}\t"), Cell::Empty);
    }

    #[test]
    fn files_of_other_kinds_are_no_tables() {
        for bytes in [b"PK\x03\x04 and nothing more".as_slice(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b""] {
            assert_eq!(read(bytes, Limits::default()).unwrap_err().code, FieldCode::Damaged);
        }
    }
}
