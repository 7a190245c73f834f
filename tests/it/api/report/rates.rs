//! Rates and the people behind them.

use std::collections::HashSet;

use entity::exam::attempt::AttemptState;
use entity::exam::exam::{ExamKind, ExamStatus};
use entity::id::UnitId;
use entity::tally::{count, sum};
use kaofa::auth::Role;
use kaofa::http::IfMatch;
use kaofa::org::{Category, UnitChange};
use kaofa::report::{FigureName, Side};
use kaofa::tally::{self, Figures, Standing};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Scene, absent, exempt, percent, sat, studied};
use crate::harness::User;

both_databases! {
    async fn a_unit_is_the_sum_of_its_subtree(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let a = scene.people(g1, &[Category::LeadingOfficial, Category::CivilServant], 2).await;
        let b = scene.people(g2, &[Category::CivilServant], 3).await;
        let c = scene.people(s1, &[Category::Other], 1).await;
        let plan = scene.programme(2026, scene.district, "2026计划").await;
        scene.owe(plan, &[(a[0], studied(true)), (a[1], studied(false)), (b[0], studied(true)), (c[0], studied(true))]).await;
        let annual = scene.exam(2026, ExamKind::Annual, None).await;
        let standings =
            [(a[0], sat(95)), (a[1], sat(40)), (b[0], absent()), (b[1], exempt()), (b[2], sat(70)), (c[0], absent())];
        scene.owe(annual, &standings).await;

        let report = scene.rates("year=2026&depth=2").await;
        assert_eq!((&report["definition"], &report["year"]), (&json!("rates/1"), &json!(2026)));
        assert_eq!(report["as_of"], server.now().to_string());
        let shown: Vec<_> = report["rows"].as_array().unwrap().iter().map(|row| {
            (row["unit_name"].as_str().unwrap(), row["depth"].as_i64().unwrap(), row["figures"]["persons"].as_i64().unwrap())
        }).collect();
        assert_eq!(shown, [("桂花街道", 1, 1), ("区直部门", 1, 5), ("区民政局", 2, 3), ("区司法局", 2, 2)]);
        assert_eq!(report["rows"][2]["parent_id"], scene.group.to_string());
        let total = &report["total"];
        assert_eq!((&total["unit_name"], &total["parent_id"], &total["depth"]), (&json!("示范区"), &Value::Null, &json!(0)));
        let (study, exam) = (&total["figures"]["study"], &total["figures"]["exam"]);
        assert_eq!(total["figures"]["persons"], 6);
        assert_eq!(percent(&study["participation_rate"]), (3, 4, Some("75.00")));
        assert_eq!(percent(&study["completion_rate"]), (3, 4, Some("75.00")));
        let counts = ["on_roster", "exempt", "exempt_late", "expected", "sat", "pending", "absent", "deferred"];
        assert_eq!(counts.map(|name| exam[name].as_i64().unwrap()), [6, 1, 1, 5, 3, 0, 2, 0]);
        let counts = ["passed", "first_sat", "first_passed", "excellent", "blank", "sittings"];
        assert_eq!(counts.map(|name| exam[name].as_i64().unwrap()), [2, 3, 2, 1, 0, 3]);
        assert_eq!(percent(&exam["sitting_rate"]), (3, 5, Some("60.00")));
        assert_eq!(percent(&exam["pass_rate"]), (2, 3, Some("66.67")));
        assert_eq!(percent(&exam["overall_pass_rate"]), (2, 5, Some("40.00")));
        assert_eq!(percent(&exam["first_pass_rate"]), (2, 3, Some("66.67")));
        assert_eq!(percent(&exam["excellence_rate"]), (1, 3, Some("33.33")));
        assert_eq!(exam["average_points"], "68.33");
        // Nobody is expected: no rate, no average.
        let empty = &report["rows"][0]["figures"]["exam"];
        assert_eq!((percent(&empty["pass_rate"]), &empty["average_points"]), ((0, 0, None), &Value::Null));
        assert_eq!((&total["figures"]["streak_years"], &total["figures"]["last_streak"]), (&json!(0), &Value::Null));

        // Folding and restating move nothing; a group's depth begins at itself.
        let before = report;
        tally::fold(&server.services.core).await.unwrap();
        assert_eq!(scene.rates("year=2026&depth=2").await, before);
        let group = scene.rates(&format!("year=2026&unit_id={}", scene.group)).await;
        assert_eq!(group["total"]["figures"], before["rows"][1]["figures"]);
        assert_eq!(group["rows"][0]["figures"], before["rows"][2]["figures"]);
        assert_eq!((&group["rows"][0]["depth"], group["rows"].as_array().unwrap().len()), (&json!(1), 2));
        assert_eq!(scene.rates("year=2026&depth=0").await["rows"], json!([]));
        scene.restate(annual, b[0], sat(60)).await;
        let after = scene.rates("year=2026").await;
        assert_eq!(percent(&after["total"]["figures"]["exam"]["sitting_rate"]), (4, 5, Some("80.00")));
        let leaders = scene.rates("year=2026&category=leading_official").await;
        assert_eq!((&leaders["total"]["figures"]["persons"], percent(&leaders["total"]["figures"]["exam"]["pass_rate"])), (&json!(2), (1, 2, Some("50.00"))));
    }

    async fn a_unit_takes_its_figures_where_it_is_hung(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let a = scene.people(g1, &[Category::CivilServant], 2).await;
        let b = scene.people(g2, &[Category::CivilServant], 3).await;
        let c = scene.people(s1, &[Category::Other], 1).await;
        let annual = scene.exam(2026, ExamKind::Annual, None).await;
        let plan = scene.programme(2026, scene.district, "2026计划").await;
        scene.owe(annual, &[(a[0], sat(95)), (a[1], sat(40)), (b[0], absent()), (c[0], sat(70))]).await;
        scene.owe(plan, &[(a[0], studied(true)), (b[1], studied(true)), (c[0], studied(true))]).await;
        server.work().await;
        server.account("admin", None, &[(Role::SystemAdmin, scene.district)], false).await;
        let admin = server.services.auth.act_as("admin").await.unwrap();
        let of = |report: &Value, unit: UnitId| {
            let mut rows = report["rows"].as_array().unwrap().iter();
            let row = rows.find(|row| row["unit_id"] == unit.to_string()).unwrap();
            let number = |path: &str| row["figures"].pointer(path).unwrap().as_i64().unwrap();
            [number("/persons"), number("/study/expected"), number("/exam/expected"), number("/exam/passed")]
        };
        let before = scene.rates("year=2026&depth=2").await;
        assert_eq!((of(&before, scene.group), of(&before, g1)), ([4, 2, 3, 1], [2, 1, 2, 1]));
        let hang = |parent: UnitId| UnitChange {
            parent_id: Some(parent), code: None, name: None, kind: None, position: None, active_to: None, merged_into_id: None,
        };
        // Told at once, before anything is folded, and the same afterwards.
        server.services.org.amend_unit(&admin, g1, &IfMatch::Any, hang(scene.district)).await.unwrap();
        scene.restate(annual, a[1], sat(61)).await;
        for _ in 0..2 {
            let report = scene.rates("year=2026&depth=2").await;
            assert_eq!((of(&report, scene.group), of(&report, g1)), ([2, 1, 1, 0], [2, 1, 2, 2]));
            assert_eq!(report["total"]["figures"]["persons"], 5);
            assert_eq!(tally::recount(server.services.core.db.read()).await.unwrap(), []);
            server.work().await;
        }
        server.services.org.amend_unit(&admin, g1, &IfMatch::Any, hang(scene.group)).await.unwrap();
        server.work().await;
        let report = scene.rates("year=2026&depth=2").await;
        assert_eq!((of(&report, scene.group), of(&report, g1)), ([4, 2, 3, 2], [2, 1, 2, 2]));
        // Somebody who comes is one person more, though it was counted before.
        let late = Standing { person_id: b[2], unit_id: g2, categories: Vec::new(), figures: absent() };
        scene.write(|tx| {
            let late = late.clone();
            Box::pin(async move { tally::owe(tx, annual, vec![late]).await })
        }).await;
        assert_eq!(of(&scene.rates("year=2026&depth=2").await, scene.group), [5, 2, 4, 2]);
        server.work().await;
        assert_eq!(of(&scene.rates("year=2026&depth=2").await, scene.group), [5, 2, 4, 2]);
    }

    async fn every_figure_leads_to_its_people(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let a = scene.people(g1, &[Category::LeadingOfficial], 3).await;
        let b = scene.people(g2, &[Category::CivilServant], 2).await;
        let c = scene.people(s1, &[Category::CivilServant], 2).await;
        for (title, first) in [("甲计划", true), ("乙计划", false)] {
            let plan = scene.programme(2026, scene.district, title).await;
            scene.owe(plan, &[(a[0], studied(first)), (a[1], studied(true)), (b[0], studied(false)), (c[0], studied(true))]).await;
        }
        let main = scene.exam(2026, ExamKind::Annual, None).await;
        let make_up = scene.exam(2026, ExamKind::Annual, Some(main)).await;
        let pending = Figures { on_roster: 1, expected: 1, pending: 1, ..Figures::none() };
        let twice = Figures { passed: 1, sittings: 3, ..sat(50) };
        let blank = Figures { blank: 1, ..sat(0) };
        let standings = [(a[0], sat(95)), (a[1], twice), (a[2], exempt()), (b[0], absent()), (b[1], pending), (c[0], blank), (c[1], sat(70))];
        scene.owe(main, &standings).await;
        let mut attempts = HashSet::new();
        for (exam, person, number) in [(main, a[0], 1), (main, a[1], 1), (main, a[1], 2), (make_up, a[1], 1), (main, c[0], 1), (main, c[1], 1)] {
            attempts.insert(scene.attempt(exam, person, number, AttemptState::Graded).await.to_string());
        }
        scene.attempt(main, c[1], 2, AttemptState::Voided).await;
        scene.attempt(make_up, b[0], 1, AttemptState::Running).await;

        for unit in [scene.district, scene.group, g1, s1] {
            for category in ["", "&category=civil_servant"] {
                let query = format!("year=2026&unit_id={unit}{category}");
                let figures = scene.rates(&query).await["total"]["figures"].clone();
                for &figure in FigureName::ALL {
                    let rows = scene.behind(&query, figure).await;
                    let name = figure.to_string();
                    let (side, short) = name.split_once('.').unwrap();
                    let counted = if let Some(n) = figures[side][short].as_i64() {
                        n
                    } else {
                        let f = |name: &str| figures[side][name].as_i64().unwrap();
                        match short {
                            "not_participated" => f("expected") - f("participated"),
                            "not_completed" => f("expected") - f("completed"),
                            "not_completed_due" => f("expected") - f("completed_due"),
                            "not_sat" => f("expected") - f("sat"),
                            "not_passed" => f("sat") - f("passed"),
                            "not_passed_overall" => f("expected") - f("passed"),
                            "not_first_passed" => f("first_sat") - f("first_passed"),
                            "not_excellent" => f("first_sat") - f("excellent"),
                            other => panic!("{other}"),
                        }
                    };
                    assert_eq!(i64::try_from(rows.len()).unwrap(), counted, "{name} of {query}");
                    let keys: HashSet<String> = rows.iter().map(|row| {
                        format!("{} {} {} {}", row["person_id"], row["exam_id"], row["programme_id"], row["attempt_id"])
                    }).collect();
                    assert_eq!(keys.len(), rows.len(), "{name} of {query}: a row twice");
                    for row in &rows {
                        assert!(row["name"].as_str().unwrap().starts_with('张') && row["unit_name"] != "", "{row}");
                        assert_eq!(row["programme_id"] == Value::Null, matches!(figure.side, Side::Exam));
                        assert_eq!(row["exam_id"] == Value::Null, matches!(figure.side, Side::Study));
                        assert_eq!(row["attempt_id"].is_string(), figure.counts_attempts());
                    }
                }
            }
        }
        let sittings: Vec<Value> = scene.behind("year=2026", "exam.sittings".parse().unwrap()).await;
        let found: HashSet<String> = sittings.iter().map(|row| row["attempt_id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, attempts);
        assert!(sittings.iter().all(|row| row["exam_id"] == main.id.to_string()));
    }

    async fn one_exam_or_programme_can_be_named(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, ..] = scene.units;
        let a = scene.people(g1, &[Category::CivilServant], 3).await;
        let plan = scene.programme(2026, scene.district, "2026计划").await;
        scene.owe(plan, &[(a[0], studied(true))]).await;
        let annual = scene.exam(2026, ExamKind::Annual, None).await;
        let make_up = scene.exam(2026, ExamKind::Annual, Some(annual)).await;
        scene.owe(annual, &[(a[0], sat(80)), (a[1], absent())]).await;
        let second = scene.exam(2026, ExamKind::Annual, None).await;
        scene.owe(second, &[(a[0], sat(80))]).await;
        let qualification = scene.exam(2026, ExamKind::Qualification, None).await;
        scene.owe(qualification, &[(a[2], sat(80))]).await;
        let draft = scene.exam(2026, ExamKind::Annual, None).await;
        scene.set_exam(draft, ExamStatus::Draft).await;
        let older = scene.exam(2025, ExamKind::Annual, None).await;

        let read = async |query: &str| {
            let figures = scene.rates(&format!("year=2026&{query}")).await["total"]["figures"].clone();
            [&figures["persons"], &figures["study"]["expected"], &figures["exam"]["expected"]].map(|n| n.as_i64().unwrap())
        };
        assert_eq!(read("").await, [2, 1, 3]);
        assert_eq!(read("exam_kind=qualification").await, [2, 1, 1]);
        assert_eq!(read("exam_kind=mock").await, [1, 1, 0]);
        assert_eq!(read(&format!("exam_id={}", annual.id)).await, [2, 0, 2]);
        assert_eq!(read(&format!("exam_id={}", make_up.id)).await, [2, 0, 2]);
        assert_eq!(read(&format!("exam_id={}", qualification.id)).await, [1, 0, 1]);
        assert_eq!(read(&format!("programme_id={}", plan.id)).await, [1, 1, 0]);
        assert_eq!(read(&format!("programme_id={}&exam_id={}", plan.id, annual.id)).await, [2, 1, 2]);
        let client = scene.auditor();
        for (field, id) in [("exam_id", plan.id), ("exam_id", older.id), ("exam_id", draft.id), ("programme_id", annual.id)] {
            let answer = client.get(&format!("/api/v1/reports/rates?year=2026&{field}={id}")).await;
            answer.expect_field(field, "unknown_reference");
        }
    }

    async fn what_cannot_be_asked_is_named(server: TestServer) {
        let scene = Scene::new(&server).await;
        let client = scene.auditor();
        let rates = async |query: &str| client.get(&format!("/api/v1/reports/rates?{query}")).await;
        rates("").await.expect_problem(422, "invalid_fields");
        rates("year=2026&depth=7").await.expect_field("depth", "out_of_range");
        rates("year=2026&depth=-1").await.expect_field("depth", "out_of_range");
        rates("year=20").await.expect_field("year", "out_of_range");
        let both = rates("year=2026&category=anything&exam_kind=weekly&unit_id=x").await;
        let both = both.expect_field("category", "unknown_value").expect_field("exam_kind", "unknown_value");
        both.expect_field("unit_id", "unknown_reference");
        let people = async |figure: &str| client.get(&format!("/api/v1/reports/people?year=2026&figure={figure}")).await;
        for figure in ["persons", "study.sat", "exam.points", "nothing"] {
            people(figure).await.expect_field("figure", "unknown_value");
        }
        assert_eq!(people("exam.absent").await.ok(), json!({ "items": [], "next_cursor": null }));
    }

    async fn figures_are_read_within_reach(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let a = scene.people(g1, &[Category::CivilServant], 1).await;
        let exam = scene.exam(2026, ExamKind::Annual, None).await;
        scene.owe(exam, &[(a[0], absent())]).await;
        let client = |user: &User| server.as_(user);
        let own = client(&server.user("own", Role::Coordinator, g1).await);
        let report = own.get("/api/v1/reports/rates?year=2026").await.ok();
        assert_eq!(report["total"]["unit_id"], g1.to_string());
        for unit in [scene.district, scene.group, g2] {
            for path in ["reports/rates?year=2026", "reports/people?year=2026&figure=exam.absent", "years?"] {
                let answer = own.get(&format!("/api/v1/{path}&unit_id={unit}")).await;
                answer.expect_problem(404, "not_found");
            }
        }
        let liaison = client(&server.user("liaison", Role::Liaison, g1).await);
        for path in ["reports/rates?year=2026", "reports/people?year=2026&figure=exam.absent", "years"] {
            liaison.get(&format!("/api/v1/{path}")).await.expect_problem(403, "forbidden");
            server.client().get(&format!("/api/v1/{path}")).await.expect_problem(401, "unauthenticated");
        }
        // Two tops that don't hold each other: one must be named. One below the other is no second top.
        let two = [(Role::Coordinator, g1), (Role::Auditor, s1)];
        let two = client(&server.user_of("two", None, &two).await);
        two.get("/api/v1/reports/rates?year=2026").await.expect_field("unit_id", "required");
        two.get(&format!("/api/v1/reports/rates?year=2026&unit_id={s1}")).await.ok();
        let nested = [(Role::Coordinator, g1), (Role::Auditor, scene.group)];
        let nested = client(&server.user_of("nested", None, &nested).await);
        let report = nested.get("/api/v1/reports/rates?year=2026").await.ok();
        assert_eq!(report["total"]["unit_id"], scene.group.to_string());
        // Closing is for auditors, of the unit or above.
        let body = |unit: UnitId| json!({ "unit_id": unit.to_string(), "reason": "年度终了" });
        let close = "/api/v1/years/2026/close";
        own.post(close, &body(g1)).await.expect_problem(403, "forbidden");
        nested.post(close, &body(s1)).await.expect_problem(404, "not_found");
        nested.post(close, &body(scene.district)).await.expect_problem(404, "not_found");
        let snapshot = nested.post(close, &body(scene.group)).await;
        let snapshot = snapshot.ok()["id"].as_str().unwrap().to_owned();
        own.get(&format!("/api/v1/reports/snapshots/{snapshot}")).await.expect_problem(404, "not_found");
        own.post("/api/v1/years/2026/reopen", &body(g1)).await.expect_problem(403, "forbidden");
    }

    async fn counts_are_what_the_obligations_add_up_to(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, _] = scene.units;
        let a = scene.people(g1, &[Category::CivilServant, Category::LeadingOfficial], 2).await;
        let b = scene.people(g2, &[Category::Other], 2).await;
        let (_, exam) = scene.full_year(2026, &[a[0], a[1], b[0]]).await;
        let scene_group = scene.group;
        let core = &server.services.core;
        assert_eq!(tally::recount(core.db.read()).await.unwrap(), []);
        scene.restate(exam, a[1], absent()).await;
        assert_eq!(tally::recount(core.db.read()).await.unwrap(), []);
        tally::fold(core).await.unwrap();
        scene.restate(exam, a[1], sat(61)).await;
        assert_eq!(tally::recount(core.db.read()).await.unwrap(), []);
        scene.write(|tx| {
            Box::pin(async move {
                let more = Expr::col(count::Column::Passed).add(1);
                let update = count::Entity::update_many().col_expr(count::Column::Passed, more);
                let update = update.filter(count::Column::UnitId.eq(g1)).filter(count::Column::Category.eq(""));
                Ok(update.filter(count::Column::SubjectId.eq(exam.id)).exec(tx).await.map(|_| ())?)
            })
        }).await;
        let found = tally::recount(core.db.read()).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].unit, found[0].category.as_str()), (g1, ""));
        assert_eq!((found[0].counted.passed, found[0].recounted.passed), (3, 2));
        assert!(!found[0].subtree);
        scene.write(|tx| {
            Box::pin(async move {
                let more = Expr::col(sum::Column::Sat).add(1);
                let update = sum::Entity::update_many().col_expr(sum::Column::Sat, more);
                let update = update.filter(sum::Column::UnitId.eq(scene_group)).filter(sum::Column::Category.eq(""));
                Ok(update.filter(sum::Column::SubjectId.eq(exam.id)).exec(tx).await.map(|_| ())?)
            })
        }).await;
        let found = tally::recount(core.db.read()).await.unwrap();
        let named: Vec<_> = found.iter().map(|d| (d.unit, d.subtree)).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(named.contains(&(g1, false)) && named.contains(&(scene_group, true)), "{found:?}");
    }
}
