//! Who is first when a paper is handed in: the candidate, a save on its way, the server, another instance.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use entity::exam::attempt;
use entity::id::{AttemptId, ExamId, PersonId};
use entity::log;
use futures_util::future::join_all;
use kaofa::auth::Caller;
use kaofa::db::Fault;
use kaofa::exam::attempt::{AttemptError, Attempts, RawResponse, RawSave, Started};
use kaofa::kernel::page::PageRequest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::scene::{Scene, items, save, start, submit, text};
use crate::harness::Backend;

fn truth(seq: i64) -> [RawSave; 1] {
    [RawSave { position: 5, seq, response: RawResponse::Truth(true) }]
}

/// What the log holds of an attempt's hand-ins, in order.
async fn hand_ins(scene: &Scene, attempt: AttemptId) -> Vec<Value> {
    let rows = log::Entity::find()
        .filter(log::Column::Subject.eq(format!("attempt:{attempt}")))
        .filter(log::Column::Action.eq("exam.submit"))
        .order_by_asc(log::Column::Id)
        .all(scene.server.services.core.db.read())
        .await
        .unwrap();
    let mut told: Vec<Value> = rows.iter().map(|row| serde_json::from_str(&row.data).unwrap()).collect();
    // An entry carries the moment of arrival, so one that tells of more saves may bear the earlier number.
    told.sort_by_key(|data| data["saves"].as_u64());
    told
}

async fn history(scene: &Scene, coordinator: &Caller, attempt: AttemptId) -> BTreeSet<i32> {
    let all = scene.server.services.attempts.history(coordinator, attempt, &PageRequest::default()).await.unwrap();
    all.items.into_iter().map(|save| save.seq).collect()
}

async fn coordinator(scene: &Scene) -> Caller {
    let user = scene.server.log_in(uuid::Uuid::nil().into(), "coordinator").await;
    scene.server.services.auth.authenticate(&user.token, None).await.unwrap()
}

