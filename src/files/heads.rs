//! Finding columns by what stands at their head.

use super::table::{Cell, Mistake, Row, Table, is_blank};
use crate::kernel::field::FieldCode;

/// A column that a slice knows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the contract.
    pub name: &'static str,
    /// What may stand at its head besides its name; the first is what templates and exports write.
    pub titles: &'static [&'static str],
    /// Whether a table makes no sense without it.
    pub required: bool,
}

impl Column {
    /// What templates and exports write at its head.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.titles.first().copied().unwrap_or(self.name)
    }

    fn is_meant_by(&self, head: &str) -> bool {
        plain(self.name) == head || self.titles.iter().any(|title| plain(title) == head)
    }
}

/// Where a table has its known columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// The row of the heads, from 1.
    pub row: u32,
    places: Vec<Option<usize>>,
}

/// Heads stand within so many rows that hold something; a title may stand above.
const WITHIN: usize = 10;

impl Heads {
    /// Looks for the columns. Titles above the heads are passed over, columns headed by one of `passed_over` too. Every
    /// other column that is not known is a mistake, as are heads that occur twice or are joined, columns that are required
    /// and not there, and joined cells below.
    pub fn find(table: &Table, columns: &[Column], passed_over: &[&str]) -> Result<Self, Vec<Mistake>> {
        let known = |row: &Row| {
            let heads: Vec<String> = row.cells.iter().map(|cell| plain(cell.text())).collect();
            columns.iter().filter(|column| heads.iter().any(|head| column.is_meant_by(head))).count()
        };
        let mut best: Option<(usize, &Row)> = None;
        for row in table.rows.iter().take(WITHIN) {
            let count = known(row);
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, row));
            }
        }
        let Some((_, head)) = best else {
            let row = table.rows.first().map_or(1, |row| row.number);
            return Err(missing(columns, &vec![None; columns.len()], row));
        };
        let mut mistakes = joined(table, head.number);
        let mut places = vec![None; columns.len()];
        for (place, cell) in head.cells.iter().enumerate() {
            let at = u32::try_from(place).unwrap_or(u32::MAX);
            let text = plain(cell.text());
            if matches!(cell, Cell::Empty | Cell::Bad(_)) || passed_over.iter().any(|title| plain(title) == text) {
                continue;
            }
            match columns.iter().position(|column| column.is_meant_by(&text)) {
                None => {
                    mistakes.push(Mistake::at(head.number, at, FieldCode::UnknownColumn).with(shortened(cell.text())));
                }
                Some(column) => match places.get_mut(column) {
                    Some(taken @ None) => *taken = Some(place),
                    _ => mistakes.push(Mistake::at(head.number, at, FieldCode::Duplicate)),
                },
            }
        }
        mistakes.extend(missing(columns, &places, head.number));
        if mistakes.is_empty() { Ok(Self { row: head.number, places }) } else { Err(mistakes) }
    }

    /// The cell of a row in the column of that number among those looked for.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a Row, column: usize) -> &'a Cell {
        self.place(column).map_or(&Cell::Empty, |place| row.cell(place))
    }

    /// Where that column stands, from 0; nothing if the table has none.
    #[must_use]
    pub fn place(&self, column: usize) -> Option<usize> {
        self.places.get(column).copied().flatten()
    }

    /// The rows below the heads.
    pub fn rows<'a>(&self, table: &'a Table) -> impl Iterator<Item = &'a Row> + use<'a> {
        let head = self.row;
        table.rows.iter().filter(move |row| row.number > head)
    }
}

fn missing(columns: &[Column], places: &[Option<usize>], row: u32) -> Vec<Mistake> {
    let lacking = columns.iter().zip(places).filter(|(column, place)| column.required && place.is_none());
    lacking.map(|(column, _)| Mistake::of_row(row, FieldCode::MissingColumn).with(column.title())).collect()
}

