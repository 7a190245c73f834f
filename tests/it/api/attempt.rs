//! Sitting an exam: starting, saving, handing in, and what may be seen of it by whom and when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use entity::exam::exam::{self, ExamStatus};
use entity::exam::save;
use entity::id::{AttemptId, ExamId, PersonId};
use futures_util::future::join_all;
use kaofa::auth::{Caller, Role};
use kaofa::exam::attempt::{AttemptError, Attempts, RawResponse, RawSave, Started};
use kaofa::exam::sealed::SealedCache;
use kaofa::kernel::page::PageRequest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::scene::{Scene, items, names, save, start, submit, text};

fn raw(position: i64, seq: i64, response: RawResponse) -> RawSave {
    RawSave { position, seq, response }
}

both_databases! {
    async fn an_exam_is_sat_from_start_to_result(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({})).await;
        let (candidate, other) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();

        let body = json!({ "device": "一号机" });
        let sitting = candidate.post(&format!("/api/v1/exams/{exam}/attempts"), &body).await.ok();
        let expected = [
            "id", "lease", "number", "state", "started_at", "deadline", "server_time", "paper_digest", "sections",
            "saved",
        ];
        assert_eq!(names(&sitting), expected.into());
        assert_eq!((&sitting["number"], &sitting["state"]), (&json!(1), &json!("running")));
        assert_eq!(sitting["started_at"], "2026-03-16T01:10:00.000Z");
        assert_eq!(sitting["deadline"], "2026-03-16T01:40:00.000Z");
        assert_eq!(sitting["saved"], json!([]));
        assert_eq!(sitting["paper_digest"].as_str().unwrap().len(), 64);
        let paper = items(&sitting);
        assert_eq!(paper.iter().map(|i| i["position"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(sitting["sections"][2]["points_each"], json!(0.5));
        assert_eq!(names(&paper[0]), ["position", "item", "kind", "stem", "options"].into());
        assert_eq!(names(&paper[0]["options"][0]), ["id", "text"].into());
        assert_eq!((paper[0]["options"].as_array().unwrap().len(), &paper[4]["options"]), (4, &json!([])));

        // A right single choice, half of nothing in the first multiple, two of three in the second, a right judgement.
        let wrong = |item: &Value| {
            let key = scene.key(item);
            let options = item["options"].as_array().unwrap().clone();
            options.iter().map(|o| o["id"].clone()).find(|id| !key.as_array().unwrap().contains(id)).unwrap()
        };
        let partly = scene.key(&paper[3]).as_array().unwrap()[..2].to_vec();
        let saves = json!([
            { "position": 1, "seq": 1, "response": [wrong(&paper[0])] },
            { "position": 3, "seq": 1, "response": [wrong(&paper[2])] },
            { "position": 4, "seq": 1, "response": partly },
            { "position": 5, "seq": 1, "response": scene.key(&paper[4]) },
        ]);
        let kept = save(&candidate, &sitting, saves).await.ok();
        assert_eq!(names(&kept), ["server_time", "deadline", "saved"].into());
        assert_eq!(kept["saved"], json!([
            { "position": 1, "seq": 1 }, { "position": 3, "seq": 1 },
            { "position": 4, "seq": 1 }, { "position": 5, "seq": 1 },
        ]));

        // Going on elsewhere: the same paper, the answers so far, and the first device is out.
        let resumed = start(&candidate, &exam).await;
        assert_eq!((&resumed["id"], &resumed["sections"]), (&sitting["id"], &sitting["sections"]));
        assert_eq!(resumed["paper_digest"], sitting["paper_digest"]);
        assert_ne!(resumed["lease"], sitting["lease"]);
        assert_eq!(resumed["saved"].as_array().unwrap().len(), 4);
        assert_eq!(resumed["saved"][3], json!({ "position": 5, "seq": 1, "response": scene.key(&paper[4]) }));
        let old = json!([{ "position": 1, "seq": 9, "response": [] }]);
        save(&candidate, &sitting, old.clone()).await.expect_problem(409, "taken_over");
        submit(&candidate, &sitting, old).await.expect_problem(409, "taken_over");

        // A look at it gives no lease.
        let id = text(&sitting["id"]);
        let path = format!("/api/v1/attempts/{id}");
        let seen = candidate.get(&path).await.ok();
        assert_eq!((&seen["sections"], seen.get("lease")), (&sitting["sections"], None));
        other.get(&path).await.expect_problem(404, "not_found");
        save(&other, &resumed, json!([{ "position": 1, "seq": 2, "response": [] }]))
            .await
            .expect_problem(404, "not_found");
        candidate.get(&format!("{path}/result")).await.expect_problem(409, "not_released");

        server.advance(Duration::from_mins(5));
        let last = json!([{ "position": 1, "seq": 2, "response": scene.key(&paper[0]) }]);
        let done = submit(&candidate, &resumed, last.clone()).await.ok();
        // 2 + 0 + floor(4 × 2 / 3) + 0.5
        let result = json!({ "points": 5.16, "max_points": 13, "passed": false });
        assert_eq!(done, json!({ "state": "graded", "submitted_at": "2026-03-16T01:15:00.000Z", "result": result }));
        server.advance(Duration::from_mins(1));
        assert_eq!(submit(&candidate, &resumed, last).await.ok(), done);
        assert_eq!(submit(&candidate, &resumed, json!([])).await.ok(), done);
        save(&candidate, &resumed, json!([{ "position": 1, "seq": 2, "response": scene.key(&paper[0]) }]))
            .await
            .expect_problem(409, "attempt_closed");
        submit(&candidate, &resumed, json!([{ "position": 2, "seq": 1, "response": [] }]))
            .await
            .expect_problem(409, "attempt_closed");
        candidate.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "no_attempt_left");

        let seen = candidate.get(&path).await.ok();
        assert_eq!((seen.get("sections"), seen.get("saved"), &seen["by_server"]), (None, None, &json!(false)));
        let result = candidate.get(&format!("{path}/result")).await.ok();
        assert_eq!((&result["points"], &result["passed"], &result["items"]), (&json!(5.16), &json!(false), &Value::Null));
        assert_eq!(result["sections"], json!([
            { "title": "单项选择题", "points": 2, "max_points": 4 },
            { "title": "多项选择题", "points": 2.66, "max_points": 8 },
            { "title": "判断题", "points": 0.5, "max_points": 1 },
        ]));
        for path in ["", "/result", "/history"] {
            other.get(&format!("/api/v1/attempts/{id}{path}")).await.expect_problem(404, "not_found");
        }
        candidate.get(&format!("{path}/history")).await.expect_problem(403, "forbidden");
        let history = scene.coordinator.get(&format!("{path}/history")).await.ok();
        assert_eq!(history["items"].as_array().unwrap().len(), 5);
        let first = scene.coordinator.get(&format!("{path}/history?limit=2")).await.ok();
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = scene.coordinator.get(&format!("{path}/history?limit=200&cursor={cursor}")).await.ok();
        let both = [first["items"].as_array().unwrap().clone(), rest["items"].as_array().unwrap().clone()].concat();
        assert_eq!(&both, history["items"].as_array().unwrap());
        assert_eq!(both[4]["response"], scene.key(&paper[0]));
        assert_eq!(scene.entries(&id, "exam.start").await, 1);
        assert_eq!(scene.entries(&id, "exam.resume").await, 1);
        assert_eq!(scene.entries(&id, "exam.submit").await, 1);
    }

    async fn the_server_s_clock_decides(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&json!({ "release": "on_close" })).await;
        let path = format!("/api/v1/exams/{exam}/attempts");
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        server.set_clock("2026-03-16T01:09:59.999Z");
        first.act(&path).await.expect_problem(409, "not_open_yet");
        scene.opens();
        let early = start(&first, &exam).await;
        server.set_clock("2026-03-16T01:50:00.000Z");
        let late = start(&second, &exam).await;
        // Half an hour would end after the closing.
        assert_eq!(late["deadline"], "2026-03-16T02:10:00.000Z");
        server.set_clock("2026-03-16T01:50:00.001Z");
        let third = scene.candidate(2).await;
        let refused = third.act(&path).await.expect_problem(409, "start_closed");
        assert!(refused.json["detail"].as_str().unwrap().contains("区司法局"), "{}", refused.text);

        // The first one's time was up at 01:40; nobody looked, and the server did not come around yet.
        let one = |seq: i32| json!([{ "position": 5, "seq": seq, "response": true }]);
        save(&first, &early, one(1)).await.expect_problem(409, "attempt_closed");
        submit(&first, &early, one(1)).await.expect_problem(409, "attempt_closed");
        server.work().await;
        let seen = first.get(&format!("/api/v1/attempts/{}", text(&early["id"]))).await.ok();
        assert_eq!((&seen["state"], &seen["by_server"]), (&json!("graded"), &json!(true)));
        assert_eq!(seen["submitted_at"], "2026-03-16T01:40:00.000Z");

        // A save on its way is taken until the grace has passed; a hand-in then counts at the deadline.
        server.set_clock("2026-03-16T02:10:10.000Z");
        save(&second, &late, one(1)).await.ok();
        server.work().await;
        server.set_clock("2026-03-16T02:10:10.001Z");
        save(&second, &late, one(2)).await.expect_problem(409, "attempt_closed");
        server.set_clock("2026-03-16T02:10:10.999Z");
        server.work().await;
        let second_path = format!("/api/v1/attempts/{}", text(&late["id"]));
        assert_eq!(second.get(&second_path).await.ok()["state"], "running");
        server.set_clock("2026-03-16T02:10:11.000Z");
        server.work().await;
        let seen = second.get(&second_path).await.ok();
        assert_eq!((&seen["state"], &seen["submitted_at"]), (&json!("graded"), &json!("2026-03-16T02:10:00.000Z")));
        second.get(&format!("{second_path}/result")).await.expect_problem(409, "not_released");
        let watched = scene.coordinator.get(&format!("{second_path}/result")).await.ok();
        assert_eq!((&watched["max_points"], &watched["items"]), (&json!(13), &Value::Null));

        // Closed, released, and only now the key.
        server.advance(Duration::from_mins(1));
        server.work().await;
        let core = &server.services.core;
        let id: ExamId = exam.parse().unwrap();
        let row = exam::Entity::find_by_id(id).one(core.db.read()).await.unwrap().unwrap();
        assert_eq!(row.status, ExamStatus::Released);
        let result = second.get(&format!("{second_path}/result")).await.ok();
        let shown = result["items"].as_array().unwrap();
        assert_eq!(shown.len(), 6);
        for item in shown {
            assert_eq!(item["key"], scene.key(item));
        }
        let right = shown[4]["key"] == true;
        assert_eq!(result["points"], if right { json!(0.5) } else { json!(0) });
        third.act(&path).await.expect_problem(409, "start_closed");
    }

    async fn a_save_is_judged_as_a_whole(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&json!({})).await;
        let candidate = scene.candidate(0).await;
        scene.opens();
        let sitting = start(&candidate, &exam).await;
        let paper = items(&sitting);
        let option = |at: usize, n: usize| paper[at]["options"][n]["id"].clone();
        let foreign = option(1, 0);

        let bad = json!([
            { "position": 1, "seq": 1, "response": [option(0, 0)] },
            { "position": 7, "seq": 1, "response": [] },
            { "position": 1, "seq": 0, "response": [foreign] },
            { "position": 1, "seq": 2, "response": [option(0, 0), option(0, 1)] },
            { "position": 3, "seq": 1, "response": true },
            { "position": 3, "seq": 1, "response": [option(2, 0), option(2, 0)] },
            { "position": 5, "seq": 1, "response": [option(0, 0)] },
            { "position": 5, "seq": 2_147_483_648_i64, "response": "true" },
        ]);
        let refused = save(&candidate, &sitting, bad).await.expect_problem(422, "invalid_fields");
        let found: Vec<(String, String)> = (refused.json["errors"].as_array().unwrap().iter())
            .map(|e| (text(&e["field"]), text(&e["code"])))
            .collect();
        let wanted = [
            ("saves[1].position", "unknown_reference"),
            ("saves[2].seq", "out_of_range"),
            ("saves[2].response", "unknown_reference"),
            ("saves[3].response", "too_long"),
            ("saves[4].response", "invalid"),
            ("saves[5].response", "duplicate"),
            ("saves[6].response", "invalid"),
            ("saves[7].seq", "out_of_range"),
            ("saves[7].response", "invalid"),
        ];
        assert_eq!(found, wanted.map(|(field, code)| (field.to_owned(), code.to_owned())));
        let many: Vec<Value> = (1..=201).map(|seq| json!({ "position": 1, "seq": seq, "response": [] })).collect();
        save(&candidate, &sitting, json!(many)).await.expect_field("saves", "too_long");
        save(&candidate, &sitting, json!([])).await.expect_field("saves", "required");
        save(&candidate, &sitting, json!([{ "position": 1, "seq": 1 }]))
            .await
            .expect_field("saves[0].response", "required");
        let path = format!("/api/v1/attempts/{}/answers", text(&sitting["id"]));
        candidate.put(&path, &json!({ "lease": "x", "saves": [] })).await.expect_field("lease", "invalid");
        let huge = "x".repeat(2 << 20);
        candidate.put(&path, &json!({ "lease": huge, "saves": [] })).await.expect_problem(413, "too_large");
        let lost = format!("/api/v1/attempts/{}/answers", uuid::Uuid::nil());
        candidate.put(&lost, &json!({ "lease": sitting["lease"], "saves": [{ "position": 1, "seq": 1, "response": [] }] })).await.expect_problem(404, "not_found");

        let one = |seq: i32, n: usize| json!([{ "position": 1, "seq": seq, "response": [option(0, n)] }]);
        let counted = |seq: i32| json!([{ "position": 1, "seq": seq }]);
        assert_eq!(save(&candidate, &sitting, one(5, 0)).await.ok()["saved"], counted(5));
        assert_eq!(save(&candidate, &sitting, one(5, 0)).await.ok()["saved"], counted(5));
        let conflict = save(&candidate, &sitting, json!([
            { "position": 2, "seq": 1, "response": [] }, { "position": 1, "seq": 5, "response": [option(0, 1)] },
        ]));
        let conflict = conflict.await.expect_problem(409, "seq_conflict");
        assert_eq!(conflict.json["errors"][0]["field"], "saves[1].seq");
        // What comes late is kept, and does not count.
        assert_eq!(save(&candidate, &sitting, one(3, 2)).await.ok()["saved"], counted(5));
        let resumed = start(&candidate, &exam).await;
        assert_eq!(resumed["saved"], json!([{ "position": 1, "seq": 5, "response": [option(0, 0)] }]));
        let back = json!([
            { "position": 1, "seq": 6, "response": null },
            { "position": 3, "seq": 1, "response": [option(2, 3), option(2, 0)] },
            { "position": 5, "seq": 1, "response": true },
            { "position": 5, "seq": 2, "response": [] },
        ]);
        save(&candidate, &resumed, back).await.ok();
        let saved = start(&candidate, &exam).await["saved"].clone();
        assert_eq!(saved[0], json!({ "position": 1, "seq": 6, "response": [] }));
        assert_eq!(saved[1]["response"].as_array().unwrap().len(), 2);
        assert_eq!(saved[2], json!({ "position": 5, "seq": 2, "response": null }));
    }

    async fn only_those_on_the_roster_sit(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let elsewhere = server.unit(scene.root, "B", "乙局").await;
        let exam = scene.exam(&json!({ "audience": { "unit_ids": [scene.unit] } })).await;
        let path = format!("/api/v1/exams/{exam}/attempts");
        let body = json!({
            "name": "旁人", "unit_id": elsewhere, "categories": ["civil_servant"], "joined_on": "2020-01-01",
        });
        let person: PersonId = text(&scene.coordinator.post("/api/v1/people", &body).await.ok()["id"]).parse().unwrap();
        let stranger = server.user_of("stranger", Some(person), &[(Role::Official, elsewhere)]).await;
        let liaison = server.user("liaison", Role::Liaison, scene.unit).await;
        let auditor = server.user("auditor", Role::Auditor, elsewhere).await;
        scene.opens();
        let refused = server.as_(&stranger).act(&path).await.expect_problem(403, "not_on_roster");
        assert!(refused.json["detail"].as_str().unwrap().contains("28222222"));
        server.as_(&liaison).act(&path).await.expect_problem(403, "forbidden");
        server.client().act(&path).await.expect_problem(401, "unauthenticated");
        let candidate = scene.candidate(0).await;
        let nowhere = format!("/api/v1/exams/{}/attempts", uuid::Uuid::nil());
        candidate.act(&nowhere).await.expect_problem(404, "not_found");
        let draft = text(&scene.coordinator.post("/api/v1/exams", &scene.blueprint()).await.ok()["id"]);
        candidate.act(&format!("/api/v1/exams/{draft}/attempts")).await.expect_problem(404, "not_found");
        candidate.post(&path, &json!({ "devise": "x" })).await.expect_field("devise", "unknown_field");
        candidate.post(&path, &json!({ "device": "x".repeat(201) })).await.expect_field("device", "too_long");

        let sitting = start(&candidate, &exam).await;
        let attempt = format!("/api/v1/attempts/{}", text(&sitting["id"]));
        server.as_(&auditor).get(&attempt).await.expect_problem(404, "not_found");
        server.as_(&liaison).get(&attempt).await.expect_problem(404, "not_found");
        let seen = scene.coordinator.get(&attempt).await.ok();
        assert_eq!((&seen["state"], seen.get("sections"), seen.get("lease")), (&json!("running"), None, None));
        scene.coordinator.get(&format!("{attempt}/result")).await.expect_problem(409, "not_released");
    }

    async fn starting_twice_at_once_is_one_attempt(server: TestServer) {
        let scene = Scene::set(&server, 4).await;
        let exam: ExamId = scene.exam(&json!({ "attempts_allowed": 2 })).await.parse().unwrap();
        scene.opens();
        // Two instances over one database.
        let here = &server.services.attempts;
        let there = Attempts::new(server.services.core.clone(), Arc::new(SealedCache::default()));
        for caller in scene.callers() {
            let starts = (0..8).map(|n| if n % 2 == 0 { here } else { &there }).map(|i| i.start(&caller, exam, None));
            let started: Vec<Started> = join_all(starts).await.into_iter().map(Result::unwrap).collect();
            let ids: BTreeSet<AttemptId> = started.iter().map(|s| s.attempt.id).collect();
            assert_eq!((ids.len(), started[0].attempt.number), (1, 1));
            // One device holds it in the end.
            let save = [raw(1, 1, RawResponse::Blank)];
            let id = started[0].attempt.id;
            let mut held = 0;
            for one in &started {
                match here.save(&caller, id, one.lease, &save).await {
                    Ok(_) => held += 1,
                    Err(AttemptError::TakenOver) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            assert_eq!(held, 1);
            let last = here.start(&caller, exam, None).await.unwrap();
            here.submit(&caller, id, last.lease, &[]).await.unwrap();
            let again = there.start(&caller, exam, None).await.unwrap();
            assert_eq!(again.attempt.number, 2);
            assert_ne!(again.attempt.paper_digest, last.attempt.paper_digest);
            here.submit(&caller, again.attempt.id, again.lease, &[]).await.unwrap();
            assert!(matches!(here.start(&caller, exam, None).await, Err(AttemptError::NoAttemptLeft(_))));
        }
        there.close().await;
    }

    async fn a_whole_hall_loses_nothing(server: TestServer) {
        let scene = Scene::set(&server, 200).await;
        let exam: ExamId = scene.exam(&json!({})).await.parse().unwrap();
        scene.opens();
        let attempts = &server.services.attempts;
        let callers = scene.callers();
        let sit = async |caller: &Caller| {
            let started = attempts.start(caller, exam, None).await.unwrap();
            let mut acknowledged = BTreeSet::new();
            for seq in 1..=5 {
                let truth = |position: i64| raw(position, seq, RawResponse::Truth(seq % 2 == 0));
                let counted = attempts.save(caller, started.attempt.id, started.lease, &[truth(5), truth(6)]).await;
                acknowledged.extend(counted.unwrap().saved.into_iter().map(|c| (c.position, c.seq)));
            }
            (started, acknowledged)
        };
        let sat = join_all(callers.iter().map(sit)).await;
        for (started, acknowledged) in &sat {
            let rows = save::Entity::find()
                .filter(save::Column::AttemptId.eq(started.attempt.id))
                .all(server.services.core.db.read())
                .await
                .unwrap();
            let kept: BTreeSet<(i32, i32)> = rows.iter().map(|s| (s.position, s.seq)).collect();
            assert_eq!((kept.len(), &kept), (10, acknowledged));
        }
        // Half of them hand in, the server the rest, two instances of it at once.
        let (early, late) = sat.split_at(100);
        let hand_in = async |(caller, (started, _)): (&Caller, &(Started, _))| {
            attempts.submit(caller, started.attempt.id, started.lease, &[]).await.unwrap()
        };
        join_all(callers.iter().zip(early).map(hand_in)).await;
        server.advance(Duration::from_hours(1));
        let there = Attempts::new(server.services.core.clone(), Arc::new(SealedCache::default()));
        let (a, b) = tokio::join!(attempts.tick(), there.tick());
        assert_eq!(a.unwrap() + b.unwrap(), 100);
        assert_eq!(attempts.tick().await.unwrap(), 0);
        there.close().await;
        for (started, _) in late {
            assert_eq!(scene.entries(&started.attempt.id.to_string(), "exam.submit").await, 1);
        }
        let user = server.log_in(uuid::Uuid::nil().into(), "coordinator").await;
        let caller = server.services.auth.authenticate(&user.token, None).await.unwrap();
        let history = attempts.history(&caller, late[0].0.attempt.id, &PageRequest::default()).await.unwrap();
        assert_eq!(history.items.len(), 10);
        let result = attempts.result(&caller, late[99].0.attempt.id).await.unwrap();
        assert!(result.attempt.by_server && result.attempt.submitted_at == Some(result.attempt.deadline));
        server.work().await;
        let standings = kaofa::exam::outcome::figures_of(server.services.core.db.read(), exam, &scene.people).await;
        assert_eq!(standings.unwrap().values().filter(|f| f.sat == 1 && f.sittings == 1).count(), 200);
    }
}
