//! Many questions at once: found, reviewed, grouped, retired with a law; and who may see which key.

use std::time::Duration;

use entity::log;
use kaofa::auth::Role;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use super::scene::{Scene, text};
use crate::harness::{Client, TestServer};

fn question(bank: &str, stem: &str, law: &str, version: &str) -> Value {
    json!({
        "bank_id": bank, "kind": "judgement", "topic": "总则", "difficulty": "easy", "stem": stem, "options": [],
        "answer": true,
        "citation": { "law": law, "article": "第三十六条", "law_version": version, "verified_on": "2025-04-19" },
    })
}

struct Desk {
    server: TestServer,
    author: Client,
    other: Client,
    bank: String,
}

impl Desk {
    async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let author = server.as_(&server.user("author", Role::Coordinator, root).await);
        let other = server.as_(&server.user("other", Role::Coordinator, root).await);
        let body = json!({ "unit_id": root, "title": "区级题库", "review_required": true });
        let bank = text(&author.post("/api/v1/banks", &body).await.ok()["id"]);
        Self { server: server.clone(), author, other, bank }
    }

    async fn write(&self, stem: &str, law: &str, version: &str) -> String {
        self.server.advance(Duration::from_millis(1));
        let made = self.author.post("/api/v1/questions", &question(&self.bank, stem, law, version)).await.ok();
        text(&made["id"])
    }

    async fn review(&self, client: &Client, ids: &[&String], act: &str) -> crate::harness::Answer {
        client.post("/api/v1/questions/reviews", &json!({ "question_ids": ids, "act": act, "reason": "核对" })).await
    }

    async fn status(&self, id: &str) -> String {
        text(&self.other.get(&format!("/api/v1/questions/{id}")).await.ok()["status"])
    }

    async fn list(&self, query: &[(&str, &str)]) -> Vec<String> {
        let request = self.other.request(reqwest::Method::GET, "/api/v1/questions").query(query);
        let found = self.other.send(request).await.ok();
        found["items"].as_array().unwrap().iter().map(|q| text(&q["id"])).collect()
    }
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|q| text(&q["id"])).collect()
}

