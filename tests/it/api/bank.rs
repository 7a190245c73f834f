//! Banks and questions: from the first draft to the pool, and who may see what.

use std::collections::BTreeSet;
use std::time::Duration;

use kaofa::auth::{Caller, Role, Scope};
use kaofa::bank::{Answer, Bank, BankError, Kind, NewBank};
use serde_json::{Value, json};

use crate::harness::{TestServer, User};

fn single(bank: &str) -> Value {
    json!({
        "bank_id": bank, "kind": "single", "topic": "行政处罚法", "difficulty": "easy",
        "stem": "行政处罚的追责时效一般为几年？",
        "options": [
            { "text": "1年", "correct": false }, { "text": " 2年 ", "correct": true },
            { "text": "3年", "correct": false }, { "text": "以上都不对", "correct": false, "pinned": true },
        ],
        "explanation": "第36条。",
        "citation": {
            "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
        },
        "group": "zhuize",
    })
}

/// The same without its bank: a new version.
fn version(stem: &str) -> Value {
    let mut body = single("");
    body.as_object_mut().unwrap().remove("bank_id");
    body["stem"] = stem.into();
    body
}

async fn bank(server: &TestServer, user: &User, review_required: bool) -> String {
    let unit = server.root().await.to_string();
    let body = json!({ "unit_id": unit, "title": "区级题库", "review_required": review_required });
    text(&server.as_(user).post("/api/v1/banks", &body).await.ok()["id"])
}