both_databases! {
    async fn the_server_hands_in_without_a_visit(server: TestServer) {
        let scene = Scene::set(&server, 30).await;
        let exam: ExamId = scene.exam(&json!({ "release": "manual" })).await.parse().unwrap();
        scene.opens();
        let callers = scene.callers();
        let here = &server.services.attempts;
        let sat: Vec<Started> = join_all(callers.iter().map(|c| here.start(c, exam, None)))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        for (caller, started) in callers.iter().zip(&sat) {
            here.save(caller, started.attempt.id, started.lease, &truth(1)).await.unwrap();
        }
        // Deadline 01:40, ten seconds of grace: between the eleventh and the fifteenth second.
        server.set_clock("2026-03-16T01:40:10.999Z");
        assert_eq!(here.tick().await.unwrap(), 0);
        server.set_clock("2026-03-16T01:40:11.000Z");
        // Another instance, come up since, and this one at the same moment.
        let there = server.another().await;
        let (one, two) = tokio::join!(here.tick(), there.services.attempts.tick());
        assert_eq!(one.unwrap() + two.unwrap(), 30);
        let coordinator = coordinator(&scene).await;
        for started in &sat {
            let id = started.attempt.id;
            let told = hand_ins(&scene, id).await;
            assert_eq!((told.len(), &told[0]["by_server"], &told[0]["saves"]), (1, &json!(true), &json!(1)));
            let seen = here.attempt(&coordinator, id).await.unwrap().attempt;
            assert_eq!((seen.by_server, seen.submitted_at), (true, Some(started.attempt.deadline)));
        }
        let (one, two) = tokio::join!(here.tick(), there.services.attempts.tick());
        assert_eq!(one.unwrap() + two.unwrap(), 0);
    }

    async fn a_save_in_time_counts_though_another_instance_was_quicker(server: TestServer) {
        // Two programs over one SQLite file is nothing that anybody runs.
        if server.backend == Backend::Sqlite {
            return;
        }
        let scene = Scene::set(&server, 8).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        let id: ExamId = exam.parse().unwrap();
        let lane = |person: &PersonId| person.0.as_u64_pair().1 % 3;
        let callers = scene.callers();
        let (x, y) = (0..8)
            .flat_map(|a| (a + 1..8).map(move |b| (a, b)))
            .find(|(a, b)| lane(&scene.people[*a]) == lane(&scene.people[*b]))
            .expect("two of eight candidates share one of three queues");
        let body = json!({ "extra_seconds": 3600, "reason": "x" });
        let path = format!("/api/v1/exams/{exam}/candidates/{}", scene.people[x]);
        scene.coordinator.patch(&path, &body).await.ok();
        scene.opens();
        let here: Arc<Attempts> = Arc::clone(&server.services.attempts);
        let first = here.start(&callers[x], id, None).await.unwrap();
        let second = here.start(&callers[y], id, None).await.unwrap();

        // Somebody holds the first attempt, so this instance's queue stands still.
        let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let holding = tokio::spawn({
            let (core, held, release) = (server.services.core.clone(), Arc::clone(&held), Arc::clone(&release));
            let row = first.attempt.id;
            async move {
                core.db
                    .tx("test.hold", |tx| {
                        let (held, release) = (Arc::clone(&held), Arc::clone(&release));
                        Box::pin(async move {
                            attempt::Entity::find_by_id(row).lock_exclusive().one(tx).await?;
                            held.notify_one();
                            release.notified().await;
                            Ok::<_, Fault>(())
                        })
                    })
                    .await
            }
        });
        held.notified().await;
        let saving = |caller: Caller, started: &Started| {
            let (here, attempt, lease) = (Arc::clone(&here), started.attempt.id, started.lease);
            tokio::spawn(async move { here.save(&caller, attempt, lease, &truth(1)).await })
        };
        let blocked = saving(callers[x].clone(), &first);
        tokio::time::sleep(Duration::from_millis(300)).await;
        // The last moment at which the second one may save.
        server.set_clock("2026-03-16T01:40:10.000Z");
        let waiting = saving(callers[y].clone(), &second);
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.set_clock("2026-03-16T01:40:12.000Z");
        let there = server.another().await;
        assert_eq!(there.services.attempts.tick().await.unwrap(), 1);
        assert_eq!(hand_ins(&scene, second.attempt.id).await[0]["saves"], 0);

        release.notify_one();
        holding.await.unwrap().unwrap();
        blocked.await.unwrap().unwrap();
        let kept = waiting.await.unwrap().unwrap();
        assert_eq!((kept.saved[0].position, kept.saved[0].seq), (5, 1));
        let told = hand_ins(&scene, second.attempt.id).await;
        assert_eq!((told.len(), &told[1]["saves"], &told[1]["by_server"]), (2, &json!(1), &json!(true)));
        assert_ne!(told[0]["history"], told[1]["history"]);
        let coordinator = coordinator(&scene).await;
        assert_eq!(history(&scene, &coordinator, second.attempt.id).await, [1].into());
        let figures = kaofa::exam::outcome::figures_of(server.services.core.db.read(), id, &scene.people).await.unwrap();
        let figures = figures[&scene.people[y]];
        assert_eq!((figures.sat, figures.blank, figures.sittings), (1, 0, 1));
        // What comes too late is too late.
        let refused = here.save(&callers[y], second.attempt.id, second.lease, &truth(2)).await;
        assert!(matches!(refused, Err(AttemptError::Closed)));
    }

    async fn handing_in_races_with_saves_and_with_the_server(server: TestServer) {
        let scene = Scene::set(&server, 12).await;
        let exam: ExamId = scene.exam(&json!({ "release": "manual" })).await.parse().unwrap();
        scene.opens();
        let callers = scene.callers();
        let here = &server.services.attempts;
        let there = server.another().await;
        let there = if server.backend == Backend::Postgres { &there.services.attempts } else { here };
        let sat: Vec<Started> = join_all(callers.iter().map(|c| here.start(c, exam, None)))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        // While time is left: saves, two hand-ins and the server at once.
        let coordinator = coordinator(&scene).await;
        for (round, chunk) in sat.chunks(6).enumerate() {
            if round == 1 {
                // And past the last save, where the server is due.
                server.set_clock("2026-03-16T01:40:11.000Z");
            }
            let race = async |started: &Started| {
                let caller = callers.iter().find(|c| c.person().unwrap() == started.attempt.person_id).unwrap();
                let (id, lease) = (started.attempt.id, started.lease);
                let (first, second, third) = (truth(1), truth(2), truth(3));
                let (a, b, c, d, ticked) = tokio::join!(
                    here.save(caller, id, lease, &first),
                    there.save(caller, id, lease, &second),
                    here.submit(caller, id, lease, &third),
                    there.submit(caller, id, lease, &third),
                    there.tick(),
                );
                ticked.unwrap();
                let mut acknowledged = BTreeSet::new();
                for (seq, saved) in [(1, a), (2, b)] {
                    match saved {
                        Ok(_) => {
                            acknowledged.insert(seq);
                        }
                        Err(AttemptError::Closed) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                for submitted in [c, d] {
                    match submitted {
                        Ok(_) => {
                            acknowledged.insert(3);
                        }
                        Err(AttemptError::Closed) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                (id, acknowledged)
            };
            for (id, acknowledged) in join_all(chunk.iter().map(race)).await {
                assert_eq!(history(&scene, &coordinator, id).await, acknowledged, "round {round}");
                assert_eq!(acknowledged.contains(&3), round == 0);
                let told = hand_ins(&scene, id).await;
                assert_eq!((told.len(), &told[0]["saves"]), (1, &json!(acknowledged.len())));
                assert_eq!(told[0]["by_server"], json!(round == 1));
            }
        }
    }

    async fn what_is_refused_changes_nothing(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({})).await;
        let (candidate, other) = (scene.candidate(0).await, scene.candidate(1).await);
        scene.opens();
        let old = start(&candidate, &exam).await;
        let sitting = start(&candidate, &exam).await;
        let foreign = start(&other, &exam).await;
        let paper = items(&sitting);
        let option = |at: usize, n: usize| paper[at]["options"][n]["id"].clone();
        let good = json!({ "position": 1, "seq": 1, "response": [option(0, 0)] });
        save(&candidate, &sitting, json!([good])).await.ok();
        let path = format!("/api/v1/attempts/{}/history", text(&sitting["id"]));
        let before = scene.coordinator.get(&path).await.ok();

        let beside = |bad: Value| json!([{ "position": 2, "seq": 1, "response": [option(1, 0)] }, bad]);
        for (bad, field, code) in [
            (json!({ "position": 0, "seq": 1, "response": [] }), "saves[1].position", "unknown_reference"),
            (json!({ "position": 7, "seq": 1, "response": [] }), "saves[1].position", "unknown_reference"),
            (json!({ "position": 1, "seq": 2, "response": [option(2, 0)] }), "saves[1].response", "unknown_reference"),
            (json!({ "position": 1, "seq": 2, "response": ["<script>"] }), "saves[1].response", "unknown_reference"),
            (json!({ "position": 1, "seq": 2, "response": true }), "saves[1].response", "invalid"),
            (json!({ "position": 1, "seq": 2, "response": 3 }), "saves[1].response", "invalid"),
            (json!({ "position": 1, "seq": 2, "response": { "a": 1 } }), "saves[1].response", "invalid"),
            (json!({ "position": 1, "seq": 2, "response": [1] }), "saves[1].response", "invalid"),
            (json!({ "position": 5, "seq": 1, "response": "true" }), "saves[1].response", "invalid"),
            (json!({ "position": 1, "seq": 0, "response": [] }), "saves[1].seq", "out_of_range"),
        ] {
            save(&candidate, &sitting, beside(bad.clone())).await.expect_field(field, code);
            submit(&candidate, &sitting, beside(bad)).await.expect_field(field, code);
        }
        let conflict = json!({ "position": 1, "seq": 1, "response": [option(0, 1)] });
        save(&candidate, &sitting, beside(conflict.clone())).await.expect_problem(409, "seq_conflict");
        submit(&candidate, &sitting, beside(conflict)).await.expect_problem(409, "seq_conflict");
        let next = json!({ "position": 1, "seq": 2, "response": [option(0, 1)] });
        save(&candidate, &old, json!([next])).await.expect_problem(409, "taken_over");
        submit(&candidate, &old, json!([next])).await.expect_problem(409, "taken_over");
        save(&other, &sitting, json!([next])).await.expect_problem(404, "not_found");
        submit(&other, &sitting, json!([next])).await.expect_problem(404, "not_found");
        save(&candidate, &foreign, json!([next])).await.expect_problem(404, "not_found");
        let answers = format!("/api/v1/attempts/{}/answers", text(&sitting["id"]));
        let long: Vec<Value> = (2..60_000).map(|seq| json!({ "position": 1, "seq": seq, "response": [option(0, 1)] })).collect();
        candidate.put(&answers, &json!({ "lease": sitting["lease"], "saves": long })).await.expect_problem(413, "too_large");
        server.set_clock("2026-03-16T01:40:10.001Z");
        save(&candidate, &sitting, json!([next])).await.expect_problem(409, "attempt_closed");
        submit(&candidate, &sitting, json!([next])).await.expect_problem(409, "attempt_closed");
        assert_eq!(scene.coordinator.get(&path).await.ok(), before);
        // And it is handed in as it stood.
        server.advance(Duration::from_secs(1));
        server.work().await;
        let seen = candidate.get(&format!("/api/v1/attempts/{}", text(&sitting["id"]))).await.ok();
        assert_eq!((&seen["state"], &seen["by_server"]), (&json!("graded"), &json!(true)));
        assert_eq!(scene.coordinator.get(&path).await.ok(), before);
    }
}
