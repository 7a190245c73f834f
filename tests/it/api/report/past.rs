//! Years before Kaofa, brought in person by person: they count, are marked wherever they do, and can be taken back.

use kaofa::org::Category;
use kaofa::report::{Fails, FigureName, verify_records};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Scene, studied};
use crate::harness::Answer;

const HEADS: &str = "年份,单位,工号,姓名,人员类别,学法情况,考试情况,成绩\n";

impl Scene {
    async fn bring(&self, rows: &str, query: &str) -> Answer {
        let file = Part::bytes(format!("{HEADS}{rows}").into_bytes()).file_name("补录.csv");
        let form = Form::new().part("file", file).text("source", "区司法局 2020 年年报");
        let coordinator = self.server.as_(&self.coordinator);
        let path = format!("/api/v1/imports/past-years{query}");
        coordinator.send(coordinator.request(Method::POST, &path).multipart(form)).await
    }
}

fn codes(report: &Value) -> Vec<(i64, &str)> {
    let errors = report["errors"].as_array().unwrap();
    errors.iter().map(|e| (e["row"].as_i64().unwrap(), e["code"].as_str().unwrap())).collect()
}

both_databases! {
    async fn years_before_count_and_are_marked(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, _, s1] = scene.units;
        let known = scene.people(g1, &[Category::CivilServant], 1).await;
        let rows = "2019,区司法局,,张0,公务员,达标,合格,80\n\
                    2019,桂花街道,X9,李四,领导干部,参学,补考合格,50\n\
                    2020,区司法局,,张0,公务员,参学,优秀,95.5\n\
                    2020,桂花街道,X9,李四,领导干部,参学,合格,70\n\
                    2020,桂花街道,,王五,其他,免学,免考,\n\
                    2021,区司法局,,张0,公务员,参学,合格,\n\
                    2021,桂花街道,X9,李四,领导干部,未参学,缺考,\n";
        let dry = scene.bring(rows, "?dry_run=true").await.ok();
        assert_eq!((&dry["applied"], &dry["rows"], &dry["created"], &dry["updated"]), (&json!(false), &json!(7), &json!(2), &json!(7)), "{dry}");
        assert_eq!(scene.rates("year=2020").await["total"]["figures"]["exam"]["expected"], 0);
        let done = scene.bring(rows, "").await.ok();
        assert_eq!((&done["applied"], done["errors"].as_array().unwrap().len()), (&json!(true), 0), "{done}");

        let report = scene.rates("year=2020&depth=2").await;
        let figures = &report["total"]["figures"];
        assert_eq!(report["sources"], json!(["区司法局 2020 年年报"]));
        assert_eq!((&figures["imported"], &figures["streak_years"], &figures["streak_imported"]), (&json!(true), &json!(2), &json!(2)));
        assert_eq!((&figures["persons"], &figures["exam"]["expected"], &figures["exam"]["exempt"], &figures["exam"]["sat"]), (&json!(3), &json!(2), &json!(1), &json!(2)));
        assert_eq!((&figures["exam"]["excellent"], &figures["exam"]["average_points"]), (&json!(1), &json!("82.75")));
        let row = report["rows"].as_array().unwrap().iter().find(|r| r["unit_id"] == json!(s1)).unwrap();
        assert_eq!((&row["figures"]["study"]["on_roster"], &row["figures"]["study"]["exempt"]), (&json!(2), &json!(1)));
        // In 2019 one passed the make-up alone; 2021 breaks the streak.
        let first = &scene.rates("year=2019").await["total"]["figures"]["exam"];
        assert_eq!((&first["passed"], &first["first_passed"], &first["first_sat"]), (&json!(2), &json!(1), &json!(2)));
        let broken = &scene.rates("year=2021").await["total"]["figures"];
        assert_eq!((&broken["streak_years"], &broken["last_streak"]["years"], &broken["exam"]["absent"]), (&json!(0), &json!(2), &json!(1)));
        // Every figure leads to its people, who are marked.
        for year in [2019, 2020, 2021] {
            let total = scene.rates(&format!("year={year}")).await["total"]["figures"].clone();
            for figure in FigureName::ALL {
                let rows = scene.behind(&format!("year={year}"), *figure).await;
                let name = figure.to_string();
                let (side, own) = name.split_once('.').unwrap();
                if let Some(count) = total[side][own].as_i64() {
                    assert_eq!(i64::try_from(rows.len()).unwrap(), count, "{year} {name}");
                }
                assert!(rows.iter().all(|r| r["source"] == "区司法局 2020 年年报" && r["exam_id"].is_null()), "{name}");
            }
        }
        let mine = scene.behind("year=2019", "exam.passed".parse().unwrap()).await;
        assert!(mine.iter().any(|r| r["person_id"] == json!(known[0])), "whoever is known is the same person");
        let text = scene.auditor().get("/api/v1/reports/paragraph?year=2020").await.ok()["text"].as_str().unwrap().to_owned();
        assert!(text.contains("连续 2 年均达到 100%（其中 2 年为补录）"), "{text}");

        // They are closed, frozen and verified like others.
        let years = scene.auditor().get("/api/v1/years").await.ok();
        let year = years["items"].as_array().unwrap().iter().find(|y| y["year"] == 2020).unwrap();
        assert_eq!(year["closed"], true);
        let listed = scene.auditor().get("/api/v1/reports/snapshots?year=2020").await.ok();
        assert_eq!(listed["items"][0]["kind"], "imported");
        let path = format!("/api/v1/reports/snapshots/{}", listed["items"][0]["id"].as_str().unwrap());
        let today = scene.auditor().get(&path).await.ok()["today"].clone();
        assert_eq!((&today["sound"], &today["logged"], &today["people"]), (&json!(true), &json!(true), &json!([])), "{today}");
        let core = &server.services.core;
        let (findings, snapshots) = verify_records(core.db.read(), core.today(), core.now()).await.unwrap();
        assert!(findings.is_empty() && snapshots == 3, "{findings:?}");
        scene.write(|tx| Box::pin(async move {
            Ok(tx.execute_unprepared("UPDATE past_rows SET exam = 'passed' WHERE exam = 'absent'").await.map(|_| ())?)
        })).await;
        let (findings, _) = verify_records(core.db.read(), core.today(), core.now()).await.unwrap();
        let named = |fails| findings.iter().any(|f| f.fails == fails && f.person.as_ref().is_some_and(|(_, name)| name == "李四"));
        assert!(named(Fails::Standing) && named(Fails::Row), "{findings:?}");
    }

    async fn nothing_of_a_wrong_file_is_written(server: TestServer) {
        let scene = Scene::new(&server).await;
        scene.people(scene.units[0], &[Category::CivilServant], 1).await;
        let report = scene.bring("2019,区司法局,,张0,,达标,合格,\n2019,区司法局,,张0,,达标,合格,\n2019,无此局,,李四,,达标,合格,\n", "").await.ok();
        assert_eq!(report["applied"], false);
        assert_eq!(codes(&report), [(3, "duplicate"), (4, "unknown_reference")]);
        // Of a year with records of its own nothing is brought in.
        let plan = scene.programme(2025, scene.district, "2025计划").await;
        let people = scene.people(scene.units[1], &[Category::CivilServant], 1).await;
        scene.owe(plan, &[(people[0], studied(true))]).await;
        let report = scene.bring("2025,区司法局,,张0,,达标,合格,\n", "").await.ok();
        assert_eq!(codes(&report), [(2, "conflict")]);
        let without = Form::new().part("file", Part::bytes(HEADS.as_bytes())).text("source", " ");
        let coordinator = server.as_(&scene.coordinator);
        let path = "/api/v1/imports/past-years";
        let refused = coordinator.send(coordinator.request(Method::POST, path).multipart(without)).await;
        refused.expect_field("source", "required");
    }

    async fn a_year_can_be_taken_back(server: TestServer) {
        let scene = Scene::new(&server).await;
        scene.people(scene.units[0], &[Category::CivilServant], 1).await;
        let row = "2019,区司法局,,张0,,达标,合格,\n";
        scene.bring(row, "").await.ok();
        assert_eq!(codes(&scene.bring(row, "").await.ok()), [(2, "duplicate")]);
        let coordinator = server.as_(&scene.coordinator);
        let listed = coordinator.get("/api/v1/past-years").await.ok();
        let path = format!("/api/v1/past-years/{}/withdraw", listed["items"][0]["id"].as_str().unwrap());
        let reason = json!({ "reason": "来源有误" });
        coordinator.post(&path, &reason).await.expect_problem(409, "wrong_state");
        let reopen = json!({ "unit_id": scene.district, "reason": "更正" });
        scene.auditor().post("/api/v1/years/2019/reopen", &reopen).await.ok();
        let after = coordinator.post(&path, &reason).await.ok();
        assert_eq!(after["items"][0]["withdraw_reason"], "来源有误");
        let figures = &scene.rates("year=2019").await["total"]["figures"];
        assert_eq!((&figures["exam"]["on_roster"], &figures["imported"]), (&json!(0), &json!(false)));
        coordinator.post(&path, &reason).await.expect_problem(409, "wrong_state");
        assert_eq!(scene.bring(row, "").await.ok()["applied"], true);
        assert_eq!(scene.rates("year=2019").await["total"]["figures"]["exam"]["sat"], 1);
    }
}
