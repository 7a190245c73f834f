//! The path of a faulty item: from an objection over a dry run and a regrade to the changed rate, and back by the log.

use kaofa::auth::Role;
use serde_json::{Value, json};

use super::scene::{Scene, items, start, submit, text};
use crate::harness::{Answer, Client, TestServer};

/// Everybody's paper holds the four singles, two points each; six pass.
pub(super) fn four_singles(changes: &Value) -> Value {
    let mut body = json!({
        "sections": [{ "title": "单项选择题", "kind": "single", "count": 4, "points_each": 2 }],
        "pass_points": 6, "release": "manual",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The item of this stem on a paper.
pub(super) fn item(sitting: &Value, stem: &str) -> Value {
    items(sitting).into_iter().find(|item| item["stem"] == stem).unwrap()
}

/// The id of an option by its text.
pub(super) fn option(item: &Value, words: &str) -> Value {
    let options = item["options"].as_array().unwrap();
    options.iter().find(|option| option["text"] == words).unwrap()["id"].clone()
}

/// Sits an exam: right answers but where `otherwise` names a stem and the text of an option, or nothing.
pub(super) async fn sit(scene: &Scene, n: usize, exam: &str, otherwise: &[(&str, Option<&str>)]) -> (Client, Value) {
    let candidate = scene.candidate(n).await;
    let sitting = sit_as(scene, &candidate, exam, otherwise).await;
    (candidate, sitting)
}

/// The same of whoever's account it is.
pub(super) async fn sit_as(scene: &Scene, candidate: &Client, exam: &str, otherwise: &[(&str, Option<&str>)]) -> Value {
    let sitting = start(candidate, exam).await;
    let response = |item: &Value| match otherwise.iter().find(|(stem, _)| item["stem"] == **stem) {
        Some((_, Some(words))) => json!([option(item, words)]),
        Some((_, None)) => json!([]),
        None => scene.key(item),
    };
    let paper = items(&sitting);
    let saves = paper.iter().map(|i| json!({ "position": i["position"], "seq": 1, "response": response(i) }));
    submit(candidate, &sitting, saves.collect()).await.ok();
    sitting
}

pub(super) async fn end(server: &TestServer) {
    server.set_clock("2026-03-16T03:00:00.000Z");
    server.work().await;
}

/// By candidate, points and whether they passed.
pub(super) async fn results(scene: &Scene, exam: &str) -> Vec<(Value, Value)> {
    let found = scene.coordinator.get(&format!("/api/v1/exams/{exam}/results")).await.ok();
    let rows = found["items"].as_array().unwrap();
    let of = |person: &entity::id::PersonId| {
        let row = rows.iter().find(|row| row["person_id"] == person.to_string()).unwrap();
        (row["points"].clone(), row["passed"].clone())
    };
    scene.people.iter().map(of).collect()
}

async fn rates(scene: &Scene) -> Value {
    scene.server.work().await;
    let found = scene.coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
    found["total"]["figures"]["exam"].clone()
}

async fn object(client: &Client, sitting: &Value, body: Value) -> Answer {
    client.post(&format!("/api/v1/attempts/{}/objections", text(&sitting["id"])), &body).await
}

both_databases! {
    async fn a_faulty_item_is_put_right_and_can_be_followed(server: TestServer) {
        let scene = Scene::set(&server, 4).await;
        let exam = scene.exam(&four_singles(&json!({ "show_key": "after_close", "release": "on_close" }))).await;
        scene.opens();
        // The third question's key is wrong: option 0 is right, and option 2 was keyed.
        let (_, first) = sit(&scene, 0, &exam, &[]).await;
        let (second, sitting) = sit(&scene, 1, &exam, &[("单选2", Some("选项0")), ("单选3", Some("选项0"))]).await;
        sit(&scene, 2, &exam, &[("单选0", None), ("单选1", None), ("单选2", None), ("单选3", None)]).await;
        let faulty = item(&first, "单选2");
        let said = json!({ "item": faulty["item"], "text": "按第三十六条，应选选项0" });
        object(&second, &sitting, said.clone()).await.expect_problem(409, "not_released");
        end(&server).await;
        let before = rates(&scene).await;
        assert_eq!((&before["sat"], &before["passed"], &before["absent"]), (&json!(3), &json!(1), &json!(1)));
        assert_eq!(results(&scene, &exam).await[..2], [(json!(8), json!(true)), (json!(4), json!(false))]);

        let objection = object(&second, &sitting, said.clone()).await.ok();
        assert_eq!((&objection["state"], &objection["reason"]), (&json!("open"), &Value::Null));
        assert_eq!(objection["position"], item(&sitting, "单选2")["position"]);
        object(&second, &sitting, said).await.expect_problem(409, "already_objected");
        let listed = scene.coordinator.get(&format!("/api/v1/exams/{exam}/objections?state=open")).await.ok();
        assert_eq!(listed["items"], json!([objection]));

        let regrades = format!("/api/v1/exams/{exam}/regrades");
        let regrade = json!({
            "item": faulty["item"], "action": "correct_key", "key": [option(&faulty, "选项0")], "never_lower": true,
            "reason": "第三十六条已于2021年修订", "objection_ids": [objection["id"]],
        });
        let tried = scene.coordinator.post(&format!("{regrades}?dry_run=true"), &regrade).await.ok();
        assert_eq!((&tried["id"], &tried["papers"], &tried["changed"]), (&Value::Null, &json!(3), &json!(1)));
        assert_eq!((&tried["rises"], &tried["falls"], &tried["newly_passed"]), (&json!(1), &json!(0), &json!(1)));
        assert_eq!((&tried["passed_before"], &tried["passed_after"]), (&json!(1), &json!(2)));
        let named = &tried["people"][0];
        assert_eq!((&named["person_id"], &named["points_before"], &named["points_after"]), (&json!(scene.people[1]), &json!(4), &json!(6)));
        assert_eq!((rates(&scene).await, results(&scene, &exam).await[1].0.clone()), (before.clone(), json!(4)));
        assert_eq!(scene.coordinator.get(&regrades).await.ok()["items"], json!([]));

        let decide = format!("/api/v1/objections/{}/decide", text(&objection["id"]));
        let upheld = json!({ "decision": "upheld", "reason": "答案有误，更正" });
        let decided = scene.coordinator.post(&decide, &upheld).await.ok();
        assert_eq!((&decided["state"], &decided["decided_by"]), (&json!("upheld"), &json!("coordinator")));
        scene.coordinator.post(&decide, &json!({ "decision": "rejected", "reason": "又改" })).await.expect_problem(409, "already_decided");
        let own = second.get(&format!("/api/v1/attempts/{}/objections", text(&sitting["id"]))).await.ok();
        assert_eq!((&own["items"][0]["state"], &own["items"][0]["reason"]), (&json!("upheld"), &json!("答案有误，更正")));

        let applied = scene.coordinator.post(&regrades, &regrade).await.ok();
        assert_eq!((&applied["rises"], &applied["people"]), (&tried["rises"], &tried["people"]));
        let after = rates(&scene).await;
        assert_eq!((&after["sat"], &after["passed"], &after["pass_rate"]["percent"]), (&json!(3), &json!(2), &json!("66.67")));
        assert_eq!(results(&scene, &exam).await[..3], [(json!(8), json!(true)), (json!(6), json!(true)), (json!(0), json!(false))]);
        let own = second.get(&format!("/api/v1/attempts/{}/result", text(&sitting["id"]))).await.ok();
        let marked = own["items"].as_array().unwrap().iter().find(|i| i["item"] == faulty["item"]).unwrap();
        assert_eq!((&own["points"], &own["passed"]), (&json!(6), &json!(true)));
        assert_eq!((&marked["key"], &marked["points"], &marked["marking"]), (&regrade["key"], &json!(2), &json!("key")));
        let behind = scene.coordinator.get("/api/v1/reports/people?year=2026&figure=exam.passed").await.ok();
        assert_eq!(behind["items"].as_array().unwrap().len(), 2);
        let people = format!("{regrades}/{}/people", text(&applied["id"]));
        let kept = scene.coordinator.get(&people).await.ok();
        assert_eq!((&kept["items"][0]["attempt_id"], kept["items"].as_array().unwrap().len()), (&sitting["id"], 1));
        assert!(kaofa::tally::recount(server.services.core.db.read()).await.unwrap().is_empty());

        follow(&scene, &exam, &objection["id"], &applied["id"]).await;
    }
}

/// The auditor finds the objection, its decision, the regrade and the changed rate by the exam alone.
async fn follow(scene: &Scene, exam: &str, objection: &Value, regrade: &Value) {
    let auditor = scene.server.as_(&scene.server.user("auditor", Role::Auditor, scene.root).await);
    let found = auditor.get(&format!("/api/v1/log/entries?subject=exam:{exam}&limit=200")).await.ok();
    let entries = found["items"].as_array().unwrap();
    let of = |action: &str| {
        let found: Vec<&Value> = entries.iter().filter(|e| e["action"] == action).collect();
        assert_eq!(found.len(), 1, "{action}");
        found[0]["data"].clone()
    };
    let (raised, decided, regraded) = (of("exam.objection"), of("exam.objection_decided"), of("exam.regrade"));
    assert_eq!((&raised["objection"], &decided["objection"]), (objection, objection));
    assert_eq!((&decided["decision"], &decided["reason"]), (&json!("upheld"), &json!("答案有误，更正")));
    assert_eq!((&regraded["objections"], &regraded["regrade"]), (&json!([objection]), regrade));
    assert_eq!((&regraded["item"], &regraded["action"]), (&raised["item"], &json!("correct_key")));
    assert_eq!(
        (&regraded["sat"], &regraded["passed_before"], &regraded["passed_after"]),
        (&json!(3), &json!(1), &json!(2))
    );
    let listed = auditor.get(&format!("/api/v1/exams/{exam}/regrades")).await.ok();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["objection_ids"]), (regrade, &json!([objection])));
    let people = format!("/api/v1/exams/{exam}/regrades/{}/people", text(regrade));
    assert_eq!(auditor.get(&people).await.ok()["items"].as_array().unwrap().len(), 1);
    auditor
        .post(&format!("/api/v1/exams/{exam}/regrades"), &json!({ "item": "", "action": "" }))
        .await
        .expect_problem(403, "forbidden");
}
