//! Check-in by the QR's address and by digits, and a liaison's roll call, as a browser without script meets them.

use std::collections::BTreeMap;

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Client, PASSWORD, TestServer};

/// A browser that keeps every cookie.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(server: &TestServer) -> Self {
        Self { client: server.client(), cookies: BTreeMap::new() }
    }

    async fn ask(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
        let sent: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), path).header("accept", "text/html");
        request = request.header("cookie", sent.join("; "));
        if method == Method::POST {
            request = request.form(fields);
        }
        let answer = self.client.send(request).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    async fn log_in(&mut self, username: &str, next: &str) -> Answer {
        self.ask(Method::POST, "/login", &[("username", username), ("password", PASSWORD), ("next", next)]).await
    }

    async fn csrf(&mut self) -> String {
        let page = self.get("/password").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

#[track_caller]
fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), path);
}

both_databases! {
    async fn whoever_opens_the_qr_s_address_is_counted_from_then(server: TestServer) {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let coordinator = server.as_(&user);
        let mut people = Vec::new();
        for name in ["陈一", "李二"] {
            let body = json!({ "name": name, "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01" });
            let person = coordinator.post("/api/v1/people", &body).await.ok();
            people.push(person["id"].as_str().unwrap().to_owned());
        }
        server.account("chen", Some(people[0].parse().unwrap()), &[(Role::Official, unit)], false).await;
        server.account("li", Some(people[1].parse().unwrap()), &[(Role::Official, unit)], false).await;
        server.account("liaison", None, &[(Role::Liaison, unit)], false).await;
        let body = json!({
            "title": "民法典专题学习", "kind": "collective_study", "host_unit_ids": [root],
            "starts_at": "2026-03-16T01:10:00Z", "ends_at": "2026-03-16T03:00:00Z", "place": "一号会议室",
            "credit_hours": 2, "audience": { "unit_ids": [root] },
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 300, "closes_after_seconds": 3600 },
        });
        let session = coordinator.post("/api/v1/sessions", &body).await.ok()["id"].as_str().unwrap().to_owned();
        coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
        let code = coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
        let (url, digits) = (code["url"].as_str().unwrap(), code["code"].as_str().unwrap());
        let address = &url[url.find("/c/").unwrap()..];

        let mut chen = Browser::new(&server);
        let arrived = format!("/checkin/{session}/arrived");
        let opened = chen.get(address).await;
        leads_to(&opened, &arrived);
        for cookie in opened.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=300"), "{cookie}");
        }
        server.set_clock("2026-03-16T01:04:00.000Z");
        assert!(chen.get(&arrived).await.header("location").starts_with("/login?next="));
        leads_to(&chen.log_in("chen", &arrived).await, &arrived);
        leads_to(&chen.get(&arrived).await, &format!("/checkin/{session}"));
        let page = chen.get(&format!("/checkin/{session}")).await.text;
        assert!(page.contains("已签到") && page.contains("09:00"), "{page}");
        let tasks = chen.get("/tasks").await.text;
        assert!(tasks.contains("民法典专题学习") && tasks.contains("已签到"), "{tasks}");

        let mut li = Browser::new(&server);
        li.log_in("li", "/").await;
        leads_to(&li.get(address).await, &format!("/checkin/{session}?why=expired"));
        let csrf = li.csrf().await;
        let wrong = li.ask(Method::POST, &format!("/checkin/{session}"), &[("csrf", &csrf), ("code", digits)]).await;
        assert!(wrong.status.is_client_error() && wrong.text.contains("f-code"), "{}", wrong.text);
        for page in ["/results", "/record", "/tasks"] {
            assert_eq!(li.get(page).await.status, 200, "{page}");
        }

        let mut liaison = Browser::new(&server);
        liaison.log_in("liaison", "/").await;
        let unit = liaison.get("/unit").await.text;
        assert!(unit.contains("李二") && unit.contains("已到 1 / 2 人"), "{unit}");
        let csrf = liaison.csrf().await;
        let roll = format!("/unit/sessions/{session}");
        let field = format!("s-{}", people[1]);
        let fields = [("csrf", csrf.as_str()), ("person", &people[0]), ("person", &people[1]), (&field, "late")];
        leads_to(&liaison.ask(Method::POST, &roll, &fields).await, &format!("{roll}?done=rolled"));
        let called = liaison.get(&roll).await.text;
        assert!(called.contains("迟到") && called.contains("已签到"), "{called}");
        assert_eq!(liaison.get("/tasks").await.status, 403);
    }
}
