//! The district in which every operation is called: something of every kind below `here`, somebody of every role over
//! `here`, and somebody of every role over a unit beside it.

use entity::id::{PersonId, UnitId};
use kaofa::auth::Role;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User};

/// What every operation may be called upon.
pub(super) struct Scene {
    pub(super) server: TestServer,
    /// The group that everything lies in, and its unit.
    pub(super) here: UnitId,
    pub(super) unit: UnitId,
    /// Somebody of each role, in the order of [`Role::ALL`]: over `here`, and over the unit beside it.
    pub(super) inside: Vec<User>,
    pub(super) outside: Vec<User>,
    /// Of the unit: the official and the liaison of `inside`, and somebody else.
    pub(super) people: Vec<PersonId>,
    pub(super) bank: String,
    pub(super) question: String,
    pub(super) programme: String,
    pub(super) session: String,
    /// An exam that is open, and the official's attempt.
    pub(super) exam: String,
    pub(super) attempt: String,
    pub(super) snapshot: String,
    /// Somebody's account, whom nobody of this scene is.
    pub(super) account: User,
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl Scene {
    #[allow(clippy::too_many_lines, reason = "a scene is set in one go")]
    pub(super) async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let here = server.group(root, "here", "本片").await;
        let unit = server.unit(here, "unit", "甲局").await;
        let there = server.unit(root, "there", "乙局").await;
        let above = server.as_(&server.user("above", Role::Coordinator, root).await);
        let mut people: Vec<PersonId> = Vec::new();
        for (name, unit_id) in [("甲一", unit), ("甲二", unit), ("甲三", unit), ("乙一", there), ("乙二", there)]
        {
            let body = json!({
                "name": name, "unit_id": unit_id, "categories": ["civil_servant"], "joined_on": "2020-01-01",
            });
            people.push(text(&above.post("/api/v1/people", &body).await.ok()["id"]).parse().unwrap());
        }
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            let candidate = |of: usize| match role {
                Role::Official => Some(people[of]),
                Role::Liaison => Some(people[of + 1]),
                _ => None,
            };
            inside.push(server.user_of(&format!("{role}-here"), candidate(0), &[(*role, here)]).await);
            outside.push(server.user_of(&format!("{role}-there"), candidate(3), &[(*role, there)]).await);
        }
        let account = server.user("somebody", Role::Auditor, unit).await;

