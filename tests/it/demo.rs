//! The demonstration district, filled and asked for the totals of the district's report.

use kaofa::auth::Role;
use kaofa::{boot, demo};
use reqwest::Method;
use serde_json::Value;

use crate::api::report::files::{file, hold_against, sums, table};
use crate::draw_file::both_believe;
use crate::harness::{Client, TestServer};

const PASSWORD: &str = "demonstration";

async fn figures(auditor: &Client, query: &str) -> Value {
    auditor.get(&format!("/api/v1/reports/rates?{query}")).await.ok()["total"]["figures"].clone()
}

/// How many rows stand behind a figure, over all pages.
async fn behind(auditor: &Client, query: &str, figure: &str) -> u64 {
    let (mut rows, mut cursor) = (0, String::new());
    loop {
        let path = format!("/api/v1/reports/people?{query}&figure={figure}&limit=200{cursor}");
        let page = auditor.get(&path).await.ok();
        rows += u64::try_from(page["items"].as_array().unwrap().len()).unwrap();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

async fn check(server: TestServer) {
    // A Monday in November: the years 2019 to 2025 are over, this one is not.
    server.set_clock("2026-11-23T02:00:00.000Z");
    let core = &server.services.core;
    demo::fill(core, PASSWORD, boot::compose, &|_| {}).await.expect("an empty database is filled");
    server.work().await;
    let body = serde_json::json!({ "username": "auditor", "password": PASSWORD });
    let token = server.client().post("/api/v1/auth/login", &body).await.ok()["token"].as_str().unwrap().to_owned();
    let auditor = server.client().bearing(&token);

    let report = auditor.get("/api/v1/reports/rates?year=2024&depth=2").await.ok();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|r| r["depth"] == 1).count(), 3);
    assert_eq!(rows.iter().filter(|r| r["depth"] == 2).count(), 75);
    let total = &report["total"]["figures"];
    assert_eq!(total["streak_years"], 6);
    for rate in [&total["study"]["participation_rate"], &total["exam"]["sitting_rate"], &total["exam"]["pass_rate"]] {
        assert_eq!((&rate["percent"], &rate["numerator"]), (&"100.00".into(), &1112.into()));
    }
    let qualification = figures(&auditor, "year=2024&exam_kind=qualification").await;
    assert_eq!(qualification["exam"]["sittings"], 429);

    // A year with gaps: what is counted is there, and nobody else.
    let broken = figures(&auditor, "year=2025").await;
    assert_eq!(broken["streak_years"], 0);
    assert_eq!(broken["last_streak"]["years"], 6);
    for query in ["year=2024&exam_kind=qualification", "year=2025", "year=2026"] {
        let figures = figures(&auditor, query).await;
        for (side, name) in [
            ("study", "participated"),
            ("study", "completed"),
            ("exam", "sat"),
            ("exam", "pending"),
            ("exam", "absent"),
            ("exam", "passed"),
            ("exam", "first_passed"),
            ("exam", "sittings"),
        ] {
            let count = figures[side][name].as_u64().unwrap();
            assert_eq!(behind(&auditor, query, &format!("{side}.{name}")).await, count, "{query} {side}.{name}");
        }
    }

    so_much_is_not_as_it_should(&auditor).await;
    the_files_say_the_same(&auditor).await;
    the_comparison_says_the_same(&server, &auditor, &token).await;
    every_paper_can_be_derived_again(&auditor).await;

    // Its log is as it was signed, and one byte of one entry is enough to be found.
    let of_database = || crate::verify::verify(&server, &["--database-url", &server.database_url]);
    let (ok, out, error) = of_database();
    assert!(ok && out.contains("the log is as it was signed"), "{out}{error}");
    let conn = crate::verify::raw(&server).await;
    let (index, id) = crate::verify::midst(&conn).await;
    let swap = |from: &str, to: &str| {
        format!("UPDATE log_entries SET action = replace(action, '{from}', '{to}') WHERE idx = {index}")
    };
    crate::verify::sql(&conn, &swap(".", "!")).await;
    let (ok, _, error) = of_database();
    assert!(!ok && error.contains(&format!("entry {index} ({id}) was changed")), "{error}");
    crate::verify::sql(&conn, &swap("!", ".")).await;
    conn.close().await.unwrap();

    the_records_are_checked(&server).await;

    // Something is going on, whenever it starts; a second start adds nothing to the past.
    assert!(kaofa::tally::recount(core.db.read()).await.unwrap().is_empty(), "the counts agree with the facts");
    demo::fill(core, PASSWORD, boot::compose, &|_| {}).await.expect("a filled demonstration goes on");
    assert_eq!(figures(&auditor_again(&server).await, "year=2025").await, broken);
}

