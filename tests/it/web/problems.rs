//! What goes wrong, as a page: what it was, what to do next, and the number by which it is found in the server's log.

use kaofa::auth::Role;
use kaofa::kernel::texts::Lang;
use reqwest::Method;

use super::browser::Browser;
use crate::harness::{Answer, PASSWORD, TestServer};

/// A page of this status that says what to do next and carries the request's id.
#[track_caller]
fn tells(answer: &Answer, status: u16, next: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.header("content-type").starts_with("text/html"), "{}", answer.text);
    let id = answer.header("x-request-id");
    assert!(!id.is_empty() && answer.text.contains(id), "no request id: {}", answer.text);
    assert!(answer.text.contains("怎么办") && answer.text.contains(next), "no {next}: {}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
}

async fn coordinator(server: &TestServer) -> Browser {
    let root = server.root().await;
    server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
    let mut browser = Browser::new(server);
    browser.log_in("coordinator", "/today").await;
    browser
}

both_databases! {
    async fn each_status_has_its_page(server: TestServer) {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        let mut browser = coordinator(&server).await;
        tells(&browser.get("/accounts").await, 403, "核对授权");
        tells(&browser.get("/nothing").await, 404, "核对地址");
        let csrf = browser.csrf().await;
        let large = "x".repeat(3 << 20);
        let fields = [("csrf", csrf.as_str()), ("name", large.as_str())];
        tells(&browser.post("/people/new", &fields).await, 413, "拆分");
        let foreign = browser.post("/people/new", &[("csrf", "stolen")]).await;
        tells(&foreign, 403, "刷新后重新提交");
        // A programme that is published twice.
        let root = root.to_string();
        let plan = [
            ("csrf", csrf.as_str()), ("title", "计划"), ("year", "2026"), ("unit_id", root.as_str()),
            ("audience.unit_ids", root.as_str()), ("required_hours", "2"),
        ];
        let unit = unit.to_string();
        let person = [
            ("csrf", csrf.as_str()), ("name", "陈一"), ("unit_id", unit.as_str()), ("categories", "other"),
            ("joined_on", "2020-01-01"), ("post", ""), ("staff_no", ""),
        ];
        assert_eq!(browser.post("/people/new", &person).await.status, 303);
        let made = browser.post("/programmes/new", &plan).await;
        let publish = format!("{}/publish", made.header("location").split('?').next().unwrap());
        let sent = [("csrf", csrf.as_str())];
        assert_eq!(browser.post(&publish, &sent).await.status, 303);
        tells(&browser.post(&publish, &sent).await, 409, "查看现在的状态");
        server.services.core.db.clone().close().await.unwrap();
        let broken = browser.get("/people").await;
        assert!(broken.status.as_u16() >= 500, "{}", broken.text);
        tells(&broken, broken.status.as_u16(), "未保存");
    }

    async fn an_id_that_is_none_leads_nowhere(server: TestServer) {
        let mut browser = coordinator(&server).await;
        for address in kaofa::web::addresses().iter().filter(|a| a.methods.starts_with("GET") && a.path.contains(':')) {
            let named = |segment: &str| if segment.starts_with(':') { "no-such-thing" } else { segment }.to_owned();
            let path: Vec<String> = address.path.split('/').map(named).collect();
            let answer = browser.get(&path.join("/")).await;
            // What only officials may see is refused before it is looked for.
            assert!([403, 404].contains(&answer.status.as_u16()), "{}: {} {}", address.path, answer.status, answer.text);
        }
        for path in ["/sessions/x", "/programmes/1", "/questions/0190a000", "/exams/x/manage", "/sessions/x/attendance/y"] {
            tells(&browser.get(path).await, 404, "核对地址");
        }
    }

    async fn a_page_knows_its_methods(server: TestServer) {
        let client = server.client();
        for (method, path, allowed) in [
            (Method::GET, "/logout", "POST"),
            (Method::PUT, "/login", "GET, HEAD, POST"),
            (Method::DELETE, "/exams/0190a000-0000-7000-8000-000000000000/seal", "POST"),
            (Method::POST, "/today", "GET, HEAD"),
        ] {
            let request = client.request(method, path).header("accept", "text/html");
            let answer = client.send(request).await;
            tells(&answer, 405, "核对地址");
            assert_eq!(answer.header("allow"), allowed, "{path}");
        }
    }

    async fn too_many_wrong_passwords_say_how_long_to_wait(server: TestServer) {
        server.account("anna", None, &[], false).await;
        let mut browser = Browser::new(&server);
        let mut last = browser.post("/login", &[("username", "anna"), ("password", "wrong")]).await;
        for _ in 0..20 {
            if last.status == 429 {
                break;
            }
            last = browser.post("/login", &[("username", "anna"), ("password", "wrong")]).await;
        }
        assert_eq!(last.status, 429, "{}", last.text);
        assert!(last.text.contains("后再试") && last.text.contains("value=\"anna\""), "{}", last.text);
        assert_eq!(browser.log_in("anna", "/account").await.status, 429, "not even with the right one: {PASSWORD}");
    }

    async fn errors_are_told_in_the_readers_language(server: TestServer) {
        let client = server.client().speaking("en");
        let request = client.request(Method::GET, "/nothing").header("accept", "text/html");
        let answer = client.send(request).await;
        assert!(answer.text.contains(&format!("<html lang=\"{}\">", Lang::En.tag())), "{}", answer.text);
        assert!(answer.text.contains("What to do"), "{}", answer.text);
    }
}
