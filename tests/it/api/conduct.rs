//! What a coordinator does to a sealed exam: another schedule, more time, pauses, an early end, late candidates.

use std::time::Duration;

use entity::id::ExamId;
use kaofa::auth::Role;
use kaofa::exam::attempt::Attempts;
use kaofa::exam::outcome;
use serde_json::{Value, json};

use super::scene::{Scene, save, start, submit, text};
use crate::harness::{Answer, Client};

const REASON: &str = "网络中断";

async fn act(client: &Client, exam: &str, what: &str) -> Answer {
    client.post(&format!("/api/v1/exams/{exam}/{what}"), &json!({ "reason": REASON })).await
}

async fn clock(client: &Client, sitting: &Value) -> Value {
    let (id, lease) = (text(&sitting["id"]), text(&sitting["lease"]));
    client.get(&format!("/api/v1/attempts/{id}/clock?lease={lease}")).await.ok()
}

async fn allow(scene: &Scene, exam: &str, n: usize, mut change: Value) -> Answer {
    change["reason"] = json!("延误");
    scene.coordinator.patch(&format!("/api/v1/exams/{exam}/candidates/{}", scene.people[n]), &change).await
}

/// What was changed, as somebody sees it: the kinds in their order.
async fn kinds(client: &Client, exam: &str) -> Vec<String> {
    let list = client.get(&format!("/api/v1/exams/{exam}/amendments")).await.ok();
    list["items"].as_array().unwrap().iter().map(|a| text(&a["kind"])).collect()
}

fn one(seq: i32) -> Value {
    json!([{ "position": 5, "seq": seq, "response": true }])
}

