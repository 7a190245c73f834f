//! The whole mission as one walk over HTTP: units and people, a programme and a session, a bank and an exam with its
//! make-up, the rates with the people behind them, and the year closed.

use std::collections::BTreeMap;

use kaofa::auth::Role;
use serde_json::{Value, json};

use crate::harness::Client;

/// The keys of questions, by stem, as the author knows them.
type Keys = BTreeMap<String, Value>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Six singles and four judgements, each approved by somebody other than the author.
async fn questions(author: &Client, reviewer: &Client, bank: &str) -> Keys {
    let mut keys = Keys::new();
    for n in 0..10 {
        let judgement = n >= 6;
        let options: Vec<Value> =
            (0..4).map(|o| json!({ "text": format!("选项{o}"), "correct": o == n % 4 })).collect();
        let body = json!({
            "bank_id": bank, "kind": if judgement { "judgement" } else { "single" },
            "topic": "行政处罚法", "difficulty": "easy", "stem": format!("第{n}题"),
            "options": if judgement { json!([]) } else { json!(options) },
            "answer": judgement.then_some(n % 2 == 0), "explanation": "依据法条。",
            "citation": {
                "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
            },
        });
        let made = author.post("/api/v1/questions", &body).await.ok();
        let id = text(&made["id"]);
        author.act(&format!("/api/v1/questions/{id}/submit")).await.ok();
        author.act(&format!("/api/v1/questions/{id}/approve")).await.expect_problem(403, "own_work");
        reviewer.act(&format!("/api/v1/questions/{id}/approve")).await.ok();
        let right = made["options"].as_array().into_iter().flatten().find(|o| o["correct"] == true);
        let key = right.map_or_else(|| json!(n % 2 == 0), |option| json!([option["id"]]));
        keys.insert(format!("第{n}题"), key);
    }
    keys
}

fn blueprint(root: &str, bank: &str, title: &str, opens_at: &str, closes_at: &str) -> Value {
    json!({
        "title": title, "kind": "annual", "year": 2026, "unit_id": root, "bank_ids": [bank],
        "opens_at": opens_at, "closes_at": closes_at, "duration_seconds": 1800, "grace_seconds": 10,
        "pass_points": 60, "excellence_points": 90, "attempts_allowed": 1, "attempt_scoring": "highest",
        "audience": { "unit_ids": [root] },
        "sections": [
            { "title": "单项选择题", "kind": "single", "count": 3, "points_each": 20 },
            { "title": "判断题", "kind": "judgement", "count": 2, "points_each": 20 },
        ],
        "release": "on_close", "show_key": "never", "contact": "区司法局",
    })
}

/// Position and right response of each item of a paper.
fn right(sitting: &Value, keys: &Keys) -> Vec<(i64, Value)> {
    let sections = sitting["sections"].as_array().unwrap();
    let items = sections.iter().flat_map(|s| s["items"].as_array().unwrap());
    items.map(|i| (i["position"].as_i64().unwrap(), keys[i["stem"].as_str().unwrap()].clone())).collect()
}

async fn answer(official: &Client, sitting: &Value, answers: &[(i64, Value)]) -> Value {
    let saves: Vec<Value> =
        answers.iter().map(|(position, r)| json!({ "position": position, "seq": 1, "response": r })).collect();
    let path = format!("/api/v1/attempts/{}/answers", text(&sitting["id"]));
    official.put(&path, &json!({ "lease": sitting["lease"], "saves": saves })).await.ok()
}

async fn hand_in(official: &Client, sitting: &Value) -> Value {
    let path = format!("/api/v1/attempts/{}/submit", text(&sitting["id"]));
    official.post(&path, &json!({ "lease": sitting["lease"] })).await.ok()
}

/// Every figure of a row leads to as many people.
async fn follow(auditor: &Client, year: i32, figures: &Value) {
    let mut followed = 0;
    for side in ["study", "exam"] {
        for (name, value) in figures[side].as_object().unwrap() {
            let Some(count) = value.as_u64() else { continue };
            let path = format!("/api/v1/reports/people?year={year}&figure={side}.{name}&limit=200");
            let people = auditor.get(&path).await.ok();
            assert_eq!(u64::try_from(people["items"].as_array().unwrap().len()).unwrap(), count, "{side}.{name}");
            followed += 1;
        }
    }
    assert!(followed >= 18, "all counts were followed");
}

