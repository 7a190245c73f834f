use encoding_rs::GB18030;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::files::{Field, Limits, Page, read as read_file, write_csv, write_xlsx};

const A: UnitId = UnitId(Uuid::from_u128(1));
const B: UnitId = UnitId(Uuid::from_u128(2));

fn units() -> Vec<KnownUnit> {
    let unit = |id, code: &str, name: &str, open| KnownUnit { id, code: code.into(), name: name.into(), open };
    vec![
        unit(A, "B01", "司法局", true),
        unit(B, "B02", "财政局", true),
        unit(UnitId(Uuid::from_u128(3)), "B03", "信访局", false),
        unit(UnitId(Uuid::from_u128(4)), "B04", "档案馆", true),
        unit(UnitId(Uuid::from_u128(5)), "B05", "档案馆", true),
    ]
}

fn of(text: &str) -> Read {
    read(&read_file(text.as_bytes(), Limits::default()).unwrap(), &units())
}

fn wrong(text: &str) -> Vec<(u32, Option<u32>, FieldCode)> {
    of(text).mistakes.into_iter().map(|m| (m.row, m.column, m.code)).collect()
}

#[test]
fn rows_are_read_as_offices_write_them() {
    let read = of("名册,,,,,,,\n序号,工号,姓 名,单位,类别,身份证号,手机,入职日期\n\
                   1,001,张　三,司法局,公务员、行政执法人员,99000019900307003x,138 0013 8000,2018/7/1\n\
                   2,,欧阳 锋,财政局,,9900**********003X,138****8000,2018年7月1日\n");
    assert_eq!((read.mistakes, read.count), (vec![], 2));
    let [first, second] = read.rows.as_slice() else { panic!("two rows") };
    assert_eq!((first.staff_no.as_deref(), first.name.as_str(), first.unit), (Some("001"), "张三", A));
    assert_eq!(first.categories, Some(vec![Category::CivilServant, Category::EnforcementOfficer]));
    assert_eq!(first.id_number.given().map(NationalId::as_str), Some("99000019900307003X"));
    assert_eq!((first.joined_on, second.joined_on), (Day::new(2018, 7, 1), Day::new(2018, 7, 1)));
    assert_eq!((second.number, second.name.as_str(), second.unit, &second.categories), (4, "欧阳锋", B, &None));
    assert_eq!(second.id_number, Number::Masked("9900**********003X".into()));
}

#[test]
fn what_is_wrong_is_said_at_its_cell() {
    let at = |text: &str| wrong(&format!("姓名,单位,类别,身份证号,手机,入职日期\n{text}\n"));
    assert_eq!(at("张三,司法局,,,,"), []);
    assert_eq!(at(",司法局,,,,"), [(2, Some(0), FieldCode::Required)]);
    assert_eq!(at("张三,,,,,"), [(2, Some(1), FieldCode::Required)]);
    assert_eq!(at("张三,水利局,,,,"), [(2, Some(1), FieldCode::UnknownReference)]);
    assert_eq!(at("张三,信访局,,,,"), [(2, Some(1), FieldCode::UnknownReference)]);
    assert_eq!(at("张三,档案馆,,,,"), [(2, Some(1), FieldCode::Ambiguous)]);
    assert_eq!(at("张三,司法局,医生,,,"), [(2, Some(2), FieldCode::UnknownValue)]);
    assert_eq!(at("张三,司法局,,990000199003070012,,"), [(2, Some(3), FieldCode::Invalid)]);
    assert_eq!(at("张三,司法局,,,110,"), [(2, Some(4), FieldCode::Invalid)]);
    assert_eq!(at("张三,司法局,,,,2018-02-30"), [(2, Some(5), FieldCode::Invalid)]);
    assert_eq!(at("张\u{7}三,司法局,,,,"), [(2, Some(0), FieldCode::ControlCharacters)]);
    let long = "长".repeat(2_000);
    assert_eq!(at(&format!("{long},司法局,,,,")), [(2, Some(0), FieldCode::TooLong)]);
    let everywhere = at(",水利局,医生,1,2,3");
    assert_eq!(everywhere.len(), 6);
    assert_eq!(wrong("姓名,类别\n张三,公务员\n"), [(1, None, FieldCode::MissingColumn)]);
}

#[test]
fn names_lose_the_spaces_that_say_nothing() {
    for (text, plain) in
        [("张　三", "张三"), (" 欧阳  锋 ", "欧阳锋"), ("Anna  Li", "Anna Li"), ("买买提·阿不都", "买买提·阿不都")]
    {
        assert_eq!(tight(text), plain);
    }
}

/// Texts that a cell may hold: letters of all kinds, marks, quotes, separators, line breaks.
fn cell() -> impl Strategy<Value = String> {
    let wild = "[ -~\u{4e00}-\u{9fff}㐀-㐄𬱖𠮷·，。“”＝\n]{0,12}";
    prop_oneof![wild.prop_map(String::from), "[=+@-][a-z0-9(]{0,5}", Just(String::new())]
}

fn plain(text: &str) -> String {
    text.replace('\r', "").trim().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn tables_come_back_in_three_encodings_and_as_a_workbook(rows in prop::collection::vec(prop::collection::vec(cell(), 1..6), 1..8)) {
        // A head in Chinese tells the encodings apart, as the heads of real files do.
        let mut texts = vec![vec!["姓名".to_owned(), "单位".to_owned(), "职务".to_owned()]];
        texts.extend(rows);
        let fields: Vec<Vec<Field>> = texts.iter().map(|row| row.iter().map(|t| Field::from(t.as_str())).collect()).collect();
        let expected: Vec<Vec<String>> = texts
            .iter()
            .map(|row| {
                let mut row: Vec<String> = row.iter().map(|text| plain(text)).collect();
                while row.last().is_some_and(String::is_empty) {
                    row.pop();
                }
                row
            })
            .filter(|row: &Vec<String>| !row.is_empty())
            .collect();
        let marked = write_csv(&fields);
        let unmarked = marked[3..].to_vec();
        let (gb, _, replaced) = GB18030.encode(std::str::from_utf8(&unmarked).unwrap());
        prop_assert!(!replaced);
        let page = Page { name: "表".into(), rows: fields, ..Page::default() };
        for bytes in [marked.clone(), unmarked.clone(), gb.to_vec(), write_xlsx(&[page]).unwrap()] {
            let table = read_file(&bytes, Limits::default()).unwrap();
            let found: Vec<Vec<String>> =
                table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text().to_owned()).collect()).collect();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(&table.mistakes, &[]);
        }
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2_000), packed in any::<bool>()) {
        let mut bytes = bytes;
        if packed {
            bytes.splice(0..0, *b"PK\x03\x04");
        }
        if let Ok(table) = read_file(&bytes, Limits::default()) {
            let _ = read(&table, &units());
        }
    }

    #[test]
    fn a_file_broken_anywhere_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let rows = [["姓名", "单位", "类别"], ["张三", "司法局", "公务员"], ["李四", "财政局", ""]];
        let fields: Vec<Vec<Field>> = rows.iter().map(|row| row.iter().map(|text| Field::from(*text)).collect()).collect();
        let page = Page { name: "表".into(), rows: fields.clone(), ..Page::default() };
        for mut bytes in [write_csv(&fields), write_xlsx(&[page]).unwrap()] {
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            if let Ok(table) = read_file(&bytes, Limits::default()) {
                let _ = read(&table, &units());
            }
        }
    }
}
