//! Csv files: comma, tab or semicolon, in UTF-8 with or without its mark, or GB18030.

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8};

use super::table::{Cell, Limits, Mistake, Row, Table, Unreadable};
use crate::kernel::field::FieldCode;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a csv file.
///
/// It is cut into cells before it is decoded, so that a broken character is found in its cell. In GB18030 no part of a
/// longer character looks like a separator, a quotation mark or the end of a line, so both encodings can be cut alike.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Table, Unreadable> {
    let (encoding, bytes) = match bytes.strip_prefix(MARK) {
        Some(rest) => (UTF_8, rest),
        None => (encoding_of(bytes), bytes),
    };
    // A text of two bytes a character (UTF-16), or no text.
    if bytes.is_empty() || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
        return Err(Unreadable::new(FieldCode::Damaged));
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter_of(bytes)).from_reader(bytes);
    let mut table = Table::default();
    let mut record = csv::ByteRecord::new();
    let mut rows = Rows::default();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            // Reading from memory, with rows of any length: nothing is left that could fail.
            Err(_unheard_of) => return Err(Unreadable::new(FieldCode::Damaged)),
        }
        let number = rows.next(bytes, reader.position().byte());
        if number > limits.rows {
            table.note(Mistake::of_row(number, FieldCode::TooManyRows).with(limits.rows));
            break;
        }
        if let Some(row) = row(&record, number, encoding, limits, &mut table) {
            table.rows.push(row);
        }
    }
    Ok(table)
}

fn row(
    record: &csv::ByteRecord,
    number: u32,
    encoding: &'static Encoding,
    limits: Limits,
    table: &mut Table,
) -> Option<Row> {
    let mut cells = Vec::with_capacity(record.len().min(64));
    for (column, bytes) in (0_u32..).zip(record.iter()) {
        let cell = decode(bytes, encoding, limits.cell);
        if column >= limits.columns {
            if !cell.is_empty() {
                table.note(Mistake::at(number, column, FieldCode::TooManyColumns).with(limits.columns));
                break;
            }
            continue;
        }
        if let Cell::Bad(code) = cell {
            table.note(Mistake::at(number, column, code));
        }
        cells.push(cell);
    }
    while cells.last().is_some_and(Cell::is_empty) {
        cells.pop();
    }
    (!cells.is_empty()).then_some(Row { number, cells })
}

fn decode(bytes: &[u8], encoding: &'static Encoding, longest: usize) -> Cell {
    // No encoding here takes more than four bytes a character.
    if bytes.len() > longest.saturating_mul(4) {
        return Cell::Bad(FieldCode::TooLong);
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let Some(room) = decoder.max_utf8_buffer_length_without_replacement(bytes.len()) else {
        return Cell::Bad(FieldCode::TooLong);
    };
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true).0 {
        DecoderResult::InputEmpty => unguarded(&text),
        DecoderResult::Malformed(..) | DecoderResult::OutputFull => Cell::Bad(FieldCode::Encoding),
    }
}

/// A cell that was written so that no spreadsheet takes it for a formula (`'=…`) without that guard.
fn unguarded(text: &str) -> Cell {
    match text.strip_prefix('\'') {
        Some(rest) if super::write::wants_guard(rest) => Cell::of(rest),
        _ => Cell::of(text),
    }
}

/// UTF-8 if it is, or if it nearly is: a file of which one character was cut in half must not be taken for another
/// encoding and come out as other characters. GB18030 otherwise.
pub(super) fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // In GB18030 nearly every character is broken UTF-8.
    if broken == 0 || sound > broken.saturating_mul(2) { UTF_8 } else { GB18030 }
}

/// Whichever separator the first line holds most of.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let first = bytes.split(|b| matches!(b, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let count = |wanted: u8| first.split(|b| *b == wanted).count();
    [b'\t', b';'].into_iter().fold(b',', |best, other| if count(other) > count(best) { other } else { best })
}

/// Tells the number that a spreadsheet gives a row: empty lines count, line breaks within a cell do not.
#[derive(Default)]
struct Rows {
    last: u32,
    /// How many bytes were read when the last row had ended.
    end: usize,
}

