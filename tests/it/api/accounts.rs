//! Accounts as security administrators look after them: found, changed, locked, taken out of use; each in their subtree.

use entity::log;
use kaofa::auth::Role;
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, PASSWORD, TestServer};

const LOGIN: &str = "/api/v1/auth/login";

async fn patch(client: &Client, id: impl std::fmt::Display, tag: Option<&str>, body: Value) -> Answer {
    let mut request = client.request(Method::PATCH, &format!("/api/v1/accounts/{id}"));
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    client.send(request.json(&body)).await
}

/// What the log holds of an action: who, upon what, with which outcome and data.
async fn told(server: &TestServer, action: &str) -> Vec<(String, String, String, Value)> {
    let query = log::Entity::find().filter(log::Column::Action.eq(action)).order_by_asc(log::Column::Seq);
    let rows = query.all(server.services.core.db.read()).await.unwrap();
    let line =
        |row: log::Model| (row.actor, row.subject, row.outcome.to_string(), serde_json::from_str(&row.data).unwrap());
    rows.into_iter().map(line).collect()
}

both_databases! {
    async fn a_change_names_the_version_that_it_saw(server: TestServer) {
        let root = server.root().await;
        let admin = server.as_(&server.user("sec", Role::SecurityAdmin, root).await);
        let id = server.account("anna", None, &[], false).await;
        let read = admin.get(&format!("/api/v1/accounts/{id}")).await;
        let tag = read.header("etag").to_owned();
        assert_eq!(read.ok()["status"], "active");
        patch(&admin, id, None, json!({ "display_name": "安娜" })).await.expect_problem(428, "precondition_required");
        let changed = patch(&admin, id, Some(&tag), json!({ "display_name": "安娜" })).await;
        let newer = changed.header("etag").to_owned();
        assert_eq!(changed.ok()["display_name"], "安娜");
        patch(&admin, id, Some(&tag), json!({ "display_name": "别人" })).await.expect_problem(412, "stale");
        // A grant is a change too.
        let grant = json!({ "role": "auditor", "unit_id": root });
        admin.post(&format!("/api/v1/accounts/{id}/grants"), &grant).await.ok();
        patch(&admin, id, Some(&newer), json!({ "disabled": true })).await.expect_problem(412, "stale");
        patch(&admin, id, Some("*"), json!({ "display_name": " ", "person_id": "x", "king": 1 })).await
            .expect_problem(422, "invalid_fields");
    }

    async fn accounts_are_found_by_what_they_are(server: TestServer) {
        let root = server.root().await;
        let (law, tax) = (server.unit(root, "1", "区司法局").await, server.unit(root, "2", "区税务局").await);
        let admin = server.as_(&server.user("sec", Role::SecurityAdmin, root).await);
        server.account("anna", None, &[(Role::Liaison, law)], false).await;
        server.account("bert", None, &[(Role::Auditor, tax)], false).await;
        let cora = server.account("cora", None, &[], false).await;
        patch(&admin, cora, Some("*"), json!({ "disabled": true })).await.ok();
        for _ in 0..5 {
            let wrong = json!({ "username": "bert", "password": "wrong" });
            server.client().post(LOGIN, &wrong).await.expect_problem(401, "wrong_credentials");
        }
        for (query, names) in [
            ("q=ANN".to_owned(), vec!["anna"]),
            ("role=auditor".to_owned(), vec!["bert"]),
            (format!("unit_id={law}"), vec!["anna"]),
            (format!("unit_id={root}"), vec!["anna", "bert", "sec"]),
            (format!("unit_id={law}&role=auditor"), vec![]),
            ("status=disabled".to_owned(), vec!["cora"]),
            ("status=active".to_owned(), vec!["anna", "bert", "sec"]),
            ("locked=true".to_owned(), vec!["bert"]),
        ] {
            let found = admin.get(&format!("/api/v1/accounts?{query}")).await.ok();
            let found: Vec<&str> =
                found["items"].as_array().unwrap().iter().map(|a| a["username"].as_str().unwrap()).collect();
            assert_eq!(found, names, "{query}");
        }
        admin.get("/api/v1/accounts?role=king&status=odd").await.expect_field("role", "unknown_value")
            .expect_field("status", "unknown_value");
        let bert = admin.get("/api/v1/accounts?locked=true").await.ok()["items"][0].clone();
        assert_eq!(bert["locked_until"], "2026-03-16T01:15:00.000Z");
        admin.act(&format!("/api/v1/accounts/{}/unlock", bert["id"].as_str().unwrap())).await.ok();
        server.client().post(LOGIN, &json!({ "username": "bert", "password": PASSWORD })).await.ok();
    }

    /// A security administrator of one unit has nothing to say of another, and cannot rise by what they look after.
    async fn a_subtree_is_all_that_is_looked_after(server: TestServer) {
        let root = server.root().await;
        let (law, tax) = (server.unit(root, "1", "区司法局").await, server.unit(root, "2", "区税务局").await);
        let user = server.user("sec", Role::SecurityAdmin, law).await;
        let admin = server.as_(&user);
        let foreign = server.account("bert", None, &[(Role::Auditor, tax)], false).await;
        let both = server.account("both", None, &[(Role::Liaison, law), (Role::Coordinator, root)], false).await;
        let names = admin.get("/api/v1/accounts").await.ok();
        let names: Vec<&Value> = names["items"].as_array().unwrap().iter().map(|a| &a["username"]).collect();
        assert_eq!(names, ["both", "sec"]);
        let grant = |unit| json!({ "role": "auditor", "unit_id": unit });
        admin.get(&format!("/api/v1/accounts/{foreign}")).await.expect_problem(404, "not_found");
        admin.post(&format!("/api/v1/accounts/{foreign}/grants"), &grant(law)).await.expect_problem(404, "not_found");
        admin.act(&format!("/api/v1/accounts/{foreign}/activation")).await.expect_problem(404, "not_found");
        admin.post(&format!("/api/v1/accounts/{both}/grants"), &grant(root)).await.expect_field("unit_id", "unknown_reference");
        // It holds more than this administrator could give: seen, but not taken over.
        admin.get(&format!("/api/v1/accounts/{both}")).await.ok();
        admin.act(&format!("/api/v1/accounts/{both}/activation")).await.expect_problem(403, "forbidden");
        patch(&admin, both, Some("*"), json!({ "disabled": true })).await.expect_problem(403, "forbidden");
        // Nor does anybody give themself a role, or shut themself out.
        admin.post(&format!("/api/v1/accounts/{}/grants", user.id), &grant(law)).await.expect_problem(403, "forbidden");
        patch(&admin, user.id, Some("*"), json!({ "disabled": true })).await.expect_field("disabled", "conflict");
    }

    /// Two instances give two administrators' roles at once: one of them is refused.
    async fn nobody_becomes_two_administrators_at_once(server: TestServer) {
        let (root, there) = (server.root().await, server.another().await);
        let user = server.user("sec", Role::SecurityAdmin, root).await;
        let (here, there) = (server.as_(&user), there.as_(&user));
        for round in 0..4 {
            let id = server.account(&format!("anna{round}"), None, &[], false).await;
            let path = format!("/api/v1/accounts/{id}/grants");
            let (one, other) = (json!({ "role": "system_admin", "unit_id": root }), json!({ "role": "audit_admin", "unit_id": root }));
            let (one, other) = tokio::join!(here.post(&path, &one), there.post(&path, &other));
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 422], "{} {}", one.text, other.text);
        }
    }

    /// A name that nobody has is answered, locked and slowed down like one that somebody has.
    async fn a_lock_says_nothing_of_who_is_there(server: TestServer) {
        server.account("anna", None, &[], false).await;
        let there = server.another().await;
        for username in ["anna", "nobody"] {
            let body = json!({ "username": username, "password": "wrong" });
            for n in 0..5 {
                let at = if n % 2 == 0 { &server } else { &there };
                at.client().post(LOGIN, &body).await.expect_problem(401, "wrong_credentials");
            }
            let locked = there.client().post(LOGIN, &body).await.expect_problem(429, "too_many_requests");
            assert_eq!(locked.header("retry-after"), "901");
        }
    }

    /// However many come at once, no more are tried than one after another.
    async fn guesses_at_once_are_counted_one_by_one(server: TestServer) {
        server.account("anna", None, &[], false).await;
        let body = json!({ "username": "anna", "password": "wrong" });
        let guesses = (0..12).map(|_| async { server.client().post(LOGIN, &body).await.status.as_u16() });
        let statuses = futures_util::future::join_all(guesses).await;
        assert_eq!(statuses.iter().filter(|s| **s == 401).count(), 5, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|s| **s == 429).count(), 7, "{statuses:?}");
    }

    async fn who_looked_at_whom_is_in_the_log(server: TestServer) {
        let root = server.root().await;
        let unit = server.unit(root, "1", "区司法局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let coordinator = server.as_(&user);
        let body = json!({ "name": "陈静", "unit_id": unit, "categories": ["civil_servant"] });
        let person = coordinator.post("/api/v1/people", &body).await.ok()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/people/{person}");
        let own = server.user_of("own", Some(person.parse().unwrap()), &[(Role::Liaison, unit)]).await;
        server.as_(&own).get(&path).await.ok();
        coordinator.get(&path).await.ok();
        coordinator.get("/api/v1/people?q=陈").await.ok();
        let views = told(&server, "org.view_person").await;
        assert_eq!(views.len(), 1, "one's own file is one's own affair");
        assert_eq!((&views[0].0, &views[0].1), (&user.id.to_string(), &format!("person:{person}")));
        let auditor = server.as_(&server.user("auditor", Role::Auditor, unit).await);
        server.work().await;
        let seen = auditor.get("/api/v1/log/entries?action=org.view_person").await.ok();
        assert_eq!(seen["items"][0]["unit_name"], "区司法局", "the auditor of the person's unit sees it");
        auditor.get("/api/v1/log/export").await;
        assert_eq!(told(&server, "file.download").await[0].3["path"], "/api/v1/log/export");
        auditor.get("/api/v1/reports/people?year=2026&figure=exam.absent&q=x").await.ok();
        assert_eq!(told(&server, "report.view_people").await[0].3["query"], json!({ "year": "2026", "figure": "exam.absent" }));
    }

    async fn who_tried_what_is_in_the_log(server: TestServer) {
        let root = server.root().await;
        let id = server.account("anna", None, &[(Role::Liaison, root)], false).await;
        let subject = format!("account:{id}");
        for username in ["anna", "anna", "anna", "anna", "anna", "my secret password"] {
            let body = json!({ "username": username, "password": "wrong" });
            server.client().post(LOGIN, &body).await.expect_problem(401, "wrong_credentials");
        }
        let failed = told(&server, "auth.log_in").await;
        assert_eq!(failed.len(), 6);
        assert_eq!(failed[0], ("nobody".to_owned(), subject.clone(), "refused".to_owned(), json!({ "username": "anna" })));
        assert_eq!(failed[5].1, "account:unknown");
        assert_eq!(failed[5].3, json!({ "username": null }), "what may be a password is not kept");
        assert_eq!(told(&server, "auth.lock").await.len(), 1);
        server.advance(std::time::Duration::from_mins(15));
        let client = server.as_(&server.log_in(id, "anna").await);
        client.get("/api/v1/accounts").await.expect_problem(403, "forbidden");
        let refused = told(&server, "auth.refuse").await;
        assert_eq!((&refused[0].0, &refused[0].1, refused[0].2.as_str()), (&id.to_string(), &subject, "refused"));
        assert_eq!(refused[0].3["path"], "/api/v1/accounts");
        let change = json!({ "password": "wrong", "new_password": "a password of my own" });
        client.post("/api/v1/auth/password", &change).await.expect_field("password", "invalid");
        let wrong = told(&server, "auth.change_password").await;
        assert_eq!((wrong[0].2.as_str(), &wrong[0].3["reason"]), ("refused", &json!("wrong_password")));
        let same = json!({ "password": PASSWORD, "new_password": PASSWORD });
        client.post("/api/v1/auth/password", &same).await.expect_field("new_password", "duplicate");
        let given = told(&server, "auth.grant").await;
        assert_eq!((&given[0].3["role"], &given[0].3["unit"]), (&json!("liaison"), &json!(root)));
    }
}
