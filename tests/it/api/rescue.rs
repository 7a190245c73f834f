//! What is done to one attempt: voiding, reopening, replaying its history.

use std::time::Duration;

use entity::id::{ExamId, PersonId};
use entity::log;
use kaofa::auth::Role;
use kaofa::exam::outcome;
use kaofa::kernel::digest::sha256;
use kaofa::tally::Figures;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::scene::{Scene, items, save, start, submit, text};
use crate::harness::{Answer, Client};

async fn void(client: &Client, attempt: &Value, kind: &str) -> Answer {
    let path = format!("/api/v1/attempts/{}/void", text(attempt));
    client.post(&path, &json!({ "kind": kind, "reason": "设备故障" })).await
}

async fn reopen(client: &Client, attempt: &Value, seconds: i32) -> Answer {
    let path = format!("/api/v1/attempts/{}/reopen", text(attempt));
    client.post(&path, &json!({ "seconds": seconds, "reason": "答案滞留本机" })).await
}

async fn figures(scene: &Scene, exam: &str, n: usize) -> Figures {
    let id: ExamId = exam.parse().unwrap();
    let person: PersonId = scene.people[n];
    outcome::figures_of(scene.server.services.core.db.read(), id, &[person]).await.unwrap()[&person]
}

fn right(scene: &Scene, sitting: &Value, seq: i32) -> Value {
    let paper = items(sitting);
    let save = |item: &Value| json!({ "position": item["position"], "seq": seq, "response": scene.key(item) });
    paper.iter().map(save).collect()
}

