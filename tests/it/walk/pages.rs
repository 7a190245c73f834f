//! Every page that the router knows, asked for as nobody and as each role. What a role may do is decided by services,
//! which the walk over the operations holds to account; here it is seen to that no page forgets to ask who reads it, and
//! that none breaks for anybody.

use std::collections::BTreeSet;

use super::scene::Scene;
use crate::harness::{TestServer, User};

/// Pages for everybody.
const OPEN: &[&str] = &["/activate", "/c/:session", "/compat", "/language", "/login", "/static/:name", "/styleguide"];

/// The addresses of pages, as the router has them.
fn pages() -> BTreeSet<String> {
    let source = include_str!("../../../src/web/router.rs");
    let address = |part: &str| part.split_once('"').map(|(path, rest)| (path.to_owned(), rest.to_owned()));
    let is_get = |rest: &str| rest.trim_start_matches([',', ' ', '\n']).starts_with("get(");
    source.split(".at(\"").skip(1).filter_map(address).filter(|(_, rest)| is_get(rest)).map(|(path, _)| path).collect()
}

/// An address of the scene.
fn filled(scene: &Scene, path: &str) -> String {
    let id = |word: &str| match word {
        "accounts" => scene.account.id.to_string(),
        "attempts" | "results" => scene.attempt.clone(),
        "people" => scene.people[2].to_string(),
        "programmes" => scene.programme.clone(),
        "questions" => scene.question.clone(),
        "banks" => scene.bank.clone(),
        "sessions" | "checkin" | "c" => scene.session.clone(),
        "snapshots" => scene.snapshot.clone(),
        "units" => scene.unit.to_string(),
        "years" => "2025".to_owned(),
        _ => scene.exam.clone(),
    };
    let mut before = "";
    let mut parts = Vec::new();
    for part in path.split('/') {
        parts.push(match part {
            ":person" | ":person_id" => scene.people[2].to_string(),
            ":act" => "transfer".to_owned(),
            ":session" => scene.session.clone(),
            name if name.starts_with(':') => id(before),
            plain => plain.to_owned(),
        });
        before = part;
    }
    parts.join("/")
}

async fn ask(server: &TestServer, path: &str, user: Option<&User>) -> (u16, String) {
    let client = user.map_or_else(|| server.client(), |user| server.as_(user));
    let request = client.request(reqwest::Method::GET, path).header("accept", "text/html");
    // Of a page that goes on for ever the status is enough.
    let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
    let to = response.headers().get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status().as_u16(), to)
}

both_databases! {
    async fn every_page_asks_who_reads_it(server: TestServer) {
        let scene = Scene::set(&server).await;
        let pages = pages();
        assert!(pages.len() > 40, "the router's addresses are read: {pages:?}");
        for page in &pages {
            let path = filled(&scene, page);
            let (status, to) = ask(&server, &path, None).await;
            let asked = status == 303 && to.starts_with("/login");
            assert!(asked != OPEN.contains(&page.as_str()), "{path} as nobody: {status} {to}");
            for user in scene.inside.iter().chain(&scene.outside) {
                let (status, to) = ask(&server, &path, Some(user)).await;
                let fine = [200, 303, 403, 404, 409, 422].contains(&status) && !to.starts_with("/login?next");
                assert!(fine, "{path} as {}: {status} {to}", user.username);
            }
        }
    }
}
