//! Nothing that an official or a candidate can get before release betrays a key, a score or an explanation, and the
//! published manifest does not help to find one.

use std::collections::{BTreeMap, BTreeSet};

use entity::bank::question_version;
use kaofa::auth::Role;
use kaofa::bank::{Answer, Choice, Content, Kind, Salt};
use kaofa::kernel::digest::Digest;
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::api::draw::{Scene, text};
use crate::harness::{Answer as Reply, Client, PASSWORD, TestServer};

/// Members that no answer may hold before release, wherever they stand.
const FORBIDDEN: &[&str] =
    &["answer", "answers", "correct", "key", "keys", "explanation", "salt", "secret", "right", "score", "marks"];
/// Members that hold points somebody scored; null until release.
const SCORES: &[&str] = &["points", "passed", "result", "best_points", "facility", "discrimination"];

/// What the server knows and must not tell: the key of every item, and texts that go with it.
struct Secrets {
    /// By item, the ids of the right options.
    keys: BTreeMap<String, BTreeSet<String>>,
    texts: Vec<String>,
}

async fn secrets(server: &TestServer) -> Secrets {
    let conn = server.services.core.db.read();
    let (mut keys, mut texts) = (BTreeMap::new(), Vec::new());
    for row in question_version::Entity::find().all(conn).await.unwrap() {
        if let Ok(right) = serde_json::from_str::<BTreeSet<String>>(&row.answer) {
            keys.insert(format!("{}@{}", row.question_id, row.version), right);
        }
        texts.extend([row.salt, row.explanation]);
    }
    for row in entity::exam::exam::Entity::find().all(conn).await.unwrap() {
        texts.extend(row.secret);
    }
    texts.retain(|text| !text.is_empty());
    assert!(keys.len() >= 12 && texts.len() >= 25);
    Secrets { keys, texts }
}

impl Secrets {
    /// Looks for anything of it in an answer. `own` is what the candidate answered by themselves.
    #[track_caller]
    fn look(&self, what: &str, reply: &Reply, own: &[Value]) {
        for text in &self.texts {
            assert!(!reply.text.contains(text), "{what}: tells {text}: {}", reply.text);
        }
        if !reply.json.is_null() {
            self.walk(what, &reply.json, own);
        }
    }

    #[track_caller]
    fn walk(&self, what: &str, value: &Value, own: &[Value]) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    assert!(!FORBIDDEN.contains(&name.as_str()), "{what}: has {name}: {field}");
                    let score = SCORES.contains(&name.as_str()) && !field.is_null() && *field != json!(false);
                    assert!(!score, "{what}: has {name}: {field}");
                    self.walk(what, field, own);
                }
            }
            Value::Array(items) => {
                // A list of ids that is just a key, unless it is what the candidate chose.
                let ids: BTreeSet<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let is_key = !ids.is_empty() && self.keys.values().any(|key| *key == ids);
                assert!(!is_key || own.contains(value), "{what}: holds a key: {value}");
                for item in items {
                    self.walk(what, item, own);
                }
            }
            _ => {}
        }
    }
}

/// What the placeholders of paths may stand for.
struct Ids(Vec<String>);

impl Ids {
    /// Every path that a template may mean, each placeholder with each id.
    fn paths(&self, template: &str, open: char, close: Option<char>) -> Vec<String> {
        let Some(at) = template.find(open) else { return vec![template.to_owned()] };
        let rest = &template[at + 1..];
        let end = rest.find(|c: char| Some(c) == close || (close.is_none() && c == '/')).unwrap_or(rest.len());
        let after = if close.is_some() { &rest[end + 1..] } else { &rest[end..] };
        let with = |id: &String| self.paths(&format!("{}{id}{after}", &template[..at]), open, close);
        self.0.iter().flat_map(with).collect()
    }
}

/// The addresses of all pages, as the router names them.
fn pages() -> Vec<String> {
    let router = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/router.rs")).unwrap();
    let paths: Vec<String> =
        router.split(".at(").skip(1).filter_map(|rest| rest.split('"').nth(1).map(str::to_owned)).collect();
    assert!(paths.len() > 40 && paths.iter().all(|p| p.starts_with('/')), "{paths:?}");
    paths
}

