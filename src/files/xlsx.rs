//! Xlsx files, unpacked within a bound before anything trusts them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::table::{Cell, Limits, Merged, Mistake, Row, Table, Unreadable};
use crate::kernel::field::FieldCode;

/// A workbook of offices has some dozen parts.
const MOST_PARTS: usize = 1_000;
/// A number with more digits than this was rounded when it was typed in.
const EXACT: f64 = 1e15;

/// Reads the first sheet of an xlsx file.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Table, Unreadable> {
    let unpacked = unpack(bytes, limits.unpacked)?;
    // The reader adds up what stands in a file without asking how large it is: an overflow there is a damaged file.
    let read = catch_unwind(AssertUnwindSafe(|| sheet(unpacked, limits)));
    read.unwrap_or_else(|_panic| Err(damaged(())))
}

fn damaged<E>(_why: E) -> Unreadable {
    Unreadable::new(FieldCode::Damaged)
}

/// The same workbook without its packing and without what no table needs.
///
/// Sizes that a packed file declares may be lies, so its parts are unpacked until the bound is reached; and a count that
/// the sheet declares is no reason to reserve memory for so many.
fn unpack(bytes: &[u8], most: u64) -> Result<Vec<u8>, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MOST_PARTS {
        return Err(damaged(()));
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut left = most;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.into_owned();
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        if !part.is_file() || !matches!(ending.as_deref(), Some("xml" | "rels")) {
            continue;
        }
        let mut text = Vec::new();
        part.by_ref().take(left.saturating_add(1)).read_to_end(&mut text).map_err(damaged)?;
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        left = left
            .checked_sub(size)
            .ok_or_else(|| Unreadable::with(FieldCode::TooLarge, format!("{} MB", most >> 20)))?;
        // Workbooks are UTF-8; in a wider encoding the next step would find nothing.
        if text.contains(&0) {
            return Err(damaged(()));
        }
        if name.to_ascii_lowercase().ends_with("sharedstrings.xml") {
            forget_count(&mut text);
        }
        writer.start_file(name, plain).map_err(damaged)?;
        writer.write_all(&text).map_err(damaged)?;
    }
    Ok(writer.finish().map_err(damaged)?.into_inner())
}

/// Makes the count of the shared texts unreadable wherever it is declared.
fn forget_count(text: &mut [u8]) {
    const COUNT: &[u8] = b"uniqueCount";
    let places: Vec<usize> =
        text.windows(COUNT.len()).enumerate().filter(|(_, seen)| *seen == COUNT).map(|(at, _)| at).collect();
    for at in places {
        if let Some(letter) = text.get_mut(at) {
            *letter = b'x';
        }
    }
}

fn sheet(unpacked: Vec<u8>, limits: Limits) -> Result<Table, Unreadable> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(unpacked)).map_err(damaged)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| damaged(()))?;
    let mut table = Table::default();
    // A sheet without joined cells has no list of them.
    for area in book.merge_cells_by_sheet_name(&name).unwrap_or_default() {
        let columns = (area.start.1, area.end.1);
        table.merged.push(Merged { rows: (area.start.0.saturating_add(1), area.end.0.saturating_add(1)), columns });
    }
    // Some programs write rows in any order, and nothing keeps a file from writing one twice.
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    while let Some(found) = cells.next_cell_with_formula_metadata().map_err(damaged)? {
        let cell =
            if found.formula.is_some() { Cell::Bad(FieldCode::Formula) } else { cell(&found.value, limits.cell) };
        if cell.is_empty() {
            continue;
        }
        let (row, column) = (found.pos.0.saturating_add(1), found.pos.1);
        if row > limits.rows {
            table.note(Mistake::of_row(row, FieldCode::TooManyRows).with(limits.rows));
            break;
        }
        if column >= limits.columns {
            let known = table.mistakes.iter().any(|m| m.row == row && m.code == FieldCode::TooManyColumns);
            if !known {
                table.note(Mistake::at(row, column, FieldCode::TooManyColumns).with(limits.columns));
            }
            continue;
        }
        if let Cell::Bad(code) = cell {
            table.note(Mistake::at(row, column, code));
        }
        put(rows.entry(row).or_default(), column, cell);
    }
    table.rows = rows.into_iter().map(|(number, cells)| Row { number, cells }).collect();
    Ok(table)
}

fn put(cells: &mut Vec<Cell>, column: u32, cell: Cell) {
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    if cells.len() <= column {
        cells.resize(column.saturating_add(1), Cell::Empty);
    }
    if let Some(old) = cells.get_mut(column) {
        *old = cell;
    }
}

fn cell(value: &DataRef<'_>, longest: usize) -> Cell {
    let text = match value {
        DataRef::Empty => return Cell::Empty,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::of(text),
        DataRef::SharedString(text) => Cell::of(text),
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) if number.abs() >= EXACT || !number.is_finite() => {
            return Cell::Bad(FieldCode::Imprecise);
        }
        DataRef::Float(number) => Cell::Text(number.to_string()),
        DataRef::Bool(truth) => Cell::Text(truth.to_string()),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Cell::Text(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTime(length) => Cell::Text(length.as_f64().to_string()),
        DataRef::Error(_) => return Cell::Bad(FieldCode::Formula),
    };
    if text.text().chars().count() > longest { Cell::Bad(FieldCode::TooLong) } else { text }
}

#[cfg(test)]
mod tests;