both_databases! {
    #[allow(clippy::too_many_lines, reason = "one walk, told in one go")]
    async fn from_an_empty_district_to_a_closed_year(server: TestServer) {
        let root_id = server.root().await;
        let root = root_id.to_string();
        let sysadmin = server.as_(&server.user("sysadmin", Role::SystemAdmin, root_id).await);
        let coordinator_user = server.user("coordinator", Role::Coordinator, root_id).await;
        let coordinator = server.as_(&coordinator_user);
        let author = server.as_(&server.user("author", Role::Coordinator, root_id).await);

        // Units and people.
        let unit = json!({ "parent_id": root, "code": "B01", "name": "区司法局", "kind": "unit" });
        let unit = text(&sysadmin.post("/api/v1/units", &unit).await.ok()["id"]);
        coordinator
            .post("/api/v1/units", &json!({ "parent_id": root, "code": "B02", "name": "区民政局", "kind": "unit" }))
            .await
            .expect_problem(403, "forbidden");
        let mut people = Vec::new();
        for name in ["陈静", "欧阳娜", "王一鸣"] {
            let body = json!({
                "name": name, "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
            });
            people.push(text(&coordinator.post("/api/v1/people", &body).await.ok()["id"]));
        }
        let mut officials = Vec::new();
        for (n, person) in people.iter().enumerate() {
            let grants = [(Role::Official, unit.parse().unwrap())];
            let user = server.user_of(&format!("official{n}"), Some(person.parse().unwrap()), &grants).await;
            officials.push(server.as_(&user));
        }

        // A programme is planned, a session scheduled and published; two check in with the rotating code.
        let audience = json!({ "unit_ids": [root] });
        let programme = json!({
            "year": 2026, "title": "2026 年度学法计划", "unit_id": root, "audience": audience, "required_hours": 2,
        });
        let programme = text(&coordinator.post("/api/v1/programmes", &programme).await.ok()["id"]);
        let published = coordinator.act(&format!("/api/v1/programmes/{programme}/publish")).await.ok();
        assert_eq!(published["expected"], 3);
        let session = json!({
            "title": "集体学法", "kind": "collective_study", "host_unit_ids": [root],
            "starts_at": "2026-03-16T01:20:00Z", "ends_at": "2026-03-16T03:20:00Z", "place": "会议室",
            "credit_hours": 2, "audience": audience, "contact": "区司法局",
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 600, "closes_after_seconds": 3600 },
        });
        let session = text(&coordinator.post("/api/v1/sessions", &session).await.ok()["id"]);
        coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
        server.work().await;
        let shown = format!("/api/v1/sessions/{session}/check-in-code");
        for official in &officials[..2] {
            let code = coordinator.get(&shown).await.ok();
            let body = json!({ "code": code["code"] });
            let attended = official.post(&format!("/api/v1/sessions/{session}/check-ins"), &body).await.ok();
            assert_eq!(attended["status"], "present");
            server.advance(std::time::Duration::from_secs(11));
        }
        server.set_clock("2026-03-16T03:30:00.000Z");
        coordinator.act(&format!("/api/v1/sessions/{session}/close")).await.ok();

        // A bank of questions, and an exam from a blueprint, sealed.
        let bank = json!({ "unit_id": root, "title": "题库", "review_required": true });
        let bank = text(&coordinator.post("/api/v1/banks", &bank).await.ok()["id"]);
        let keys = questions(&author, &coordinator, &bank).await;
        let body = blueprint(&root, &bank, "2026 年度考试", "2026-03-16T04:00:00Z", "2026-03-16T05:00:00Z");
        let exam = text(&coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        officials[0].act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(404, "not_found");
        let sealed = coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
        assert_eq!(sealed["expected"], 3);
        let manifest = officials[0].get(&format!("/api/v1/exams/{exam}/manifest")).await.ok();
        assert_eq!(manifest["manifest_digest"], sealed["manifest_digest"]);
        let attempts = format!("/api/v1/exams/{exam}/attempts");
        officials[0].act(&attempts).await.expect_problem(409, "not_open_yet");

        // The first saves, resumes elsewhere and hands in; the second leaves it to the server; the third stays away.
        server.set_clock("2026-03-16T04:00:00.000Z");
        server.work().await;
        let sitting = officials[0].act(&attempts).await.ok();
        let answers = right(&sitting, &keys);
        answer(&officials[0], &sitting, &answers[..3]).await;
        let resumed = officials[0].act(&attempts).await.ok();
        assert_eq!(resumed["id"], sitting["id"]);
        assert_eq!(resumed["saved"].as_array().unwrap().len(), 3);
        let path = format!("/api/v1/attempts/{}/answers", text(&sitting["id"]));
        let stale = json!({ "lease": sitting["lease"], "saves": [{ "position": 4, "seq": 1, "response": true }] });
        officials[0].put(&path, &stale).await.expect_problem(409, "taken_over");
        answer(&officials[0], &resumed, &answers[3..]).await;
        assert_eq!(hand_in(&officials[0], &resumed).await["state"], "graded");
        let second = officials[1].act(&attempts).await.ok();
        answer(&officials[1], &second, &right(&second, &keys)[..1]).await;
        server.set_clock("2026-03-16T04:30:12.000Z");
        server.work().await;
        let left = officials[1].get(&format!("/api/v1/attempts/{}", text(&second["id"]))).await.ok();
        assert_eq!(left["submitted_at"], "2026-03-16T04:30:00.000Z");
        server.set_clock("2026-03-16T05:00:30.000Z");
        server.work().await;
        let result = officials[0].get(&format!("/api/v1/attempts/{}/result", text(&sitting["id"]))).await.ok();
        assert_eq!((&result["points"], &result["passed"]), (&json!(100), &json!(true)));

        // A make-up for those who failed or stayed away counts toward the exam.
        let mut body = blueprint(&root, &bank, "2026 年度考试补考", "2026-03-16T06:00:00Z", "2026-03-16T07:00:00Z");
        body["makes_up_exam_id"] = json!(exam);
        let make_up = text(&coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        assert_eq!(coordinator.act(&format!("/api/v1/exams/{make_up}/seal")).await.ok()["expected"], 2);
        server.set_clock("2026-03-16T06:00:00.000Z");
        server.work().await;
        let attempts = format!("/api/v1/exams/{make_up}/attempts");
        officials[0].act(&attempts).await.expect_problem(403, "not_on_roster");
        for official in &officials[1..] {
            let sitting = official.act(&attempts).await.ok();
            answer(official, &sitting, &right(&sitting, &keys)).await;
            hand_in(official, &sitting).await;
        }
        let auditor = server.as_(&server.user("auditor", Role::Auditor, root_id).await);
        let close = json!({ "unit_id": root, "reason": "年度工作结束" });
        auditor.post("/api/v1/years/2026/close", &close).await.expect_problem(409, "still_open");
        server.set_clock("2026-03-16T07:00:30.000Z");
        server.work().await;

        // The rates, the people behind every figure, and the year closed.
        let report = auditor.get("/api/v1/reports/rates?year=2026&depth=2").await.ok();
        let total = &report["total"]["figures"];
        assert_eq!(total["study"]["participation_rate"], json!({ "numerator": 2, "denominator": 3, "percent": "66.67" }));
        let exam = &total["exam"];
        assert_eq!(
            ["expected", "sat", "pending", "absent", "passed", "first_sat", "first_passed", "sittings"]
                .map(|name| exam[name].as_i64().unwrap()),
            [3, 3, 0, 0, 3, 2, 1, 4],
        );
        assert_eq!(report["rows"][0]["figures"]["exam"], *exam, "the only unit is the whole district");
        follow(&auditor, 2026, total).await;
        coordinator.post("/api/v1/years/2026/close", &close).await.expect_problem(403, "forbidden");
        auditor.post("/api/v1/years/2026/close", &close).await.ok();
        let closed = auditor.get("/api/v1/reports/rates?year=2026").await.ok();
        assert_eq!(closed["total"]["figures"]["streak_years"], 0, "one of three did not study");
    }
}
