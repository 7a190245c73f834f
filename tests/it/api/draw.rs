//! The draw as its readers meet it: balance, beacon, sealing again, the manifest before and the draw file after.

use std::collections::BTreeMap;

use entity::id::{BankId, ExamId, PersonId, UnitId};
use kaofa::auth::{Caller, Role};
use kaofa::bank::{NewBank, NewOption, NewQuestion, QuestionInput};
use kaofa::exam::attempt::{RawResponse, RawSave};
use kaofa::exam::draw::{self, Manifest};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User, candidate};

/// A district with one unit, a bank of single choices whose first option is right, and those who look after them.
pub(crate) struct Scene {
    pub(crate) server: TestServer,
    pub(crate) root: UnitId,
    pub(crate) unit: UnitId,
    pub(crate) user: User,
    pub(crate) coordinator: Client,
    pub(crate) bank: BankId,
    pub(crate) people: Vec<PersonId>,
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn question(n: usize) -> QuestionInput {
    let option = |i: usize| NewOption { text: format!("选项{i}"), correct: i == 0, pinned: i == 3 };
    QuestionInput {
        kind: "single".into(),
        topic: if n.is_multiple_of(2) { "宪法" } else { "民法典" }.into(),
        difficulty: ["easy", "medium", "hard"][n % 3].into(),
        stem: format!("第{n}题"),
        options: (0..4).map(option).collect(),
        explanation: "解析之文".into(),
        law: "宪法".into(),
        article: "第一条".into(),
        law_version: "2018年修正".into(),
        verified_on: "2026-01-01".into(),
        ..QuestionInput::default()
    }
}

impl Scene {
    pub(crate) async fn set(server: &TestServer, people: usize, questions: usize) -> Self {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let coordinator = server.as_(&user);
        let mut ids = Vec::new();
        for n in 0..people {
            let body = json!({
                "name": format!("考生{n}"), "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
            });
            ids.push(text(&coordinator.post("/api/v1/people", &body).await.ok()["id"]).parse().unwrap());
        }
        let (service, caller) =
            (&server.services.bank, server.services.auth.authenticate(&user.token, None).await.unwrap());
        let new = NewBank { unit_id: root, title: "题库".into(), review_required: false };
        let bank = service.create_bank(&caller, new).await.unwrap().id;
        let questions = (0..questions).map(|n| question(n).try_into().unwrap()).collect::<Vec<NewQuestion>>();
        service.create_questions(&caller, bank, questions, true).await.unwrap();
        Self { server: server.clone(), root, unit, user, coordinator, bank, people: ids }
    }

