//! Files that are damaged, wrong or hostile: told by row and column, and nothing of them written.

use std::io::{Cursor, Write};

use kaofa::auth::Role;
use kaofa::files::letters;
use reqwest::{Method, multipart};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{PEOPLE, Scene, bring, errors, workbook};
use crate::harness::TestServer;

const HEAD: &str = "工号,姓名,单位,类别\n";
/// A row that is sound: were anything of a bad file written, it would be this.
const GOOD: &str = "100,好人,司法局,公务员\n";

/// The mistakes that a file is told, each by row, column and code; and nobody of it is there.
async fn expect(server: &TestServer, file: impl Into<Vec<u8>>, expected: &[(u64, &str, &str)]) {
    let scene = Scene::set(server).await;
    let report = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
    let found = errors(&report);
    let found: Vec<_> = found.iter().map(|(row, column, code)| (*row, column.as_str(), code.as_str())).collect();
    assert_eq!(found, expected, "{report}");
    assert_eq!(report["applied"], false);
    assert_eq!(scene.people().await, []);
}

fn rows(below: &str) -> String {
    format!("{HEAD}{GOOD}{below}\n")
}

both_databases! {
    async fn a_duplicate_staff_number(server: TestServer) {
        expect(&server, rows("100,另一个,司法局,公务员"), &[(3, "A", "duplicate")]).await;
    }

    async fn a_name_of_2000_characters(server: TestServer) {
        expect(&server, rows(&format!("101,{},司法局,公务员", "长".repeat(2_000))), &[(3, "B", "too_long")]).await;
    }

    async fn control_characters(server: TestServer) {
        expect(&server, rows("101,张\u{1}三,司法局,公务员"), &[(3, "B", "control_characters")]).await;
    }

    async fn half_a_utf8_sequence(server: TestServer) {
        let before = format!("{HEAD}{GOOD}101,张");
        let file = [before.as_bytes(), &"三".as_bytes()[..2], ",司法局,公务员\n".as_bytes()].concat();
        expect(&server, file, &[(3, "B", "encoding")]).await;
    }

    async fn five_hundred_unknown_columns(server: TestServer) {
        let unknown: Vec<String> = (0..500).map(|n| format!("未知{n}")).collect();
        let columns: Vec<String> = (4..=64).map(letters).collect();
        let mut expected: Vec<_> = columns.iter().map(|column| (1, column.as_str(), "unknown_column")).collect();
        expected[60].2 = "too_many_columns";
        expect(&server, format!("{},{}\n{GOOD}", HEAD.trim(), unknown.join(",")), &expected).await;
    }

    async fn a_formula_cell(server: TestServer) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, texts) in (0..).zip([["工号", "100"], ["姓名", ""], ["单位", "司法局"], ["类别", "公务员"]]) {
            for (row, text) in (0..).zip(texts) {
                sheet.write_string(row, column, text).unwrap();
            }
        }
        sheet.write_formula(1, 1, "=CONCAT(\"好\",\"人\")").unwrap();
        expect(&server, book.save_to_buffer().unwrap(), &[(2, "B", "formula")]).await;
    }

    async fn merged_heads(server: TestServer) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.merge_range(0, 0, 0, 1, "姓名", &Format::new()).unwrap();
        sheet.write_string(0, 2, "单位").unwrap();
        expect(&server, book.save_to_buffer().unwrap(), &[(1, "A", "merged_cells")]).await;
    }

    async fn a_missing_column(server: TestServer) {
        expect(&server, "姓名,类别\n张三,公务员\n", &[(1, "-", "missing_column")]).await;
    }

    async fn an_unknown_unit_and_no_category(server: TestServer) {
        let expected = [(3, "C", "unknown_reference"), (3, "D", "unknown_value"), (4, "D", "required")];
        expect(&server, rows("101,张三,没有的局,医生\n102,李四,司法局,"), &expected).await;
    }

    async fn a_bomb_a_torn_file_and_a_huge_one(server: TestServer) {
        let scene = Scene::set(&server).await;
        let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
        for n in 0..3 {
            bomb.start_file(format!("xl/{n}.xml"), SimpleFileOptions::default()).unwrap();
            bomb.write_all(&vec![b' '; 60 << 20]).unwrap();
        }
        let bomb = bomb.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20);
        bring(&scene.coordinator, PEOPLE, bomb, None).await.expect_field("file", "too_large");
        let sound = workbook(&[&["姓名", "单位"]]);
        bring(&scene.coordinator, PEOPLE, &sound[..sound.len() / 2], None).await.expect_field("file", "damaged");
        bring(&scene.coordinator, PEOPLE, "", None).await.expect_field("file", "damaged");
        bring(&scene.coordinator, PEOPLE, vec![b'x'; 21 << 20], None).await.expect_problem(413, "too_large");
        assert_eq!(scene.people().await, []);
    }

    async fn a_form_without_a_file_or_with_something_else(server: TestServer) {
        let scene = Scene::set(&server).await;
        let form = multipart::Form::new().text("colour", "red");
        let request = scene.coordinator.request(Method::POST, PEOPLE).multipart(form);
        scene.coordinator.send(request).await.expect_field("colour", "unknown_field");
        let request = scene.coordinator.request(Method::POST, PEOPLE).multipart(multipart::Form::new().text("choices", "[]"));
        scene.coordinator.send(request).await.expect_field("file", "required");
        scene.coordinator.post(PEOPLE, &json!({})).await.expect_problem(415, "unsupported_media_type");
        let liaison = server.user("liaison", Role::Liaison, scene.first).await;
        bring(&server.as_(&liaison), PEOPLE, HEAD, None).await.expect_problem(403, "forbidden");
    }
}