both_databases! {
    async fn many_are_reviewed_all_or_none(server: TestServer) {
        let desk = Desk::set(&server).await;
        let (one, two) = (desk.write("甲。", "宪法", "2018年修正").await, desk.write("乙。", "宪法", "2018年修正").await);
        assert_eq!(desk.review(&desk.author, &[&one, &two], "submit").await.ok()["items"][1]["status"], "submitted");
        desk.review(&desk.author, &[&one, &two], "approve").await.expect_problem(403, "own_work");
        desk.review(&desk.other, &[&one, &one], "approve").await.expect_problem(412, "stale");
        let none = json!({ "question_ids": [one], "act": "praise" });
        desk.other.post("/api/v1/questions/reviews", &none).await.expect_field("act", "unknown_value");
        desk.review(&desk.other, &[], "approve").await.expect_field("question_ids", "required");

        // Given back with a reason, it is a draft again.
        let path = format!("/api/v1/questions/{one}/return");
        desk.other.post(&path, &json!({ "reason": " " })).await.expect_field("reason", "required");
        let back = desk.other.post(&path, &json!({ "reason": "题干不清" })).await.ok();
        assert_eq!(back["status"], "draft");
        desk.other.post(&path, &json!({ "reason": "再退" })).await.expect_problem(409, "wrong_state");
        // One that is a draft keeps all from being approved.
        desk.review(&desk.other, &[&two, &one], "approve").await.expect_problem(409, "wrong_state");
        assert_eq!(desk.status(&two).await, "submitted");
        desk.review(&desk.author, &[&one], "submit").await.ok();
        desk.review(&desk.other, &[&one, &two], "approve").await.ok();
        assert_eq!((desk.status(&one).await, desk.status(&two).await), ("approved".into(), "approved".into()));
    }

    async fn questions_are_found_by_law_article_and_text(server: TestServer) {
        let desk = Desk::set(&server).await;
        let fine = desk.write("行政处罚的追责时效一般为 2 年。", "《中华人民共和国行政处罚法》", "2021年修订").await;
        let code = desk.write("Ａbc 行政许可依申请作出。", "行政许可法", "2019年修正").await;
        let list = async |query: &[(&str, &str)]| desk.list(query).await;
        assert_eq!(list(&[("law", "行政处罚法")]).await, std::slice::from_ref(&fine));
        assert_eq!(list(&[("law", "中华人民共和国行政许可法"), ("article", "三十六")]).await, std::slice::from_ref(&code));
        assert_eq!(list(&[("article", "第三十七条")]).await, Vec::<String>::new());
        assert_eq!(list(&[("q", "追责时效一般为２年")]).await, std::slice::from_ref(&fine));
        assert_eq!(list(&[("q", "aBC行政")]).await, std::slice::from_ref(&code));
        assert_eq!(list(&[("q", "行政")]).await, [fine.clone(), code.clone()]);
        assert_eq!(list(&[("q", "政许处罚")]).await, Vec::<String>::new());
        assert_eq!(list(&[("q", "可")]).await, std::slice::from_ref(&code));
        // What a new version says is found, what the old one said is not.
        let mut next = question("", "行政处罚由设区的市管辖。", "行政处罚法", "2025年修正");
        next.as_object_mut().unwrap().remove("bank_id");
        desk.author.post(&format!("/api/v1/questions/{fine}/versions"), &next).await.ok();
        assert_eq!(list(&[("q", "追责时效")]).await, Vec::<String>::new());
        assert_eq!(list(&[("q", "设区的市")]).await, std::slice::from_ref(&fine));
        let laws = desk.other.get(&format!("/api/v1/banks/{}/laws", desk.bank)).await.ok();
        assert_eq!(laws["items"], json!([
            { "law": "行政处罚法", "law_version": "2025年修正", "questions": 1 },
            { "law": "行政许可法", "law_version": "2019年修正", "questions": 1 },
        ]));
    }

    async fn a_changed_law_retires_what_rests_on_its_earlier_versions(server: TestServer) {
        let desk = Desk::set(&server).await;
        let old = desk.write("甲。", "行政处罚法", "2017年修正").await;
        let waits = desk.write("乙。", "中华人民共和国行政处罚法", "2009年修正").await;
        let new = desk.write("丙。", "行政处罚法", "2021年修订").await;
        let unknown = desk.write("丁。", "行政处罚法", "现行有效").await;
        let foreign = desk.write("戊。", "行政许可法", "2003年").await;
        desk.review(&desk.author, &[&waits], "submit").await.ok();
        let path = "/api/v1/questions/retirements";
        let mut body = json!({ "bank_id": desk.bank, "law": "行政处罚法", "before": "2021年修订" });
        let preview = desk.other.post(&format!("{path}?dry_run=true"), &body).await.ok();
        assert_eq!((ids(&preview["questions"]), ids(&preview["undetermined"])), (vec![old.clone(), waits.clone()], vec![unknown.clone()]));
        assert_eq!((&preview["dry_run"], &preview["retired"]), (&json!(true), &json!(2)));
        assert_eq!(desk.status(&old).await, "draft");

        desk.other.post(path, &body).await.expect_field("reason", "required");
        body["before"] = "最新版".into();
        body["reason"] = "2021 年修订施行".into();
        desk.other.post(path, &body).await.expect_field("before", "invalid");
        body["before"] = "2021年修订".into();
        let done = desk.other.post(path, &body).await.ok();
        assert_eq!((ids(&done["questions"]), &done["retired"]), (vec![old.clone(), waits.clone()], &json!(2)));
        for (id, status) in [(&old, "retired"), (&waits, "retired"), (&new, "draft"), (&unknown, "draft"), (&foreign, "draft")] {
            assert_eq!(desk.status(id).await, status);
        }
        let entries = log::Entity::find().filter(log::Column::Action.eq("question.retire"));
        assert_eq!(entries.count(server.services.core.db.read()).await.unwrap(), 2);
        // One of which it cannot be told is retired if it is named; a second time there is nothing left.
        body["question_ids"] = json!([unknown]);
        assert_eq!(ids(&desk.other.post(path, &body).await.ok()["questions"]), std::slice::from_ref(&unknown));
        body["question_ids"] = json!([]);
        assert_eq!(desk.other.post(path, &body).await.ok()["retired"], 0);
    }

    async fn near_duplicates_are_proposed_for_a_group(server: TestServer) {
        let desk = Desk::set(&server).await;
        let one = desk.write("行政处罚的追责时效一般为几年，从何时起算？", "行政处罚法", "2021年修订").await;
        let far = desk.write("行政许可的延续申请应当在有效期届满前多久提出？", "行政许可法", "2019年修正").await;
        let two = desk.write("行政处罚的追责时效，一般为几年？从何时起算", "行政处罚法", "2021年修订").await;
        let path = format!("/api/v1/banks/{}/near-duplicates", desk.bank);
        let found = desk.other.get(&path).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        assert_eq!(ids(&found["items"][0]["questions"]), [one.clone(), two.clone()]);
        assert_eq!((&found["items"][0]["percent"], &found["items"][0]["group"]), (&json!(100), &Value::Null));

        desk.review(&desk.author, &[&one, &two], "submit").await.ok();
        desk.review(&desk.other, &[&one, &two], "approve").await.ok();
        let body = json!({ "question_ids": [one, two], "group": "追责时效" });
        let grouped = desk.other.post("/api/v1/questions/groups", &body).await.ok();
        assert_eq!((&grouped["items"][0]["group"], &grouped["items"][1]["status"]), (&json!("追责时效"), &json!("approved")));
        assert_eq!(desk.other.get(&path).await.ok()["items"], json!([]));
        assert_eq!(desk.list(&[("group", "追责时效")]).await, [one.clone(), two.clone()]);
        let whole = desk.other.get(&format!("/api/v1/questions/{one}")).await.ok();
        assert_eq!((&whole["group"], &whole["version"]), (&json!("追责时效"), &json!(1)));
        let stock = kaofa::bank::Bank::stock(server.services.core.db.read(), &[desk.bank.parse().unwrap()]).await.unwrap();
        assert!(stock.iter().all(|item| item.group.as_deref() == Some("追责时效")) && stock.len() == 2);

        // Questions of two banks make no group; null takes them out.
        let root = server.root().await;
        let bank = json!({ "unit_id": root, "title": "另一题库", "review_required": false });
        let bank = text(&desk.author.post("/api/v1/banks", &bank).await.ok()["id"]);
        let made = desk.author.post("/api/v1/questions", &question(&bank, "己。", "宪法", "2018年")).await.ok();
        let body = json!({ "question_ids": [one, made["id"]], "group": "同题" });
        desk.other.post("/api/v1/questions/groups", &body).await.expect_field("question_ids[1]", "conflict");
        let body = json!({ "question_ids": [one, two, far], "group": null });
        desk.other.post("/api/v1/questions/groups", &body).await.ok();
        assert_eq!(desk.list(&[("group", "追责时效")]).await, Vec::<String>::new());
    }

    async fn who_sees_a_key_is_kept_and_candidates_do_not(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let person = scene.people[0];
        let both = [(Role::Official, scene.root), (Role::Coordinator, scene.root)];
        let candidate = server.as_(&server.user_of("both", Some(person), &both).await);
        let list = candidate.get(&format!("/api/v1/questions?bank_id={}", scene.bank)).await.ok();
        let id = text(&list["items"][0]["id"]);
        let path = format!("/api/v1/questions/{id}");
        let seen = async |client: &Client| {
            let seen = client.get(&format!("{path}/key-views")).await.ok();
            seen["items"].as_array().unwrap().iter().map(|s| (text(&s["name"]), text(&s["how"]))).collect::<Vec<_>>()
        };
        // Before the seal nobody is a candidate; looking twice is kept once.
        server.advance(Duration::from_secs(1));
        candidate.get(&path).await.ok();
        server.advance(Duration::from_secs(1));
        candidate.get(&path).await.ok();
        let wrote = ("coordinator".to_owned(), "wrote".to_owned());
        assert_eq!(seen(&candidate).await, [wrote.clone(), ("both".to_owned(), "read".to_owned())]);
        let entries = log::Entity::find().filter(log::Column::Action.eq("question.see_key"));
        assert_eq!(entries.count(server.services.core.db.read()).await.unwrap(), 1);

        let exam = scene.exam(&json!({ "release": "manual" })).await;
        candidate.get(&path).await.expect_problem(403, "key_withheld");
        let change = candidate.request(reqwest::Method::PATCH, &path).header("If-Match", "\"1\"").json(&json!({ "topic": "改" }));
        candidate.send(change).await.expect_problem(403, "key_withheld");
        candidate.get(&format!("/api/v1/exports/questions?bank_id={}", scene.bank)).await.expect_problem(403, "key_withheld");
        // Lists tell no key, and whoever is no candidate goes on.
        candidate.get(&format!("/api/v1/questions?bank_id={}", scene.bank)).await.ok();
        scene.coordinator.get(&path).await.ok();

        server.set_clock("2026-03-16T02:30:00.000Z");
        server.work().await;
        server.work().await;
        candidate.get(&path).await.expect_problem(403, "key_withheld");
        scene.coordinator.act(&format!("/api/v1/exams/{exam}/release")).await.ok();
        candidate.get(&path).await.ok();
        assert_eq!(seen(&candidate).await.len(), 2);
    }
}
