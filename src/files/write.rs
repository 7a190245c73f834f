//! Writing tables for Excel, WPS and whatever else opens them.

use rust_xlsxwriter::{Color, Format, Note, Workbook, XlsxError};

use super::heads::Column;

/// What a spreadsheet would take for the beginning of a formula or a command.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a csv cell must begin with an apostrophe for a spreadsheet to take it for text; apostrophes of its own before that
/// must not be taken for ours.
pub(super) fn wants_guard(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}

/// A cell to be written. It is always text, so that long numbers keep their digits and nothing is computed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// What stands in it.
    pub text: String,
    /// What is wrong with it: shown as a note, the cell in another colour. Csv has neither.
    pub wrong: Option<String>,
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self { text, wrong: None }
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// A sheet to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Its name, at most 31 characters and none of `[]:*?/\`.
    pub name: String,
    /// How wide its columns are, in characters.
    pub widths: Vec<u8>,
    /// The row of heads, from 0, which is shown bold and stays in view.
    pub head: Option<u32>,
    /// Its rows.
    pub rows: Vec<Vec<Field>>,
}

/// A file could not be written: more rows or longer texts than the format takes.
#[derive(Debug, thiserror::Error)]
#[error("the file cannot be written: {0}")]
pub struct WriteError(#[from] XlsxError);

/// The longest text that a cell takes.
const LONGEST: usize = 32_767;

/// The row of heads of a table with these columns.
#[must_use]
pub fn titles(columns: &[Column]) -> Vec<Field> {
    columns.iter().map(|column| Field::from(column.title())).collect()
}

/// An xlsx file to fill in: the heads of these columns, so many characters wide, and a second sheet that explains them.
pub fn write_template(name: &str, columns: &[Column], widths: &[u8], notes: &[&str]) -> Result<Vec<u8>, WriteError> {
    let page =
        |name: &str, widths: &[u8], head, rows| Page { name: name.to_owned(), widths: widths.to_vec(), head, rows };
    let rows = notes.iter().map(|note| vec![Field::from(*note)]).collect();
    write_xlsx(&[page(name, widths, Some(0), vec![titles(columns)]), page("填写说明", &[100], None, rows)])
}

/// An xlsx file of these sheets.
pub fn write_xlsx(pages: &[Page]) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let plain = Format::new().set_num_format("@");
    let bold = Format::new().set_bold().set_background_color(Color::RGB(0x00E8_EEF7));
    let wrong = Format::new().set_num_format("@").set_background_color(Color::RGB(0x00FF_D9D9));
    for page in pages {
        let sheet = book.add_worksheet();
        sheet.set_name(&page.name)?;
        for (column, width) in (0_u16..).zip(&page.widths) {
            sheet.set_column_width(column, *width)?;
            // So that what is typed below keeps its digits too.
            sheet.set_column_format(column, &plain)?;
        }
        if let Some(head) = page.head {
            sheet.set_freeze_panes(head + 1, 0)?;
        }
        for (number, row) in (0_u32..).zip(&page.rows) {
            for (column, field) in (0_u16..).zip(row) {
                let format = match (&field.wrong, page.head == Some(number)) {
                    (Some(_), _) => &wrong,
                    (None, true) => &bold,
                    (None, false) => &plain,
                };
                let text: String = field.text.chars().take(LONGEST).collect();
                if !text.is_empty() || field.wrong.is_some() {
                    sheet.write_string_with_format(number, column, text, format)?;
                }
                if let Some(why) = &field.wrong {
                    let why: String = why.chars().take(1_000).collect();
                    sheet.insert_note(number, column, &Note::new(why).add_author_prefix(false))?;
                }
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The mark at the beginning of a csv file, by which Excel knows the encoding.
pub const CSV_MARK: &str = "\u{feff}";

/// A csv file: UTF-8 with its mark, by which Excel knows the encoding, and lines that end as RFC 4180 says. A cell that
/// a spreadsheet would take for a formula begins with an apostrophe; [`super::read`] takes it off again.
#[must_use]
pub fn write_csv(rows: &[Vec<Field>]) -> Vec<u8> {
    let mut bytes = CSV_MARK.as_bytes().to_vec();
    for row in rows {
        csv_line(&mut bytes, row.iter().map(|field| field.text.as_str()));
    }
    bytes
}

/// Adds a line to a csv file, as [`write_csv`] writes it.
pub fn csv_line<'a>(bytes: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    for (place, text) in cells.enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        let guard = if wants_guard(text) { "'" } else { "" };
        let quoted = text.contains(['"', ',', '\n', '\r', ';', '\t']);
        if quoted {
            bytes.extend(format!("\"{guard}{}\"", text.replace('"', "\"\"")).bytes());
        } else {
            bytes.extend(guard.bytes().chain(text.bytes()));
        }
    }
    bytes.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Table, read};
    use super::*;

    fn rows(texts: &[&[&str]]) -> Vec<Vec<Field>> {
        texts.iter().map(|row| row.iter().map(|text| Field::from(*text)).collect()).collect()
    }

    fn texts(table: &Table) -> Vec<Vec<&str>> {
        table.rows.iter().map(|row| row.cells.iter().map(super::super::Cell::text).collect()).collect()
    }

    const WRITTEN: &[&[&str]] = &[
        &["姓名", "身份证号", "备注"],
        &["张三", "990000199003078795", "=HYPERLINK(\"http://x\",\"y\")"],
        &["𬱖\"引号\"", "+86", "a,b;c\n第二行"],
    ];

    #[test]
    fn what_is_written_is_read_again() {
        let page = Page { name: "人员".into(), widths: vec![10, 20, 30], head: Some(0), rows: rows(WRITTEN) };
        let xlsx = read(&write_xlsx(&[page]).unwrap(), Limits::default()).unwrap();
        assert_eq!((texts(&xlsx), xlsx.mistakes.len()), (WRITTEN.iter().map(|row| row.to_vec()).collect(), 0));
        let csv = read(&write_csv(&rows(WRITTEN)), Limits::default()).unwrap();
        assert_eq!(texts(&csv), texts(&xlsx));
    }

    #[test]
    fn csv_holds_no_formula() {
        let written = String::from_utf8(write_csv(&rows(&[&["=1", "-1", "@x", "+1", "\tx", "1"]]))).unwrap();
        assert_eq!(written, "\u{feff}'=1,'-1,'@x,'+1,\"'\tx\",1\r\n");
    }

    #[test]
    fn what_is_wrong_is_marked() {
        let wrong = Field { text: String::new(), wrong: Some("必填".into()) };
        let page = Page { name: "人员".into(), rows: vec![vec![wrong, "x".into()]], ..Page::default() };
        let table = read(&write_xlsx(&[page]).unwrap(), Limits::default()).unwrap();
        assert_eq!(texts(&table), [["", "x"]]);
    }
}