    /// A draft that opens at ten for an hour, with changes to its blueprint.
    pub(crate) async fn draft(&self, changes: Value) -> String {
        let mut body = json!({
            "title": "2026年度法律知识考试", "kind": "annual", "year": 2026, "unit_id": self.root,
            "bank_ids": [self.bank],
            "opens_at": "2026-03-16T02:00:00.000Z", "closes_at": "2026-03-16T03:00:00.000Z",
            "duration_seconds": 1800, "grace_seconds": 10, "pass_points": 6, "attempts_allowed": 2,
            "attempt_scoring": "highest", "audience": { "unit_ids": [self.root] },
            "sections": [{ "title": "单项选择题", "kind": "single", "count": 6, "points_each": 2 }],
            "release": "on_close", "show_key": "never",
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        text(&self.coordinator.post("/api/v1/exams", &body).await.ok()["id"])
    }

    pub(crate) async fn sealed(&self, changes: Value) -> String {
        let id = self.draft(changes).await;
        self.coordinator.act(&format!("/api/v1/exams/{id}/seal")).await.ok();
        id
    }

    /// The candidates as services see them, without a log-in each.
    pub(crate) fn callers(&self) -> Vec<Caller> {
        self.people.iter().copied().map(candidate).collect()
    }

    /// Everybody sits; who has an even number is right everywhere, the others have what stands first on their paper.
    pub(crate) async fn sit(&self, exam: &str) {
        let exam: ExamId = exam.parse().unwrap();
        for (n, caller) in self.callers().iter().enumerate() {
            let attempts = &self.server.services.attempts;
            let started = attempts.start(caller, exam, None).await.unwrap();
            let sheet = &started.desk.seat.sheet;
            let saves: Vec<RawSave> = sheet
                .lines()
                .map(|line| {
                    let right = line.options().find(|o| o.text == "选项0").unwrap().id.clone();
                    let chosen = if n % 2 == 0 { right } else { line.options().next().unwrap().id.clone() };
                    RawSave { position: line.position.into(), seq: 1, response: RawResponse::Options(vec![chosen]) }
                })
                .collect();
            attempts.submit(caller, started.attempt.id, started.lease, &saves).await.unwrap();
        }
    }

    /// Past its closing, closed by the workers.
    pub(crate) async fn close(&self) {
        self.server.set_clock("2026-03-16T03:05:00.000Z");
        self.server.work().await;
    }

    async fn entries(&self, action: &str) -> Vec<Value> {
        let rows = entity::log::Entity::find().filter(entity::log::Column::Action.eq(action));
        let rows = rows.order_by_asc(entity::log::Column::Seq).all(self.server.services.core.db.read()).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(&row.data).unwrap()).collect()
    }

    async fn manifest(&self, exam: &str) -> Manifest {
        let read = self.coordinator.get(&format!("/api/v1/exams/{exam}/manifest")).await.ok();
        serde_json::from_value(read["manifest"].clone()).unwrap()
    }
}

both_databases! {
    async fn the_draw_file_of_a_closed_exam_holds(server: TestServer) {
        let scene = Scene::set(&server, 5, 12).await;
        let exam = scene.sealed(json!({ "balance": { "target_permille": 650, "tolerance_permille": 10, "tries": 16 } })).await;
        let path = format!("/api/v1/exams/{exam}/draw");
        scene.coordinator.get(&path).await.expect_problem(409, "wrong_state");
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        scene.sit(&exam).await;
        // A second attempt, left alone and voided: it is in the file all the same.
        let second = server.services.attempts.start(&scene.callers()[0], exam.parse().unwrap(), None).await.unwrap();
        scene.coordinator.get(&path).await.expect_problem(409, "wrong_state");
        scene.close().await;

        let answer = scene.coordinator.get(&path).await;
        assert!(answer.header("content-disposition").contains(&exam), "{}", answer.header("content-disposition"));
        let file = answer.text.clone();
        let verified = draw::verify(file.as_bytes()).unwrap();
        assert_eq!((verified.papers, verified.candidates, verified.exam.as_str()), (6, 5, exam.as_str()));
        let value = answer.ok();
        let entry = &value["log"]["entry"];
        assert_eq!((&entry["action"], &entry["subject"]), (&json!("exam.seal"), &json!(format!("exam:{exam}"))));
        assert_eq!(value["manifest"]["balance"]["tries"], 16);
        let digest = second.attempt.paper_digest;
        assert!(value["papers"].as_array().unwrap().iter().any(|p| p["digest"] == json!(digest) && p["attempt"] == 2));

        // The root is one that was signed: the head of that size says so.
        let auditor = server.as_(&server.user("auditor", Role::Auditor, scene.root).await);
        let size = value["log"]["size"].as_u64().unwrap();
        let proof = auditor.get(&format!("/api/v1/log/proofs/consistency?from={size}")).await.ok();
        assert_eq!(proof["from_head"]["root"], value["log"]["root"]);
        let head = serde_json::from_value(proof["from_head"].clone()).unwrap();
        let mut checks = 0;
        draw::verify_telling(file.as_bytes(), Some(&head), &mut |_| checks += 1).unwrap();
        assert_eq!(checks, 5);
        let caller = server.services.auth.authenticate(&scene.user.token, None).await.unwrap();
        let verdict = server.services.exams.verify_draw(&caller, exam.parse().unwrap()).await.unwrap();
        assert!(verdict.fault.is_none(), "{:?}", verdict.fault);
        assert_eq!(verdict.held.len(), 5);

        // A candidate may have it too, a stranger not.
        let candidate = server.user_of("wei", Some(scene.people[0]), &[(Role::Official, scene.unit)]).await;
        assert_eq!(server.as_(&candidate).get(&path).await.text, file);
        let elsewhere = server.unit(scene.root, "B", "乙局").await;
        let stranger = server.user("stranger", Role::Auditor, elsewhere).await;
        server.as_(&stranger).get(&path).await.expect_problem(404, "not_found");

        // A paper that was exchanged behind the program's back is named.
        let core = &server.services.core;
        core.db.tx("test.spoil", |tx| { let digest = digest.clone(); Box::pin(async move {
            let change = entity::exam::attempt::ActiveModel { k: sea_orm::ActiveValue::Set(99), ..Default::default() };
            entity::exam::attempt::Entity::update_many().set(change)
                .filter(entity::exam::attempt::Column::PaperDigest.eq(&digest)).exec(tx).await?;
            Ok::<_, kaofa::db::Fault>(())
        }) }).await.unwrap();
        let verdict = server.services.exams.verify_draw(&caller, exam.parse().unwrap()).await.unwrap();
        assert!(verdict.fault.unwrap().to_string().contains("try 99 was given"));
        assert_eq!(verdict.held.len(), 4);
    }

    async fn an_exam_is_sealed_again_until_somebody_starts(server: TestServer) {
        let scene = Scene::set(&server, 2, 8).await;
        let exam = scene.draft(json!({})).await;
        let path = format!("/api/v1/exams/{exam}/seal");
        let first = scene.coordinator.post(&path, &json!({})).await.ok();
        assert_eq!((&first["seal_number"], &first["expected"]), (&json!(1), &json!(2)));
        scene.coordinator.act(&path).await.expect_field("reason", "required");

        // Who came later is not on the roster, a question that came later is in the pool.
        let caller = server.services.auth.authenticate(&scene.user.token, None).await.unwrap();
        let more: Vec<NewQuestion> = vec![question(99).try_into().unwrap()];
        server.services.bank.create_questions(&caller, scene.bank, more, true).await.unwrap();
        let body = json!({ "name": "后来", "unit_id": scene.unit, "categories": ["other"], "joined_on": "2020-01-01" });
        scene.coordinator.post("/api/v1/people", &body).await.ok();
        let second = scene.coordinator.post(&path, &json!({ "reason": "补充试题" })).await.ok();
        assert_eq!((&second["seal_number"], &second["expected"], &second["status"]), (&json!(2), &json!(2), &json!("sealed")));
        assert_ne!(second["commitment"], first["commitment"]);
        assert_eq!(scene.manifest(&exam).await.pool.len(), 9);
        let logged = scene.entries("exam.seal").await;
        assert_eq!(logged.len(), 2);
        assert_eq!((&logged[1]["replaces"], &logged[1]["reason"]), (&first["manifest_digest"], &json!("补充试题")));
        assert_eq!((&logged[0]["replaces"], &logged[1]["number"]), (&Value::Null, &json!(2)));

        // Open it still is nobody's; then somebody starts, and it is done with.
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        let third = scene.coordinator.post(&path, &json!({ "reason": "再次封卷" })).await.ok();
        assert_eq!((&third["seal_number"], &third["status"]), (&json!(3), &json!("open")));
        scene.sit(&exam).await;
        let again = json!({ "reason": "太迟" });
        scene.coordinator.post(&path, &again).await.expect_problem(409, "wrong_state");
        scene.close().await;
        let file = scene.coordinator.get(&format!("/api/v1/exams/{exam}/draw")).await.text;
        let verified = draw::verify(file.as_bytes()).unwrap();
        assert_eq!(json!(verified.manifest_digest), third["manifest_digest"]);
    }

    async fn an_exam_with_a_beacon_waits_for_its_value(server: TestServer) {
        let scene = Scene::set(&server, 2, 8).await;
        let rule = "某彩票第 2026030 期开奖号码";
        let exam = scene.draft(json!({ "beacon_rule": rule })).await;
        let (path, beacon) = (format!("/api/v1/exams/{exam}"), format!("/api/v1/exams/{exam}/beacon"));
        let value = json!({ "value": "01 02 03", "source": "https://example.invalid/2026030" });
        scene.coordinator.post(&beacon, &value).await.expect_problem(409, "wrong_state");
        scene.coordinator.act(&format!("{path}/seal")).await.ok();
        assert_eq!(scene.manifest(&exam).await.beacon_rule.as_deref(), Some(rule));

        // It does not open by itself, and nobody starts it.
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        assert_eq!(scene.coordinator.get(&path).await.ok()["status"], "sealed");
        let listed = |status: &'static str| {
            let coordinator = scene.coordinator.clone();
            async move { coordinator.get(&format!("/api/v1/exams?status={status}")).await.ok()["items"].as_array().unwrap().len() }
        };
        assert_eq!((listed("sealed").await, listed("open").await), (1, 0));
        let candidate = server.user_of("wei", Some(scene.people[0]), &[(Role::Official, scene.unit)]).await;
        let candidate = server.as_(&candidate);
        candidate.act(&format!("{path}/attempts")).await.expect_problem(409, "not_open_yet");
        candidate.post(&beacon, &value).await.expect_problem(403, "forbidden");
        let blank = json!({ "value": " ", "source": "" });
        scene.coordinator.post(&beacon, &blank).await.expect_field("value", "required").expect_field("source", "required");

        let recorded = scene.coordinator.post(&beacon, &value).await.ok();
        assert_eq!((&recorded["status"], &recorded["beacon"]["value"]), (&json!("open"), &json!("01 02 03")));
        assert_eq!(scene.coordinator.post(&beacon, &value).await.ok()["beacon"], value);
        let other = json!({ "value": "04 05 06", "source": "https://example.invalid/2026030" });
        scene.coordinator.post(&beacon, &other).await.expect_field("value", "conflict");
        assert_eq!(scene.entries("exam.beacon").await.len(), 1);

        // Known to all, it would no longer keep anybody from choosing: a further seal takes another rule.
        let again = |rule: &str| json!({ "reason": "更换试题", "beacon_rule": rule });
        scene.coordinator.post(&format!("{path}/seal"), &again("")).await.expect_field("beacon_rule", "required");
        scene.coordinator.post(&format!("{path}/seal"), &again(rule)).await.expect_field("beacon_rule", "required");
        server.work().await;
        let sealed = scene.coordinator.post(&format!("{path}/seal"), &again("第 2026031 期")).await.ok();
        assert_eq!((&sealed["status"], &sealed["beacon"]), (&json!("sealed"), &Value::Null));
        candidate.act(&format!("{path}/attempts")).await.expect_problem(409, "not_open_yet");
        scene.coordinator.post(&beacon, &other).await.ok();
        server.work().await;
        scene.sit(&exam).await;
        scene.close().await;
        let file = scene.coordinator.get(&format!("{path}/draw")).await.text;
        let verified = draw::verify(file.as_bytes()).unwrap();
        assert_eq!((verified.beacon.as_deref(), verified.beacon_rule.as_deref()), (Some("04 05 06"), Some("第 2026031 期")));
        assert_eq!(verified.papers, 2);
    }

