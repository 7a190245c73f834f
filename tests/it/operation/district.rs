//! A district that the program itself serves, and somebody who may change it.

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{Serving, done, kaofa};

pub(super) const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Somebody of whom a request is sent.
#[derive(Clone)]
pub(super) struct User {
    pub(super) http: Client,
    pub(super) base: String,
    pub(super) token: String,
}

impl User {
    pub(super) async fn log_in(base: &str, username: &str, password: &str) -> Self {
        let this = Self { http: Client::new(), base: base.to_owned(), token: String::new() };
        let body = json!({ "username": username, "password": password });
        let token = this.post("/auth/login", &body).await["token"].as_str().unwrap().to_owned();
        Self { token, ..this }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

pub(super) const PASSWORD: &str = "a password of the backup's test";

/// A district with a system administrator, being served.
pub(super) async fn scene(folder: &TempDir) -> (Serving, User, Value) {
    let create = ["account", "create-security-admin", "--username", "sec", "--district", "示范区", "--code", "430202"];
    let printed = done(&mut kaofa(folder.path(), &create));
    let first = printed.lines().find_map(|l| l.strip_prefix("password:")).unwrap().trim();
    let serving = Serving::start(kaofa(folder.path(), &SERVE));
    let sec = User::log_in(&serving.address, "sec", first).await;
    sec.post("/auth/password", &json!({ "password": first, "new_password": PASSWORD })).await;
    let sec = User::log_in(&serving.address, "sec", PASSWORD).await;
    let root = sec.get("/auth/me").await.1["grants"][0]["unit_id"].clone();
    let new = json!({ "username": "sys", "display_name": "sys", "password": "the first password" });
    let id = sec.post("/accounts", &new).await["id"].as_str().unwrap().to_owned();
    let grant = json!({ "role": "system_admin", "unit_id": root });
    sec.post(&format!("/accounts/{id}/grants"), &grant).await;
    let sys = User::log_in(&serving.address, "sys", "the first password").await;
    sys.post("/auth/password", &json!({ "password": "the first password", "new_password": PASSWORD })).await;
    let sys = User::log_in(&serving.address, "sys", PASSWORD).await;
    (serving, sys, root)
}
