//! The file back, with what is wrong marked in it.

use std::collections::HashMap;

use super::report::ImportReport;
use crate::files::{Field, Mistake, Page, Table, letters};
use crate::http::Problem;
use crate::kernel::field::{FieldCode, FieldError};
use crate::kernel::texts::Lang;

/// The text of a mistake in a language.
#[must_use]
pub fn words(mistake: &Mistake, lang: Lang) -> String {
    let error = FieldError { field: String::new(), code: mistake.code, detail: mistake.detail.clone() };
    Problem::field_words(&error, lang)
}

/// The table as it came, its rows where they were. Cells that are wrong are marked; a column at the end says it in words,
/// which the import passes over when the file comes again.
pub(in crate::org) fn marked(table: &Table, report: &ImportReport, lang: Lang) -> Page {
    let mut by_row: HashMap<u32, Vec<(Option<u32>, String)>> = HashMap::new();
    for mistake in &report.errors {
        by_row.entry(mistake.row).or_default().push((mistake.column, words(mistake, lang)));
    }
    for asked in &report.ambiguous {
        let names: Vec<String> =
            asked.candidates.iter().map(|line| format!("{} {} {}", line.number, line.name, line.unit)).collect();
        let mistake = Mistake::of_row(asked.row, FieldCode::Ambiguous).with(names.join("；"));
        by_row.entry(asked.row).or_default().push((None, words(&mistake, lang)));
    }
    let width = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let mut rows: Vec<Vec<Field>> = Vec::new();
    for row in &table.rows {
        while u32::try_from(rows.len()).is_ok_and(|last| last + 1 < row.number) {
            rows.push(Vec::new());
        }
        let mut fields: Vec<Field> = row.cells.iter().map(|cell| Field::from(visible(cell.text()))).collect();
        fields.resize(width, Field::default());
        if let Some(wrong) = by_row.get(&row.number) {
            let mut said = Vec::new();
            for (column, text) in wrong {
                let place = column.and_then(|column| usize::try_from(column).ok());
                let cell = fields.get_mut(place.unwrap_or(0));
                if let Some(cell) = cell {
                    cell.wrong =
                        Some(cell.wrong.take().map_or_else(|| text.clone(), |known| format!("{known}\n{text}")));
                }
                said.push(match column {
                    Some(column) => format!("{}{}：{text}", letters(*column), row.number),
                    None => text.clone(),
                });
            }
            fields.push(Field { text: said.join("；"), wrong: Some(said.join("\n")) });
        }
        rows.push(fields);
    }
    let widths = vec![18; width.saturating_add(1).min(64)];
    Page { name: "导入".to_owned(), widths, head: None, rows }
}

/// A text without what a spreadsheet cannot hold.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Limits, read, write_xlsx};

    #[test]
    fn rows_stay_where_they_were_and_say_what_is_wrong() {
        let table = read("姓名,单位\n\n张三,司法\u{1}局\n李四,\n".as_bytes(), Limits::default()).unwrap();
        let errors = vec![
            Mistake::at(3, 1, FieldCode::ControlCharacters),
            Mistake::at(4, 1, FieldCode::Required),
            Mistake::of_row(4, FieldCode::Elsewhere),
        ];
        let page = marked(&table, &ImportReport { errors, ..ImportReport::default() }, Lang::Zh);
        assert_eq!(page.rows[1], []);
        assert_eq!(page.rows[2][1].text, "司法\u{fffd}局");
        assert!(page.rows[2][2].text.starts_with("B3："), "{}", page.rows[2][2].text);
        assert!(page.rows[3][0].wrong.is_some() && page.rows[3][1].wrong.is_some());
        let again = read(&write_xlsx(&[page]).unwrap(), Limits::default()).unwrap();
        assert_eq!(again.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 3, 4]);
    }
}
