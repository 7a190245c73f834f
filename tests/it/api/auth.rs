//! Logging in and out, accounts and grants.

use std::time::Duration;

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::json;

use crate::harness::{PASSWORD, TestServer, User};

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";

async fn security_admin(server: &TestServer) -> User {
    server.user("sec", Role::SecurityAdmin, server.root().await).await
}

both_databases! {
    async fn nobody_is_nobody(server: TestServer) {
        server.client().get(ME).await.expect_problem(401, "unauthenticated");
        let forged = User { token: "0".repeat(64), ..security_admin(&server).await };
        server.as_(&forged).get(ME).await.expect_problem(401, "unauthenticated");
    }

    async fn a_token_leads_to_its_account(server: TestServer) {
        let user = server.user("anna", Role::Auditor, server.root().await).await;
        let me = server.as_(&user).get(ME).await.ok();
        assert_eq!(me["username"], "anna");
        assert_eq!(me["grants"][0]["role"], "auditor");
        assert!(me.get("password_hash").is_none());
    }

    async fn logging_in_gives_a_token_and_whose_it_is(server: TestServer) {
        server.account("anna", None, &[(Role::Liaison, server.root().await)], false).await;
        let body = json!({ "username": " ANNA ", "password": PASSWORD });
        let answer = server.client().post(LOGIN, &body).await.ok();
        assert_eq!(answer["must_change_password"], false);
        assert_eq!(answer["account"]["username"], "anna");
        assert_eq!(answer["expires_at"], "2026-03-16T13:00:00.000Z");
        assert!(answer["token"].as_str().unwrap().len() >= 64);
    }

    async fn a_wrong_password_says_no_more_than_an_unknown_name(server: TestServer) {
        server.account("anna", None, &[], false).await;
        for username in ["anna", "nobody"] {
            let body = json!({ "username": username, "password": "wrong" });
            server.client().post(LOGIN, &body).await.expect_problem(401, "wrong_credentials");
        }
    }

    async fn five_failures_lock_an_account_for_a_while(server: TestServer) {
        let id = server.account("anna", None, &[], false).await;
        let wrong = json!({ "username": "anna", "password": "wrong" });
        for _ in 0..5 {
            server.client().post(LOGIN, &wrong).await.expect_problem(401, "wrong_credentials");
        }
        let right = json!({ "username": "anna", "password": PASSWORD });
        let locked = server.client().post(LOGIN, &right).await.expect_problem(429, "too_many_requests");
        let seconds: u64 = locked.header("retry-after").parse().unwrap();
        assert!((1..=901).contains(&seconds), "{seconds}");
        server.advance(Duration::from_secs(seconds));
        server.log_in(id, "anna").await;
        // A success forgives: the next failure is the first again.
        server.client().post(LOGIN, &wrong).await.expect_problem(401, "wrong_credentials");
        server.log_in(id, "anna").await;
    }

    async fn logging_out_ends_the_token(server: TestServer) {
        let id = server.account("anna", None, &[], false).await;
        let (here, there) = (server.log_in(id, "anna").await, server.log_in(id, "anna").await);
        server.as_(&here).get(ME).await.ok();
        server.as_(&here).act("/api/v1/auth/logout").await.ok();
        server.as_(&here).get(ME).await.expect_problem(401, "unauthenticated");
        server.as_(&there).get(ME).await.ok();
    }

    async fn a_token_ends_by_itself(server: TestServer) {
        let user = server.user_of("anna", None, &[]).await;
        server.advance(Duration::from_hours(12) - Duration::from_secs(1));
        server.as_(&user).get(ME).await.ok();
        server.advance(Duration::from_secs(1));
        server.as_(&user).get(ME).await.expect_problem(401, "unauthenticated");
    }

    async fn changing_the_password_ends_the_other_tokens(server: TestServer) {
        let id = server.account("anna", None, &[], false).await;
        let (here, there) = (server.log_in(id, "anna").await, server.log_in(id, "anna").await);
        let client = server.as_(&here);
        let change = |old: &str, new: &str| json!({ "password": old, "new_password": new });
        let path = "/api/v1/auth/password";
        client.post(path, &change("wrong", "another good one")).await.expect_field("password", "invalid");
        client.post(path, &change(PASSWORD, "short")).await.expect_field("new_password", "too_short");
        client.post(path, &change(PASSWORD, "long enough, Anna")).await.expect_field("new_password", "conflict");
        client.post(path, &change(PASSWORD, "another good one")).await.ok();
        client.get(ME).await.ok();
        server.as_(&there).get(ME).await.expect_problem(401, "unauthenticated");
        let old = json!({ "username": "anna", "password": PASSWORD });
        server.client().post(LOGIN, &old).await.expect_problem(401, "wrong_credentials");
        let new = json!({ "username": "anna", "password": "another good one" });
        server.client().post(LOGIN, &new).await.ok();
    }

    async fn a_first_password_is_changed_before_anything_else(server: TestServer) {
        let root = server.root().await;
        let id = server.account("sec", None, &[(Role::SecurityAdmin, root)], true).await;
        let client = server.as_(&server.log_in(id, "sec").await);
        client.get("/api/v1/accounts").await.expect_problem(403, "password_change_required");
        client.get(ME).await.ok();
        let body = json!({ "password": PASSWORD, "new_password": "my own password" });
        client.post("/api/v1/auth/password", &body).await.ok();
        client.get("/api/v1/accounts").await.ok();
    }

    async fn accounts_are_the_security_administrators_affair(server: TestServer) {
        let root = server.root().await;
        let body = json!({ "username": "new", "display_name": "新", "password": "a first password" });
        for role in Role::ALL.iter().filter(|r| **r != Role::SecurityAdmin) {
            let client = server.as_(&server.user(role.as_str(), *role, root).await);
            client.get("/api/v1/accounts").await.expect_problem(403, "forbidden");
            client.post("/api/v1/accounts", &body).await.expect_problem(403, "forbidden");
        }
        let client = server.as_(&security_admin(&server).await);
        let made = client.post("/api/v1/accounts", &body).await.ok();
        assert_eq!(made["grants"], json!([]));
        client.post("/api/v1/accounts", &body).await.expect_field("username", "duplicate");
        let log_in = json!({ "username": "new", "password": "a first password" });
        assert_eq!(server.client().post(LOGIN, &log_in).await.ok()["must_change_password"], true);
    }

    async fn a_bad_account_is_told_of_field_by_field(server: TestServer) {
        let client = server.as_(&security_admin(&server).await);
        let body = json!({ "username": "a b", "display_name": " ", "password": "a first password", "person_id": "x" });
        client.post("/api/v1/accounts", &body).await.expect_field("username", "invalid")
            .expect_field("display_name", "required")
            .expect_field("person_id", "unknown_reference");
    }

    async fn accounts_come_page_by_page(server: TestServer) {
        let client = server.as_(&security_admin(&server).await);
        for name in ["anna", "bert", "cora"] {
            server.account(name, None, &[], false).await;
        }
        let (mut names, mut path) = (Vec::new(), "/api/v1/accounts?limit=2".to_owned());
        loop {
            let page = client.get(&path).await.ok();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            names.extend(items.iter().map(|a| a["username"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/accounts?limit=2&cursor={cursor}");
        }
        assert_eq!(names, ["anna", "bert", "cora", "sec"]);
    }

    async fn grants_are_given_and_taken_back(server: TestServer) {
        let client = server.as_(&security_admin(&server).await);
        let root = server.root().await;
        let user = server.user_of("anna", None, &[]).await;
        let grants = format!("/api/v1/accounts/{}/grants", user.id);
        let grant = json!({ "role": "coordinator", "unit_id": root });
        let made = client.post(&grants, &grant).await.ok();
        let me = server.as_(&user).get(ME).await.ok();
        assert_eq!(me["grants"][0]["role"], "coordinator");
        assert_eq!(me["grants"][0]["id"], made["id"]);
        let one = format!("{grants}/{}", made["id"].as_str().unwrap());
        client.delete(&one).await.ok();
        assert_eq!(server.as_(&user).get(ME).await.ok()["grants"], json!([]));
        client.delete(&one).await.expect_problem(404, "not_found");
    }

    async fn a_bad_grant_is_refused(server: TestServer) {
        let client = server.as_(&security_admin(&server).await);
        let id = server.account("anna", None, &[], false).await;
        let grants = format!("/api/v1/accounts/{id}/grants");
        let nowhere = "0190a000-0000-7000-8000-000000000000";
        let bad = json!({ "role": "king", "unit_id": "x", "valid_until": "tomorrow" });
        client.post(&grants, &bad).await.expect_field("role", "unknown_value")
            .expect_field("unit_id", "unknown_reference")
            .expect_field("valid_until", "invalid");
        let unknown = json!({ "role": "auditor", "unit_id": nowhere });
        client.post(&grants, &unknown).await.expect_field("unit_id", "unknown_reference");
        let to_nobody = format!("/api/v1/accounts/{nowhere}/grants");
        let grant = json!({ "role": "auditor", "unit_id": server.root().await });
        client.post(&to_nobody, &grant).await.expect_problem(404, "not_found");
        let of_nothing = client.post("/api/v1/accounts/x/grants", &grant).await;
        of_nothing.expect_problem(404, "not_found");
    }

    async fn nobody_is_two_administrators(server: TestServer) {
        let client = server.as_(&security_admin(&server).await);
        let root = server.root().await;
        let id = server.account("anna", None, &[(Role::AuditAdmin, root)], false).await;
        let grants = format!("/api/v1/accounts/{id}/grants");
        for role in ["system_admin", "security_admin"] {
            let grant = json!({ "role": role, "unit_id": root });
            client.post(&grants, &grant).await.expect_field("role", "conflict");
        }
        client.post(&grants, &json!({ "role": "auditor", "unit_id": root })).await.ok();
    }

    async fn a_grant_ends_on_its_day(server: TestServer) {
        let root = server.root().await;
        let admin = server.as_(&security_admin(&server).await);
        let id = server.account("deputy", None, &[], false).await;
        let until = (server.now() + entity::instant::Millis(3_600_000)).to_string();
        let grant = json!({ "role": "security_admin", "unit_id": root, "valid_until": until });
        admin.post(&format!("/api/v1/accounts/{id}/grants"), &grant).await.ok();
        let deputy = server.as_(&server.log_in(id, "deputy").await);
        deputy.get("/api/v1/accounts").await.ok();
        server.advance(Duration::from_hours(1));
        deputy.get("/api/v1/accounts").await.expect_problem(403, "forbidden");
    }

    async fn a_pages_cookie_needs_its_csrf_token_to_change_anything(server: TestServer) {
        let user = server.user_of("anna", None, &[]).await;
        let client = server.client();
        let cookie = format!("kaofa={}", user.token);
        let read = client.request(Method::GET, ME).header("cookie", &cookie);
        client.send(read).await.ok();
        let log_out = client.request(Method::POST, "/api/v1/auth/logout").header("cookie", &cookie);
        client.send(log_out.try_clone().unwrap()).await.expect_problem(403, "csrf_failed");
        let hash = server.services.auth.authenticate(&user.token, None).await.unwrap().token_hash;
        client.send(log_out.header("x-csrf-token", kaofa::auth::csrf_token(&hash))).await.ok();
    }

    /// Over HTTPS only the cookie that no neighbouring host can set.
    async fn a_plain_cookie_is_not_looked_at_over_https(server: TestServer) {
        let there = server.another_with(|settings| settings.public_url = String::from("https://kaofa.example")).await;
        let user = server.user_of("anna", None, &[]).await;
        let client = there.client();
        for (name, status) in [("kaofa", 401), ("__Host-kaofa", 200)] {
            let request = client.request(Method::GET, ME).header("cookie", format!("{name}={}", user.token));
            assert_eq!(client.send(request).await.status, status, "{name}");
        }
    }
}