    async fn observed_facility_balances_the_next_draw(server: TestServer) {
        let scene = Scene::set(&server, 30, 6).await;
        let exam = scene.sealed(json!({})).await;
        let declared: BTreeMap<String, u32> =
            scene.manifest(&exam).await.pool.into_iter().map(|i| (i.item, i.facility_permille)).collect();
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        scene.sit(&exam).await;
        scene.close().await;
        // Every paper holds every question, and half of the people are right everywhere.
        let later = json!({
            "opens_at": "2026-03-17T02:00:00.000Z", "closes_at": "2026-03-17T03:00:00.000Z",
            "balance": { "target_permille": 700, "tolerance_permille": 20, "tries": 8 },
        });
        let next = scene.sealed(later).await;
        let manifest = scene.manifest(&next).await;
        assert_eq!(manifest.balance.map(|b| b.tries), Some(8));
        assert!(manifest.pool.iter().all(|item| declared.contains_key(&item.item)));
        assert!(manifest.pool.iter().all(|item| (500..=1000).contains(&item.facility_permille)), "{:?}", manifest.pool);
        assert!(manifest.pool.iter().any(|item| declared[&item.item] != item.facility_permille));
        let counted = entity::exam::pool_item::Entity::find()
            .filter(entity::exam::pool_item::Column::ExamId.eq(exam.parse::<ExamId>().unwrap()))
            .all(server.services.core.db.read()).await.unwrap();
        for row in counted {
            assert_eq!((row.sittings, row.max_points.map(|p| p.0)), (Some(30), Some(6000)));
            let item = manifest.pool.iter().find(|i| i.item == format!("{}@{}", row.question_id, row.version)).unwrap();
            assert_eq!(i64::from(item.facility_permille), row.points.unwrap().0 * 1000 / 6000);
        }
        let told = scene.coordinator.get(&format!("/api/v1/exams/{exam}/statistics")).await.ok();
        assert_eq!((&told["persons"], told["items"].as_array().unwrap().len()), (&json!(30), 6));
        for item in told["items"].as_array().unwrap() {
            let sealed = manifest.pool.iter().find(|i| item["item"] == json!(i.item)).unwrap();
            let permille = (item["facility"].as_f64().unwrap() * 1000.0).floor();
            assert!((permille - f64::from(sealed.facility_permille)).abs() < 1.5, "{item}");
            let chosen: u64 = item["choices"].as_array().unwrap().iter().map(|c| c["chosen"].as_u64().unwrap()).sum();
            assert_eq!((chosen, &item["persons"], &item["blank"]), (30, &json!(30), &json!(0)));
            assert!(item["discrimination"].as_f64().unwrap() > 0.0, "{item}");
        }
        assert!(told["alpha"].as_f64().unwrap() > 0.5 && told["reasons"] == json!({}), "{told}");
        let bars = told["distribution"].as_array().unwrap();
        assert_eq!(bars.iter().map(|bar| bar["papers"].as_u64().unwrap()).sum::<u64>(), 30);
        assert!(bars[9]["papers"].as_u64().unwrap() >= 15);
        scene.coordinator.get(&format!("/api/v1/exams/{next}/statistics")).await.expect_problem(409, "wrong_state");
        let found = scene.coordinator.get(&format!("/api/v1/exams/{next}/feasibility")).await.ok();
        assert!(found["observed"].as_u64().unwrap() > 0 && found["papers"]["papers"] == 60, "{found}");
    }

