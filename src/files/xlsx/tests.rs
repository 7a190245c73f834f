use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::table::letters;
use super::*;

fn of(book: &mut Workbook) -> Table {
    read(&book.save_to_buffer().unwrap(), Limits::default()).unwrap()
}

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook made by hand, of this sheet and these shared texts.
fn book(sheet: &str, shared: &str) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let rels = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let workbook = format!(
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATIONS}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let package = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    packed(&[
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn sheet_of(cells: &str) -> String {
    format!("<worksheet><sheetData>{cells}</sheetData></worksheet>")
}

#[test]
fn cells_become_texts() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, " 姓名 ").unwrap();
    sheet.write_number(1, 0, 10023.0).unwrap();
    sheet.write_number(1, 1, 0.5).unwrap();
    sheet.write_boolean(1, 2, true).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_number_with_format(1, 3, 45_000.0, &day).unwrap();
    sheet.write_string(3, 3, "x").unwrap();
    let table = of(&mut workbook);
    let texts: Vec<(u32, Vec<&str>)> =
        table.rows.iter().map(|row| (row.number, row.cells.iter().map(Cell::text).collect())).collect();
    let expected = [(1, vec!["姓名"]), (2, vec!["10023", "0.5", "true", "2023-03-15"]), (4, vec!["", "", "", "x"])];
    assert_eq!(texts, expected);
    assert!(table.mistakes.is_empty() && table.merged.is_empty());
}

#[test]
fn cells_without_a_text_of_their_own_are_named() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_formula(0, 0, "=1+1").unwrap();
    sheet.write_number(1, 1, 430_202_199_003_078_790.0).unwrap();
    sheet.merge_range(4, 1, 5, 2, "joined", &Format::new()).unwrap();
    let table = of(&mut workbook);
    let expected = [Mistake::at(1, 0, FieldCode::Formula), Mistake::at(2, 1, FieldCode::Imprecise)];
    assert_eq!(table.mistakes, expected);
    assert_eq!(table.merged, [Merged { rows: (5, 6), columns: (1, 2) }]);
}

#[test]
fn nothing_is_read_beyond_the_limits() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for column in 0..500 {
        sheet.write_string(0, column, letters(column.into())).unwrap();
    }
    sheet.write_string(70_000, 0, "far down").unwrap();
    let table = of(&mut workbook);
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0].cells.len(), 64);
    let wide = Mistake::at(1, 64, FieldCode::TooManyColumns).with(64);
    assert_eq!(table.mistakes, [wide, Mistake::of_row(70_001, FieldCode::TooManyRows).with(60_000)]);
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    let zeros = vec![b' '; 3 << 20];
    let bomb = packed(&[("xl/workbook.xml", &zeros), ("xl/worksheets/sheet1.xml", &zeros)]);
    assert!(bomb.len() < 20_000);
    let error = read(&bomb, Limits { unpacked: 4 << 20, ..Limits::default() }).unwrap_err();
    assert_eq!(error, Unreadable::with(FieldCode::TooLarge, "4 MB"));
}

#[test]
fn a_sheet_may_not_say_how_much_memory_it_wants() {
    let shared = r#"<sst uniqueCount="99999999999999"><si><t>司法局</t></si></sst>"#;
    let cells = r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>x</t></is></c></row>"#;
    let table = read(&book(&sheet_of(cells), shared), Limits::default()).unwrap();
    assert_eq!(
        (table.rows[0].number, table.rows[0].cells[0].text(), table.rows[0].cells[1].text()),
        (2, "司法局", "x")
    );
    let wide: Vec<u8> = shared.bytes().flat_map(|b| [b, 0]).collect();
    assert_eq!(
        read(&packed(&[("xl/sharedStrings.xml", &wide)]), Limits::default()).unwrap_err().code,
        FieldCode::Damaged
    );
}

#[test]
fn rows_may_come_in_any_order_and_more_than_once() {
    let text = |at: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{at}</t></is></c>"#);
    let cells =
        format!(r#"<row r="2">{}</row><row r="1">{}</row><row r="2">{}</row>"#, text("A2"), text("B1"), text("B2"));
    let table = read(&book(&sheet_of(&cells), "<sst/>"), Limits::default()).unwrap();
    let texts: Vec<(u32, Vec<&str>)> =
        table.rows.iter().map(|row| (row.number, row.cells.iter().map(Cell::text).collect())).collect();
    assert_eq!(texts, [(1, vec!["", "B1"]), (2, vec!["A2", "B2"])]);
}

#[test]
fn damage_is_said_and_never_a_panic() {
    for cells in [
        r#"<row r="1"><c r="A99999999999999"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="ZZZZZZZZZZZZ1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="s"><v>7</v></c></row>"#,
        r#"<row r="1"><c r="A1"><v>1</v>"#,
    ] {
        if let Ok(table) = read(&book(&sheet_of(cells), "<sst/>"), Limits::default()) {
            assert!(table.rows.len() <= 1, "{cells}");
        }
    }
    let sound = {
        let mut workbook = Workbook::new();
        workbook.add_worksheet().write_string(0, 0, "姓名").unwrap();
        workbook.save_to_buffer().unwrap()
    };
    for cut in [10, sound.len() / 2, sound.len() - 10] {
        assert_eq!(read(&sound[..cut], Limits::default()).unwrap_err().code, FieldCode::Damaged);
    }
    for at in (0..sound.len()).step_by(7) {
        let mut broken = sound.clone();
        broken[at] ^= 0x55;
        let _ = read(&broken, Limits::default());
    }
}
