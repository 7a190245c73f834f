//! What an import did, or would do, on the wire.

use poem_openapi::Object;

use crate::files::{Mistake, letters};
use crate::kernel::texts::Lang;
use crate::org::import::marked::words;
use crate::org::import::report::{Ambiguous, ImportReport, Line};

/// What an import did, or would do. Every list holds its first 1,000 lines.
#[derive(Debug, Object)]
#[oai(rename = "ImportReport")]
pub(crate) struct ImportReportDto {
    /// Nothing was meant to be written.
    dry_run: bool,
    /// It was written. Otherwise the numbers below tell what would have come of it.
    applied: bool,
    /// How many rows the file has below its heads.
    rows: usize,
    /// How many of them are new.
    created: usize,
    /// How many change or move what is there.
    updated: usize,
    /// How many say what is there already.
    unchanged: usize,
    /// The new ones.
    added: Vec<ImportLine>,
    /// Those that change but do not move.
    changed: Vec<ImportLine>,
    /// Those that come from another unit, or back; units that hang under another node.
    moved: Vec<ImportLine>,
    /// How many move.
    moved_count: usize,
    /// Those who are in a unit of the file but not in the file. Nothing happens to them.
    missing: Vec<ImportLine>,
    /// How many are missing.
    missing_count: usize,
    /// Rows that may mean several. Nothing is written until it is said whom they mean (`choices`).
    ambiguous: Vec<AmbiguousDto>,
    /// What is wrong. Nothing is written while anything is.
    errors: Vec<ImportError>,
}

/// Somebody or a unit.
#[derive(Debug, Object)]
struct ImportLine {
    /// The row of the file; null where it has none.
    row: Option<u32>,
    /// The person's or unit's identifier; null for a new one.
    id: Option<String>,
    /// Staff number or code; empty if one will be made.
    number: String,
    /// Their name.
    name: String,
    /// The unit that they are in afterwards, or the node above a unit.
    unit_name: String,
    /// Where they were before, if they move.
    from_unit_name: Option<String>,
    /// Which fields change.
    fields: Vec<String>,
}

impl From<Line> for ImportLine {
    fn from(line: Line) -> Self {
        Self {
            row: line.row,
            id: line.id,
            number: line.number,
            name: line.name,
            unit_name: line.unit,
            from_unit_name: line.from,
            fields: line.fields.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// A row that may mean several.
#[derive(Debug, Object)]
#[oai(rename = "AmbiguousRow")]
struct AmbiguousDto {
    /// The row of the file.
    row: u32,
    /// The name in it.
    name: String,
    /// Whom it may mean.
    candidates: Vec<ImportLine>,
}

impl From<Ambiguous> for AmbiguousDto {
    fn from(asked: Ambiguous) -> Self {
        let candidates = asked.candidates.into_iter().map(ImportLine::from).collect();
        Self { row: asked.row, name: asked.name, candidates }
    }
}

/// Something wrong at a place of the file.
#[derive(Debug, Object)]
struct ImportError {
    /// The row, from 1 as spreadsheets count.
    row: u32,
    /// The column by its letters; null where the whole row is meant.
    column: Option<String>,
    /// What is wrong.
    code: String,
    /// The same in words.
    message: String,
}

impl ImportError {
    fn new(mistake: &Mistake, lang: Lang) -> Self {
        Self {
            row: mistake.row,
            column: mistake.column.map(letters),
            code: mistake.code.as_str().to_owned(),
            message: words(mistake, lang),
        }
    }
}

impl ImportReportDto {
    /// A report in the words of a language.
    pub(crate) fn new(report: ImportReport, lang: Lang) -> Self {
        let lines = |lines: Vec<Line>| lines.into_iter().map(ImportLine::from).collect();
        Self {
            dry_run: report.dry_run,
            applied: report.applied,
            rows: report.rows,
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            added: lines(report.added.items),
            changed: lines(report.changed.items),
            moved_count: report.moved.count,
            moved: lines(report.moved.items),
            missing_count: report.missing.count,
            missing: lines(report.missing.items),
            ambiguous: report.ambiguous.into_iter().take(1_000).map(AmbiguousDto::from).collect(),
            errors: report.errors.iter().map(|mistake| ImportError::new(mistake, lang)).collect(),
        }
    }
}