    async fn what_is_lacking_is_said_plainly(server: TestServer) {
        let scene = Scene::set(&server, 1, 6).await;
        let section = |title: &str, topics: &[&str], count: i32| {
            json!({ "title": title, "kind": "single", "topics": topics, "count": count, "points_each": 2 })
        };
        // The first may take what the second needs; alone, each could be filled.
        let sections = json!([section("任选", &[], 3), section("宪法", &["宪法"], 3)]);
        let exam = scene.draft(json!({ "sections": sections })).await;
        let found = scene.coordinator.get(&format!("/api/v1/exams/{exam}/feasibility")).await.ok();
        assert_eq!((&found["feasible"], &found["papers"]), (&json!(false), &Value::Null));
        let second = &found["sections"][1];
        assert_eq!((&second["eligible"], &second["room"], &second["lacks"]), (&json!(3), &json!(0), &json!(3)));
        assert_eq!((&second["lacks_at_best"], &second["shares"]), (&json!(0), &json!([{ "section": "1", "groups": 3 }])));
        assert_eq!(found["sections"][0]["facility_permille"], 650);
        let refused = scene.coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.expect_problem(409, "infeasible");
        assert_eq!(refused.json["errors"][0]["field"], "sections[1].count");
        scene.coordinator.get(&format!("/api/v1/exams/{exam}/preview")).await.expect_problem(409, "infeasible");
        // One too many whatever the first takes.
        let sections = json!([section("任选", &[], 3), section("宪法", &["宪法"], 4)]);
        let more = scene.draft(json!({ "sections": sections })).await;
        let found = scene.coordinator.get(&format!("/api/v1/exams/{more}/feasibility")).await.ok();
        assert_eq!(found["sections"][1]["lacks_at_best"], 1);
    }

