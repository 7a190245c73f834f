//! From a session at which people were to a year that is closed, each step by its own operation.

use kaofa::org::Category;
use serde_json::json;

use super::{Scene, percent};

both_databases! {
    async fn a_session_becomes_a_rate(server: TestServer) {
        let scene = Scene::new(&server).await;
        let [g1, g2, _] = scene.units;
        let one = scene.people(g1, &[Category::CivilServant], 2).await;
        let two = scene.people(g2, &[Category::CivilServant], 1).await;
        let coordinator = server.as_(&scene.coordinator);
        let audience = json!({ "unit_ids": [scene.district] });
        let body = json!({
            "year": 2026, "title": "2026年度学法计划", "unit_id": scene.district, "audience": audience, "required_hours": 2,
        });
        let programme = coordinator.post("/api/v1/programmes", &body).await.ok();
        let programme = format!("/api/v1/programmes/{}", programme["id"].as_str().unwrap());
        coordinator.act(&format!("{programme}/publish")).await.ok();
        let body = json!({
            "title": "民法典专题学习", "kind": "collective_study", "host_unit_ids": [scene.district],
            "starts_at": "2026-03-16T02:00:00Z", "ends_at": "2026-03-16T04:00:00Z", "place": "一号会议室",
            "credit_hours": 2, "audience": audience,
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 300, "closes_after_seconds": 3600 },
        });
        let session = coordinator.post("/api/v1/sessions", &body).await.ok();
        let session = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
        coordinator.act(&format!("{session}/publish")).await.ok();

        // What is still to come keeps the year open, for a unit to whose people it was announced too.
        for (unit, titles) in [(scene.district, "民法典专题学习"), (g2, "2026年度学法计划、民法典专题学习")] {
            let open = scene.close(2026, unit).await.expect_problem(409, "still_open");
            assert_eq!(open.json["detail"], format!("未结束的有：{titles}"));
        }
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        scene.close(2026, scene.district).await.expect_problem(409, "still_open");
        let rows = json!({ "rows": [
            { "person_id": one[0], "status": "present" }, { "person_id": two[0], "status": "late" },
        ] });
        coordinator.post(&format!("{session}/roll-call"), &rows).await.ok();
        coordinator.act(&format!("{session}/close")).await.ok();

        let study = scene.rates("year=2026").await["total"]["figures"]["study"].clone();
        assert_eq!(percent(&study["participation_rate"]), (2, 3, Some("66.67")));
        assert_eq!(percent(&study["completion_rate"]), (2, 3, Some("66.67")));
        let missing = scene.behind("year=2026", "study.not_participated".parse().unwrap()).await;
        assert_eq!(missing.len(), 1);
        assert_eq!((&missing[0]["person_id"], &missing[0]["unit_name"]), (&json!(one[1]), &json!("区司法局")));

        let snapshot = scene.close(2026, scene.district).await.ok();
        assert_eq!(snapshot["report"]["total"]["figures"]["study"], scene.rates("year=2026").await["total"]["figures"]["study"]);
        assert_eq!(coordinator.get(&programme).await.ok()["status"], "closed");
        // No annual exam: there is no sitting rate, and so no streak.
        assert_eq!(snapshot["report"]["total"]["figures"]["streak_years"], 0);
    }
}