/// Asks for every operation of the specification and for every page with every id, and looks into each answer.
async fn ask_for_everything(
    server: &TestServer,
    username: &str,
    client: &Client,
    ids: &Ids,
    found: &Secrets,
    own: &[Value],
) {
    let document: Value = serde_json::from_str(kaofa::openapi::document()).unwrap();
    let mut given = 0;
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            // What would end the attempt or the log-in is asked for elsewhere.
            if ["submit_attempt", "log_out", "log_in", "change_password", "start_attempt"].contains(&name) {
                continue;
            }
            for path in ids.paths(template, '{', Some('}')) {
                let method: Method = method.to_uppercase().parse().unwrap();
                let bodies: Vec<Option<Value>> = match method {
                    Method::GET | Method::DELETE => vec![None],
                    _ => vec![None, Some(json!({}))],
                };
                for body in bodies {
                    let mut request = client.request(method.clone(), &path).header("If-Match", "*");
                    if let Some(body) = &body {
                        request = request.json(body);
                    }
                    let reply = client.send(request).await;
                    given += u32::from(reply.status.is_success());
                    found.look(&format!("{username} {method} {path}"), &reply, own);
                }
            }
        }
    }
    assert!(given > 10, "{username} was given {given} answers only");
    let form = [("username", username), ("password", PASSWORD), ("next", "")];
    let entered = server.client();
    let login = entered.send(entered.request(Method::POST, "/login").header("accept", "text/html").form(&form)).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let mut shown = 0;
    for template in pages() {
        for path in ids.paths(&template, ':', None) {
            if ["/logout", "/language"].contains(&path.as_str()) || path.ends_with("/room") {
                continue;
            }
            let request = entered.request(Method::GET, &path).header("accept", "text/html").header("cookie", &cookie);
            let reply = entered.send(request).await;
            shown += u32::from(reply.status.is_success());
            for text in &found.texts {
                assert!(!reply.text.contains(text), "{username} {path}: tells {text}");
            }
        }
    }
    assert!(shown > 4, "{username} was shown {shown} pages only");
}

