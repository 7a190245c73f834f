//! What the tests of study begin with.

use entity::id::{PersonId, UnitId};
use kaofa::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, User};

/// A district with two units, three people who study and one who does not.
pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) root: UnitId,
    pub(super) first: UnitId,
    pub(super) second: UnitId,
    /// Two of the first unit, one of the second, and another of the second whose category is not meant.
    pub(super) people: Vec<PersonId>,
    pub(super) user: User,
    pub(super) coordinator: Client,
}

impl Scene {
    pub(super) async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let first = server.unit(root, "A", "甲局").await;
        let second = server.unit(root, "B", "乙街道").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let coordinator = server.as_(&user);
        let mut people = Vec::new();
        for (name, unit, category) in [
            ("陈一", first, "civil_servant"),
            ("李二", first, "leading_official"),
            ("王三", second, "civil_servant"),
            ("赵四", second, "other"),
        ] {
            let body = json!({ "name": name, "unit_id": unit, "categories": [category], "joined_on": "2020-01-01" });
            let person = coordinator.post("/api/v1/people", &body).await.ok();
            people.push(person["id"].as_str().unwrap().parse().unwrap());
        }
        Self { server: server.clone(), root, first, second, people, user, coordinator }
    }

    /// The coordinator again, after so long that the token ended.
    pub(super) async fn log_in_again(&mut self) {
        self.user = self.server.log_in(self.user.id, &self.user.username).await;
        self.coordinator = self.server.as_(&self.user);
    }

    pub(super) fn audience(&self) -> Value {
        json!({ "unit_ids": [self.root], "categories": ["civil_servant", "leading_official"] })
    }

    pub(super) async fn official(&self, n: usize) -> User {
        let unit = if n < 2 { self.first } else { self.second };
        let name = format!("official{n}");
        self.server.user_of(&name, Some(self.people[n]), &[(Role::Official, unit)]).await
    }

    pub(super) fn session_body(&self, starts_at: &str, ends_at: &str) -> Value {
        json!({
            "title": "民法典专题学习",
            "kind": "collective_study",
            "host_unit_ids": [self.root],
            "starts_at": starts_at,
            "ends_at": ends_at,
            "place": "一号会议室",
            "credit_hours": 2.5,
            "audience": self.audience(),
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 300, "closes_after_seconds": 3600 },
            "contact": "区司法局 28222222",
        })
    }

    /// Today from ten to twelve in the district; published.
    pub(super) async fn session(&self) -> String {
        let body = self.session_body("2026-03-16T02:00:00Z", "2026-03-16T04:00:00Z");
        let id = self.draft(&body).await;
        let published = self.coordinator.act(&format!("/api/v1/sessions/{id}/publish")).await.ok();
        assert_eq!(published, json!({ "status": "published", "invited": 3 }));
        id
    }

    pub(super) async fn draft(&self, body: &Value) -> String {
        let session = self.coordinator.post("/api/v1/sessions", body).await.ok();
        assert_eq!(session["status"], "draft");
        session["id"].as_str().unwrap().to_owned()
    }

    /// A programme of two collective studies by the end of March and 5 hours in all; published.
    pub(super) async fn programme(&self) -> String {
        let body = json!({
            "year": 2026,
            "title": "2026 年度学法计划",
            "unit_id": self.root,
            "audience": self.audience(),
            "required_hours": 5,
            "required_sessions": [{ "kind": "collective_study", "count": 2, "per": "person", "due_on": "2026-03-31" }],
        });
        let programme = self.coordinator.post("/api/v1/programmes", &body).await.ok();
        assert_eq!((&programme["status"], &programme["required_hours"]), (&json!("draft"), &json!(5)));
        let id = programme["id"].as_str().unwrap().to_owned();
        let published = self.coordinator.act(&format!("/api/v1/programmes/{id}/publish")).await.ok();
        assert_eq!(published, json!({ "status": "published", "expected": 3 }));
        id
    }

    /// Expected, participated, completed, completed by now.
    pub(super) async fn counts(&self, programme: &str) -> [i64; 4] {
        let progress = self.coordinator.get(&format!("/api/v1/programmes/{programme}/progress")).await.ok();
        let total = &progress["total"];
        ["expected", "participated", "completed", "completed_due"].map(|name| total[name].as_i64().unwrap())
    }

    pub(super) async fn code(&self, session: &str) -> String {
        let code = self.coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
        code["code"].as_str().unwrap().to_owned()
    }

    /// The code, or one that nobody shows any more.
    pub(super) async fn code_or_none(&self, session: &str) -> String {
        let code = self.coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await;
        code.json["code"].as_str().unwrap_or("not six digits").to_owned()
    }

    pub(super) async fn call(&self, session: &str, statuses: &[(usize, &str)]) -> Value {
        let rows: Vec<_> =
            statuses.iter().map(|(n, status)| json!({ "person_id": self.people[*n], "status": status })).collect();
        let path = format!("/api/v1/sessions/{session}/roll-call");
        self.coordinator.post(&path, &json!({ "rows": rows })).await.ok()
    }

    /// A correction of whatever version is there.
    pub(super) async fn correct(&self, path: &str, body: &Value) -> Answer {
        put_any(&self.coordinator, path, body).await
    }

    pub(super) async fn close(&self, session: &str) {
        let closed = self.coordinator.act(&format!("/api/v1/sessions/{session}/close")).await.ok();
        assert_eq!(closed, json!({ "status": "closed" }));
    }
}

/// A PUT of whatever version is there.
pub(super) async fn put_any(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(client.request(Method::PUT, path).header("If-Match", "*").json(body)).await
}

pub(super) fn check_ins(session: &str) -> String {
    format!("/api/v1/sessions/{session}/check-ins")
}
