//! A district in which an exam is sat: units, candidates, a bank whose keys are known, blueprints.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{PersonId, UnitId};
use entity::log;
use kaofa::auth::{Caller, Role};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, candidate};

/// A district with two units, an exam that opens ten minutes after the beginning, and the keys of its questions.
pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) root: UnitId,
    pub(super) unit: UnitId,
    pub(super) coordinator: Client,
    pub(super) people: Vec<PersonId>,
    pub(super) bank: String,
    /// The right response to each item, by the text of its stem.
    pub(super) keys: BTreeMap<String, Value>,
}

impl Scene {
    pub(super) async fn set(server: &TestServer, people: usize) -> Self {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let coordinator = server.as_(&user);
        let mut ids = Vec::new();
        for n in 0..people {
            let body = json!({
                "name": format!("考生{n}"), "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
            });
            let person = coordinator.post("/api/v1/people", &body).await.ok();
            ids.push(person["id"].as_str().unwrap().parse().unwrap());
        }
        let bank = json!({ "unit_id": root, "title": "区级题库", "review_required": false });
        let bank = text(&coordinator.post("/api/v1/banks", &bank).await.ok()["id"]);
        let mut scene =
            Self { server: server.clone(), root, unit, coordinator, people: ids, bank, keys: BTreeMap::new() };
        for n in 0..4 {
            scene.question("single", &format!("单选{n}"), &[n]).await;
            scene.question("multiple", &format!("多选{n}"), &[0, 1, 2]).await;
            scene.question("judgement", &format!("判断{n}"), &[n % 2]).await;
        }
        scene
    }

    /// A question with four options, these of which are right; a judgement is true if the first is named.
    pub(super) async fn question(&mut self, kind: &str, stem: &str, right: &[usize]) {
        let option = |n: usize| json!({ "text": format!("选项{n}"), "correct": right.contains(&n) });
        let judgement = kind == "judgement";
        let options: Vec<Value> = if judgement { Vec::new() } else { (0..4).map(option).collect() };
        let body = json!({
            "bank_id": self.bank, "kind": kind, "topic": "行政处罚法", "difficulty": "easy", "stem": stem,
            "options": options, "answer": judgement.then(|| right.contains(&0)), "explanation": "说明",
            "citation": {
                "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
            },
        });
        let made = self.coordinator.post("/api/v1/questions", &body).await.ok();
        let id = made["id"].as_str().unwrap();
        self.coordinator.act(&format!("/api/v1/questions/{id}/submit")).await.ok();
        let key = if judgement {
            json!(right.contains(&0))
        } else {
            let right = made["options"].as_array().unwrap().iter().filter(|o| o["correct"] == true);
            json!(right.map(|o| o["id"].as_str().unwrap()).collect::<BTreeSet<_>>())
        };
        self.keys.insert(stem.to_owned(), key);
    }

    pub(super) fn blueprint(&self) -> Value {
        json!({
            "title": "2026年度法律知识考试", "kind": "annual", "year": 2026, "unit_id": self.root,
            "bank_ids": [self.bank],
            "opens_at": "2026-03-16T01:10:00.000Z", "closes_at": "2026-03-16T02:10:00.000Z",
            "latest_start_seconds": 2400, "duration_seconds": 1800, "grace_seconds": 10,
            "pass_points": 8, "attempts_allowed": 1, "attempt_scoring": "highest",
            "audience": { "unit_ids": [self.root] },
            "sections": [
                { "title": "单项选择题", "kind": "single", "count": 2, "points_each": 2 },
                { "title": "多项选择题", "kind": "multiple", "count": 2, "points_each": 4,
                  "scoring": "partial_no_wrong" },
                { "title": "判断题", "kind": "judgement", "count": 2, "points_each": 0.5 },
            ],
            "release": "on_submit", "show_key": "after_close", "contact": "区司法局 28222222",
        })
    }

    /// An exam with changes to the blueprint, sealed.
    pub(super) async fn exam(&self, changes: &Value) -> String {
        let mut body = self.blueprint();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let id = text(&self.coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        self.coordinator.act(&format!("/api/v1/exams/{id}/seal")).await.ok();
        id
    }

    /// One of the candidates.
    pub(super) async fn candidate(&self, n: usize) -> Client {
        let grants = [(Role::Official, self.unit)];
        let user = self.server.user_of(&format!("official{n}"), Some(self.people[n]), &grants).await;
        self.server.as_(&user)
    }

    /// The candidates as services see them, without a log-in each.
    pub(super) fn callers(&self) -> Vec<Caller> {
        self.people.iter().copied().map(candidate).collect()
    }

    pub(super) fn opens(&self) {
        self.server.set_clock("2026-03-16T01:10:00.000Z");
    }

    /// The right response to an item.
    pub(super) fn key(&self, item: &Value) -> Value {
        self.keys[item["stem"].as_str().unwrap()].clone()
    }

    pub(super) async fn entries(&self, attempt: &str, action: &str) -> u64 {
        let core = &self.server.services.core;
        log::Entity::find()
            .filter(log::Column::Subject.eq(format!("attempt:{attempt}")))
            .filter(log::Column::Action.eq(action))
            .count(core.db.read())
            .await
            .unwrap()
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(super) fn items(sitting: &Value) -> Vec<Value> {
    let sections = sitting["sections"].as_array().unwrap();
    sections.iter().flat_map(|s| s["items"].as_array().unwrap().clone()).collect()
}

pub(super) fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

pub(super) async fn start(candidate: &Client, exam: &str) -> Value {
    candidate.act(&format!("/api/v1/exams/{exam}/attempts")).await.ok()
}

pub(super) async fn save(candidate: &Client, sitting: &Value, saves: Value) -> Answer {
    let path = format!("/api/v1/attempts/{}/answers", sitting["id"].as_str().unwrap());
    candidate.put(&path, &json!({ "lease": sitting["lease"], "saves": saves })).await
}

pub(super) async fn submit(candidate: &Client, sitting: &Value, saves: Value) -> Answer {
    let path = format!("/api/v1/attempts/{}/submit", sitting["id"].as_str().unwrap());
    candidate.post(&path, &json!({ "lease": sitting["lease"], "saves": saves })).await
}
