//! A room imports lower floors only, through their doors.

use std::path::{Path, PathBuf};

use super::source::{code, files, is_word, reached, root, without_tests};

/// The floors of `ARCHITECTURE.md`, from the ground up. Rooms of one floor do not know each other, but for those of the
/// top, which put everything together.
const FLOORS: &[&[&str]] = &[
    &["kernel"],
    &["db", "keys", "files"],
    &["http", "jobs"],
    &["log"],
    &["core", "tree"],
    &["auth"],
    &["org"],
    &["tally"],
    &["bank", "study"],
    &["exam"],
    &["report", "desk", "evidence"],
    &["web"],
    &["demo", "cli", "boot", "config", "router", "openapi"],
];

/// The files behind a room's door.
const BEHIND: &[&str] = &["store", "service", "model", "state", "dto", "api"];

struct File {
    path: PathBuf,
    /// The room, then the modules below it: `auth`, `service`.
    module: Vec<String>,
    code: String,
}

impl File {
    fn room(&self) -> &str {
        &self.module[0]
    }

    fn says(&self, what: &str) -> String {
        format!("{}: {what}", self.path.strip_prefix(root()).unwrap().display())
    }

    /// Whether it is the room `name` of its slice, be it `name.rs` or in `name/`.
    fn is(&self, name: &str) -> bool {
        self.module.iter().skip(1).any(|m| m == name)
    }
}

/// Every file of `src` but the two roots.
fn sources() -> Vec<File> {
    let src = root().join("src");
    files(&src, ".rs")
        .into_iter()
        .filter(|path| ![src.join("lib.rs"), src.join("main.rs")].contains(path))
        .map(|path| {
            let inner = path.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Vec<String> = inner.iter().map(|p| p.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|m| m == "mod") {
                module.pop();
            }
            let code = code(&std::fs::read_to_string(&path).unwrap());
            File { path, module, code }
        })
        .collect()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Every path that begins with `crate::`, without that; a list in braces gives one path for each of its names.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].chars().next_back().is_some_and(|c| is_word(c) || c == '$') {
            continue;
        }
        expand("", &code[at + "crate::".len()..], &mut found);
    }
    found
}

/// Reads one path of a `use` tree; what follows it is left.
fn expand<'a>(before: &str, rest: &'a str, found: &mut Vec<String>) -> &'a str {
    let end = rest.find(|c: char| !is_word(c) && c != ':').unwrap_or(rest.len());
    let path = format!("{before}{}", &rest[..end]);
    let mut rest = &rest[end..];
    if !rest.starts_with('{') {
        found.push(path);
        return rest;
    }
    loop {
        rest = expand(&path, rest[1..].trim_start(), found).trim_start();
        // `Name as Other` goes on to the comma.
        rest = rest.trim_start_matches(|c| c != ',' && c != '}');
        match rest.chars().next() {
            Some(',') if !rest[1..].trim_start().starts_with('}') => {}
            Some(',') => return &rest[1..].trim_start()[1..],
            _ => return rest.get(1..).unwrap_or_default(),
        }
    }
}

#[track_caller]
fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_tree_of_imports_is_read_whole() {
    let code = "use crate::a::{self, b::{C, D as E,}, f}; fn x() { crate::g::h(); mycrate::i(); $crate::j!() }";
    assert_eq!(paths(code), ["a::self", "a::b::C", "a::b::D", "a::f", "g::h"]);
}

#[test]
fn every_room_has_its_floor() {
    let wrong: Vec<String> =
        sources().iter().filter(|f| floor(f.room()).is_none()).map(|f| f.says("its room is on no floor")).collect();
    nothing(&wrong);
}

#[test]
fn a_room_imports_lower_floors_only() {
    let mut wrong = Vec::new();
    for file in sources() {
        let own = floor(file.room());
        for path in paths(&file.code) {
            let room = path.split("::").next().unwrap_or_default();
            let Some(other) = floor(room) else { continue };
            let composes = own == Some(FLOORS.len() - 1) && own == Some(other);
            if room != file.room() && !composes && own.is_some_and(|own| other >= own) {
                wrong.push(file.says(&format!("imports {path} from a floor that is not below its own")));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn a_room_is_entered_by_its_door() {
    let mut wrong = Vec::new();
    for file in sources() {
        for path in paths(&file.code) {
            let mut parts = path.split("::");
            let room = parts.next().unwrap_or_default();
            let next = parts.next().unwrap_or_default();
            if room != file.room() && BEHIND.contains(&next) {
                wrong.push(file.says(&format!("reaches behind a door: {path}")));
            }
        }
        // `super` too often leaves the room and is no `crate::` path.
        let up = "super::".repeat(file.module.len());
        if without_tests(&file.code).contains(&up) {
            wrong.push(file.says(&format!("leaves its room by {up}")));
        }
    }
    nothing(&wrong);
}

#[test]
fn entities_are_seen_by_stores_alone() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| f.room() != "db") {
        let code = without_tests(&file.code);
        let words: Vec<&str> = code.split(|c| !is_word(c)).collect();
        let queries = ["EntityTrait", "QueryFilter", "QuerySelect", "ActiveModelTrait"];
        if !file.is("store") {
            let found = queries.into_iter().find(|q| words.contains(q));
            wrong.extend(found.map(|q| file.says(&format!("queries ({q}) outside of a store"))));
        }
        if (file.is("api") || file.is("dto")) && words.iter().any(|w| ["Model", "ActiveModel"].contains(w)) {
            wrong.push(file.says("puts an entity on the wire"));
        }
        if file.is("store") && words.iter().any(|w| ["Clock", "Caller"].contains(w)) {
            wrong.push(file.says("a store knows no clock and no caller"));
        }
    }
    nothing(&wrong);
}

#[test]
fn bodies_name_every_bad_field() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| f.room() != "http") {
        let mut found = Vec::new();
        for (at, _) in file.code.match_indices("poem_openapi::") {
            expand("", &file.code[at + "poem_openapi::".len()..], &mut found);
        }
        if found.iter().any(|path| path == "payload::Json") {
            wrong.push(
                file.says("takes the framework's Json in place of crate::http::Json, which names every bad field"),
            );
        }
    }
    nothing(&wrong);
}

#[test]
fn no_file_is_an_orphan() {
    let roots = [
        ("src", vec!["src/lib.rs", "src/main.rs"]),
        ("entity/src", vec!["entity/src/lib.rs"]),
        ("migration/src", vec!["migration/src/lib.rs"]),
        ("tests/it", vec!["tests/it/main.rs"]),
        ("tests/browser", vec!["tests/browser/main.rs"]),
    ];
    let mut wrong = Vec::new();
    for (folder, roots) in roots {
        let seen: Vec<_> = roots.iter().map(|r| reached(&root().join(r))).collect();
        let orphan = |file: &PathBuf| !seen.iter().any(|s| s.contains(file));
        let shown = |file: PathBuf| file.strip_prefix(root()).unwrap_or(Path::new("")).display().to_string();
        wrong.extend(files(&root().join(folder), ".rs").into_iter().filter(orphan).map(shown));
    }
    nothing(&wrong.into_iter().map(|f| format!("{f}: no `mod` leads to it")).collect::<Vec<_>>());
}