        let (coordinator, official) = (server.as_(&inside[2]), server.as_(&inside[0]));
        let bank = json!({ "unit_id": here, "title": "题库", "review_required": false });
        let bank = text(&coordinator.post("/api/v1/banks", &bank).await.ok()["id"]);
        let mut question = String::new();
        for n in 0..4 {
            question = text(&coordinator.post("/api/v1/questions", &judgement(&bank, n)).await.ok()["id"]);
            coordinator.act(&format!("/api/v1/questions/{question}/submit")).await.ok();
        }
        let mut scene = Self {
            server: server.clone(),
            here,
            unit,
            inside,
            outside,
            people,
            bank,
            question,
            programme: String::new(),
            session: String::new(),
            exam: String::new(),
            attempt: String::new(),
            snapshot: String::new(),
            account,
        };
        scene.programme = scene.draft_programme(&coordinator).await;
        coordinator.act(&format!("/api/v1/programmes/{}/publish", scene.programme)).await.ok();
        scene.session = text(&coordinator.post("/api/v1/sessions", &scene.session_body()).await.ok()["id"]);
        coordinator.act(&format!("/api/v1/sessions/{}/publish", scene.session)).await.ok();
        scene.exam = scene.draft_exam(&coordinator).await;
        coordinator.act(&format!("/api/v1/exams/{}/seal", scene.exam)).await.ok();
        server.set_clock("2026-03-16T01:10:00.000Z");
        server.work().await;
        let attempt = official.act(&format!("/api/v1/exams/{}/attempts", scene.exam)).await.ok();
        scene.attempt = text(&attempt["id"]);
        // A year in which nothing happened can be closed at once; its snapshot is one to look at.
        let close = json!({ "unit_id": here, "reason": "年度工作结束" });
        let auditor = server.as_(&scene.inside[3]);
        auditor.post("/api/v1/years/2024/close", &close).await.ok();
        let years = auditor.get(&format!("/api/v1/years?unit_id={here}")).await.ok();
        let years = years["items"].as_array().unwrap();
        let closing = years.iter().flat_map(|y| y["closings"].as_array().unwrap()).next().expect("a closing");
        scene.snapshot = text(&closing["snapshot_id"]);
        server.work().await;
        scene
    }

    pub(super) async fn draft_programme(&self, coordinator: &Client) -> String {
        text(&coordinator.post("/api/v1/programmes", &self.programme_body()).await.ok()["id"])
    }

    pub(super) fn programme_body(&self) -> Value {
        json!({
            "year": 2026, "title": "年度学法计划", "unit_id": self.here, "audience": { "unit_ids": [self.here] },
            "required_hours": 5,
        })
    }

    pub(super) fn session_body(&self) -> Value {
        json!({
            "title": "专题学习", "kind": "collective_study", "host_unit_ids": [self.here],
            "starts_at": "2026-03-16T01:30:00Z", "ends_at": "2026-03-16T04:00:00Z", "place": "会议室", "credit_hours": 2,
            "audience": { "unit_ids": [self.here] },
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 600, "closes_after_seconds": 3600 },
        })
    }

    /// A session that is published and not open yet.
    pub(super) async fn published_session(&self, coordinator: &Client) -> String {
        let mut body = self.session_body();
        body["starts_at"] = json!("2026-04-16T01:30:00Z");
        body["ends_at"] = json!("2026-04-16T04:00:00Z");
        let id = text(&coordinator.post("/api/v1/sessions", &body).await.ok()["id"]);
        coordinator.act(&format!("/api/v1/sessions/{id}/publish")).await.ok();
        id
    }

    /// A wish for leave that nobody has decided about.
    pub(super) async fn leave(&self) -> String {
        let coordinator = self.as_role(Role::Coordinator);
        let waiting = coordinator.get("/api/v1/leave-requests?state=pending").await.ok();
        if let Some(id) = waiting["items"][0]["id"].as_str() {
            return id.to_owned();
        }
        let path = format!("/api/v1/sessions/{}/leave-requests", self.session);
        let body = json!({ "reason": "住院", "person_id": self.people[2] });
        text(&coordinator.post(&path, &body).await.ok()["id"])
    }

    /// A file that the official has sent and not used yet.
    pub(super) async fn attachment(&self) -> String {
        let client = self.as_role(Role::Official);
        let form = super::requests::file("create_attachment").unwrap();
        let request = client.request(reqwest::Method::POST, "/api/v1/attachments").multipart(form);
        text(&client.send(request).await.ok()["id"])
    }

    /// An objection of the official that nobody has decided about, as if the exam were over.
    pub(super) async fn objection(&self) -> String {
        use entity::exam::objection;
        use sea_orm::ActiveValue::Set;
        use sea_orm::EntityTrait;
        let core = &self.server.services.core;
        let id: entity::id::ObjectionId = core.id();
        let row = objection::ActiveModel {
            id: Set(id),
            exam_id: Set(self.exam.parse().unwrap()),
            attempt_id: Set(self.attempt.parse().unwrap()),
            person_id: Set(self.people[0]),
            item: Set(id.to_string()),
            position: Set(None),
            body: Set("答案有误".to_owned()),
            state: Set(objection::ObjectionState::Open),
            answer: Set(String::new()),
            created_by: Set(self.inside[0].id),
            created_at: Set(core.now()),
            decided_by: Set(None),
            decided_at: Set(None),
        };
        let insert = core.db.tx("test.objection", |tx| {
            let row = row.clone();
            Box::pin(async move {
                objection::Entity::insert(row).exec_without_returning(tx).await?;
                Ok::<_, kaofa::db::Fault>(())
            })
        });
        insert.await.unwrap();
        id.to_string()
    }

    pub(super) async fn draft_exam(&self, coordinator: &Client) -> String {
        text(&coordinator.post("/api/v1/exams", &self.exam_body()).await.ok()["id"])
    }

    pub(super) fn exam_body(&self) -> Value {
        json!({
            "title": "法律知识考试", "kind": "annual", "year": 2026, "unit_id": self.here, "bank_ids": [self.bank],
            "opens_at": "2026-03-16T01:10:00.000Z", "closes_at": "2026-03-16T06:00:00.000Z",
            "duration_seconds": 7200, "grace_seconds": 10, "pass_points": 2, "attempts_allowed": 2,
            "attempt_scoring": "highest", "audience": { "unit_ids": [self.here] },
            "sections": [{ "title": "判断题", "kind": "judgement", "count": 2, "points_each": 2 }],
            "release": "on_close", "show_key": "never",
        })
    }

    /// Somebody over `here`.
    pub(super) fn as_role(&self, role: Role) -> Client {
        let at = Role::ALL.iter().position(|r| *r == role).unwrap();
        self.server.as_(&self.inside[at])
    }
}

pub(super) fn judgement(bank: &str, n: usize) -> Value {
    json!({
        "bank_id": bank, "kind": "judgement", "topic": "行政处罚法", "difficulty": "easy", "stem": format!("第{n}题"),
        "options": [], "answer": true, "explanation": "依据法条。",
        "citation": {
            "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
        },
    })
}
