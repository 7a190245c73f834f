//! Every operation of the specification, called as nobody and as each of the seven roles, over the subtree in which it
//! is called and over one beside it. What becomes of it is stated in `table.rs`, an operation a line; an operation
//! without a line fails the test, which then says what it saw, so that the author can judge it and write it down.

mod pages;
mod requests;
mod scene;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{TestServer, User};
use scene::Scene;
use table::{OPEN, TABLE};

/// What an answer says of the caller, in a letter.
fn letter(status: u16) -> char {
    match status {
        // Done, or refused by the state of things.
        200..=299 | 409 => 'y',
        401 => 'u',
        403 => 'n',
        404 => 'h',
        422 => 'f',
        _ => '?',
    }
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    /// What it is answered with, as the specification has it.
    answers: Value,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(kaofa::openapi::document()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let (method, answers) = (method.to_uppercase().parse().unwrap(), operation["responses"].clone());
            found.push(Operation { id, method, path: path.clone(), answers });
        }
    }
    found
}

impl Operation {
    /// The kinds of answer of a status, by their media types, with the schemas of each.
    fn kinds(&self, status: u16) -> Vec<(String, &Value)> {
        let content = self.answers[status.to_string()]["content"].as_object();
        content.into_iter().flatten().map(|(kind, media)| (bare(kind), &media["schema"])).collect()
    }
}

/// A media type without its parameters.
fn bare(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// Calls an operation as somebody and gives the letter of its answer.
async fn call(scene: &Scene, operation: &Operation, user: &User) -> char {
    // What ends or changes the token is called with one of its own.
    let own = ["log_out", "change_password"].contains(&operation.id.as_str());
    let user = if own { scene.server.log_in(user.id, &user.username).await } else { user.clone() };
    let path = requests::address(scene, &operation.id, &operation.path, &user).await;
    let body = requests::body(scene, &operation.id, &user).await;
    let client = scene.server.as_(&user);
    let mut request = client.request(operation.method.clone(), &path).header("if-match", "*");
    if let Some(form) = requests::file(&operation.id) {
        request = request.multipart(form);
    } else if !body.is_null() {
        request = request.json(&body);
    }
    // Of an answer that goes on for ever the status is enough.
    let response = request.send().await.unwrap_or_else(|error| panic!("{} {path}: {error}", operation.id));
    let status = response.status().as_u16();
    if let Some(kind) = response.headers().get("content-type").filter(|_| response.status().is_success()) {
        let (kind, kinds) = (bare(kind.to_str().unwrap()), operation.kinds(status));
        assert!(
            kinds.iter().any(|(k, _)| *k == kind),
            "{} is answered with {kind}, which is not declared",
            operation.id
        );
    }
    match letter(status) {
        '?' => panic!("{} {path} as {}: {status} {}", operation.id, user.username, response.text().await.unwrap()),
        found => found,
    }
}

/// Calls it as everybody; those who are expected to be refused come first, so that they find what they are refused.
async fn observe(scene: &Scene, operation: &Operation, stated: Option<&[&str; 2]>) -> [String; 2] {
    let mut seen = [vec![' '; Role::ALL.len()], vec![' '; Role::ALL.len()]];
    for allowed in [false, true] {
        for (side, users) in [&scene.outside, &scene.inside].into_iter().enumerate() {
            let side = 1 - side;
            for (n, user) in users.iter().enumerate() {
                let expected = stated.and_then(|s| s[side].chars().nth(n));
                if (expected == Some('y')) == allowed {
                    seen[side][n] = call(scene, operation, user).await;
                }
            }
        }
    }
    seen.map(|letters| letters.into_iter().collect())
}

async fn walk(server: TestServer) {
    let scene = Scene::set(&server).await;
    let (mut wrong, mut known) = (String::new(), BTreeSet::new());
    for operation in operations() {
        if OPEN.contains(&operation.id.as_str()) {
            continue;
        }
        let nobody = server.client().request(operation.method.clone(), &operation.path.replace(['{', '}'], "x"));
        let nobody = nobody.header("if-match", "*").json(&Value::Null).send().await.unwrap();
        assert_eq!(nobody.status(), 401, "{} as nobody", operation.id);
        let stated = TABLE.iter().find(|(id, _)| *id == operation.id).map(|(_, letters)| letters);
        known.insert(operation.id.clone());
        let seen = observe(&scene, &operation, stated).await;
        if stated.is_none_or(|s| s[0] != seen[0] || s[1] != seen[1]) {
            let said = match stated {
                None => "has no line".to_owned(),
                Some([inside, outside]) => format!("is stated as [\"{inside}\", \"{outside}\"]"),
            };
            writeln!(wrong, "    (\"{}\", [\"{}\", \"{}\"]), // {said}", operation.id, seen[0], seen[1]).unwrap();
        }
    }
    for (id, _) in TABLE.iter().filter(|(id, _)| !known.contains(*id)) {
        writeln!(wrong, "    {id} is no operation any more: take its line away").unwrap();
    }
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    assert!(
        wrong.is_empty(),
        "Some operations do not answer as tests/it/walk/table.rs states. What was seen (inside, outside the subtree; {}):\n\
         {wrong}Judge each by the roles of the contract: mend the operation, or write the line down. One that wants a body \
         (all of it `f`) or an id that its address does not tell (all of it `h`) needs a line in tests/it/walk/requests.rs.",
        roles.join(", "),
    );
}

#[test]
fn every_line_of_the_table_is_well_formed() {
    for (id, letters) in TABLE {
        for side in letters {
            assert!(side.len() == Role::ALL.len() && side.chars().all(|c| "ynhf".contains(c)), "{id}: {side}");
        }
    }
    assert!(TABLE.is_sorted_by_key(|(id, _)| *id), "the table is in the order of the operations' names");
}

#[test]
fn what_is_json_is_not_declared_as_bytes() {
    for operation in operations() {
        for (kind, schema) in operation.kinds(200) {
            assert!(kind != "application/json" || schema["format"] != "binary", "{}: {schema}", operation.id);
        }
    }
}

both_databases! {
    async fn every_operation_answers_as_is_stated(server: TestServer) {
        walk(server).await;
    }
}
