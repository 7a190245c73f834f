//! Snapshots: what today's records still give, what changed, by whom and why, and what was changed behind everybody's back.

use entity::exam::attempt::AttemptState;
use entity::exam::exam::ExamKind;
use entity::id::SnapshotId;
use entity::log::Outcome;
use kaofa::auth::Role;
use kaofa::log::{self, Actor, Entry};
use kaofa::org::Category;
use kaofa::report::{Fails, verify_records};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Scene, absent, sat, studied};

impl Scene {
    async fn sql(&self, sql: &str) {
        self.write(|tx| {
            let sql = sql.to_owned();
            Box::pin(async move { Ok(tx.execute_unprepared(&sql).await.map(|_| ())?) })
        })
        .await;
    }

    async fn freeze(&self, year: i32) -> Value {
        let body = json!({ "year": year, "unit_id": self.district, "reason": "季度核对" });
        self.auditor().post("/api/v1/reports/snapshots", &body).await.ok()
    }

    async fn opened(&self, snapshot: &Value) -> Value {
        let path = format!("/api/v1/reports/snapshots/{}", snapshot["id"].as_str().unwrap());
        self.auditor().get(&path).await.ok()
    }
}

both_databases! {
    async fn a_snapshot_tells_what_has_changed(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, _] = scene.units;
        let a = scene.people(g1, &[Category::CivilServant], 2).await;
        let b = scene.people(g2, &[Category::CivilServant], 1).await;
        let plan = scene.programme(2026, scene.district, "2026计划").await;
        scene.owe(plan, &[(a[0], studied(true)), (a[1], studied(false)), (b[0], studied(true))]).await;
        let exam = scene.exam(2026, ExamKind::Annual, None).await;
        scene.owe(exam, &[(a[0], sat(80)), (a[1], absent()), (b[0], sat(70))]).await;
        let attempt = scene.attempt(exam, a[0], 1, AttemptState::Graded).await;
        let frozen = scene.freeze(2026).await;
        assert_eq!((&frozen["kind"], &frozen["note"], &frozen["today"]), (&json!("manual"), &json!("季度核对"), &Value::Null));
        let listed = scene.auditor().get("/api/v1/reports/snapshots?year=2026").await.ok();
        assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().unwrap().len()), (&frozen["id"], 1));
        let today = scene.opened(&frozen).await["today"].clone();
        assert_eq!(today, json!({ "sound": true, "logged": true, "same": true, "figures": [], "people": [], "more": 0 }));

        // Somebody passed afterwards: the counts, the person and the act are told.
        server.advance(std::time::Duration::from_mins(1));
        scene.restate(exam, a[1], sat(90)).await;
        let entry = Entry {
            id: server.services.core.uuid(),
            at: server.now(),
            actor: Actor { account: Some(scene.coordinator.id), address: None },
            action: "exam.regrade",
            subject: format!("exam:{}", exam.id),
            unit: Some(scene.district),
            data: json!({ "reason": "更正答案" }),
            outcome: Outcome::Done,
        };
        scene.write(|tx| { let entry = entry.clone(); Box::pin(async move { log::append(tx, entry).await }) }).await;
        let today = scene.opened(&frozen).await["today"].clone();
        assert_eq!((&today["same"], &today["sound"]), (&json!(false), &json!(true)));
        let figures = today["figures"].as_array().unwrap();
        let passed: Vec<_> = figures.iter().filter(|f| f["figure"] == "exam.passed").map(|f| (&f["unit_name"], &f["then"], &f["now"])).collect();
        assert!(passed.contains(&(&json!("区司法局"), &json!(1), &json!(2))), "{passed:?}");
        assert!(!figures.iter().any(|f| f["unit_name"] == "区民政局"));
        let people = today["people"].as_array().unwrap();
        assert_eq!(people.len(), 1);
        assert_eq!((&people[0]["person_id"], &people[0]["differs"], &people[0]["untold"]), (&json!(a[1]), &json!("figures"), &json!(false)));
        let told = &people[0]["entries"][0];
        assert_eq!((&told["action"], &told["actor"], &told["reason"]), (&json!("exam.regrade"), &json!("coordinator"), &json!("更正答案")));

        // What nobody did by the program's rules is told apart, row by row.
        let frozen = scene.freeze(2026).await;
        server.advance(std::time::Duration::from_mins(1));
        for (sql, who, differs) in [
            (format!("UPDATE obligations SET passed = 0 WHERE person_id = '{}' AND subject_kind = 'exam'", b[0]), b[0], "figures"),
            (format!("UPDATE attempts SET answered = 49 WHERE id = '{attempt}'"), a[0], "facts"),
            (format!("UPDATE roster_rows SET post = '局长' WHERE person_id = '{}' AND subject_kind = 'programme'", a[1]), a[1], "facts"),
        ] {
            scene.sql(&sql).await;
            let today = scene.opened(&frozen).await["today"].clone();
            let found = today["people"].as_array().unwrap().iter().find(|p| p["person_id"] == json!(who));
            let found = found.unwrap_or_else(|| panic!("{sql}: {today}"));
            assert_eq!((&found["differs"], &found["untold"]), (&json!(differs), &json!(true)), "{sql}");
            let core = &server.services.core;
            let (findings, _) = verify_records(core.db.read(), core.today(), core.now()).await.unwrap();
            let id: SnapshotId = frozen["id"].as_str().unwrap().parse().unwrap();
            let named = findings.iter().any(|f| {
                f.fails == Fails::Row && f.snapshot == Some((id, 2026)) && f.person.as_ref().is_some_and(|(p, _)| *p == who)
            });
            assert!(named, "{sql}: {findings:?}");
        }
        // The snapshot itself.
        let id = frozen["id"].as_str().unwrap();
        for sql in [
            format!("UPDATE snapshots SET body = REPLACE(body, '\"passed\":2', '\"passed\":3') WHERE id = '{id}'"),
            format!("DELETE FROM snapshot_sheets WHERE snapshot_id = '{id}'"),
            "UPDATE sheets SET text = REPLACE(text, '张', '李')".to_owned(),
        ] {
            let fresh = scene.freeze(2026).await;
            let sql = sql.replace(id, fresh["id"].as_str().unwrap());
            assert_eq!(scene.opened(&fresh).await["today"]["sound"], true);
            scene.sql(&sql).await;
            assert_eq!(scene.opened(&fresh).await["today"]["sound"], false, "{sql}");
        }
        let unsound = scene.opened(&frozen).await["today"]["sound"].clone();
        assert_eq!(unsound, false, "a sheet is shared");
    }

    async fn each_month_has_its_snapshot(server: TestServer) {
        let scene = Scene::new(&server).await;
        let people = scene.people(scene.units[0], &[Category::CivilServant], 2).await;
        let list = async || {
            let client = server.as_(&server.log_in(scene.auditor.id, "auditor").await);
            client.get("/api/v1/reports/snapshots").await.ok()["items"].as_array().unwrap().clone()
        };
        server.work().await;
        assert_eq!(list().await.len(), 0, "nothing was there when this month began");
        scene.full_year(2026, &people).await;
        server.set_clock("2026-04-01T02:00:00.000Z");
        let other = server.another().await;
        server.work().await;
        other.work().await;
        server.work().await;
        let taken = list().await;
        assert_eq!(taken.len(), 1);
        assert_eq!((&taken[0]["kind"], &taken[0]["year"]), (&json!("monthly"), &json!(2026)));
        server.set_clock("2027-01-02T02:00:00.000Z");
        server.work().await;
        let taken = list().await;
        assert_eq!((taken.len(), &taken[0]["year"]), (2, &json!(2026)), "January's is of the year that has ended");
    }

    async fn snapshots_are_taken_by_auditors(server: TestServer) {
        let scene = Scene::new(&server).await;
        let body = |unit| json!({ "year": 2026, "unit_id": unit, "reason": "核对" });
        let coordinator = server.as_(&scene.coordinator);
        coordinator.post("/api/v1/reports/snapshots", &body(scene.district)).await.expect_problem(403, "forbidden");
        let beside = server.as_(&server.user("beside", Role::Auditor, scene.units[2]).await);
        beside.post("/api/v1/reports/snapshots", &body(scene.district)).await.expect_problem(404, "not_found");
        let late = json!({ "year": 2027, "unit_id": scene.district, "reason": " " });
        let refused = scene.auditor().post("/api/v1/reports/snapshots", &late).await;
        refused.expect_field("reason", "required");
    }
}
