//! Candidates who come and go between the sealing of an exam and its end, once somebody has confirmed it.

use serde_json::{Value, json};

use super::scene::{Scene, start, submit, text};

/// `exam` of the district's rates: on the roster, expected, sat, pending, absent; and the same of the second unit.
async fn counts(scene: &Scene, second: &str) -> ([i64; 5], [i64; 5]) {
    scene.server.work().await;
    let rates =
        scene.coordinator.get(&format!("/api/v1/reports/rates?year=2026&depth=1&unit_id={}", scene.root)).await.ok();
    let of = |row: &Value| {
        ["on_roster", "expected", "sat", "pending", "absent"].map(|name| row["figures"]["exam"][name].as_i64().unwrap())
    };
    let row = rates["rows"].as_array().unwrap().iter().find(|row| row["unit_id"] == second).map(of);
    (of(&rates["total"]), row.unwrap_or_default())
}

async fn proposals(scene: &Scene) -> Vec<Value> {
    scene.coordinator.get("/api/v1/changes?state=proposed").await.ok()["items"].as_array().unwrap().clone()
}

async fn confirm(scene: &Scene, change: &Value) -> crate::harness::Answer {
    let path = format!("/api/v1/changes/{}/decide", text(&change["id"]));
    scene.coordinator.post(&path, &json!({ "approve": true })).await
}

async fn depart(scene: &Scene, n: usize) {
    let left = json!({ "kind": "resigned", "effective_on": "2026-03-16", "reason": "调省厅" });
    scene.coordinator.post(&format!("/api/v1/people/{}/departures", scene.people[n]), &left).await.ok();
}

both_databases! {
    async fn those_who_come_are_candidates_and_those_who_leave_owe_nothing(server: TestServer) {
        let scene = Scene::set(&server, 5).await;
        let second = server.unit(scene.root, "B", "乙局").await;
        let exam = scene.exam(&json!({})).await;
        assert_eq!(counts(&scene, &second.to_string()).await, ([5, 5, 0, 5, 0], [0; 5]));

        // One leaves before the exam, one is moved within the roster, one comes.
        depart(&scene, 0).await;
        let to = json!({ "unit_id": second, "effective_on": "2026-03-16", "reason": "轮岗" });
        scene.coordinator.post(&format!("/api/v1/people/{}/transfers", scene.people[1]), &to).await.ok();
        let body = json!({ "name": "新来", "unit_id": second, "categories": ["civil_servant"], "joined_on": "2026-03-16" });
        let new = text(&scene.coordinator.post("/api/v1/people", &body).await.ok()["id"]);
        let proposed = proposals(&scene).await;
        let told: Vec<(String, &str)> = proposed.iter().map(|c| (text(&c["kind"]), c["subject_id"].as_str().unwrap())).collect();
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["leaves", "leaves", "joins", "joins"]);
        assert!(told.iter().all(|(_, subject)| *subject == exam));
        assert_eq!(counts(&scene, &second.to_string()).await.0, [5, 5, 0, 5, 0], "nothing is changed by itself");
        for change in &proposed {
            confirm(&scene, change).await.ok();
        }
        assert_eq!(counts(&scene, &second.to_string()).await, ([5, 5, 0, 5, 0], [2, 2, 0, 2, 0]));
        let people = scene.coordinator.get(&format!("/api/v1/reports/people?year=2026&figure=exam.expected&unit_id={second}")).await.ok();
        let names: Vec<&str> = people["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"新来") && names.contains(&"考生1") && names.len() == 2, "{people}");

        // Whoever came sits; whoever left is refused.
        scene.opens();
        let official = server.user_of("new", Some(new.parse().unwrap()), &[(kaofa::auth::Role::Official, second)]).await;
        let sitting = start(&server.as_(&official), &exam).await;
        submit(&server.as_(&official), &sitting, json!([])).await.ok();
        let gone = scene.candidate(0).await.post(&format!("/api/v1/exams/{exam}/attempts"), &json!({})).await;
        assert!(gone.status == 403 || gone.status == 409 || gone.status == 401, "{}", gone.text);
        assert_eq!(counts(&scene, &second.to_string()).await, ([5, 5, 1, 4, 0], [2, 2, 1, 1, 0]));

        // Who has sat and leaves then stays counted; what was not decided when the exam closed is not decided any more.
        let candidate = scene.candidate(2).await;
        let sitting = start(&candidate, &exam).await;
        submit(&candidate, &sitting, json!([])).await.ok();
        depart(&scene, 2).await;
        depart(&scene, 3).await;
        let proposed = proposals(&scene).await;
        assert_eq!(proposed.len(), 2);
        confirm(&scene, &proposed[0]).await.ok();
        assert_eq!(counts(&scene, &second.to_string()).await.0, [5, 5, 2, 3, 0]);
        server.set_clock("2026-03-16T05:00:00Z");
        server.work().await;
        assert_eq!(counts(&scene, &second.to_string()).await.0, [5, 5, 2, 0, 3]);
        confirm(&scene, &proposed[1]).await.expect_problem(409, "wrong_state");
        assert_eq!(counts(&scene, &second.to_string()).await.0, [5, 5, 2, 0, 3]);

        // The check of the records finds the figures in keeping with the facts.
        let core = &server.services.core;
        let (findings, _) = kaofa::report::verify_records(core.db.read(), core.today(), core.now()).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}