    async fn a_preview_is_never_the_real_paper(server: TestServer) {
        let scene = Scene::set(&server, 3, 12).await;
        let exam = scene.draft(json!({})).await;
        let path = format!("/api/v1/exams/{exam}/preview");
        let shown = scene.coordinator.get(&path).await;
        assert!(!shown.text.contains("correct") && !shown.text.contains("answer"));
        let papers = shown.ok()["papers"].clone();
        assert_eq!(papers.as_array().unwrap().len(), 3);
        let items = |paper: &Value| paper["sections"][0]["items"].as_array().unwrap().len();
        assert!(papers.as_array().unwrap().iter().all(|paper| items(paper) == 6));
        assert_eq!(papers[0]["sections"][0]["items"][0]["options"].as_array().unwrap().len(), 4);
        assert_ne!(scene.coordinator.get(&path).await.ok()["papers"], papers, "a new secret each time");

        scene.coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
        scene.coordinator.get(&path).await.ok();
        let auditor = server.user("auditor", Role::Auditor, scene.root).await;
        server.as_(&auditor).get(&path).await.expect_problem(403, "forbidden");
        // Not to a coordinator who sits it.
        let grants = [(Role::Coordinator, scene.root), (Role::Official, scene.unit)];
        let both = server.user_of("both", Some(scene.people[0]), &grants).await;
        server.as_(&both).get(&path).await.expect_problem(403, "forbidden");
    }
}
