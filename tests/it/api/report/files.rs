//! Files of reports, read by libraries of others: every figure is the one of the JSON.

use std::collections::HashMap;
use std::process::Command;

use entity::exam::attempt::AttemptState;
use entity::exam::exam::ExamKind;
use kaofa::auth::Role;
use kaofa::org::Category;
use kaofa::report::FigureName;
use kaofa::tally::Figures;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, absent, exempt, sat, studied};
use crate::harness::Client;

/// What another library reads in a file.
pub(crate) fn read(bytes: &[u8], ending: &str) -> Value {
    #[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
    let python = std::env::var("KAOFA_TEST_PYTHON").expect("KAOFA_TEST_PYTHON is not set: run `make test`");
    let file = tempfile::Builder::new().suffix(&format!(".{ending}")).tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read_files.py");
    let output = Command::new(python).arg(script).arg(file.path()).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) async fn file(client: &Client, path: &str) -> Value {
    let bytes = client.bytes(client.request(Method::GET, &format!("/api/v1/reports/{path}"))).await;
    let ending = if path.contains("csv") { "csv" } else { "xlsx" };
    read(&bytes, ending)
}

/// Where the figure of a column stands in the JSON.
const FIGURES: [(&str, &str); 32] = [
    ("层级", "/depth"),
    ("不同人数", "/figures/persons"),
    ("学法在册", "/figures/study/on_roster"),
    ("免学", "/figures/study/exempt"),
    ("应学", "/figures/study/expected"),
    ("参学", "/figures/study/participated"),
    ("参学率", "/figures/study/participation_rate/percent"),
    ("达标", "/figures/study/completed"),
    ("达标率", "/figures/study/completion_rate/percent"),
    ("进度达标", "/figures/study/completed_due"),
    ("考试在册", "/figures/exam/on_roster"),
    ("免考", "/figures/exam/exempt"),
    ("事后免考", "/figures/exam/exempt_late"),
    ("应考", "/figures/exam/expected"),
    ("参考", "/figures/exam/sat"),
    ("参考率", "/figures/exam/sitting_rate/percent"),
    ("待考", "/figures/exam/pending"),
    ("缓考", "/figures/exam/deferred"),
    ("缺考", "/figures/exam/absent"),
    ("合格", "/figures/exam/passed"),
    ("合格率", "/figures/exam/pass_rate/percent"),
    ("总合格率", "/figures/exam/overall_pass_rate/percent"),
    ("首考参考", "/figures/exam/first_sat"),
    ("首考合格", "/figures/exam/first_passed"),
    ("首考合格率", "/figures/exam/first_pass_rate/percent"),
    ("优秀", "/figures/exam/excellent"),
    ("优秀率", "/figures/exam/excellence_rate/percent"),
    ("白卷", "/figures/exam/blank"),
    ("参考人次", "/figures/exam/sittings"),
    ("平均分", "/figures/exam/average_points"),
    ("连续年", "/figures/streak_years"),
    ("其中补录年", "/figures/streak_imported"),
];

/// A cell of either file as the JSON would print it; nothing for a dash.
fn plain(cell: &Value) -> Option<String> {
    match cell {
        Value::Object(rate) => rate["rate"].as_i64().map(|h| format!("{}.{:02}", h / 100, h % 100)),
        Value::String(text) if text == "—" => None,
        Value::String(text) => Some(text.trim_end_matches('%').to_owned()),
        Value::Number(number) if number.is_f64() => Some(format!("{:.2}", number.as_f64().unwrap())),
        other => Some(other.to_string()),
    }
}

fn same(cell: &Value, figure: &Value) -> bool {
    let wanted = match figure {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        number => Some(number.to_string()),
    };
    let found = plain(cell);
    // A spreadsheet keeps 80.00 as 80.
    found == wanted || matches!((&found, &wanted), (Some(f), Some(w)) if format!("{f}.00") == *w)
}

