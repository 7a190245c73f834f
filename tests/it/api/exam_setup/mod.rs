//! Exams from draft to release: who may do what, what a seal fixes, and what time does.

mod time;

use std::collections::BTreeSet;

use entity::exam::attempt::{self, AttemptState};
use entity::id::{BankId, ExamId, PersonId, UnitId};
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use entity::points::Points;
use kaofa::auth::{Caller, Role};
use kaofa::bank::{NewBank, NewOption, NewQuestion, QuestionInput};
use kaofa::db::Fault;
use kaofa::exam::draw::{Manifest, Secret};
use kaofa::tally::{self, Figures, Subject};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, User};

/// A district with one unit of three people, a bank, and those who look after them.
struct Scene {
    root: UnitId,
    unit: UnitId,
    coordinator: User,
    bank: BankId,
    people: Vec<PersonId>,
}

async fn scene(server: &TestServer) -> Scene {
    let root = server.root().await;
    let unit = server.unit(root, "sfj", "区司法局").await;
    let coordinator = server.user("coordinator", Role::Coordinator, root).await;
    let bank = bank(server, &coordinator, root, 12).await;
    let mut people = Vec::new();
    for name in ["张伟", "王芳", "李娜"] {
        people.push(person(server, &coordinator, unit, name).await);
    }
    Scene { root, unit, coordinator, bank, people }
}

async fn person(server: &TestServer, by: &User, unit: UnitId, name: &str) -> PersonId {
    let body = json!({ "name": name, "unit_id": unit.to_string(), "categories": ["civil_servant"] });
    text(&server.as_(by).post("/api/v1/people", &body).await.ok()["id"]).parse().unwrap()
}

async fn caller(server: &TestServer, user: &User) -> Caller {
    server.services.auth.authenticate(&user.token, None).await.unwrap()
}

/// A bank of single choices, three of four on constitutional law.
async fn bank(server: &TestServer, user: &User, unit_id: UnitId, questions: usize) -> BankId {
    let (service, caller) = (&server.services.bank, caller(server, user).await);
    let new = NewBank { unit_id, title: "题库".into(), review_required: false };
    let bank = service.create_bank(&caller, new).await.unwrap().id;
    let questions = (0..questions).map(|n| question(n).try_into().unwrap()).collect::<Vec<NewQuestion>>();
    service.create_questions(&caller, bank, questions, true).await.unwrap();
    bank
}

fn question(n: usize) -> QuestionInput {
    let option = |i: usize| NewOption { text: format!("选项{i}"), correct: i == 0, pinned: i == 3 };
    QuestionInput {
        kind: "single".into(),
        topic: if n % 4 == 3 { "民法典" } else { "宪法" }.into(),
        difficulty: ["easy", "medium", "hard"][n % 3].into(),
        stem: format!("第{n}题"),
        options: (0..4).map(option).collect(),
        explanation: "见条文。".into(),
        law: "宪法".into(),
        article: "第一条".into(),
        law_version: "2018年修正".into(),
        verified_on: "2026-01-01".into(),
        ..QuestionInput::default()
    }
}

/// An exam in an hour, for three hours, five questions of 20 points each.
fn exam(scene: &Scene) -> Value {
    json!({
        "title": "2026年度学法考试", "kind": "annual", "year": 2026, "unit_id": scene.root.to_string(),
        "bank_ids": [scene.bank.to_string()],
        "opens_at": "2026-03-16T02:00:00.000Z", "closes_at": "2026-03-16T05:00:00.000Z",
        "duration_seconds": 3600, "grace_seconds": 10, "pass_points": 60, "excellence_points": 90,
        "attempts_allowed": 2, "attempt_scoring": "highest",
        "audience": { "unit_ids": [scene.root.to_string()] },
        "sections": [
            { "title": "宪法", "kind": "single", "topics": ["宪法"], "count": 3, "points_each": 20 },
            { "title": "其他", "kind": "single", "count": 2, "points_each": 20 },
        ],
        "release": "on_close", "show_key": "never",
    })
}