both_databases! {
    async fn a_pause_stops_the_clock_and_gives_back_what_it_took(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        act(&scene.coordinator, &exam, "pause").await.expect_problem(409, "wrong_state");
        let (first, second, third) = (scene.candidate(0).await, scene.candidate(1).await, scene.candidate(2).await);
        scene.opens();
        let sitting = start(&first, &exam).await;
        assert_eq!(sitting["deadline"], "2026-03-16T01:40:00.000Z");
        server.advance(Duration::from_mins(10));

        let paused = act(&scene.coordinator, &exam, "pause").await.ok();
        assert_eq!((&paused["status"], &paused["paused_at"]), (&json!("paused"), &json!("2026-03-16T01:20:00.000Z")));
        act(&scene.coordinator, &exam, "pause").await.expect_problem(409, "wrong_state");
        second.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "paused");
        // What is on its way is kept, and the device learns that the clock stands still.
        server.advance(Duration::from_mins(5));
        let kept = save(&first, &sitting, one(1)).await.ok();
        assert_eq!((&kept["paused"], &kept["deadline"]), (&json!(true), &json!("2026-03-16T01:45:00.000Z")));
        // Going on elsewhere is no start.
        let resumed = start(&first, &exam).await;
        assert_eq!((&resumed["id"], &resumed["paused"]), (&sitting["id"], &json!(true)));
        assert_eq!(clock(&first, &sitting).await["held"], false);
        let seen = clock(&first, &resumed).await;
        assert_eq!((&seen["held"], &seen["paused"], &seen["state"]), (&json!(true), &json!(true), &json!("running")));

        // Nobody is handed in, nothing closes, however long it lasts.
        server.set_clock("2026-03-16T05:20:00.000Z");
        server.work().await;
        assert_eq!(clock(&first, &resumed).await["state"], "running");
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "paused");

        let on = act(&scene.coordinator, &exam, "resume").await.ok();
        assert_eq!((&on["status"], &on["paused_at"], &on["paused_seconds"]), (&json!("open"), &Value::Null, &json!(14_400)));
        act(&scene.coordinator, &exam, "resume").await.expect_problem(409, "wrong_state");
        // Twenty minutes were left.
        let seen = clock(&first, &resumed).await;
        assert_eq!((&seen["deadline"], &seen["paused"]), (&json!("2026-03-16T05:40:00.000Z"), &json!(false)));
        server.set_clock("2026-03-16T05:40:10.000Z");
        let kept = save(&first, &resumed, one(2)).await.ok();
        assert!(kept.get("paused").is_none());
        server.set_clock("2026-03-16T05:40:10.001Z");
        save(&first, &resumed, one(3)).await.expect_problem(409, "attempt_closed");
        server.advance(Duration::from_secs(1));
        server.work().await;
        let seen = clock(&first, &resumed).await;
        assert_eq!((&seen["state"], &seen["submitted_at"]), (&json!("graded"), &json!("2026-03-16T05:40:00.000Z")));
        // The latest start moved with it (01:50 and four hours), the closing did not: nobody could have any time.
        third.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "start_closed");
        assert_eq!(kinds(&first, &exam).await, ["pause", "resume"]);
        let told = scene.coordinator.get(&format!("/api/v1/exams/{exam}/amendments")).await.ok();
        assert_eq!((&told["items"][0]["reason"], &told["items"][1]["data"]["lasted_ms"]), (&json!(REASON), &json!(14_400_000)));
    }

    async fn the_latest_start_moves_with_pauses(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({ "closes_at": "2026-03-16T04:10:00.000Z", "latest_start_seconds": 600 })).await;
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();
        act(&scene.coordinator, &exam, "pause").await.ok();
        server.advance(Duration::from_hours(1));
        act(&scene.coordinator, &exam, "resume").await.ok();
        server.set_clock("2026-03-16T02:20:00.000Z");
        // A pause before the start is nothing to the deadline.
        assert_eq!(start(&first, &exam).await["deadline"], "2026-03-16T02:50:00.000Z");
        server.set_clock("2026-03-16T02:20:00.001Z");
        second.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "start_closed");
        server.set_clock("2026-03-16T02:50:14.999Z");
        server.work().await;
        let path = format!("/api/v1/exams/{exam}");
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "open");
        server.set_clock("2026-03-16T02:50:15.000Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "released");
    }

    async fn more_time_for_one_for_a_unit_for_all(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let other = server.unit(scene.root, "B", "乙局").await;
        let body = json!({ "name": "乙", "unit_id": other, "categories": ["civil_servant"], "joined_on": "2020-01-01" });
        let person = text(&scene.coordinator.post("/api/v1/people", &body).await.ok()["id"]);
        let exam = scene.exam(&json!({})).await;
        let path = format!("/api/v1/exams/{exam}/extensions");
        let extend = async |scope: Value, seconds: i32| {
            let body = json!({ "scope": scope, "seconds": seconds, "reason": REASON });
            scene.coordinator.post(&path, &body).await
        };
        extend(json!({}), 60).await.expect_problem(409, "wrong_state");
        scene.opens();
        let (first, second, late) = (scene.candidate(0).await, scene.candidate(1).await, scene.candidate(2).await);
        let (one_, two) = (start(&first, &exam).await, start(&second, &exam).await);

        assert_eq!(extend(json!({ "person_ids": [scene.people[0]] }), 60).await.ok(), json!({ "people": 1, "running": 1 }));
        assert_eq!(save(&first, &one_, one(1)).await.ok()["deadline"], "2026-03-16T01:41:00.000Z");
        assert_eq!(clock(&second, &two).await["deadline"], "2026-03-16T01:40:00.000Z");
        assert_eq!(extend(json!({ "unit_id": scene.unit }), 120).await.ok(), json!({ "people": 3, "running": 2 }));
        let all = scene.coordinator.post(&path, &json!({ "seconds": 300, "reason": REASON })).await.ok();
        assert_eq!(all, json!({ "people": 4, "running": 2 }));
        assert_eq!(clock(&first, &one_).await["deadline"], "2026-03-16T01:48:00.000Z");
        assert_eq!(clock(&second, &two).await["deadline"], "2026-03-16T01:47:00.000Z");
        // It is theirs who start later too, past the closing.
        server.set_clock("2026-03-16T01:50:00.000Z");
        assert_eq!(start(&late, &exam).await["deadline"], "2026-03-16T02:17:00.000Z");
        // The exam waits for them.
        server.set_clock("2026-03-16T02:16:59.000Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "open");

        extend(json!({ "unit_id": uuid::Uuid::nil() }), 60).await.expect_field("scope.unit_id", "unknown_reference");
        extend(json!({ "person_ids": [scene.root] }), 60).await.expect_field("scope.person_ids[0]", "unknown_reference");
        extend(json!({ "person_ids": [person, person] }), 60).await.expect_field("scope.person_ids[1]", "duplicate");
        extend(json!({ "unit_id": other, "person_ids": [person] }), 60).await.expect_field("scope.person_ids", "conflict");
        let bad = extend(json!({}), 0).await.expect_field("seconds", "out_of_range");
        assert_eq!(bad.json["errors"].as_array().unwrap().len(), 1);
        scene.coordinator.post(&path, &json!({ "seconds": 60, "reason": " " })).await.expect_field("reason", "required");
        first.post(&path, &json!({ "seconds": 60, "reason": REASON })).await.expect_problem(403, "forbidden");
        // Each sees what concerns them.
        assert_eq!(kinds(&first, &exam).await, ["extension", "extension", "extension"]);
        assert_eq!(kinds(&second, &exam).await, ["extension", "extension"]);
        // The first could have started late too, with eight minutes more.
        server.set_clock("2026-03-16T02:18:14.999Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "open");
        server.set_clock("2026-03-16T02:18:15.000Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "released");
        extend(json!({}), 60).await.expect_problem(409, "wrong_state");
    }

    async fn one_candidate_is_allowed_more(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({ "latest_start_seconds": 600 })).await;
        let attempts = format!("/api/v1/exams/{exam}/attempts");
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        // Before it opens.
        let seen = allow(&scene, &exam, 0, json!({ "extra_seconds": 300 })).await.ok();
        assert_eq!((&seen["extra_seconds"], &seen["extra_attempts"], &seen["admit_until"]), (&json!(300), &json!(0), &Value::Null));
        scene.opens();
        let sitting = start(&first, &exam).await;
        assert_eq!(sitting["deadline"], "2026-03-16T01:45:00.000Z");
        // While it runs: never less than before.
        allow(&scene, &exam, 0, json!({ "extra_seconds": 900 })).await.ok();
        assert_eq!(clock(&first, &sitting).await["deadline"], "2026-03-16T01:55:00.000Z");
        allow(&scene, &exam, 0, json!({ "extra_seconds": 0 })).await.ok();
        assert_eq!(clock(&first, &sitting).await["deadline"], "2026-03-16T01:55:00.000Z");

        server.set_clock("2026-03-16T01:20:00.001Z");
        second.act(&attempts).await.expect_problem(409, "start_closed");
        allow(&scene, &exam, 1, json!({ "admit_until": "2026-03-16T01:30:00Z" })).await.ok();
        server.set_clock("2026-03-16T01:30:00.000Z");
        let admitted = start(&second, &exam).await;
        assert_eq!(admitted["deadline"], "2026-03-16T02:00:00.000Z");
        submit(&second, &admitted, json!([])).await.ok();
        second.act(&attempts).await.expect_problem(409, "no_attempt_left");
        allow(&scene, &exam, 1, json!({ "extra_attempts": 1, "admit_until": "2026-03-16T02:09:59Z" })).await.ok();
        server.set_clock("2026-03-16T02:00:00.000Z");
        let again = start(&second, &exam).await;
        assert_eq!((&again["number"], &again["deadline"]), (&json!(2), &json!("2026-03-16T02:10:00.000Z")));
        let list = scene.coordinator.get(&format!("/api/v1/exams/{exam}/candidates")).await.ok();
        let row = list["items"].as_array().unwrap().iter().find(|r| r["attempts"] == 2).unwrap().clone();
        assert_eq!((&row["extra_attempts"], &row["admit_until"]), (&json!(1), &json!("2026-03-16T02:09:59.000Z")));
        assert_eq!((&row["attempt_id"], &row["state"]), (&again["id"], &json!("running")));

        allow(&scene, &exam, 0, json!({})).await.expect_field("extra_seconds", "required");
        allow(&scene, &exam, 0, json!({ "extra_seconds": -1 })).await.expect_field("extra_seconds", "out_of_range");
        allow(&scene, &exam, 0, json!({ "extra_attempts": 11 })).await.expect_field("extra_attempts", "out_of_range");
        allow(&scene, &exam, 0, json!({ "admit_until": "later" })).await.expect_field("admit_until", "invalid");
        allow(&scene, &exam, 0, json!({ "admit_until": "2026-03-16T02:10:00Z" })).await.expect_field("admit_until", "out_of_range");
        let nobody = format!("/api/v1/exams/{exam}/candidates/{}", scene.root);
        let body = json!({ "extra_seconds": 60, "reason": REASON });
        scene.coordinator.patch(&nobody, &body).await.expect_problem(404, "not_found");
        let path = format!("/api/v1/exams/{exam}/candidates/{}", scene.people[0]);
        first.patch(&path, &body).await.expect_problem(403, "forbidden");
        assert_eq!(kinds(&first, &exam).await, ["candidate"; 3]);
    }

    async fn another_schedule_shortens_nobody(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        let path = format!("/api/v1/exams/{exam}/amendments");
        let amend = async |schedule: Value| {
            scene.coordinator.post(&path, &json!({ "schedule": schedule, "reason": "停电" })).await
        };
        // Before it opens everything may change.
        let after = amend(json!({ "opens_at": "2026-03-16T01:05:00Z" })).await.ok();
        assert_eq!((&after["opens_at"], &after["status"]), (&json!("2026-03-16T01:05:00.000Z"), &json!("sealed")));
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        server.set_clock("2026-03-16T01:05:00.000Z");
        let sitting = start(&first, &exam).await;
        assert_eq!(sitting["deadline"], "2026-03-16T01:35:00.000Z");
        amend(json!({ "opens_at": "2026-03-16T01:06:00Z" })).await.expect_field("schedule.opens_at", "conflict");
        // Shorter for those to come, not for those who sit.
        amend(json!({ "duration_seconds": 600, "grace_seconds": 0 })).await.ok();
        assert_eq!(clock(&first, &sitting).await["deadline"], "2026-03-16T01:35:00.000Z");
        let short = start(&second, &exam).await;
        assert_eq!(short["deadline"], "2026-03-16T01:15:00.000Z");
        // Longer for all. What is done at one moment has no order.
        server.set_clock("2026-03-16T01:05:00.001Z");
        amend(json!({ "duration_seconds": 3000 })).await.ok();
        assert_eq!(clock(&first, &sitting).await["deadline"], "2026-03-16T01:55:00.000Z");
        assert_eq!(save(&second, &short, one(1)).await.ok()["deadline"], "2026-03-16T01:55:00.000Z");
        // An earlier closing takes nothing from them either, and the grace that they began with stays.
        amend(json!({ "closes_at": "2026-03-16T01:20:00Z", "latest_start_seconds": null })).await.ok();
        server.set_clock("2026-03-16T01:20:00.000Z");
        scene.candidate(2).await.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "start_closed");
        server.set_clock("2026-03-16T01:55:00.000Z");
        server.work().await;
        save(&second, &short, one(2)).await.ok();
        server.set_clock("2026-03-16T01:55:10.000Z");
        save(&first, &sitting, one(2)).await.ok();
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "open");
        server.set_clock("2026-03-16T01:55:11.000Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok()["status"], "closed");
        amend(json!({ "duration_seconds": 600 })).await.expect_problem(409, "wrong_state");
        let told = scene.coordinator.get(&path).await.ok();
        assert_eq!(told["items"][1]["data"]["before"]["duration_seconds"], 1800);
        assert_eq!(told["items"][1]["data"]["after"]["duration_seconds"], 600);
        // A reason, and something to change.
        let draft = text(&scene.coordinator.post("/api/v1/exams", &scene.blueprint()).await.ok()["id"]);
        let path = format!("/api/v1/exams/{draft}/amendments");
        scene.coordinator.post(&path, &json!({ "schedule": {}, "reason": "x" })).await.expect_problem(409, "wrong_state");
        scene.coordinator.post(&path, &json!({ "schedule": { "title": "x" }, "reason": "x" })).await.expect_field("schedule.title", "unknown_field");
    }

    async fn faults_of_an_amendment_are_named_together(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&json!({})).await;
        let path = format!("/api/v1/exams/{exam}/amendments");
        let bad = json!({ "schedule": { "duration_seconds": 1, "closes_at": "2026-03-16T00:00:00Z" }, "reason": "" });
        let refused = scene.coordinator.post(&path, &bad).await.expect_field("reason", "required");
        let fields: Vec<String> = refused.json["errors"].as_array().unwrap().iter().map(|e| text(&e["field"])).collect();
        assert_eq!(fields, ["schedule.duration_seconds", "schedule.closes_at", "schedule.closes_at", "reason"]);
        scene.coordinator.post(&path, &json!({ "schedule": {}, "reason": "x" })).await.expect_field("schedule", "required");
        assert_eq!(kinds(&scene.coordinator, &exam).await, Vec::<String>::new());
    }

    async fn an_exam_is_ended_early(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        act(&scene.coordinator, &exam, "close").await.expect_problem(409, "wrong_state");
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();
        let sitting = start(&first, &exam).await;
        allow(&scene, &exam, 1, json!({ "extra_seconds": 3600, "admit_until": "2026-03-16T02:00:00Z" })).await.ok();
        server.advance(Duration::from_mins(10));
        // Whoever sits keeps their time.
        let ended = act(&scene.coordinator, &exam, "close").await.ok();
        assert_eq!((&ended["status"], &ended["closed_at"]), (&json!("open"), &Value::Null));
        assert_eq!(save(&first, &sitting, one(1)).await.ok()["deadline"], "2026-03-16T01:40:00.000Z");
        // Nobody starts, whatever they were allowed.
        second.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "start_closed");
        submit(&first, &sitting, json!([])).await.ok();
        server.work().await;
        let path = format!("/api/v1/exams/{exam}");
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "closed");

        let empty = scene.exam(&json!({})).await;
        let ended = act(&scene.coordinator, &empty, "close").await.ok();
        assert_eq!(ended["status"], "released");
        let id: ExamId = empty.parse().unwrap();
        let figures = outcome::figures_of(server.services.core.db.read(), id, &scene.people).await.unwrap();
        assert!(figures.values().all(|f| f.absent == 1));
    }

    async fn late_candidates_are_expected(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let other = server.unit(scene.root, "B", "乙局").await;
        let mut people = Vec::new();
        for n in 0..2 {
            let body = json!({ "name": format!("后来{n}"), "unit_id": other, "categories": ["civil_servant"], "joined_on": "2020-01-01" });
            people.push(text(&scene.coordinator.post("/api/v1/people", &body).await.ok()["id"]));
        }
        let exam = scene.exam(&json!({ "audience": { "unit_ids": [scene.unit] }, "release": "manual" })).await;
        let path = format!("/api/v1/exams/{exam}/candidates");
        let add = async |people: Value| scene.coordinator.post(&path, &json!({ "person_ids": people, "reason": "新到岗" })).await;
        let user = server.user_of("late", Some(people[0].parse().unwrap()), &[(Role::Official, other)]).await;
        let late = server.as_(&user);
        scene.opens();
        late.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(403, "not_on_roster");
        assert_eq!(add(json!([people[0]])).await.ok(), json!({ "added": 1, "expected": 3 }));
        let sitting = start(&late, &exam).await;
        submit(&late, &sitting, json!([])).await.ok();
        server.work().await;
        let rates = scene.coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
        let figures = &rates["total"]["figures"]["exam"];
        assert_eq!((&figures["expected"], &figures["sat"], &figures["pending"]), (&json!(3), &json!(1), &json!(2)));

        let refused = add(json!([people[0], people[1], people[1], uuid::Uuid::nil()])).await.expect_problem(422, "invalid_fields");
        assert_eq!(refused.json["errors"][0]["field"], "person_ids[2]");
        add(json!([people[1], people[0]])).await.expect_field("person_ids[1]", "duplicate");
        add(json!([uuid::Uuid::nil()])).await.expect_field("person_ids[0]", "unknown_reference");
        add(json!([])).await.expect_field("person_ids", "required");
        // None of them was added by a request that was refused.
        assert_eq!(scene.coordinator.get(&path).await.ok()["items"].as_array().unwrap().len(), 3);
        let stranger = server.user("elsewhere", Role::Coordinator, other).await;
        let body = json!({ "person_ids": [people[1]], "reason": "x" });
        server.as_(&stranger).post(&path, &body).await.expect_problem(403, "forbidden");
    }

    async fn a_hall_is_extended_while_it_saves(server: TestServer) {
        let scene = Scene::set(&server, 40).await;
        let exam = scene.exam(&json!({})).await;
        let id: ExamId = exam.parse().unwrap();
        scene.opens();
        let attempts: &Attempts = &server.services.attempts;
        let callers = scene.callers();
        let sat = futures_util::future::join_all(callers.iter().map(|c| attempts.start(c, id, None))).await;
        let sat: Vec<_> = sat.into_iter().map(Result::unwrap).collect();
        let save = async |(caller, started): (&kaofa::auth::Caller, &kaofa::exam::attempt::Started)| {
            let mut last = started.attempt.deadline;
            for seq in 1..=8 {
                let truth = kaofa::exam::attempt::RawResponse::Truth(true);
                let one = [kaofa::exam::attempt::RawSave { position: 5, seq, response: truth }];
                let kept = attempts.save(caller, started.attempt.id, started.lease, &one).await.unwrap();
                assert!(kept.deadline >= last, "a deadline went back");
                last = kept.deadline;
            }
            last
        };
        let path = format!("/api/v1/exams/{exam}/extensions");
        let body = json!({ "seconds": 60, "reason": REASON });
        let extend = async {
            for _ in 0..5 {
                scene.coordinator.post(&path, &body).await.ok();
            }
        };
        let saves = futures_util::future::join_all(callers.iter().zip(&sat).map(save));
        futures_util::join!(saves, extend);
        for (caller, started) in callers.iter().zip(&sat) {
            let seen = attempts.attempt(caller, started.attempt.id).await.unwrap();
            assert_eq!((seen.attempt.deadline - started.attempt.deadline).0, 300_000);
        }
    }
}