async fn question(server: &TestServer, user: &User, bank: &str) -> String {
    text(&server.as_(user).post("/api/v1/questions", &single(bank)).await.ok()["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn coordinator(server: &TestServer, name: &str) -> User {
    server.user(name, Role::Coordinator, server.root().await).await
}

/// Somebody as the services see them.
async fn caller(server: &TestServer, user: &User) -> Caller {
    server.services.auth.authenticate(&user.token, None).await.unwrap()
}

both_databases! {
    async fn a_question_is_reviewed_by_somebody_else(server: TestServer) {
        let (author, other) = (coordinator(&server, "author").await, coordinator(&server, "other").await);
        let bank = bank(&server, &author, true).await;
        let made = server.as_(&author).post("/api/v1/questions", &single(&bank)).await.ok();
        let id = text(&made["id"]);
        assert_eq!((&made["version"], &made["status"]), (&json!(1), &json!("draft")));

        let read = server.as_(&other).get(&format!("/api/v1/questions/{id}")).await.ok();
        assert_eq!(read, made);
        let options = read["options"].as_array().unwrap();
        let ids: BTreeSet<&str> = options.iter().map(|o| o["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 4);
        assert_eq!(options[1]["text"], "2年");
        let marks = |name: &str| options.iter().map(|o| o[name].as_bool().unwrap()).collect::<Vec<_>>();
        assert_eq!(marks("correct"), [false, true, false, false]);
        assert_eq!(marks("pinned"), [false, false, false, true]);
        assert_eq!(read["answer"], Value::Null);
        assert_eq!(read["citation"]["verified_on"], "2025-04-19");

        let act = |user: &User, act: &str| {
            let (client, path) = (server.as_(user), format!("/api/v1/questions/{id}/{act}"));
            async move { client.act(&path).await }
        };
        act(&other, "approve").await.expect_problem(409, "wrong_state");
        assert_eq!(act(&author, "submit").await.ok()["status"], "submitted");
        act(&author, "submit").await.expect_problem(409, "wrong_state");
        act(&author, "approve").await.expect_problem(403, "own_work");
        assert_eq!(act(&other, "approve").await.ok(), json!({ "id": id, "version": 1, "status": "approved" }));
        act(&other, "approve").await.expect_problem(409, "wrong_state");

        // Whoever writes the next version is the author now.
        let next = server.as_(&other).post(&format!("/api/v1/questions/{id}/versions"), &version("改过的题干？")).await.ok();
        assert_eq!((&next["version"], &next["status"]), (&json!(2), &json!("draft")));
        assert_ne!(next["options"][0]["id"], made["options"][0]["id"]);
        assert_eq!(act(&other, "submit").await.ok()["version"], 2);
        act(&other, "approve").await.expect_problem(403, "own_work");
        assert_eq!(act(&author, "approve").await.ok()["status"], "approved");

        assert_eq!(act(&author, "retire").await.ok()["status"], "retired");
        act(&author, "retire").await.expect_problem(409, "wrong_state");
        act(&author, "submit").await.expect_problem(409, "wrong_state");
    }

    async fn without_review_submitting_is_enough(server: TestServer) {
        let user = coordinator(&server, "anna").await;
        let bank = bank(&server, &user, false).await;
        let id = question(&server, &user, &bank).await;
        let state = server.as_(&user).act(&format!("/api/v1/questions/{id}/submit")).await.ok();
        assert_eq!(state["status"], "approved");
        let banks = server.as_(&user).get("/api/v1/banks").await.ok();
        assert_eq!(banks["items"][0]["questions"], json!({ "draft": 0, "submitted": 0, "approved": 1, "retired": 0 }));
        assert_eq!(server.as_(&user).get(&format!("/api/v1/banks/{bank}")).await.ok(), banks["items"][0]);
    }

    async fn every_bad_field_is_named(server: TestServer) {
        let user = coordinator(&server, "anna").await;
        let client = server.as_(&user);
        let bank = bank(&server, &user, true).await;
        let mut body = single(&bank);
        body["bank_id"] = "nothing".into();
        body["kind"] = "multiple".into();
        body["stem"] = " ".into();
        body["options"][2]["text"] = "2年".into();
        body["citation"]["verified_on"] = "2025-4-9".into();
        let answer = client.post("/api/v1/questions", &body).await;
        let answer = answer.expect_field("bank_id", "unknown_reference").expect_field("stem", "required");
        let answer = answer.expect_field("options[2].text", "duplicate").expect_field("options", "wrong_key");
        let answer = answer.expect_field("citation.verified_on", "invalid");
        assert_eq!(answer.json["errors"].as_array().unwrap().len(), 5);

        let mut body = single(&bank);
        body["options"][0]["correct"] = true.into();
        client.post("/api/v1/questions", &body).await.expect_field("options", "several_keys");
        body["colour"] = "red".into();
        client.post("/api/v1/questions", &body).await.expect_field("colour", "unknown_field");
        let mut body = single(&bank);
        body["kind"] = "judgement".into();
        let answer = client.post("/api/v1/questions", &body).await;
        answer.expect_field("options", "conflict").expect_field("answer", "required");

        let nowhere = json!({ "unit_id": bank, "title": "", "review_required": true });
        client.post("/api/v1/banks", &nowhere).await.expect_field("title", "required");
        let nowhere = json!({ "unit_id": bank, "title": "题库", "review_required": true });
        client.post("/api/v1/banks", &nowhere).await.expect_field("unit_id", "unknown_reference");

        let id = question(&server, &user, &bank).await;
        let mut other = version("限制人身自由的行政处罚只能由法律设定。");
        other["kind"] = "judgement".into();
        other["options"] = json!([]);
        other["answer"] = true.into();
        let path = format!("/api/v1/questions/{id}/versions");
        client.post(&path, &other).await.expect_field("kind", "conflict");
        assert_eq!(client.get(&format!("/api/v1/questions/{id}")).await.ok()["version"], 1);
    }

    async fn a_bank_is_for_the_coordinators_above_it(server: TestServer) {
        let root = server.root().await;
        let (east, west) = (server.unit(root, "E", "东").await, server.unit(root, "W", "西").await);
        let above = coordinator(&server, "above").await;
        let here = server.user("here", Role::Coordinator, east).await;
        let there = server.user("there", Role::Coordinator, west).await;
        let body = json!({ "unit_id": east, "title": "东题库", "review_required": false });
        let bank = text(&server.as_(&here).post("/api/v1/banks", &body).await.ok()["id"]);
        let id = question(&server, &here, &bank).await;
        let path = format!("/api/v1/questions/{id}");

        server.as_(&above).get(&path).await.ok();
        server.as_(&there).get(&path).await.expect_problem(404, "not_found");
        server.as_(&there).act(&format!("{path}/submit")).await.expect_problem(404, "not_found");
        server.as_(&there).post(&format!("{path}/versions"), &version("改？")).await.expect_problem(404, "not_found");
        server.as_(&there).get(&format!("/api/v1/banks/{bank}")).await.expect_problem(404, "not_found");
        server.as_(&there).get(&format!("/api/v1/questions?bank_id={bank}")).await.expect_problem(404, "not_found");
        server.as_(&there).post("/api/v1/questions", &single(&bank)).await.expect_field("bank_id", "unknown_reference");
        server.as_(&there).post("/api/v1/banks", &body).await.expect_field("unit_id", "unknown_reference");
        for list in ["/api/v1/banks", "/api/v1/questions"] {
            assert_eq!(server.as_(&there).get(list).await.ok()["items"], json!([]));
            assert_eq!(server.as_(&above).get(list).await.ok()["items"].as_array().unwrap().len(), 1);
        }
        for (name, role) in [("a", Role::Auditor), ("l", Role::Liaison), ("o", Role::Official), ("s", Role::SystemAdmin)] {
            let user = server.user(name, role, east).await;
            for path in [path.as_str(), "/api/v1/questions", "/api/v1/banks"] {
                server.as_(&user).get(path).await.expect_problem(403, "forbidden");
            }
            server.as_(&user).post("/api/v1/banks", &body).await.expect_problem(403, "forbidden");
            server.as_(&user).act(&format!("{path}/retire")).await.expect_problem(403, "forbidden");
        }
        server.client().get(&path).await.expect_problem(401, "unauthenticated");
    }

    async fn a_list_is_filtered_and_betrays_no_key(server: TestServer) {
        let user = coordinator(&server, "anna").await;
        let client = server.as_(&user);
        let bank = bank(&server, &user, false).await;
        let first = question(&server, &user, &bank).await;
        client.act(&format!("/api/v1/questions/{first}/submit")).await.ok();
        // Lists go by id, and ids by time.
        server.advance(Duration::from_millis(1));
        let mut truth = single(&bank);
        truth["kind"] = "judgement".into();
        truth["topic"] = "宪法".into();
        truth["stem"] = "100%_Abc 是真的。".into();
        truth["options"] = json!([]);
        truth["answer"] = false.into();
        let second = text(&client.post("/api/v1/questions", &truth).await.ok()["id"]);

        let list = async |query: &str| {
            let request = client.get(&format!("/api/v1/questions?{query}")).await;
            let ids: Vec<String> = request.ok()["items"].as_array().unwrap().iter().map(|q| text(&q["id"])).collect();
            ids
        };
        let (one, two) = (vec![first.clone()], vec![second.clone()]);
        assert_eq!(list("kind=single").await, one);
        assert_eq!(list("topic=%E5%AE%AA%E6%B3%95").await, two);
        assert_eq!(list("status=approved").await, one);
        assert_eq!(list("status=draft&kind=judgement").await, two);
        assert_eq!(list("q=%E8%BF%BD%E8%B4%A3").await, one);
        assert_eq!(list("q=0%25_aBC").await, two);
        assert_eq!(list("q=0_%25").await, Vec::<String>::new());
        assert_eq!(list(&format!("bank_id={bank}")).await.len(), 2);
        assert_eq!(list(&format!("bank={bank}")).await.len(), 2);
        client.get("/api/v1/questions?kind=essay").await.expect_field("kind", "unknown_value");
        client.get("/api/v1/questions?bank_id=x").await.expect_field("bank_id", "unknown_reference");

        let page = client.get("/api/v1/questions?limit=1").await.ok();
        assert_eq!(page["items"][0]["id"], first.as_str());
        for secret in ["options", "answer", "explanation", "salt"] {
            assert_eq!(page["items"][0].get(secret), None);
        }
        let cursor = text(&page["next_cursor"]);
        let next = client.get(&format!("/api/v1/questions?limit=1&cursor={cursor}")).await.ok();
        assert_eq!((&next["items"][0]["id"], &next["next_cursor"]), (&json!(second), &Value::Null));
    }

    async fn the_demonstrations_bank_goes_in_at_once(server: TestServer) {
        let author = caller(&server, &coordinator(&server, "author").await).await;
        let other = caller(&server, &coordinator(&server, "other").await).await;
        let (core, service) = (&server.services.core, &server.services.bank);
        let unit = server.root().await;
        let new = NewBank { unit_id: unit, title: "示范题库".into(), review_required: true };
        let bank = service.create_bank(&author, new).await.unwrap().id;
        let questions = kaofa::demo::questions();
        let count = questions.len();
        let ids = service.create_questions(&author, bank, questions.clone(), true).await.unwrap();
        assert_eq!(ids.len(), count);
        assert!(ids.is_sorted());
        assert!(Bank::pool(core.db.read(), &[bank]).await.unwrap().is_empty());
        assert!(matches!(service.approve_all(&author, &ids).await, Err(BankError::OwnWork)));
        let twice = [ids[0], ids[1], ids[0]];
        assert!(matches!(service.approve_all(&other, &twice).await, Err(BankError::Stale)));
        assert_eq!(service.bank(&other, bank).await.unwrap().questions.submitted, u64::try_from(count).unwrap());
        service.approve_all(&other, &ids).await.unwrap();

        let conn = core.db.read();
        let pool = Bank::pool(conn, &[bank]).await.unwrap();
        assert_eq!(pool.len(), count);
        let items: Vec<String> = pool.iter().map(kaofa::bank::QuestionVersion::item).collect();
        assert!(items.is_sorted() && items[0].ends_with("@1"));
        let written = pool.iter().find(|v| v.question_id == ids[0]).unwrap();
        assert_eq!((written.content.stem.as_str(), written.topic.as_str()), (questions[0].stem(), questions[0].topic()));
        for version in &pool {
            match &version.content.answer {
                Answer::Judgement(_) => assert_eq!(version.content.kind, Kind::Judgement),
                Answer::Options(right) => assert!(right.iter().all(|id| version.content.options.iter().any(|o| o.id == *id))),
            }
        }
        let stock = Bank::stock(conn, &[bank]).await.unwrap();
        assert_eq!(stock.len(), count);
        let topics = Bank::topics(conn, &[bank]).await.unwrap();
        assert_eq!(topics, service.offer(&other, &[bank]).await.unwrap());
        assert_eq!(topics.iter().map(|t| t.count).sum::<u64>(), u64::try_from(count).unwrap());
        assert_eq!(Bank::within(conn, &Scope::of(unit), &[bank]).await.unwrap(), [bank]);

        // A rewritten question leaves the pool; what was sealed can still be read.
        let rewritten = service.new_version(&other, ids[0], questions[0].clone()).await.unwrap();
        assert_eq!(rewritten.newest.version, 2);
        assert_ne!(rewritten.newest.salt, written.salt);
        service.retire(&other, ids[1]).await.unwrap();
        assert_eq!(Bank::pool(conn, &[bank]).await.unwrap().len(), count - 2);
        assert_eq!(Bank::stock(conn, &[bank]).await.unwrap().len(), count - 2);
        let sealed: Vec<_> = pool.iter().map(|v| (v.question_id, v.version)).collect();
        // Their groups stand with the questions.
        let without = |v: &kaofa::bank::QuestionVersion| kaofa::bank::QuestionVersion { group: None, ..v.clone() };
        assert_eq!(Bank::versions(conn, &sealed).await.unwrap(), pool.iter().map(without).collect::<Vec<_>>());
        service.submit(&other, ids[0]).await.unwrap();
        service.approve(&author, ids[0]).await.unwrap();
        let now = Bank::pool(conn, &[bank]).await.unwrap();
        assert!(now.iter().any(|v| v.item() == format!("{}@2", ids[0])));
    }
}