both_databases! {
    async fn a_technical_void_is_as_if_not_sat(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&json!({})).await;
        let candidate = scene.candidate(0).await;
        scene.opens();
        let first = start(&candidate, &exam).await;
        let done = submit(&candidate, &first, right(&scene, &first, 1)).await.ok();
        assert_eq!(done["result"]["passed"], true);
        candidate.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "no_attempt_left");
        let before = figures(&scene, &exam, 0).await;
        assert_eq!((before.sat, before.passed, before.sittings), (1, 1, 1));

        let voided = void(&scene.coordinator, &first["id"], "technical").await.ok();
        assert_eq!((&voided["state"], &voided["void_kind"]), (&json!("voided"), &json!("technical")));
        let after = figures(&scene, &exam, 0).await;
        assert_eq!((after.sat, after.pending, after.passed, after.sittings), (0, 1, 0, 0));
        void(&scene.coordinator, &first["id"], "misconduct").await.expect_problem(409, "wrong_state");
        save(&candidate, &first, json!([{ "position": 1, "seq": 9, "response": [] }])).await.expect_problem(409, "attempt_closed");
        let results = scene.coordinator.get(&format!("/api/v1/exams/{exam}/results")).await.ok();
        assert_eq!((&results["summary"]["sat"], &results["summary"]["sittings"]), (&json!(0), &json!(0)));
        assert_eq!(results["items"][0]["attempt_id"], Value::Null);
        let list = scene.coordinator.get(&format!("/api/v1/exams/{exam}/candidates")).await.ok();
        assert_eq!((&list["items"][0]["attempts"], &list["items"][0]["void_kind"]), (&json!(0), &json!("technical")));

        // It is given back, with another paper.
        let second = start(&candidate, &exam).await;
        assert_eq!(second["number"], 2);
        assert_ne!(second["paper_digest"], first["paper_digest"]);
        // One that runs can be voided too: its device is told with its next save.
        void(&scene.coordinator, &second["id"], "technical").await.ok();
        save(&candidate, &second, json!([{ "position": 1, "seq": 1, "response": [] }])).await.expect_problem(409, "attempt_closed");
        let third = start(&candidate, &exam).await;
        submit(&candidate, &third, json!([])).await.ok();
        let at_last = figures(&scene, &exam, 0).await;
        assert_eq!((at_last.sat, at_last.passed, at_last.blank, at_last.sittings), (1, 0, 1, 1));
        server.work().await;
        let rates = scene.coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
        assert_eq!(rates["total"]["figures"]["exam"]["sittings"], 1);
    }

    async fn misconduct_is_sat_and_failed(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({ "excellence_points": 12, "release": "on_close" })).await;
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();
        let sitting = start(&first, &exam).await;
        submit(&first, &sitting, right(&scene, &sitting, 1)).await.ok();
        let running = start(&second, &exam).await;
        server.work().await;
        void(&scene.coordinator, &sitting["id"], "misconduct").await.ok();
        void(&scene.coordinator, &running["id"], "misconduct").await.ok();
        for n in 0..2 {
            let f = figures(&scene, &exam, n).await;
            assert_eq!((f.sat, f.passed, f.excellent, f.blank, f.sittings, f.points), (1, 0, 0, 0, 1, 0), "{n}");
        }
        // It is used up.
        second.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "no_attempt_left");
        server.set_clock("2026-03-16T03:10:00.000Z");
        server.work().await;
        let results = scene.coordinator.get(&format!("/api/v1/exams/{exam}/results")).await.ok();
        let summary = &results["summary"];
        assert_eq!((&summary["sat"], &summary["passed"], &summary["excellent"], &summary["sittings"]), (&json!(2), &json!(0), &json!(0), &json!(2)));
        assert_eq!((&results["items"][0]["points"], &results["items"][0]["passed"]), (&json!(0), &json!(false)));
        let rates = scene.coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
        let exam_figures = &rates["total"]["figures"]["exam"];
        assert_eq!((&exam_figures["sat"], &exam_figures["passed"], &exam_figures["absent"]), (&json!(2), &json!(0), &json!(0)));
        let people = scene.coordinator.get("/api/v1/reports/people?year=2026&figure=exam.sittings").await.ok();
        assert_eq!(people["items"].as_array().unwrap().len(), 2);
        let own = first.get(&format!("/api/v1/attempts/{}/result", text(&sitting["id"]))).await.ok();
        assert_eq!((&own["points"], &own["passed"]), (&json!(0), &json!(false)));

        let other = server.unit(scene.root, "B", "乙局").await;
        let elsewhere = server.user("elsewhere", Role::Coordinator, other).await;
        void(&server.as_(&elsewhere), &sitting["id"], "technical").await.expect_problem(404, "not_found");
        let auditor = server.user("auditor", Role::Auditor, scene.root).await;
        void(&server.as_(&auditor), &sitting["id"], "technical").await.expect_problem(403, "forbidden");
        void(&first, &sitting["id"], "technical").await.expect_problem(403, "forbidden");
        void(&second, &sitting["id"], "technical").await.expect_problem(404, "not_found");
        void(&scene.coordinator, &json!(uuid::Uuid::nil()), "technical").await.expect_problem(404, "not_found");
        let bad = void(&scene.coordinator, &sitting["id"], "whatever").await.expect_field("kind", "unknown_value");
        assert_eq!(bad.json["errors"].as_array().unwrap().len(), 1);
    }

    async fn stranded_answers_are_brought_in_again(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        let (candidate, other) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();
        let sitting = start(&candidate, &exam).await;
        let all = right(&scene, &sitting, 1);
        save(&candidate, &sitting, json!([all[0]])).await.ok();
        reopen(&scene.coordinator, &sitting["id"], 60).await.expect_problem(409, "wrong_state");
        server.set_clock("2026-03-16T02:11:00.000Z");
        server.work().await;
        let path = format!("/api/v1/exams/{exam}");
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "closed");
        save(&candidate, &sitting, all.clone()).await.expect_problem(409, "attempt_closed");
        let absent = figures(&scene, &exam, 1).await.absent;

        let again = reopen(&scene.coordinator, &sitting["id"], 60).await.ok();
        assert_eq!((&again["state"], &again["deadline"]), (&json!("running"), &json!("2026-03-16T02:12:00.000Z")));
        reopen(&scene.coordinator, &sitting["id"], 60).await.expect_problem(409, "wrong_state");
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "open");
        scene.coordinator.act(&format!("{path}/release")).await.expect_problem(409, "wrong_state");
        assert_eq!((absent, figures(&scene, &exam, 1).await.pending), (1, 1));
        // Nobody else comes in by this door.
        other.act(&format!("{path}/attempts")).await.expect_problem(409, "start_closed");
        // The device comes back: its lease is renewed, its answers are there.
        let resumed = start(&candidate, &exam).await;
        assert_eq!((&resumed["id"], resumed["saved"].as_array().unwrap().len()), (&sitting["id"], 1));
        save(&candidate, &resumed, all).await.ok();
        server.set_clock("2026-03-16T02:12:11.000Z");
        server.work().await;
        server.work().await;
        let row = scene.coordinator.get(&path).await.ok();
        assert_eq!((&row["status"], &row["closed_at"]), (&json!("closed"), &json!("2026-03-16T02:12:11.000Z")));
        let result = scene.coordinator.get(&format!("/api/v1/attempts/{}/result", text(&sitting["id"]))).await.ok();
        assert_eq!((&result["points"], &result["submitted_at"]), (&json!(13), &json!("2026-03-16T02:12:00.000Z")));
        assert_eq!(figures(&scene, &exam, 1).await.absent, 1);
        scene.coordinator.act(&format!("{path}/release")).await.ok();
        reopen(&scene.coordinator, &sitting["id"], 60).await.expect_problem(409, "wrong_state");
        reopen(&scene.coordinator, &sitting["id"], 0).await.expect_field("seconds", "out_of_range");
        reopen(&candidate, &sitting["id"], 60).await.expect_problem(403, "forbidden");
    }

    async fn the_history_can_be_replayed(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&json!({})).await;
        let candidate = scene.candidate(0).await;
        scene.opens();
        let sitting = start(&candidate, &exam).await;
        let paper = items(&sitting);
        let option = |at: usize, n: usize| paper[at]["options"][n]["id"].clone();
        save(&candidate, &sitting, json!([{ "position": 3, "seq": 2, "response": [option(2, 1), option(2, 0)] }])).await.ok();
        server.advance(Duration::from_millis(1500));
        save(&candidate, &sitting, json!([
            { "position": 3, "seq": 1, "response": [option(2, 3)] }, { "position": 5, "seq": 1, "response": false },
            { "position": 1, "seq": 7, "response": [option(0, 2)] },
        ])).await.ok();
        server.advance(Duration::from_secs(3));
        submit(&candidate, &sitting, json!([{ "position": 1, "seq": 8, "response": null }])).await.ok();

        let path = format!("/api/v1/attempts/{}/history?limit=2", text(&sitting["id"]));
        let mut history = Vec::new();
        let mut next = path.clone();
        loop {
            let page = scene.coordinator.get(&next).await.ok();
            history.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{path}&cursor={cursor}");
        }
        assert_eq!(history.len(), 5);
        // As the log's entry has it: by position and number, times in milliseconds, responses as text.
        let text_of = |response: &Value| match response {
            Value::Bool(truth) => truth.to_string(),
            Value::Array(ids) => {
                let mut ids: Vec<&str> = ids.iter().map(|id| id.as_str().unwrap()).collect();
                ids.sort_unstable();
                ids.join(" ")
            }
            _ => String::new(),
        };
        let mut rows: Vec<(i64, i64, String, i64)> = history
            .iter()
            .map(|h| {
                let at: entity::instant::Instant = text(&h["at"]).parse().unwrap();
                (h["position"].as_i64().unwrap(), h["seq"].as_i64().unwrap(), text_of(&h["response"]), at.0)
            })
            .collect();
        rows.sort();
        let list: Vec<String> = (rows.iter())
            .map(|(position, seq, response, at)| {
                format!("{{\"at\":{at},\"position\":{position},\"response\":{},\"seq\":{seq}}}", json!(response))
            })
            .collect();
        let digest = sha256(&[format!("[{}]", list.join(",")).as_bytes()]).to_string();
        let entries = log::Entity::find()
            .filter(log::Column::Subject.eq(format!("attempt:{}", text(&sitting["id"]))))
            .filter(log::Column::Action.eq("exam.submit"))
            .order_by_asc(log::Column::Id)
            .all(server.services.core.db.read())
            .await
            .unwrap();
        let data: Value = serde_json::from_str(&entries[0].data).unwrap();
        assert_eq!((&data["history"], &data["saves"]), (&json!(digest), &json!(5)));
        // Replayed, it gives the answers that counted.
        let mut answers = std::collections::BTreeMap::new();
        for (position, _, response, _) in &rows {
            answers.insert(*position, response.clone());
        }
        let chosen = text_of(&json!([option(2, 0), option(2, 1)]));
        assert_eq!(answers, [(1, String::new()), (3, chosen), (5, "false".to_owned())].into());
    }
}
