//! Years closed and opened again, and streaks.

use std::collections::BTreeMap;

use entity::exam::exam::{ExamKind, ExamStatus};
use entity::id::{ProgrammeId, UnitId};
use entity::log;
use entity::study::programme::{self, ProgrammeStatus};
use kaofa::kernel::digest::sha256;
use kaofa::kernel::jcs;
use kaofa::org::Category;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Scene, sat};

both_databases! {
    async fn a_year_is_closed_when_nothing_of_it_is_open(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let mut people = Vec::new();
        for unit in [g1, g2, s1] {
            people.extend(scene.people(unit, &[Category::CivilServant], 1).await);
        }
        let (plan, main) = scene.full_year(2026, &people).await;
        let make_up = scene.exam(2026, ExamKind::Annual, Some(main)).await;
        let elsewhere = scene.exam(2026, ExamKind::Annual, None).await;
        scene.owe(elsewhere, &[(people[2], sat(90))]).await;
        scene.set_exam(make_up, ExamStatus::Sealed).await;
        scene.set_exam(elsewhere, ExamStatus::Open).await;
        let session = scene.session(2026, g2, "专题研讨").await;

        let open = scene.close(2026, scene.district).await.expect_problem(409, "still_open");
        for title in ["2026考试", "2026补考", "专题研讨"] {
            assert!(open.json["detail"].as_str().unwrap().contains(title), "{}", open.text);
        }
        // The exam of another unit does not keep the group's year open; its own make-up, the district's plan and the
        // session in one of its units do.
        scene.set_exam(make_up, ExamStatus::Released).await;
        let open = scene.close(2026, scene.group).await.expect_problem(409, "still_open");
        assert_eq!(open.json["detail"], "未结束的有：2026计划、专题研讨");
        let alone = scene.close(2026, g1).await.expect_problem(409, "still_open");
        assert_eq!(alone.json["detail"], "未结束的有：2026计划");
        scene.end_session(session).await;
        scene.close(2026, scene.district).await.expect_problem(409, "still_open");
        scene.set_exam(elsewhere, ExamStatus::Closed).await;

        let snapshot = scene.close(2026, scene.district).await.ok();
        let conn = server.services.core.db.read();
        let closed = programme::Entity::find_by_id(ProgrammeId(plan.id.0)).one(conn).await.unwrap().unwrap();
        assert_eq!((closed.status, closed.closed_at), (ProgrammeStatus::Closed, Some(server.now())));
        // What is frozen is the year's report, its digest stands beside it and in the log.
        assert_eq!(snapshot["report"], scene.rates("year=2026&depth=6").await);
        assert_eq!(snapshot["report"]["total"]["figures"]["streak_years"], 1);
        let digest = sha256(&[&jcs::canonical(&snapshot["report"]).unwrap()]).to_string();
        assert_eq!(snapshot["digest"], digest);
        let entry = log::Entity::find().filter(log::Column::Action.eq("report.close_year")).one(conn).await.unwrap().unwrap();
        assert!(entry.data.contains(&digest) && entry.data.contains("年度终了"), "{}", entry.data);
        let path = format!("/api/v1/reports/snapshots/{}", snapshot["id"].as_str().unwrap());
        let opened = scene.auditor().get(&path).await.ok();
        assert_eq!((&opened["report"], &opened["facts_digest"]), (&snapshot["report"], &snapshot["facts_digest"]));
        assert_eq!((&opened["today"]["same"], &opened["today"]["sound"], &opened["today"]["logged"]), (&json!(true), &json!(true), &json!(true)));

        // It is closed once, for everything below too.
        scene.close(2026, scene.district).await.expect_problem(409, "wrong_state");
        scene.close(2026, g1).await.expect_problem(409, "wrong_state");
        scene.close(2027, scene.district).await.expect_field("year", "out_of_range");
        let years = scene.auditor().get(&format!("/api/v1/years?unit_id={g1}")).await.ok();
        assert_eq!(years["unit_id"], g1.to_string());
        let year = &years["items"][0];
        assert_eq!((&year["year"], &year["closed"]), (&json!(2026), &json!(true)));
        assert_eq!(year["closings"][0]["unit_id"], scene.district.to_string());
        assert_eq!((&year["closings"][0]["reason"], &year["closings"][0]["snapshot_id"]), (&json!("年度终了"), &snapshot["id"]));

        // Opening it again needs a reason and the very unit; what was frozen stays.
        let reopen = async |unit: UnitId, reason: &str| {
            let body = json!({ "unit_id": unit.to_string(), "reason": reason });
            scene.auditor().post("/api/v1/years/2026/reopen", &body).await
        };
        reopen(scene.district, " ").await.expect_field("reason", "required");
        reopen(g1, "补录").await.expect_problem(409, "wrong_state");
        let years = reopen(scene.district, "补录").await.ok();
        let year = &years["items"][0];
        assert_eq!((&year["closed"], &year["closings"][0]["reopen_reason"]), (&json!(false), &json!("补录")));
        reopen(scene.district, "补录").await.expect_problem(409, "wrong_state");
        assert_eq!(scene.auditor().get(&path).await.ok()["report"], snapshot["report"]);
        assert_eq!(scene.rates("year=2026").await["total"]["figures"]["streak_years"], 0);
        let again = scene.close(2026, scene.group).await.ok();
        assert_ne!(again["id"], snapshot["id"]);
    }

    async fn two_closings_at_once_give_one(server: TestServer) {
        let scene = Scene::new(&server).await;
        let closings = [(); 8].map(|()| scene.close(2025, scene.district));
        let answers = futures_util::future::join_all(closings).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status.is_success());
        assert_eq!(done.len(), 1);
        for answer in refused {
            answer.expect_problem(409, "wrong_state");
        }
    }

    async fn a_streak_is_counted_from_closed_years(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, s1] = scene.units;
        let mut people = Vec::new();
        for unit in [g1, g2, s1] {
            people.extend(scene.people(unit, &[Category::CivilServant], 1).await);
        }
        for year in 2019..=2024 {
            scene.full_year(year, &people).await;
            scene.close(year, scene.district).await.ok();
        }
        let (_, exam) = scene.full_year(2025, &people).await;
        let streaks = async |year: i32, query: &str| {
            let report = scene.rates(&format!("year={year}&depth=2{query}")).await;
            let rows = report["rows"].as_array().unwrap().iter().chain([&report["total"]]);
            rows.map(|row| {
                let name = row["unit_name"].as_str().unwrap().to_owned();
                (name, (row["figures"]["streak_years"].as_i64().unwrap(), row["figures"]["last_streak"].clone()))
            }).collect::<BTreeMap<_, _>>()
        };
        for (year, wanted) in [(2024, 6), (2021, 3), (2025, 6)] {
            let found = streaks(year, "").await;
            assert_eq!(found.len(), 5);
            assert!(found.values().all(|streak| *streak == (wanted, Value::Null)), "{year}: {found:?}");
        }
        // Somebody failed in 2025: their unit and those above it start anew, the others go on.
        scene.restate(exam, people[0], sat(50)).await;
        scene.close(2025, scene.district).await.ok();
        for query in ["", "&category=civil_servant"] {
            let found = streaks(2026, query).await;
            let last = json!({ "from_year": 2019, "to_year": 2024, "years": 6 });
            for (name, years) in [("区司法局", 0), ("区直部门", 0), ("示范区", 0), ("区民政局", 7), ("桂花街道", 7)] {
                let wanted = if years == 0 { (0, last.clone()) } else { (years, Value::Null) };
                assert_eq!(found[name], wanted, "{name}");
            }
        }
        assert!(streaks(2026, "&category=other").await.values().all(|streak| *streak == (0, Value::Null)));
        // A year that is opened again breaks it.
        let body = json!({ "unit_id": scene.district.to_string(), "reason": "更正" });
        scene.auditor().post("/api/v1/years/2022/reopen", &body).await.ok();
        assert_eq!(streaks(2024, "").await["桂花街道"], (2, Value::Null));
        scene.close(2022, s1).await.ok();
        let found = streaks(2024, "").await;
        assert_eq!((&found["桂花街道"].0, &found["区民政局"].0, &found["示范区"].0), (&6, &2, &2));
    }
}
