//! Regrades one by one: what each action does, what is refused, what undoes it; and when objections are taken.

use kaofa::auth::Role;
use serde_json::{Value, json};

use super::faulty_item::{end, four_singles, item, option, results, sit, sit_as};
use super::scene::{Scene, items, submit, text};
use crate::harness::{Answer, PASSWORD};

async fn regrade(scene: &Scene, exam: &str, body: &Value) -> Answer {
    let mut body = body.clone();
    body["reason"] = json!("题目有误");
    scene.coordinator.post(&format!("/api/v1/exams/{exam}/regrades"), &body).await
}

/// The points of the first three candidates.
async fn points(scene: &Scene, exam: &str) -> [Value; 3] {
    let results = results(scene, exam).await;
    [results[0].0.clone(), results[1].0.clone(), results[2].0.clone()]
}

both_databases! {
    async fn every_action_changes_what_it_says_and_is_undone(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&four_singles(&json!({}))).await;
        scene.opens();
        let (first, sitting) = sit(&scene, 0, &exam, &[]).await;
        sit(&scene, 1, &exam, &[("单选2", Some("选项0"))]).await;
        sit(&scene, 2, &exam, &[("单选2", None)]).await;
        end(&server).await;
        let faulty = item(&sitting, "单选2");
        let (name, keyed, other) = (&faulty["item"], option(&faulty, "选项2"), option(&faulty, "选项0"));
        let back = json!({ "item": name, "action": "correct_key", "key": [keyed] });
        let begin = [json!(8), json!(6), json!(6)];
        assert_eq!(points(&scene, &exam).await, begin);
        let max = async || {
            let result = scene.coordinator.get(&format!("/api/v1/attempts/{}/result", text(&sitting["id"]))).await.ok();
            (result["points"].clone(), result["max_points"].clone(), result["sections"][0]["max_points"].clone())
        };
        for (action, key, after, of) in [
            ("correct_key", Some(&other), [6, 8, 6], 8),
            ("also_accept", Some(&other), [8, 8, 6], 8),
            ("full_marks", None, [8, 8, 8], 8),
            ("drop_item", None, [6, 6, 6], 6),
        ] {
            let mut body = json!({ "item": name, "action": action });
            if let Some(key) = key {
                body["key"] = json!([key]);
            }
            regrade(&scene, &exam, &body).await.ok();
            assert_eq!(points(&scene, &exam).await, after.map(|n| json!(n)), "{action}");
            let (scored, max_points, section) = max().await;
            assert_eq!((scored, max_points, section), (json!(after[0]), json!(of), json!(of)), "{action}");
            // The same again says nothing new.
            let field = if key.is_some() { "key" } else { "action" };
            regrade(&scene, &exam, &body).await.expect_field(field, "duplicate");
            regrade(&scene, &exam, &back).await.ok();
            assert_eq!(points(&scene, &exam).await, begin, "{action} undone");
            assert_eq!(max().await.1, 8);
        }
        // Whoever would lose by it keeps what they had.
        regrade(&scene, &exam, &json!({ "item": name, "action": "drop_item", "never_lower": true })).await.ok();
        assert_eq!((points(&scene, &exam).await, max().await.1), (begin.clone(), json!(8)));
        assert!(kaofa::tally::recount(server.services.core.db.read()).await.unwrap().is_empty());

        // An attempt that is reopened afterwards is marked as was ruled.
        regrade(&scene, &exam, &json!({ "item": name, "action": "full_marks" })).await.ok();
        let reopen = json!({ "seconds": 600, "reason": "答案滞留本机" });
        scene.coordinator.post(&format!("/api/v1/attempts/{}/reopen", text(&sitting["id"])), &reopen).await.ok();
        let again = first.act(&format!("/api/v1/exams/{exam}/attempts")).await.ok();
        let saves = json!([{ "position": faulty["position"], "seq": 9, "response": [] }]);
        submit(&first, &again, saves).await.ok();
        server.work().await;
        assert_eq!(points(&scene, &exam).await[0], 8);
        let told = scene.coordinator.get(&format!("/api/v1/exams/{exam}/statistics")).await.ok();
        let told = told["items"].as_array().unwrap().iter().find(|i| i["item"] == *name).unwrap().clone();
        assert_eq!((&told["facility"], &told["blank"]), (&json!(1.0), &json!(2)));
    }

    async fn what_makes_no_sense_is_refused_and_changes_nothing(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&four_singles(&json!({}))).await;
        scene.opens();
        let (first, sitting) = sit(&scene, 0, &exam, &[]).await;
        let faulty = item(&sitting, "单选1");
        let (name, other) = (faulty["item"].clone(), option(&faulty, "选项0"));
        let body = json!({ "item": name, "action": "full_marks" });
        regrade(&scene, &exam, &body).await.expect_problem(409, "wrong_state");
        end(&server).await;
        let with = |changes: Value| {
            let mut body = body.clone();
            for (field, value) in changes.as_object().unwrap() {
                body[field] = value.clone();
            }
            body
        };
        let unknown = format!("{}@7", server.services.core.uuid());
        let id = server.services.core.uuid();
        for (changes, field, code) in [
            (json!({ "item": unknown }), "item", "unknown_reference"),
            (json!({ "item": "" }), "item", "unknown_reference"),
            (json!({ "action": "whatever" }), "action", "unknown_value"),
            (json!({ "key": [other] }), "key", "conflict"),
            (json!({ "action": "correct_key" }), "key", "required"),
            (json!({ "action": "correct_key", "key": [] }), "key", "required"),
            (json!({ "action": "correct_key", "key": ["x99"] }), "key", "unknown_reference"),
            (json!({ "action": "correct_key", "key": [other, other] }), "key", "too_long"),
            (json!({ "action": "also_accept", "key": true }), "key", "invalid"),
            (json!({ "action": "also_accept", "key": scene.key(&faulty) }), "key", "duplicate"),
            (json!({ "action": "correct_key", "key": scene.key(&faulty) }), "key", "duplicate"),
            (json!({ "objection_ids": [id] }), "objection_ids[0]", "unknown_reference"),
        ] {
            regrade(&scene, &exam, &with(changes)).await.expect_field(field, code);
        }
        let path = format!("/api/v1/exams/{exam}/regrades");
        scene.coordinator.post(&path, &body).await.expect_field("reason", "required");
        scene.coordinator.post(&format!("{path}?dry_run=true"), &body).await.ok();
        first.post(&path, &body).await.expect_problem(403, "forbidden");
        let grants = [(Role::Coordinator, scene.root)];
        let sits = server.user_of("sits", Some(scene.people[1]), &grants).await;
        server.as_(&sits).post(&path, &body).await.expect_problem(403, "forbidden");
        let other = server.unit(scene.root, "B", "乙局").await;
        let elsewhere = server.as_(&server.user("elsewhere", Role::Coordinator, other).await);
        elsewhere.post(&path, &body).await.expect_problem(404, "not_found");
        assert_eq!(scene.coordinator.get(&path).await.ok()["items"], json!([]));
        assert_eq!(results(&scene, &exam).await[0].0, 8);
    }

    async fn objections_are_taken_within_their_days(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&four_singles(&json!({ "objection_days": 2 }))).await;
        scene.opens();
        let both = [(Role::Official, scene.unit), (Role::Coordinator, scene.root)];
        let first = server.as_(&server.user_of("both", Some(scene.people[0]), &both).await);
        let sitting = sit_as(&scene, &first, &exam, &[]).await;
        let (second, _) = sit(&scene, 1, &exam, &[]).await;
        end(&server).await;
        let path = format!("/api/v1/attempts/{}/objections", text(&sitting["id"]));
        let score = json!({ "text": "总分有疑问" });
        first.post(&path, &score).await.expect_problem(409, "not_released");
        scene.coordinator.act(&format!("/api/v1/exams/{exam}/release")).await.ok();
        first.post(&path, &json!({ "text": " ", "item": "x" })).await.expect_field("text", "required").expect_field("item", "unknown_reference");
        first.post(&path, &json!({ "text": "?", "position": 9 })).await.expect_field("position", "unknown_reference");
        let by_place = first.post(&path, &json!({ "text": "第 1 题", "position": 1 })).await.ok();
        assert_eq!((&by_place["item"], &by_place["position"]), (&items(&sitting)[0]["item"], &json!(1)));
        second.post(&path, &score).await.expect_problem(404, "not_found");
        second.get(&path).await.expect_problem(404, "not_found");
        server.advance(std::time::Duration::from_secs(1));
        let objection = first.post(&path, &score).await.ok();
        first.post(&path, &score).await.expect_problem(409, "already_objected");
        assert_eq!((&objection["item"], &objection["position"]), (&Value::Null, &Value::Null));

        let decide = format!("/api/v1/objections/{}/decide", text(&objection["id"]));
        for decision in ["open", "whatever"] {
            let body = json!({ "decision": decision, "reason": "核对无误" });
            scene.coordinator.post(&decide, &body).await.expect_field("decision", "unknown_value");
        }
        scene.coordinator.post(&decide, &json!({ "decision": "rejected", "reason": "" })).await.expect_field("reason", "required");
        let rejected = json!({ "decision": "rejected", "reason": "核对无误" });
        second.post(&decide, &rejected).await.expect_problem(403, "forbidden");
        // Nobody decides their own.
        first.post(&decide, &rejected).await.expect_problem(403, "forbidden");
        scene.coordinator.post(&decide, &rejected).await.ok();

        server.set_clock("2026-03-18T03:00:01.000Z");
        // Their tokens have expired meanwhile.
        let again = async |username: &str| {
            let body = json!({ "username": username, "password": PASSWORD });
            let answer = server.client().post("/api/v1/auth/login", &body).await.ok();
            server.client().bearing(answer["token"].as_str().unwrap())
        };
        let late = json!({ "text": "晚了", "position": 2 });
        again("both").await.post(&path, &late).await.expect_problem(409, "objections_closed");
        let listed = again("coordinator").await.get(&format!("/api/v1/exams/{exam}/objections")).await.ok();
        let states: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|o| &o["state"]).collect();
        assert_eq!(states, ["open", "rejected"]);
    }
}