/// Joined cells from the heads down: only the first of them holds anything, so the others would be taken for empty.
fn joined(table: &Table, head: u32) -> Vec<Mistake> {
    let from_head = table.merged.iter().filter(|area| area.rows.1 >= head);
    from_head.map(|area| Mistake::at(area.rows.0.max(head), area.columns.0, FieldCode::MergedCells)).collect()
}

/// A head as it is compared: without white space, marks and what stands in brackets, in small letters.
fn plain(head: &str) -> String {
    let bare = head.split(['(', '（', '[', '【']).next().unwrap_or_default();
    let narrow = bare.chars().map(|c| match u32::from(c) {
        // The wide forms of ASCII.
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    });
    narrow
        .filter(|c| !is_blank(*c) && !matches!(c, '*' | '_' | '-' | '.' | ':' | '：'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(20).collect();
    if text.chars().count() > 20 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::super::table::Merged;
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "staff_no", titles: &["工号", "人员编号"], required: false },
        Column { name: "name", titles: &["姓名"], required: true },
        Column { name: "unit", titles: &["单位", "单位名称"], required: true },
    ];

    fn table(rows: &[&[&str]]) -> Table {
        let row = |(number, cells): (u32, &&[&str])| Row { number, cells: cells.iter().map(|c| Cell::of(c)).collect() };
        Table { rows: (1..).zip(rows).map(row).collect(), ..Table::default() }
    }

    #[test]
    fn heads_are_read_as_offices_write_them() {
        for heads in [
            ["工 号", "*姓　名", "单位（全称）"],
            ["Staff No.", "NAME", "Unit"],
            ["人员编号：", "姓名(必填)", "单位名称"],
        ] {
            let found =
                Heads::find(&table(&[&["荷塘区人员名册"], &heads, &["7", "张三", "司法局"]]), COLUMNS, &[]).unwrap();
            assert_eq!((found.row, &found.places), (2, &vec![Some(0), Some(1), Some(2)]));
        }
    }

    #[test]
    fn the_order_is_free_and_some_columns_are_passed_over() {
        let table = table(&[&["序号", "单位", "姓名"], &["1", "司法局", "张三"]]);
        let found = Heads::find(&table, COLUMNS, &["序号"]).unwrap();
        let row = found.rows(&table).next().unwrap();
        assert_eq!(
            (found.cell(row, 1).text(), found.cell(row, 2).text(), found.cell(row, 0).text()),
            ("张三", "司法局", "")
        );
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let wrong = |rows: &[&[&str]]| Heads::find(&table(rows), COLUMNS, &[]).unwrap_err();
        let lacks = |row, title| Mistake::of_row(row, FieldCode::MissingColumn).with(title);
        assert_eq!(wrong(&[]), [lacks(1, "姓名"), lacks(1, "单位")]);
        assert_eq!(wrong(&[&["张三", "司法局"]]), [lacks(1, "姓名"), lacks(1, "单位")]);
        let found = wrong(&[&["姓名", "颜色", "姓名"]]);
        let unknown = Mistake::at(1, 1, FieldCode::UnknownColumn).with("颜色");
        assert_eq!(found, [unknown, Mistake::at(1, 2, FieldCode::Duplicate), lacks(1, "单位")]);
    }

    #[test]
    fn joined_cells_are_named_but_for_those_of_a_title() {
        let mut table = table(&[&["名册"], &["姓名", "单位"], &["张三", "司法局"]]);
        table.merged = vec![Merged { rows: (1, 1), columns: (0, 5) }];
        assert!(Heads::find(&table, COLUMNS, &[]).is_ok());
        table.merged.push(Merged { rows: (1, 2), columns: (1, 1) });
        table.merged.push(Merged { rows: (3, 5), columns: (1, 1) });
        let mistakes = Heads::find(&table, COLUMNS, &[]).unwrap_err();
        let at = |row| Mistake::at(row, 1, FieldCode::MergedCells);
        assert_eq!(mistakes, [at(2), at(3)]);
    }
}