both_databases! {
    async fn nothing_betrays_a_key_before_release(server: TestServer) {
        let scene = Scene::set(&server, 3, 12).await;
        let running = scene.sealed(json!({ "release": "manual", "show_key": "after_close" })).await;
        let user = server.user_of("wei", Some(scene.people[0]), &[(Role::Official, scene.unit)]).await;
        let both = [(Role::Official, scene.unit), (Role::Liaison, scene.unit)];
        let liaison = server.user_of("na", Some(scene.people[1]), &both).await;
        let candidate = server.as_(&user);
        let questions = scene.coordinator.get("/api/v1/questions?limit=5").await.ok();
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        let start = candidate.act(&format!("/api/v1/exams/{running}/attempts")).await;
        let found = secrets(&server).await;
        found.look("starting", &start, &[]);
        let sitting = start.ok();
        let attempt = text(&sitting["id"]);

        // One answer right, one wrong: neither may be told apart from the other.
        let items = sitting["sections"][0]["items"].as_array().unwrap().clone();
        let right: Vec<&String> = found.keys[items[0]["item"].as_str().unwrap()].iter().collect();
        let wrong = |item: &Value| {
            let key = &found.keys[item["item"].as_str().unwrap()];
            let options = item["options"].as_array().unwrap();
            json!([options.iter().map(|o| text(&o["id"])).find(|id| !key.contains(id)).unwrap()])
        };
        let own = [json!(right), wrong(&items[1])];
        let saves: Vec<Value> = (1..).zip(&own)
            .map(|(position, response)| json!({ "position": position, "seq": 1, "response": response })).collect();
        let body = json!({ "lease": sitting["lease"], "saves": saves });
        let kept = candidate.put(&format!("/api/v1/attempts/{attempt}/answers"), &body).await;
        found.look("saving", &kept, &[]);
        kept.ok();

        let question = text(&questions["items"][0]["id"]);
        let ids = Ids(vec![running.clone(), attempt.clone(), question, scene.people[0].to_string(), scene.unit.to_string()]);
        ask_for_everything(&server, "wei", &candidate, &ids, &found, &own).await;
        ask_for_everything(&server, "na", &server.as_(&liaison), &ids, &found, &own).await;
        let seen = candidate.act(&format!("/api/v1/exams/{running}/attempts")).await;
        found.look("resuming", &seen, &own);
        let lease = seen.ok()["lease"].clone();

        // Handed in, and closed, it still is not released.
        let submit = json!({ "lease": lease });
        let done = candidate.post(&format!("/api/v1/attempts/{attempt}/submit"), &submit).await;
        found.look("handing in", &done, &own);
        done.ok();
        ask_for_everything(&server, "wei", &candidate, &ids, &found, &own).await;
        server.set_clock("2026-03-16T03:05:00.000Z");
        server.work().await;
        // Now the secret of the draw is out, and nothing else.
        let mut after = secrets(&server).await;
        let file = candidate.get(&format!("/api/v1/exams/{running}/draw")).await.ok();
        after.texts.retain(|text| json!(text) != file["secret"]);
        let draw = json!({ "manifest": file["manifest"], "papers": file["papers"], "log": file["log"] });
        after.walk("the draw file", &draw, &[]);
        candidate.get(&format!("/api/v1/attempts/{attempt}/result")).await.expect_problem(409, "not_released");

        // Released, it is told: the test looks in the right places.
        scene.coordinator.act(&format!("/api/v1/exams/{running}/release")).await.ok();
        let told = candidate.get(&format!("/api/v1/attempts/{attempt}/result")).await;
        assert!(told.json["items"][0]["key"].is_array(), "{}", told.text);
        let leaks = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| after.look("the result", &told, &[])));
        assert!(leaks.is_err(), "a result with its key is found out");
    }

    async fn the_manifest_does_not_help_to_find_a_key(server: TestServer) {
        let scene = Scene::set(&server, 1, 60).await;
        let exam = scene.sealed(json!({ "sections": [
            { "title": "单项选择题", "kind": "single", "count": 40, "points_each": 2 },
        ] })).await;
        let user = server.user_of("wei", Some(scene.people[0]), &[(Role::Official, scene.unit)]).await;
        let candidate = server.as_(&user);
        let published = candidate.get(&format!("/api/v1/exams/{exam}/manifest")).await.ok();
        server.set_clock("2026-03-16T02:00:00.000Z");
        let sitting = candidate.act(&format!("/api/v1/exams/{exam}/attempts")).await.ok();
        let found = secrets(&server).await;

        // All that is public and could be a salt.
        let hex = |value: &Value| value.as_str().and_then(|text| text.parse::<Digest>().ok());
        let mut salts = vec![Salt::from_bytes([0; 32]), Salt::from_bytes([255; 32])];
        let entry = scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok();
        let public = [&published["manifest_digest"], &published["commitment"], &sitting["paper_digest"], &entry["commitment"]];
        salts.extend(public.into_iter().filter_map(hex).map(|d| Salt::from_bytes(*d.as_bytes())));
        let (mut tried, mut first, mut items) = (0, 0, 0);
        for shown in sitting["sections"][0]["items"].as_array().unwrap() {
            let pool = published["manifest"]["pool"].as_array().unwrap();
            let sealed = pool.iter().find(|p| p["item"] == shown["item"]).unwrap();
            let digest = hex(&sealed["digest"]).unwrap();
            let texts: BTreeMap<String, String> =
                shown["options"].as_array().unwrap().iter().map(|o| (text(&o["id"]), text(&o["text"]))).collect();
            let order: Vec<String> = sealed["options"].as_array().unwrap().iter().map(text).collect();
            let pinned: Vec<String> = sealed["pinned"].as_array().unwrap().iter().map(text).collect();
            let own = hex(&json!(text(&sealed["digest"]))).map(|d| Salt::from_bytes(*d.as_bytes()));
            for order in orders(&order) {
                let options: Vec<Choice> = order.iter()
                    .map(|id| Choice { id: id.clone(), text: texts[id].clone(), pinned: pinned.contains(id) }).collect();
                for key in 1..1_u32 << order.len() {
                    let right = (0..order.len()).filter(|n| key >> n & 1 == 1).map(|n| order[n].clone()).collect();
                    let content = Content {
                        kind: Kind::Single, stem: text(&shown["stem"]), options: options.clone(), answer: Answer::Options(right),
                    };
                    for salt in salts.iter().chain(&own) {
                        assert_ne!(content.digest(salt), digest, "a salt can be guessed");
                        tried += 1;
                    }
                }
            }
            // The right option was always written first, the last one is pinned: what the manifest shows tells nothing of it.
            let key = &found.keys[shown["item"].as_str().unwrap()];
            first += u32::from(key.contains(&order[0]));
            items += 1;
        }
        assert!(tried > 100_000, "{tried}");
        // One of three by chance: of 40, between 4 and 23 but once in 10,000 times. The randomness of this test is fixed.
        assert!(items == 40 && (4..=23).contains(&first), "{first} of {items}");
        // With the salt it is found at once: the search looks where it should.
        let row = &question_version::Entity::find().all(server.services.core.db.read()).await.unwrap()[0];
        let content = Content {
            kind: row.kind, stem: row.stem.clone(),
            options: serde_json::from_str(&row.options).unwrap(), answer: serde_json::from_str(&row.answer).unwrap(),
        };
        assert_eq!(content.digest(&row.salt.parse().unwrap()).to_string(), row.digest);
    }
}

/// Every order of a short list.
fn orders(list: &[String]) -> Vec<Vec<String>> {
    if list.len() < 2 {
        return vec![list.to_vec()];
    }
    let mut all = Vec::new();
    for n in 0..list.len() {
        let mut rest = list.to_vec();
        let first = rest.remove(n);
        all.extend(orders(&rest).into_iter().map(|tail| [vec![first.clone()], tail].concat()));
    }
    all
}