/// What the years after the report have to show: exempt and deferred people, a request that waits, a corrected key, a make-up
/// that is open and of which some have come.
async fn so_much_is_not_as_it_should(auditor: &Client) {
    let (before, now) = (figures(auditor, "year=2025").await, figures(auditor, "year=2026").await);
    assert_eq!(
        (&before["exam"]["exempt"], &now["exam"]["exempt"], &now["exam"]["deferred"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!((&before["exam"]["exempt_late"], &before["exam"]["deferred"]), (&0.into(), &0.into()));
    assert_eq!(behind(auditor, "year=2026", "exam.exempt").await, 1);
    let waiting = auditor.get("/api/v1/exemption-requests?status=pending").await.ok();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    let exams = auditor.get("/api/v1/exams?year=2025&kind=annual").await.ok();
    let main = exams["items"].as_array().unwrap().iter().find(|exam| exam["makes_up_exam_id"].is_null()).unwrap();
    let regrades = auditor.get(&format!("/api/v1/exams/{}/regrades", main["id"].as_str().unwrap())).await.ok();
    assert_eq!((&regrades["items"][0]["action"], &regrades["items"][0]["falls"]), (&"correct_key".into(), &0.into()));
    let exams = auditor.get("/api/v1/exams?year=2026&kind=qualification&status=open").await.ok();
    assert_eq!(exams["items"].as_array().unwrap().len(), 1);
    assert!(exams["items"][0]["makes_up_exam_id"].is_string());
    let qualified = figures(auditor, "year=2026&exam_kind=qualification").await;
    let count = |name: &str| qualified["exam"][name].as_u64().unwrap();
    // Those who failed have sat; of those who did not come some have made it up and some have yet to.
    assert!(count("pending") > 0 && count("absent") == 0, "{qualified}");
    assert!(count("first_sat") < count("sat") && count("sat") < count("expected"), "{qualified}");
    assert!(count("first_passed") < count("passed") && count("passed") < count("sat"), "{qualified}");
}

/// What `kaofa verify records` says of the database of a server.
fn verify(server: &TestServer) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kaofa"));
    command.args(["verify", "records"]).env_clear().env("KAOFA_DATABASE_URL", &server.database_url);
    let output = command.stdin(std::process::Stdio::null()).output().expect("the program runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

/// Everything holds; and each row behind a closed year that is changed directly is found and named.
async fn the_records_are_checked(server: &TestServer) {
    use sea_orm::ConnectionTrait as _;
    let (code, said) = verify(server);
    assert_eq!(code, Some(0), "{said}");
    let db = &server.services.core.db;
    let sql = async |sql: &str| {
        db.tx("test.tamper", |tx| {
            let sql = sql.to_owned();
            Box::pin(async move { Ok::<_, kaofa::db::Fault>(tx.execute_unprepared(&sql).await.map(|_| ())?) })
        })
        .await
        .unwrap();
    };
    let exam = "(SELECT MIN(id) FROM exams WHERE year = 2024 AND kind = 'annual' AND makes_up_exam_id IS NULL)";
    let somebody = format!("(SELECT MIN(person_id) FROM obligations WHERE subject_id = {exam})");
    let paper = format!("(SELECT MIN(id) FROM attempts WHERE exam_id = {exam} AND person_id = {somebody})");
    let session = "(SELECT MIN(id) FROM sessions WHERE year = 2024)";
    let attended = format!("(SELECT MIN(person_id) FROM attendance WHERE session_id = {session})");
    for (change, back, found) in [
        (
            format!("UPDATE attempts SET points = points + 100 WHERE exam_id = {exam} AND person_id = {somebody}"),
            format!("UPDATE attempts SET points = points - 100 WHERE exam_id = {exam} AND person_id = {somebody}"),
            "the figures are not what the facts give",
        ),
        (
            format!("UPDATE attempts SET answered = answered + 1 WHERE exam_id = {exam} AND person_id = {somebody}"),
            format!("UPDATE attempts SET answered = answered - 1 WHERE exam_id = {exam} AND person_id = {somebody}"),
            "a row behind the figures was changed",
        ),
        (
            format!("UPDATE roster_rows SET post = post || '长' WHERE subject_id = {exam} AND person_id = {somebody}"),
            format!(
                "UPDATE roster_rows SET post = SUBSTR(post, 1, LENGTH(post) - 1) WHERE subject_id = {exam} AND person_id = {somebody}"
            ),
            "a row behind the figures was changed",
        ),
        (
            format!(
                "UPDATE attendance SET version = version, reason = 'x' WHERE session_id = {session} AND person_id = {attended} AND reason IS NULL"
            ),
            format!(
                "UPDATE attendance SET reason = NULL WHERE session_id = {session} AND person_id = {attended} AND reason = 'x'"
            ),
            "a row behind the figures was changed",
        ),
        (
            format!("UPDATE obligations SET passed = 0 WHERE subject_id = {exam} AND person_id = {somebody}"),
            format!("UPDATE obligations SET passed = 1 WHERE subject_id = {exam} AND person_id = {somebody}"),
            "the count of the unit is not what its people add up to",
        ),
        (
            format!("UPDATE saves SET at = at + 1 WHERE attempt_id = {paper} AND seq = 1"),
            format!("UPDATE saves SET at = at - 1 WHERE attempt_id = {paper} AND seq = 1"),
            "the answers are not those that were handed in",
        ),
        (
            format!("UPDATE exams SET pass_points = pass_points + 1 WHERE id = {exam}"),
            format!("UPDATE exams SET pass_points = pass_points - 1 WHERE id = {exam}"),
            "a row behind the figures was changed",
        ),
    ] {
        sql(&change).await;
        let (code, said) = verify(server);
        assert!(code == Some(1) && said.contains(found), "{change}: {said}");
        sql(&back).await;
    }
    let (code, said) = verify(server);
    assert_eq!(code, Some(0), "{said}");
}

/// The files of the years that the report tells of, and its paragraph.
async fn the_files_say_the_same(auditor: &Client) {
    for query in ["year=2024&depth=2", "year=2025&depth=2", "year=2024&depth=2&exam_kind=qualification"] {
        let report = auditor.get(&format!("/api/v1/reports/rates?{query}")).await.ok();
        let book = file(auditor, &format!("rates.xlsx?{query}&people=true")).await;
        hold_against(&table(&book["sheets"]["率表"], 2), &report);
        sums(&table(&book["sheets"]["名单"], 2), &report["total"]["figures"]);
        let csv = file(auditor, &format!("rates.csv?{query}")).await;
        hold_against(csv["sheets"]["csv"].as_array().unwrap(), &report);
    }
    let paragraph = auditor.get("/api/v1/reports/paragraph?year=2024").await.ok();
    let text = paragraph["text"].as_str().unwrap();
    for said in [
        "72 名主要负责人述法",
        "组织 429 人次参加行政执法资格考试",
        "旁听庭审 1 场次、旁听行政复议听证 1 场次",
        "参学率、参考率、合格率连续 6 年均达到 100%",
        "普法宣讲 42 场次",
        "走访企业 56 家",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// A rate in a table of the page that compares.
struct Cell<'a> {
    year: &'a str,
    /// Its percentage, and how it came about.
    rate: (&'a str, String, String),
    /// The page with those whom it counts.
    counted: &'a str,
}

fn cell(text: &str) -> Cell<'_> {
    let within = |from: &str, to: &str| text.split(from).nth(1).and_then(|rest| rest.split(to).next());
    let counts = within("<a href=", "</a>").and_then(|link| link.split('>').nth(1)).unwrap_or("0 / 0");
    let (numerator, denominator) =
        counts.replace(',', "").split_once(" / ").map(|(n, d)| (n.to_owned(), d.to_owned())).unwrap();
    Cell {
        year: text.split('"').next().unwrap(),
        rate: (within("<strong>", "</strong>").unwrap(), numerator, denominator),
        counted: within("<a href=\"", "\"").unwrap_or_default(),
    }
}

/// The rows of such a table: what each is about, and its rates.
fn cells(table: &str) -> Vec<(&str, Vec<Cell<'_>>)> {
    table
        .split("<tr><th scope=\"row\">")
        .skip(1)
        .map(|row| {
            let name = row.split("</th>").next().unwrap();
            let name = name.trim_end_matches("</a>").rsplit('>').next().unwrap();
            (name, row.split("data-label=\"").skip(1).map(cell).collect())
        })
        .collect()
}

/// The page that sets years and units side by side: its tables say what the report of each year says, a figure leads to its
/// people, the units with gaps come first, and the chart has a mark for every rate.
async fn the_comparison_says_the_same(server: &TestServer, auditor: &Client, token: &str) {
    let client = server.client();
    let page = async |path: &str| {
        let request = client.request(Method::GET, path).header("accept", "text/html");
        let answer = client.send(request.header("cookie", format!("kaofa={token}"))).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.text.replace("&#38;", "&").replace("&amp;", "&")
    };
    let years: Vec<String> = (2020..=2025).map(|year: i32| year.to_string()).collect();
    let mut reports = Vec::new();
    for year in &years {
        reports.push(auditor.get(&format!("/api/v1/reports/rates?year={year}&depth=1")).await.ok());
    }
    let rates =
        [("参学率", "/study/participation_rate"), ("参考率", "/exam/sitting_rate"), ("合格率", "/exam/pass_rate")];
    let holds = |cell: &Cell, figures: &Value, rate: &str| {
        let rate = figures.pointer(rate).unwrap();
        let (percent, numerator, denominator) = &cell.rate;
        assert_eq!((&rate["numerator"].to_string(), &rate["denominator"].to_string()), (numerator, denominator));
        let said = rate["percent"].as_str().map_or("—".to_owned(), |said| format!("{said} %"));
        assert_eq!(*percent, said);
    };
    let shown = page("/rates/compare?year=2025").await;
    let tables: Vec<&str> = shown.split("<table class=\"stack rates\">").skip(1).collect();
    let own = cells(tables[0].split("</table>").next().unwrap());
    assert_eq!(own.iter().map(|(name, _)| *name).collect::<Vec<_>>(), rates.map(|(name, _)| name));
    for ((_, cells), (_, rate)) in own.iter().zip(rates) {
        assert_eq!(cells.iter().map(|cell| cell.year).collect::<Vec<_>>(), years);
        for (cell, report) in cells.iter().zip(&reports) {
            holds(cell, &report["total"]["figures"], rate);
        }
        // The year with gaps: as many people stand behind the figure as it says.
        let last = cells.last().unwrap();
        let behind = page(last.counted).await;
        let head = behind.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().replace(',', "");
        assert!(head.contains(&format!("：{} 人", last.rate.1)), "{head}");
    }
    let chart = shown.split("<svg class=\"chart\"").nth(1).unwrap().split("</svg>").next().unwrap();
    assert_eq!(chart.matches("<circle").count(), years.len(), "a mark for every year of the first rate");
    assert_eq!(chart.matches("<polygon").count(), years.len(), "and of the second");
    for (name, _) in rates {
        assert!(chart.contains(name), "a line is called by its name: {chart}");
    }
    for (place, (_, rate)) in rates.iter().enumerate() {
        let shown = page(&format!("/rates/compare?year=2025&rate={place}")).await;
        let units = cells(shown.split("<table class=\"stack rates\">").nth(2).unwrap());
        assert_eq!(units.len(), 3);
        let mut lacking = Vec::new();
        for (name, cells) in &units {
            for (cell, report) in cells.iter().zip(&reports) {
                let rows = report["rows"].as_array().unwrap();
                let row = rows.iter().find(|row| row["depth"] == 1 && row["unit_name"] == *name).unwrap();
                holds(cell, &row["figures"], rate);
            }
            let (_, numerator, denominator) = &cells.last().unwrap().rate;
            lacking.push(denominator.parse::<i64>().unwrap() - numerator.parse::<i64>().unwrap());
        }
        assert!(lacking.is_sorted_by(|a, b| a >= b), "{lacking:?}");
    }
}

/// The draw file of every exam that has closed, before both verifiers.
async fn every_paper_can_be_derived_again(auditor: &Client) {
    let folder = tempfile::TempDir::new().unwrap();
    let exams = auditor.get("/api/v1/exams?limit=200").await.ok();
    let (mut closed, mut balanced) = (0, 0);
    for exam in exams["items"].as_array().unwrap() {
        let id = exam["id"].as_str().unwrap();
        let answer = auditor.get(&format!("/api/v1/exams/{id}/draw")).await;
        if !["closed", "released"].contains(&exam["status"].as_str().unwrap()) {
            answer.expect_problem(409, "wrong_state");
            continue;
        }
        let path = folder.path().join(format!("{id}.json"));
        std::fs::write(&path, &answer.text).unwrap();
        both_believe(&path);
        closed += 1;
        balanced += u32::from(!answer.ok()["manifest"]["balance"].is_null());
    }
    assert!(closed >= 8 && balanced >= 3, "{closed} closed, {balanced} balanced");
}

/// Going on with a demonstration ends the tokens of its accounts.
async fn auditor_again(server: &TestServer) -> Client {
    let body = serde_json::json!({ "username": "auditor", "password": PASSWORD });
    let token = server.client().post("/api/v1/auth/login", &body).await.ok()["token"].as_str().unwrap().to_owned();
    server.client().bearing(&token)
}

both_databases! {
    async fn the_district_reproduces_its_report(server: TestServer) {
        check(server).await;
    }

    async fn somebody_elses_database_is_left_alone(server: TestServer) {
        server.user("coordinator", Role::Coordinator, server.root().await).await;
        let refused = demo::fill(&server.services.core, PASSWORD, boot::compose, &|_| {}).await;
        assert!(matches!(refused, Err(demo::DemoError::SomethingElse)));
    }
}