impl Rows {
    fn next(&mut self, bytes: &[u8], read: u64) -> u32 {
        let mut rest = bytes.get(self.end..).unwrap_or_default();
        let mut number = self.last.saturating_add(1);
        // The reader may stop between the two bytes that end a line.
        if self.end > 0 && bytes.get(self.end - 1) == Some(&b'\r') {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(after) =
            rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).or_else(|| rest.strip_prefix(b"\r"))
        {
            number = number.saturating_add(1);
            rest = after;
        }
        self.last = number;
        self.end = usize::try_from(read).unwrap_or(usize::MAX);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &Table) -> Vec<(u32, Vec<&str>)> {
        table.rows.iter().map(|row| (row.number, row.cells.iter().map(Cell::text).collect())).collect()
    }

    fn table(bytes: &[u8]) -> Table {
        read(bytes, Limits::default()).unwrap()
    }

    #[test]
    fn three_encodings_say_the_same() {
        let text = "姓名,单位\n张三,区司法局\n𬱖㐀,镕基\n";
        let (gb, _, replaced) = GB18030.encode(text);
        assert!(!replaced);
        let marked = [MARK, text.as_bytes()].concat();
        let expected = table(text.as_bytes());
        assert_eq!(texts(&expected)[2], (3, vec!["𬱖㐀", "镕基"]));
        assert_eq!(table(&gb), expected);
        assert_eq!(table(&marked), expected);
    }

    #[test]
    fn a_character_cut_in_half_is_found_in_its_cell() {
        let mut bytes = "姓名,单位\n张三,区司法局\n李四,".as_bytes().to_vec();
        bytes.extend(&"区司法局".as_bytes()[..10]);
        bytes.extend(b"\n");
        let found = table(&bytes);
        assert_eq!(found.mistakes, [Mistake::at(3, 1, FieldCode::Encoding)]);
        let (gb, _, _) = GB18030.encode("姓名,单位\n张三,区司法局\n");
        let cut = &gb[..gb.len() - 2];
        assert_eq!(table(cut).mistakes, [Mistake::at(2, 1, FieldCode::Encoding)]);
    }

    #[test]
    fn rows_are_numbered_as_spreadsheets_do() {
        let found = table("a,b\r\n\r\n\"two\r\nlines\",x\r\nlast,\r\n,\r\n".as_bytes());
        assert_eq!(texts(&found), [(1, vec!["a", "b"]), (3, vec!["two\r\nlines", "x"]), (4, vec!["last"])]);
    }

    #[test]
    fn separators_are_found_out() {
        assert_eq!(texts(&table(b"a\tb,c\td\n"))[0].1, ["a", "b,c", "d"]);
        assert_eq!(texts(&table(b"a;b;c\n"))[0].1, ["a", "b", "c"]);
    }

    #[test]
    fn the_guard_against_formulas_is_taken_off() {
        assert_eq!(texts(&table(b"'=1+1,'plain,'-x\n"))[0].1, ["=1+1", "'plain", "-x"]);
    }

    #[test]
    fn nothing_is_read_beyond_the_limits() {
        let limits = Limits { rows: 2, columns: 3, cell: 5, ..Limits::default() };
        let found = read(b"1,2,3,,,\n4,5,6,7,8\nmore\nand more\n", limits).unwrap();
        let wide = Mistake::at(2, 3, FieldCode::TooManyColumns).with(3);
        assert_eq!(found.mistakes, [wide, Mistake::of_row(3, FieldCode::TooManyRows).with(2)]);
        assert_eq!(found.rows.len(), 2);
        let long = "x".repeat(21);
        assert_eq!(read(long.as_bytes(), limits).unwrap().mistakes, [Mistake::at(1, 0, FieldCode::TooLong)]);
    }

    #[test]
    fn what_is_no_text_is_no_table() {
        for bytes in [b"".as_slice(), MARK, b"\xff\xfea\0b\0", b"a,b\0c\n"] {
            assert_eq!(read(bytes, Limits::default()).unwrap_err().code, FieldCode::Damaged);
        }
    }
}
