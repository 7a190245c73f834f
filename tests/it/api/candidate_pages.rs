//! Candidates who saw a key, and what is done for candidates on pages: exemption, a warning of two exams at once, a copy.

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::faulty_item::{end, four_singles, sit_as};
use super::scene::{Scene, text};
use crate::harness::{Answer, Client, TestServer, User};

async fn ask(server: &TestServer, user: &User, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = server.client().request(method.clone(), path).header("accept", "text/html");
    request = request.header("cookie", format!("kaofa={}", user.token));
    if method == Method::POST {
        request = request.form(fields);
    }
    server.client().send(request).await
}

async fn page(server: &TestServer, user: &User, path: &str) -> String {
    let answer = ask(server, user, Method::GET, path, &[]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    for name in ["exemption-", "exams-", "monitor-", "exemptions-"] {
        let shown = answer.text.split(['>', '<']).find(|text| text.trim().starts_with(name));
        assert_eq!(shown, None, "{path} shows the name of a text");
    }
    answer.text
}

async fn send(server: &TestServer, user: &User, path: &str, fields: &[(&str, &str)]) -> Answer {
    let account = page(server, user, "/account").await;
    let csrf = account.split("name=\"csrf\" content=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    ask(server, user, Method::POST, path, &[&[("csrf", csrf.as_str())], fields].concat()).await
}

/// When each candidate saw a key, by their place.
async fn seen(scene: &Scene, client: &Client, exam: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/v1/exams/{exam}/candidates")).await.ok();
    let rows = list["items"].as_array().unwrap();
    let of = |person: &entity::id::PersonId| {
        rows.iter().find(|row| row["person_id"] == json!(person)).unwrap()["saw_key_at"].clone()
    };
    scene.people.iter().map(of).collect()
}

both_databases! {
    async fn whoever_saw_a_key_before_sitting_is_flagged(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let grants = [(Role::Official, scene.unit), (Role::Coordinator, scene.root)];
        let early = server.as_(&server.user_of("early", Some(scene.people[0]), &grants).await);
        let late = server.as_(&server.user_of("late", Some(scene.people[1]), &grants).await);
        let questions = early.get(&format!("/api/v1/questions?bank={}&q=%E5%8D%95%E9%80%891", scene.bank)).await.ok();
        let question = format!("/api/v1/questions/{}", text(&questions["items"][0]["id"]));
        early.get(&question).await.ok();
        let exam = scene.exam(&four_singles(&json!({}))).await;
        // From now on nobody of its roster sees a key.
        late.get(&question).await.expect_problem(403, "key_withheld");
        let flags = seen(&scene, &scene.coordinator, &exam).await;
        assert!(flags[0].is_string() && flags[1..] == [Value::Null, Value::Null], "{flags:?}");
        // A liaison has no business with keys.
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.unit).await);
        assert_eq!(seen(&scene, &liaison, &exam).await, [Value::Null, Value::Null, Value::Null]);
        let desk = server.user("desk", Role::Coordinator, scene.root).await;
        for path in ["candidates", "monitor"] {
            let shown = page(&server, &desk, &format!("/exams/{exam}/{path}")).await;
            assert_eq!(shown.matches("看过答案").count(), 1, "{path}: {shown}");
        }
        let one = page(&server, &desk, &format!("/exams/{exam}/candidates/{}", scene.people[0])).await;
        assert!(one.contains("看过答案"), "{one}");

        // Who sees it after having sat is none of those.
        scene.opens();
        server.work().await;
        sit_as(&scene, &early, &exam, &[]).await;
        sit_as(&scene, &late, &exam, &[]).await;
        end(&server).await;
        scene.coordinator.act(&format!("/api/v1/exams/{exam}/release")).await.ok();
        late.get(&question).await.ok();
        let flags = seen(&scene, &scene.coordinator, &exam).await;
        assert!(flags[0].is_string() && flags[1..] == [Value::Null, Value::Null], "{flags:?}");
    }

    async fn an_exemption_is_asked_supported_and_decided_on_pages(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({})).await;
        let grants = [(Role::Official, scene.unit)];
        let person = server.user_of("person", Some(scene.people[0]), &grants).await;
        let liaison = server.user("liaison", Role::Liaison, scene.unit).await;
        let desk = server.user("desk", Role::Coordinator, scene.root).await;
        let path = format!("/exams/{exam}/exemption");
        assert!(page(&server, &person, &path).await.contains("免考"));
        let refused = send(&server, &person, &path, &[("kind", "exempt"), ("ground", " ")]).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#f-ground\""), "{}", refused.text);
        let asked = send(&server, &person, &path, &[("kind", "exempt"), ("ground", "住院 <治疗>")]).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        let one = asked.header("location").split('?').next().unwrap().to_owned();
        assert!(page(&server, &person, &one).await.contains("住院 &#60;治疗&#62;"));
        assert_eq!(send(&server, &person, &path, &[("kind", "deferred"), ("ground", "再")]).await.status, 409);
        assert!(page(&server, &liaison, "/exemptions?state=pending").await.contains(&one));
        let said = [("supported", "yes"), ("opinion", "情况属实")];
        assert_eq!(send(&server, &liaison, &format!("{one}/opinion"), &said).await.status, 303);
        let decision = [("approve", "yes"), ("reason", "同意免考")];
        assert_eq!(send(&server, &liaison, &format!("{one}/decide"), &decision).await.status, 403);
        let refused = send(&server, &desk, &format!("{one}/decide"), &[("approve", "yes"), ("reason", "")]).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#f-reason\""), "{}", refused.text);
        assert_eq!(send(&server, &desk, &format!("{one}/decide"), &decision).await.status, 303);
        assert_eq!(send(&server, &desk, &format!("{one}/decide"), &decision).await.status, 409);
        let filed = page(&server, &person, &one).await;
        assert!(filed.contains("情况属实") && filed.contains("同意免考"), "{filed}");
    }

    async fn two_exams_at_once_and_a_copy_on_pages(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let first = scene.exam(&json!({ "title": "甲考试" })).await;
        let mut body = scene.blueprint();
        body["title"] = json!("乙考试");
        let second = text(&scene.coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        let desk = server.user("desk", Role::Coordinator, scene.root).await;
        let manage = page(&server, &desk, &format!("/exams/{second}/manage")).await;
        assert!(manage.contains("甲考试") && manage.contains("考生0"), "{manage}");
        let copied = send(&server, &desk, &format!("/exams/{first}/copy"), &[]).await;
        assert_eq!(copied.status, 303, "{}", copied.text);
        let copy = page(&server, &desk, copied.header("location")).await;
        assert!(copy.contains("2027"), "{copy}");
    }
}
