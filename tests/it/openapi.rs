//! The specification that is published is the one that the code declares.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/kaofa.json");

/// Whom nobody can be asked for: these operations make a caller of somebody.
const OPEN: &[&str] = &["activate", "log_in", "read_calendar"];

/// Every operation of the specification: its method, its path and itself.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| {
        let operation = |(method, operation): (&String, &Value)| {
            (method.to_uppercase().parse().unwrap(), path.clone(), operation.clone())
        };
        methods.as_object().unwrap().iter().map(operation).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn a_validator_finds_no_fault_with_it() {
    #[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
    let python = std::env::var("KAOFA_TEST_PYTHON").expect("KAOFA_TEST_PYTHON is not set: run `make test`");
    let run = Command::new(python).args(["-m", "openapi_spec_validator", FILE]).output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

/// Fails on an object that names something twice: readers keep the last and lose the others.
const ONCE: &str = r"
import json, sys
def once(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)
json.load(sys.stdin, object_pairs_hook=once)
";

#[test]
fn nothing_is_said_twice() {
    use std::io::Write as _;
    #[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
    let python = std::env::var("KAOFA_TEST_PYTHON").expect("KAOFA_TEST_PYTHON is not set: run `make test`");
    let mut run = Command::new(python).args(["-c", ONCE]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    run.stdin.take().unwrap().write_all(kaofa::openapi::document().as_bytes()).unwrap();
    assert!(run.wait().unwrap().success());
}

#[test]
fn every_operation_says_what_it_is() {
    let document = serde_json::from_str(kaofa::openapi::document()).unwrap();
    for (method, path, operation) in operations(&document) {
        assert!(path.starts_with("/api/v1/"), "{path}");
        assert!(operation["operationId"].is_string(), "{method} {path} has no operation_id");
        assert!(operation["summary"].is_string(), "{method} {path} has no comment");
        let open = OPEN.contains(&operation["operationId"].as_str().unwrap());
        assert_eq!(operation["security"].is_null(), open, "{method} {path}");
        assert!(operation["responses"]["422"].is_object(), "{method} {path} does not answer with problems");
    }
}

both_databases! {
    async fn nobody_gets_in_without_a_token(server: TestServer) {
        let document = serde_json::from_str(kaofa::openapi::document()).unwrap();
        for (method, path, operation) in operations(&document) {
            if OPEN.contains(&operation["operationId"].as_str().unwrap()) {
                continue;
            }
            let id = "0190a000-0000-7000-8000-000000000000";
            let path: String = path.split('{').enumerate().map(|(n, part)| match part.split_once('}') {
                Some((_, rest)) if n > 0 => format!("{id}{rest}"),
                _ => part.to_owned(),
            }).collect();
            let client = server.client();
            let mut request = client.request(method.clone(), &path);
            if operation["requestBody"].is_object() {
                request = request.json(&json!({}));
            }
            client.send(request).await.expect_problem(401, "unauthenticated");
        }
    }

    async fn what_is_served_is_what_is_published(server: TestServer) {
        let published = std::fs::read_to_string(FILE).unwrap_or_default();
        let served = server.client().get("/openapi.json").await;
        assert!(served.text == published, "openapi/kaofa.json is not what the code declares: run `make openapi`");
    }

    async fn the_reference_page_loads_nothing_from_elsewhere(server: TestServer) {
        let page = server.client().get("/docs").await;
        assert!(page.status.is_success());
        let loaded = page.text.split("src=\"").skip(1).chain(page.text.split("<link").skip(1));
        for part in loaded {
            assert!(part.contains("href=\"/docs/style.css\""), "loads {part}");
        }
        assert!(page.text.contains("id=\"log_in\""), "an operation is missing");
        server.client().get("/docs/style.css").await.text.find("body").unwrap();
    }
}