fn with(mut body: Value, mut differing: Value) -> Value {
    for (name, value) in differing.as_object_mut().unwrap() {
        body[name] = value.take();
    }
    body
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A person's line in a list.
fn of(list: &Value, person: PersonId) -> Value {
    let person = json!(person.to_string());
    list["items"].as_array().unwrap().iter().find(|line| line["person_id"] == person).unwrap().clone()
}

async fn create(client: &Client, body: &Value) -> String {
    text(&client.post("/api/v1/exams", body).await.ok()["id"])
}

async fn seal(client: &Client, id: &str) -> Value {
    client.act(&format!("/api/v1/exams/{id}/seal")).await.ok()
}

async fn status(client: &Client, id: &str) -> String {
    text(&client.get(&format!("/api/v1/exams/{id}")).await.ok()["status"])
}

async fn patch(client: &Client, id: &str, tag: &str, changes: &Value) -> Answer {
    let request = client.request(reqwest::Method::PATCH, &format!("/api/v1/exams/{id}"));
    client.send(request.header("If-Match", tag).json(changes)).await
}

/// An attempt as it stands after grading, put there by hand: sitting is another slice's business.
async fn sit(server: &TestServer, exam: &str, person: PersonId, points: i64, items: &str) {
    let exam: ExamId = exam.parse().unwrap();
    let core = &server.services.core;
    let (now, id) = (core.now(), core.uuid());
    core.db
        .tx("test.sit", |tx| {
            let row = attempt::ActiveModel {
                id: Set(id.into()),
                exam_id: Set(exam),
                person_id: Set(person),
                number: Set(1),
                state: Set(AttemptState::Graded),
                lease: Set(id.into()),
                device: Set(None),
                started_at: Set(now),
                deadline: Set(now),
                due_at: Set(now),
                paused_at: Set(None),
                paused_ms: Set(0),
                extra_ms: Set(0),
                submitted_at: Set(Some(now)),
                by_server: Set(false),
                k: Set(0),
                items: Set(items.to_owned()),
                paper_digest: Set(String::new()),
                points: Set(Some(Points::whole(points))),
                max_points: Set(Points::whole(100)),
                answered: Set(5),
                void_kind: Set(None),
                responses: Set(None),
            };
            Box::pin(async move {
                attempt::Entity::insert(row).exec_without_returning(tx).await?;
                kaofa::exam::outcome::restate(tx, exam, &[person]).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
        .unwrap();
}

/// What a unit's subtree owes to a main exam.
async fn owed(server: &TestServer, main: &str, unit: UnitId) -> Figures {
    let subject = Subject { kind: SubjectKind::Exam, id: main.parse::<ExamId>().unwrap().into() };
    let mut sum = Figures::none();
    for (_, _, figures) in
        tally::counts(server.services.core.db.read(), &[subject], unit, None, tally::Figure::ALL).await.unwrap()
    {
        sum += figures;
    }
    sum
}

both_databases! {
    async fn a_draft_is_made_read_changed_and_deleted(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let made = client.post("/api/v1/exams", &exam(&scene)).await;
        assert_eq!(made.header("etag"), "\"1\"");
        let made = made.ok();
        let id = text(&made["id"]);
        assert_eq!((&made["status"], &made["max_points"], &made["contact"]), (&json!("draft"), &json!(100), &json!("")));
        assert_eq!(made["sections"][0]["scoring"], "all_or_nothing");
        let path = format!("/api/v1/exams/{id}");
        assert_eq!(client.get(&path).await.ok(), made);

        let changes = json!({ "title": "改名", "excellence_points": null, "latest_start_seconds": 1800 });
        client.patch(&path, &changes).await.expect_problem(428, "precondition_required");
        patch(&client, &id, "\"2\"", &changes).await.expect_problem(412, "stale");
        let after = patch(&client, &id, "\"1\"", &changes).await;
        assert_eq!(after.header("etag"), "\"2\"");
        let after = after.ok();
        assert_eq!((&after["title"], &after["excellence_points"]), (&json!("改名"), &Value::Null));
        assert_eq!((&after["latest_start_seconds"], &after["sections"]), (&json!(1800), &made["sections"]));
        patch(&client, &id, "\"1\"", &changes).await.expect_problem(412, "stale");
        patch(&client, &id, "\"2\"", &json!({ "pass_points": 101 })).await.expect_field("pass_points", "out_of_range");
        patch(&client, &id, "\"2\"", &json!({ "colour": "red" })).await.expect_field("colour", "unknown_field");
        patch(&client, &id, "*", &json!({ "sections": [made["sections"][1]], "pass_points": 24.5 })).await.ok();
        let read = client.get(&path).await.ok();
        assert_eq!((&read["max_points"], &read["pass_points"]), (&json!(40), &json!(24.5)));

        let summary = &client.get("/api/v1/exams?year=2026&kind=annual&status=draft").await.ok()["items"][0];
        assert_eq!((&summary["id"], &summary["unit_name"]), (&json!(id), &json!("示范区")));
        for none in ["year=2025", "kind=mock", "status=sealed"] {
            assert_eq!(client.get(&format!("/api/v1/exams?{none}")).await.ok()["items"], json!([]));
        }
        client.get("/api/v1/exams?status=done").await.expect_field("status", "invalid");

        client.delete(&path).await.ok();
        client.get(&path).await.expect_problem(404, "not_found");
        client.delete(&path).await.expect_problem(404, "not_found");
    }

    async fn exams_come_in_pages(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(create(&client, &exam(&scene)).await);
        }
        let first = client.get("/api/v1/exams?limit=2").await.ok();
        let rest = client.get(&format!("/api/v1/exams?limit=2&cursor={}", text(&first["next_cursor"]))).await.ok();
        assert_eq!(rest["next_cursor"], Value::Null);
        let pages = [&first, &rest];
        let ids = pages.iter().flat_map(|page| page["items"].as_array().unwrap()).map(|exam| text(&exam["id"]));
        assert_eq!(ids.collect::<BTreeSet<_>>(), made.into_iter().collect());
    }

    async fn every_bad_field_is_named(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let nobody = "0190a000-0000-7000-8000-000000000000";
        let bad = with(exam(&scene), json!({
            "title": "", "duration_seconds": 59, "closes_at": "2026-03-16T02:00:00.000Z", "attempt_scoring": "best",
            "sections": [{ "title": "宪法", "kind": "single", "count": 0, "points_each": 20, "scoring": "net" }],
        }));
        let answer = client.post("/api/v1/exams", &bad).await;
        let answer = answer.expect_field("title", "required").expect_field("duration_seconds", "out_of_range");
        let answer = answer.expect_field("closes_at", "not_after").expect_field("attempt_scoring", "unknown_value");
        answer.expect_field("sections[0].count", "out_of_range").expect_field("sections[0].scoring", "conflict");

        let nowhere = with(exam(&scene), json!({
            "unit_id": nobody, "bank_ids": [scene.bank.to_string(), nobody], "makes_up_exam_id": nobody,
            "audience": { "unit_ids": [nobody], "person_ids": [nobody] },
        }));
        let answer = client.post("/api/v1/exams", &nowhere).await;
        for field in ["unit_id", "bank_ids[1]", "makes_up_exam_id", "audience.unit_ids[0]", "audience.person_ids[0]"] {
            assert!(answer.json["errors"].as_array().unwrap().iter().any(|e| e["field"] == field), "{}", answer.text);
        }
        assert_eq!(answer.expect_problem(422, "invalid_fields").json["errors"].as_array().unwrap().len(), 5);
    }

    async fn roles_and_units_decide(server: TestServer) {
        let scene = scene(&server).await;
        let elsewhere = server.unit(scene.root, "yt", "月塘街道").await;
        let outsider = server.as_(&server.user("outsider", Role::Coordinator, elsewhere).await);
        let auditor = server.as_(&server.user("auditor", Role::Auditor, scene.root).await);
        let grants = [(Role::Official, scene.unit)];
        let official = server.as_(&server.user_of("official", Some(scene.people[0]), &grants).await);
        let stranger = server.as_(&server.user("stranger", Role::Official, elsewhere).await);
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.unit).await);
        let client = server.as_(&scene.coordinator);

        // Banks, units and audiences of others are not to be had.
        let answer = outsider.post("/api/v1/exams", &exam(&scene)).await;
        answer.expect_field("unit_id", "unknown_reference").expect_field("bank_ids[0]", "unknown_reference");
        for nobody in [&auditor, &official, &liaison] {
            nobody.post("/api/v1/exams", &exam(&scene)).await.expect_problem(403, "forbidden");
        }
        let audience = json!({ "audience": { "unit_ids": [scene.unit.to_string()] } });
        let id = create(&client, &with(exam(&scene), audience)).await;
        let (path, to) = (format!("/api/v1/exams/{id}"), |act: &str| format!("/api/v1/exams/{id}/{act}"));
        assert_eq!(auditor.get(&path).await.ok()["id"], json!(id));
        auditor.get(&to("feasibility")).await.ok();
        auditor.get(&to("manifest")).await.expect_problem(409, "wrong_state");
        for act in ["seal", "release"] {
            outsider.act(&to(act)).await.expect_problem(404, "not_found");
            auditor.act(&to(act)).await.expect_problem(403, "forbidden");
            official.act(&to(act)).await.expect_problem(403, "forbidden");
        }
        auditor.delete(&path).await.expect_problem(403, "forbidden");
        // A draft is nobody's business yet.
        for nobody in [&outsider, &official, &stranger, &liaison] {
            nobody.get(&path).await.expect_problem(404, "not_found");
        }

        seal(&client, &id).await;
        for somebody in [&official, &liaison, &auditor] {
            assert_eq!(somebody.get("/api/v1/exams").await.ok()["items"][0]["id"], json!(id));
            assert_eq!(somebody.get(&path).await.ok()["status"], "sealed");
            somebody.get(&to("manifest")).await.ok();
        }
        for nobody in [&outsider, &stranger] {
            assert_eq!(nobody.get("/api/v1/exams").await.ok()["items"], json!([]));
            nobody.get(&path).await.expect_problem(404, "not_found");
            nobody.get(&to("manifest")).await.expect_problem(404, "not_found");
        }
        official.get(&to("feasibility")).await.expect_problem(403, "forbidden");
        official.get(&to("candidates")).await.expect_problem(403, "forbidden");
        liaison.get(&to("results")).await.expect_problem(403, "forbidden");
        assert_eq!(liaison.get(&to("candidates")).await.ok()["items"].as_array().unwrap().len(), 3);
        let other = format!("{}?unit_id={elsewhere}", to("candidates"));
        liaison.get(&other).await.expect_problem(404, "not_found");
    }

    async fn a_blueprint_that_the_banks_do_not_fill_is_refused(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let sections = json!([
            { "title": "宪法", "kind": "single", "topics": ["宪法"], "count": 8, "points_each": 10 },
            { "title": "其他", "kind": "single", "count": 5, "points_each": 4 },
            { "title": "判断", "kind": "judgement", "count": 1, "points_each": 4 },
        ]);
        let id = create(&client, &with(exam(&scene), json!({ "sections": sections }))).await;
        let room = client.get(&format!("/api/v1/exams/{id}/feasibility")).await.ok();
        assert_eq!(room["feasible"], false);
        let found: Vec<_> = room["sections"].as_array().unwrap().iter().map(|s| (&s["room"], &s["lacks"])).collect();
        // Nine on constitutional law; of twelve the first section may take eight.
        assert_eq!(found, [(&json!(9), &json!(0)), (&json!(4), &json!(1)), (&json!(0), &json!(1))]);
        let answer = client.act(&format!("/api/v1/exams/{id}/seal")).await.expect_problem(409, "infeasible");
        assert_eq!(answer.json["errors"][0]["field"], "sections[1].count");
        let detail = text(&answer.json["detail"]);
        assert!(detail.contains("2 其他: 1") && detail.contains("3 判断: 1"), "{detail}");
        assert_eq!(status(&client, &id).await, "draft");

        let nobody = server.unit(scene.root, "empty", "空单位").await;
        let audience = json!({ "audience": { "unit_ids": [nobody.to_string()] } });
        let id = create(&client, &with(exam(&scene), audience)).await;
        client.act(&format!("/api/v1/exams/{id}/seal")).await.expect_problem(409, "empty_roster");

        server.set_clock("2026-03-16T05:00:00.000Z");
        let id = create(&client, &exam(&scene)).await;
        client.act(&format!("/api/v1/exams/{id}/seal")).await.expect_problem(409, "wrong_state");
    }

    async fn a_seal_fixes_everything(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let id = create(&client, &exam(&scene)).await;
        let sealed = seal(&client, &id).await;
        assert_eq!((&sealed["status"], &sealed["expected"]), (&json!("sealed"), &json!(3)));

        let read = client.get(&format!("/api/v1/exams/{id}/manifest")).await.ok();
        assert_eq!((&read["manifest_digest"], &read["commitment"]), (&sealed["manifest_digest"], &sealed["commitment"]));
        let manifest: Manifest = serde_json::from_value(read["manifest"].clone()).unwrap();
        manifest.check().unwrap();
        assert_eq!(manifest.digest().to_string(), text(&sealed["manifest_digest"]));
        assert_eq!((manifest.exam.as_str(), manifest.pool.len()), (id.as_str(), 12));
        assert_eq!((&read["manifest"]["beacon_rule"], &read["manifest"]["balance"]), (&Value::Null, &Value::Null));
        assert!(manifest.pool.iter().all(|item| item.pinned.len() == 1 && item.options.len() == 4));
        assert_eq!(manifest.sections[0].points_each_hundredths, 2000);

        // What was published is what is kept, and the secret stays with us.
        let core = &server.services.core;
        let exam_id: ExamId = id.parse().unwrap();
        let row = entity::exam::exam::Entity::find_by_id(exam_id).one(core.db.read()).await.unwrap().unwrap();
        let secret = row.secret.unwrap();
        let bytes: [u8; 32] = hex::decode(&secret).unwrap().try_into().unwrap();
        assert_eq!(Secret::from_bytes(bytes).commitment().to_string(), text(&sealed["commitment"]));
        let whole = client.get(&format!("/api/v1/exams/{id}")).await.text;
        assert!(!whole.contains(&secret) && !read.to_string().contains(&secret));
        let pool = entity::exam::pool_item::Entity::find();
        let pool = pool.filter(entity::exam::pool_item::Column::ExamId.eq(exam_id)).all(core.db.read()).await.unwrap();
        let items: BTreeSet<String> = pool.iter().map(|p| format!("{}@{}", p.question_id, p.version)).collect();
        assert_eq!(items, manifest.pool.iter().map(|p| p.item.clone()).collect());
        let logged = entity::log::Entity::find().filter(entity::log::Column::Action.eq("exam.seal"));
        let logged = logged.one(core.db.read()).await.unwrap().unwrap();
        assert_eq!(logged.subject, format!("exam:{id}"));
        let data: Value = serde_json::from_str(&logged.data).unwrap();
        assert_eq!((&data["manifest_digest"], &data["expected"]), (&sealed["manifest_digest"], &json!(3)));

        // Everybody on the roster owes it, and nobody who came later.
        person(&server, &scene.coordinator, scene.unit, "赵敏").await;
        let figures = owed(&server, &id, scene.root).await;
        assert_eq!((figures.on_roster, figures.expected, figures.pending, figures.absent), (3, 3, 3, 0));
        let first = client.get(&format!("/api/v1/exams/{id}/candidates?limit=2")).await.ok();
        let cursor = text(&first["next_cursor"]);
        let rest = client.get(&format!("/api/v1/exams/{id}/candidates?limit=2&cursor={cursor}")).await.ok();
        let candidates: Vec<&Value> =
            [&first, &rest].iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
        assert_eq!(candidates.len(), 3);
        assert_eq!((&candidates[0]["attempts"], &candidates[0]["state"]), (&json!(0), &Value::Null));
        assert_eq!(candidates[0]["unit_name"], "区司法局");

        // It cannot be written, nor sealed again without a reason.
        client.act(&format!("/api/v1/exams/{id}/seal")).await.expect_field("reason", "required");
        patch(&client, &id, "*", &json!({ "title": "改名" })).await.expect_problem(409, "wrong_state");
        client.delete(&format!("/api/v1/exams/{id}")).await.expect_problem(409, "wrong_state");
        assert_eq!(client.get(&format!("/api/v1/exams/{id}/feasibility")).await.ok()["feasible"], true);
    }
}