/// Holds the rows of a file, from its heads on, against a report.
pub(crate) fn hold_against(rows: &[Value], report: &Value) {
    let heads: HashMap<&str, usize> =
        rows[0].as_array().unwrap().iter().enumerate().map(|(n, head)| (head.as_str().unwrap(), n)).collect();
    assert_eq!(heads.len(), FIGURES.len() + 2);
    let units = std::iter::once(&report["total"]).chain(report["rows"].as_array().unwrap());
    for (row, unit) in rows[1..].iter().zip(units) {
        assert_eq!(row[0].as_str().unwrap().trim(), unit["unit_name"], "{row}");
        let brought = row[heads["来源"]].as_str().unwrap_or_default();
        assert_eq!(brought == "补录", unit["figures"]["imported"] == true, "{row}");
        for (head, path) in FIGURES {
            let (cell, figure) = (&row[heads[head]], unit.pointer(path).unwrap());
            assert!(same(cell, figure), "{head} of {}: {cell} is not {figure}", unit["unit_name"]);
        }
    }
}

/// Holds the sums of a list of people against a unit's figures.
pub(crate) fn sums(rows: &[Value], figures: &Value) {
    let heads: HashMap<&str, usize> =
        rows[0].as_array().unwrap().iter().enumerate().map(|(n, head)| (head.as_str().unwrap(), n)).collect();
    for (kind, side, pairs) in [
        (
            "学法",
            "study",
            [("在册", "on_roster"), ("应学应考", "expected"), ("参学", "participated"), ("达标", "completed")]
                .as_slice(),
        ),
        (
            "考试",
            "exam",
            [
                ("在册", "on_roster"),
                ("免", "exempt"),
                ("应学应考", "expected"),
                ("参考", "sat"),
                ("待考", "pending"),
                ("缺考", "absent"),
                ("合格", "passed"),
                ("首考合格", "first_passed"),
                ("优秀", "excellent"),
                ("白卷", "blank"),
                ("参考人次", "sittings"),
            ]
            .as_slice(),
        ),
    ] {
        for (head, name) in pairs {
            let of = rows[1..].iter().filter(|row| row[heads["类型"]] == kind);
            let sum: i64 = of.map(|row| plain(&row[heads[head]]).unwrap().parse::<i64>().unwrap()).sum();
            assert_eq!(sum, figures[side][name].as_i64().unwrap(), "{kind}{head}");
        }
    }
}

/// The rows of a sheet from its heads to the last one that has anything in its second column.
pub(crate) fn table(sheet: &Value, heads: usize) -> Vec<Value> {
    let rows = sheet.as_array().unwrap().iter().skip(heads);
    rows.take_while(|row| !row[1].is_null()).cloned().collect()
}

async fn furnished(scene: &Scene) {
    let [g1, g2, s1] = scene.units;
    let a = scene.people(g1, &[Category::LeadingOfficial, Category::CivilServant], 3).await;
    let b = scene.people(g2, &[Category::CivilServant], 3).await;
    let c = scene.people(s1, &[Category::Other], 1).await;
    let plan = scene.programme(2026, scene.district, "=2026计划,\"甲\"").await;
    let study = [(a[0], true), (a[1], false), (a[2], true), (b[0], true), (b[1], false), (b[2], true), (c[0], true)];
    scene.owe(plan, &study.map(|(person, studied_it)| (person, studied(studied_it)))).await;
    let annual = scene.exam(2026, ExamKind::Annual, None).await;
    let standings = [
        (a[0], sat(95)),
        (a[1], sat(40)),
        (a[2], sat(70)),
        (b[0], absent()),
        (b[1], exempt()),
        (b[2], sat(77)),
        (c[0], absent()),
    ];
    scene.owe(annual, &standings).await;
    // One of them sat twice more, a make-up among it.
    let make_up = scene.exam(2026, ExamKind::Annual, Some(annual)).await;
    scene.restate(annual, a[1], Figures { passed: 1, sittings: 3, ..sat(40) }).await;
    let sat = [
        (annual, a[0], 1),
        (annual, a[1], 1),
        (annual, a[1], 2),
        (make_up, a[1], 1),
        (annual, a[2], 1),
        (annual, b[2], 1),
    ];
    for (exam, person, number) in sat {
        scene.attempt(exam, person, number, AttemptState::Graded).await;
    }
}

