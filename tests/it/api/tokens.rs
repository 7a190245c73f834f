//! When tokens end: by time, by disuse, by revocation, and never during an exam.

use std::time::Duration;

use entity::instant::Millis;
use kaofa::auth::Role;
use serde_json::json;

use crate::harness::{PASSWORD, TestServer};

const ME: &str = "/api/v1/auth/me";
const MINUTE: Duration = Duration::from_mins(1);

async fn strict(server: &TestServer) -> TestServer {
    let strict = |settings: &mut kaofa::kernel::settings::Settings| settings.token_idle = Millis(30 * 60_000);
    server.another_with(strict).await
}

both_databases! {
    async fn a_token_ends_by_disuse(server: TestServer) {
        let here = strict(&server).await;
        let id = server.account("anna", None, &[], false).await;
        let body = json!({ "username": "anna", "password": PASSWORD });
        assert_eq!(here.client().post("/api/v1/auth/login", &body).await.ok()["idle_seconds"], 1800);
        let user = here.log_in(id, "anna").await;
        let (at_one, at_other) = (here.as_(&user), strict(&server).await.as_(&user));
        // Its use at one instance is known at the other.
        for _ in 0..4 {
            here.advance(20 * MINUTE);
            at_one.get(ME).await.ok();
            here.work().await;
        }
        at_other.get(ME).await.ok();
        here.advance(20 * MINUTE);
        at_other.get(ME).await.ok();
        here.advance(32 * MINUTE);
        at_one.get(ME).await.expect_problem(401, "unauthenticated");
        at_other.get(ME).await.expect_problem(401, "unauthenticated");
    }

    async fn a_token_ends_however_much_it_is_used(server: TestServer) {
        let user = server.user_of("anna", None, &[]).await;
        let client = server.as_(&user);
        for _ in 0..23 {
            server.advance(30 * MINUTE);
            client.get(ME).await.ok();
        }
        server.advance(30 * MINUTE);
        client.get(ME).await.expect_problem(401, "unauthenticated");
    }

    async fn what_is_revoked_is_refused_everywhere_within_a_second(server: TestServer) {
        let (root, there) = (server.root().await, server.another().await);
        let admin = server.as_(&server.user("sec", Role::SecurityAdmin, root).await);
        let user = server.user("anna", Role::Auditor, root).await;
        let (here_client, there_client) = (server.as_(&user), there.as_(&user));
        let rates = "/api/v1/reports/rates?year=2026";
        here_client.get(rates).await.ok();
        there_client.get(rates).await.ok();
        // A grant.
        let me = here_client.get(ME).await.ok();
        let grant = format!("/api/v1/accounts/{}/grants/{}", user.id, me["grants"][0]["id"].as_str().unwrap());
        admin.delete(&grant).await.ok();
        here_client.get(rates).await.expect_problem(403, "forbidden");
        server.advance(Duration::from_secs(1));
        there_client.get(rates).await.expect_problem(403, "forbidden");
        // A token.
        there_client.get(ME).await.ok();
        here_client.act("/api/v1/auth/logout").await.ok();
        here_client.get(ME).await.expect_problem(401, "unauthenticated");
        server.advance(Duration::from_secs(1));
        there_client.get(ME).await.expect_problem(401, "unauthenticated");
        // An account.
        let again = server.log_in(user.id, "anna").await;
        there.as_(&again).get(ME).await.ok();
        let one = format!("/api/v1/accounts/{}", user.id);
        let request = admin.request(reqwest::Method::PATCH, &one).header("if-match", "*");
        admin.send(request.json(&json!({ "disabled": true }))).await.ok();
        server.as_(&again).get(ME).await.expect_problem(401, "unauthenticated");
        server.advance(Duration::from_secs(1));
        there.as_(&again).get(ME).await.expect_problem(401, "unauthenticated");
        let body = json!({ "username": "anna", "password": PASSWORD });
        there.client().post("/api/v1/auth/login", &body).await.expect_problem(403, "account_disabled");
    }

    /// The deadline ends a token with which an exam was begun, and nothing else.
    async fn nobody_is_logged_out_of_an_exam(server: TestServer) {
        let here = strict(&server).await;
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        let coordinator = server.as_(&server.user("coordinator", Role::Coordinator, root).await);
        let person = json!({ "name": "考生", "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01" });
        let person = coordinator.post("/api/v1/people", &person).await.ok()["id"].as_str().unwrap().to_owned();
        let bank = json!({ "unit_id": root, "title": "题库", "review_required": false });
        let bank = coordinator.post("/api/v1/banks", &bank).await.ok()["id"].clone();
        let question = json!({
            "bank_id": bank, "kind": "judgement", "topic": "宪法", "difficulty": "easy", "stem": "第一题", "options": [],
            "answer": true, "explanation": "见条文。",
            "citation": { "law": "宪法", "article": "第一条", "law_version": "2018", "verified_on": "2025-01-01" },
        });
        let question = coordinator.post("/api/v1/questions", &question).await.ok()["id"].as_str().unwrap().to_owned();
        coordinator.act(&format!("/api/v1/questions/{question}/submit")).await.ok();
        let exam = json!({
            "title": "考试", "kind": "annual", "year": 2026, "unit_id": root, "bank_ids": [bank],
            "opens_at": "2026-03-16T01:10:00.000Z", "closes_at": "2026-03-17T09:00:00.000Z",
            "duration_seconds": 72000, "grace_seconds": 10, "pass_points": 1, "attempts_allowed": 1,
            "attempt_scoring": "highest", "audience": { "unit_ids": [root] },
            "sections": [{ "title": "判断题", "kind": "judgement", "count": 1, "points_each": 1 }],
            "release": "on_close", "show_key": "never",
        });
        let exam = coordinator.post("/api/v1/exams", &exam).await.ok()["id"].as_str().unwrap().to_owned();
        coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
        let id = server.account("official", Some(person.parse().unwrap()), &[(Role::Official, unit)], false).await;
        let idle = here.log_in(id, "official").await;
        server.set_clock("2026-03-16T01:40:00.000Z");
        server.work().await;
        let user = here.log_in(id, "official").await;
        let candidate = here.as_(&user);
        let sitting = candidate.act(&format!("/api/v1/exams/{exam}/attempts")).await.ok();
        let deadline = sitting["deadline"].as_str().unwrap().to_owned();
        assert_eq!(deadline, "2026-03-16T21:40:00.000Z");
        // Hours without a sign, and beyond the end of any token.
        let answers = format!("/api/v1/attempts/{}/answers", sitting["id"].as_str().unwrap());
        for (seq, at) in [(1, "2026-03-16T09:00:00.000Z"), (2, "2026-03-16T21:39:00.000Z")] {
            server.set_clock(at);
            let saves = json!([{ "position": 1, "seq": seq, "response": true }]);
            candidate.put(&answers, &json!({ "lease": sitting["lease"], "saves": saves })).await.ok();
            server.services.auth.tick().await.unwrap();
        }
        // A token that had ended before the exam began stays ended.
        here.as_(&idle).get(ME).await.expect_problem(401, "unauthenticated");
        server.set_clock("2026-03-16T21:40:20.000Z");
        server.work().await;
        candidate.get(ME).await.expect_problem(401, "unauthenticated");
    }
}
