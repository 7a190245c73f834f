//! A server that is killed in the midst of its work, and clients who send again what was not answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::district::{PASSWORD, SERVE, User, scene};
use crate::cli::{Serving, folder, kaofa};

/// What a client knows of a key: the id that it was answered, or that it was not answered.
type Known = BTreeMap<String, Option<String>>;

fn unit(root: &Value, key: &str) -> Value {
    json!({ "parent_id": root, "code": key, "name": "单位", "kind": "unit" })
}

async fn send(sys: &User, root: &Value, key: &str) -> Option<reqwest::Response> {
    let request = sys.http.post(format!("{}/api/v1/units", sys.base)).bearer_auth(&sys.token);
    request.header("Idempotency-Key", key).json(&unit(root, key)).send().await.ok()
}

async fn id_of(answer: reqwest::Response) -> Option<String> {
    let body: Value = answer.json().await.ok()?;
    Some(body["id"].as_str()?.to_owned())
}

/// Makes units until the server is gone.
async fn make(sys: User, root: Value, worker: usize) -> Known {
    let mut known = Known::new();
    for n in 0.. {
        let key = format!("w{worker}n{n}");
        let id = match send(&sys, &root, &key).await {
            Some(answer) => id_of(answer).await,
            None => None,
        };
        let gone = id.is_none();
        known.insert(key, id);
        if gone {
            break;
        }
    }
    known
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_after_a_kill_is_made_once() {
    let folder = folder();
    let (serving, sys, root) = scene(&folder).await;
    let makers: Vec<_> = (0..4).map(|worker| tokio::spawn(make(sys.clone(), root.clone(), worker))).collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    serving.signal("KILL");
    let mut known = Known::new();
    for maker in makers {
        known.extend(maker.await.unwrap());
    }
    serving.end();
    assert!(known.values().any(Option::is_none), "something was under way");
    assert!(known.values().flatten().count() >= 8, "something was answered: {}", known.len());

    let serving = Serving::start(kaofa(folder.path(), &SERVE));
    let sys = User::log_in(&serving.address, "sys", PASSWORD).await;
    for (key, before) in &known {
        let mut tries = 0;
        let id = loop {
            let answer = send(&sys, &root, key).await.expect("an answer");
            match answer.status().as_u16() {
                200 => break id_of(answer).await.expect("an id"),
                // Nobody can know yet that whoever had the key is dead.
                409 if tries < 5 => tokio::time::sleep(Duration::from_secs(3)).await,
                status => panic!("{key}: {status} {}", answer.text().await.unwrap()),
            }
            tries += 1;
        };
        assert!(before.as_ref().is_none_or(|before| *before == id), "{key} was answered with another id");
    }
    let root = root.as_str().unwrap();
    let units = sys.get(&format!("/units?parent_id={root}")).await.1;
    let codes: Vec<&str> = units["items"].as_array().unwrap().iter().map(|u| u["code"].as_str().unwrap()).collect();
    let keys: Vec<&str> = known.keys().map(String::as_str).collect();
    let sorted = |mut all: Vec<&str>| {
        all.sort_unstable();
        all.join(" ")
    };
    assert_eq!(sorted(codes), sorted(keys), "each once");
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
}