both_databases! {
    async fn every_figure_is_the_same_in_every_file(server: TestServer) {
        let scene = Scene::new(&server).await;
        furnished(&scene).await;
        let client = scene.auditor();
        for query in ["year=2026&depth=2", "year=2026&depth=2&category=civil_servant", "year=2025&depth=1"] {
            let report = scene.rates(query).await;
            let book = file(&client, &format!("rates.xlsx?{query}&people=true")).await;
            assert_eq!(book["frozen"]["率表"], "B4");
            let units = report["rows"].as_array().unwrap().len() + 1;
            assert_eq!(book["formulas"].as_u64().unwrap(), 7 * u64::try_from(units).unwrap());
            let rows = table(&book["sheets"]["率表"], 2);
            assert_eq!(rows.len(), units + 1);
            hold_against(&rows, &report);
            let sheet = &book["sheets"]["率表"].as_array().unwrap()[units + 4];
            assert!(sheet.as_array().unwrap().iter().any(|cell| cell == "填报人："), "{sheet}");
            assert!(book["sheets"]["口径"].to_string().contains("总合格率"));
            sums(&table(&book["sheets"]["名单"], 2), &report["total"]["figures"]);
            let csv = file(&client, &format!("rates.csv?{query}")).await;
            hold_against(csv["sheets"]["csv"].as_array().unwrap(), &report);
        }
        // A figure leads to as many rows in the file as it says.
        for figure in FigureName::ALL {
            let behind = scene.behind("year=2026", *figure).await;
            for format in ["csv", "xlsx"] {
                let list = file(&client, &format!("people/file?format={format}&year=2026&figure={figure}")).await;
                let (sheet, heads) = if format == "csv" { ("csv", 0) } else { ("名单", 2) };
                let rows = table(&list["sheets"][sheet], heads);
                assert_eq!(rows.len(), behind.len() + 1, "{figure} {format}");
                if figure.counts_attempts() {
                    assert_eq!(rows.len(), 6 + 1, "an attempt a row");
                    let place = rows[0].as_array().unwrap().iter().position(|head| head == "参考人次").unwrap();
                    assert!(rows[1..].iter().all(|row| plain(&row[place]).as_deref() == Some("1")), "{rows:?}");
                }
            }
        }
        let missing = file(&client, "missing/file?format=csv&year=2026").await;
        let missing = missing["sheets"]["csv"].as_array().unwrap();
        let found: Vec<(&str, &str, &str)> = missing[1..]
            .iter()
            .map(|row| (row[0].as_str().unwrap(), row[3].as_str().unwrap(), row[5].as_str().unwrap()))
            .collect();
        let plan = "'=2026计划,\"甲\"";
        assert_eq!(found, [("桂花街道", "", "缺考"), ("区民政局", "", "缺考"), ("区民政局", plan, ""), ("区司法局", plan, "")]);
    }

    async fn what_is_too_long_for_an_answer_is_a_job(server: TestServer) {
        let scene = Scene::new(&server).await;
        // 402 people with 50 programmes each: 20,100 rows.
        let people = scene.people(scene.units[0], &[Category::Other], 402).await;
        let owed: Vec<_> = people.iter().map(|person| (*person, studied(true))).collect();
        for n in 0..50 {
            let plan = scene.programme(2026, scene.district, &format!("计划{n}")).await;
            scene.owe(plan, &owed).await;
        }
        let client = scene.auditor();
        for path in ["people/file?format=csv&year=2026&figure=study.participated", "rates.xlsx?year=2026&people=true"] {
            let refused = client.get(&format!("/api/v1/reports/{path}")).await;
            let problem = refused.expect_problem(409, "answer_too_large");
            let told = problem.json["detail"].as_str().unwrap();
            assert!(told.replace(',', "").contains("20100") && told.contains("后台生成"), "{told}");
        }
        // The figures alone are short.
        file(&client, "rates.xlsx?year=2026").await;
        let order = json!({ "what": "people", "figure": "study.participated", "format": "csv", "year": 2026 });
        let job = client.post("/api/v1/reports/exports", &order).await.ok();
        assert_eq!(job["total"], 20_100);
        server.work().await;
        let path = format!("/api/v1/reports/exports/{}", job["id"].as_str().unwrap());
        let done = client.get(&path).await.ok();
        assert_eq!((&done["state"], &done["done"]), (&json!("done"), &json!(20_100)));
        let bytes = client.bytes(client.request(Method::GET, &format!("{path}/file"))).await;
        let listed = read(&bytes, "csv");
        let rows = listed["sheets"]["csv"].as_array().unwrap();
        assert_eq!(rows.len(), 20_101);
        let each: std::collections::HashSet<_> = rows[1..].iter().map(|row| (row[1].to_string(), row[4].to_string())).collect();
        assert_eq!(each.len(), 20_100, "everybody once with each programme");
    }

    async fn a_long_file_is_a_job(server: TestServer) {
        let scene = Scene::new(&server).await;
        furnished(&scene).await;
        let client = scene.auditor();
        let order = json!({ "what": "rates", "format": "xlsx", "year": 2026, "depth": 2, "people": true });
        let job = client.post("/api/v1/reports/exports", &order).await.ok();
        let path = format!("/api/v1/reports/exports/{}", job["id"].as_str().unwrap());
        assert_eq!((&job["state"], &job["done"], &job["total"]), (&json!("waiting"), &json!(0), &json!(14)));
        client.get(&format!("{path}/file")).await.expect_problem(409, "wrong_state");
        // It is found again, by nobody else.
        assert_eq!(client.get("/api/v1/reports/exports").await.ok()["items"], json!([job]));
        let other = server.as_(&scene.coordinator);
        assert_eq!(other.get("/api/v1/reports/exports").await.ok()["items"], json!([]));
        for of_another in [&path, &format!("{path}/file")] {
            other.get(of_another).await.expect_problem(404, "not_found");
        }
        server.work().await;
        let done = client.get(&path).await.ok();
        assert_eq!((&done["state"], &done["done"]), (&json!("done"), &json!(14)));
        let bytes = client.bytes(client.request(Method::GET, &format!("{path}/file"))).await;
        assert_eq!(done["size"].as_u64().unwrap(), u64::try_from(bytes.len()).unwrap());
        let book = read(&bytes, "xlsx");
        let report = scene.rates("year=2026&depth=2").await;
        hold_against(&table(&book["sheets"]["率表"], 2), &report);
        sums(&table(&book["sheets"]["名单"], 2), &report["total"]["figures"]);

        let csv = json!({ "what": "missing", "format": "csv", "year": 2026 });
        let wanted = client.post("/api/v1/reports/exports", &csv).await.ok();
        let unwanted = client.post("/api/v1/reports/exports", &csv).await.ok();
        let of = |job: &Value| format!("/api/v1/reports/exports/{}", job["id"].as_str().unwrap());
        client.delete(&of(&unwanted)).await.ok();
        server.work().await;
        assert_eq!(client.get(&of(&unwanted)).await.ok()["state"], "cancelled");
        assert_eq!(client.get("/api/v1/reports/exports").await.ok()["items"].as_array().unwrap().len(), 2);
        let bytes = client.bytes(client.request(Method::GET, &format!("{}/file", of(&wanted)))).await;
        let listed = read(&bytes, "csv");
        assert_eq!(listed["sheets"]["csv"].as_array().unwrap().len(), 5);
        // A week later nothing of it is left.
        server.advance(std::time::Duration::from_hours(8 * 24));
        server.work().await;
        let client = server.as_(&server.user("late", Role::Auditor, scene.district).await);
        client.get(&path).await.expect_problem(404, "not_found");
        assert_eq!(client.get("/api/v1/reports/exports").await.ok()["items"], json!([]));

        let bad = client.post("/api/v1/reports/exports", &json!({ "what": "all", "format": "pdf", "year": 2026 })).await;
        bad.expect_field("what", "unknown_value").expect_field("format", "unknown_value");
        let unit = json!({ "what": "missing", "format": "csv", "year": 2026, "unit_id": server.services.core.uuid() });
        client.post("/api/v1/reports/exports", &unit).await.expect_problem(404, "not_found");
    }
}
