//! Draw files before two verifiers: the program's, and `tests/verify_draw.py`, written from `openapi/draw.md` alone by
//! somebody who had seen nothing else.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use kaofa::exam::draw;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The members of a draw file, in order.
const MEMBERS: [&str; 6] = ["manifest", "manifest_digest", "secret", "beacon", "log", "papers"];

/// What the other verifier says of a file.
pub(crate) fn python(file: &Path, more: &[&str]) -> Output {
    #[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
    let python = std::env::var("KAOFA_TEST_PYTHON").expect("KAOFA_TEST_PYTHON is not set: run `make test`");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verify_draw.py");
    Command::new(python).arg(script).arg(file).args(more).output().expect("Python runs")
}

/// What `kaofa verify draw` says of a file.
pub(crate) fn kaofa(file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaofa"));
    command.args(["verify", "draw"]).arg(file).env_clear().stdin(Stdio::null()).output().expect("the program runs")
}

/// Both find that the file holds.
#[track_caller]
pub(crate) fn both_believe(file: &Path) {
    for output in [python(file, &[]), kaofa(file)] {
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn example(of: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/draw.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
    blocks.filter(|block| block.starts_with(of)).last().unwrap().to_owned()
}

/// The text of a file, its members in order.
fn written(file: &Value) -> String {
    let members: Vec<String> = MEMBERS.iter().map(|name| format!("\"{name}\":{}", file[*name])).collect();
    format!("{{{}}}", members.join(",\n"))
}

/// Every place of a value, as JSON pointers, itself first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// The values that differ from this one by a single change at its top.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!("x"), json!({ "target_permille": 650, "tolerance_permille": 30, "tries": 8 })],
        Value::Bool(truth) => vec![json!(!truth)],
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            vec![json!(number + 1), json!(number.wrapping_sub(1)), json!(number.to_string()), Value::Null]
        }
        Value::String(text) => {
            // The last character becomes its neighbour, so that hex stays hex.
            let mut other = text.clone();
            let last = other.pop();
            other.push(if last == Some('0') { '1' } else { '0' });
            vec![json!(other), json!(format!("{text}0")), json!(text.to_uppercase() + " "), Value::Null]
        }
        Value::Array(items) => {
            let mut all = vec![json!([items.clone(), vec![json!(7)]].concat())];
            for n in 0..items.len() {
                let (mut without, mut twice, mut turned) = (items.clone(), items.clone(), items.clone());
                without.remove(n);
                twice.insert(n, items[n].clone());
                turned.swap(n, (n + 1) % items.len());
                all.extend([json!(without), json!(twice), json!(turned)]);
            }
            all
        }
        Value::Object(fields) => {
            let mut all = Vec::new();
            for name in fields.keys() {
                let mut without = fields.clone();
                without.remove(name);
                all.push(json!(without));
            }
            let mut more = fields.clone();
            more.insert("more".into(), json!(1));
            all.push(json!(more));
            all
        }
    }
}

/// Every file that differs from this one by a single change, and where. Two kinds are left out, for which the file does not
/// vouch: the log's size, and a paper that is missing.
fn mutants(file: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    places(file, "", &mut all);
    let mut found = Vec::new();
    for place in all.into_iter().filter(|place| !place.is_empty() && place != "/log/size") {
        let here = file.pointer(&place).unwrap();
        for other in changed(here).into_iter().filter(|other| other != here) {
            let fewer = other.as_array().is_some_and(|left| left.len() < here.as_array().map_or(0, Vec::len));
            if place == "/papers" && fewer {
                continue;
            }
            let mut mutant = file.clone();
            *mutant.pointer_mut(&place).unwrap() = other;
            found.push((place.clone(), mutant));
        }
    }
    found
}

#[test]
fn any_one_change_is_found_by_both_verifiers() {
    let file: Value = serde_json::from_str(&example("{\"manifest\":{\"algorithm\"")).unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("draw.json");
    std::fs::write(&path, written(&file)).unwrap();
    both_believe(&path);
    let mutants = mutants(&file);
    assert!(mutants.len() > 900, "{}", mutants.len());
    for member in MEMBERS {
        assert!(mutants.iter().any(|(place, _)| place.starts_with(&format!("/{member}"))), "{member} is never changed");
    }
    // The program's own verifier is asked about all of them, Python, which takes its time to start, about every fifth and
    // about all that concern what stands before the papers.
    let mut python_asked = 0;
    for (n, (place, mutant)) in mutants.iter().enumerate() {
        let text = written(mutant);
        assert!(draw::verify(text.as_bytes()).is_err(), "{place}: believed: {text}");
        let head = !place.starts_with("/papers") && !place.starts_with("/manifest/");
        if head || n % 5 == 0 {
            std::fs::write(&path, &text).unwrap();
            let output = python(&path, &[]);
            assert_eq!(output.status.code(), Some(1), "{place}: {}", String::from_utf8_lossy(&output.stdout));
            python_asked += 1;
        }
    }
    assert!(python_asked > 200, "{python_asked}");
    // The program itself ends with the same codes.
    for (place, mutant) in mutants.iter().step_by(97) {
        std::fs::write(&path, written(mutant)).unwrap();
        assert_eq!(kaofa(&path).status.code(), Some(1), "{place}");
    }
}

#[test]
fn a_signed_head_is_read_by_both_verifiers() {
    let folder = TempDir::new().unwrap();
    let (path, head) = (folder.path().join("draw.json"), folder.path().join("head.json"));
    std::fs::write(&path, example("{\"manifest\":{\"algorithm\"")).unwrap();
    let signed = example("{\"size\": 3");
    let name = head.to_str().unwrap().to_owned();
    for (text, code) in [
        (signed.clone(), 0),
        (signed.replace("\"size\": 3", "\"size\": 4"), 1),
        (signed.replace("2026-12-01T01:00:01.000Z", "2026-12-01T01:00:02.000Z"), 1),
        ("no head".to_owned(), 2),
    ] {
        std::fs::write(&head, &text).unwrap();
        assert_eq!(python(&path, &["--head", &name]).status.code(), Some(code), "{text}");
        let program = Command::new(env!("CARGO_BIN_EXE_kaofa"))
            .args(["verify", "draw"])
            .arg(&path)
            .args(["--head", &name])
            .output();
        assert_eq!(program.unwrap().status.code(), Some(code), "{text}");
    }
}
