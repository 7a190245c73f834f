//! Every text exists in both languages and is used; every template is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::source::{files, is_word, root};

/// The messages of a Fluent file, each with the variables that it mentions.
fn messages(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in std::fs::read_to_string(file).unwrap_or_default().lines() {
        if line.starts_with(|c: char| c.is_ascii_alphabetic())
            && let Some((name, _)) = line.split_once('=')
        {
            name.trim().clone_into(&mut current);
            found.entry(current.clone()).or_default();
        }
        let variables = line.split('$').skip(1).map(|v| v.chars().take_while(|c| is_name(*c)).collect::<String>());
        found.entry(current.clone()).or_default().extend(variables);
    }
    found.remove("");
    found
}

fn is_name(c: char) -> bool {
    is_word(c) || c == '-'
}

/// The folders of texts: each holds `zh-CN.ftl` and `en.ftl`.
fn folders() -> BTreeSet<PathBuf> {
    files(&root().join("src"), ".ftl").iter().map(|f| f.parent().unwrap().to_owned()).collect()
}

#[test]
fn every_text_is_in_both_languages() {
    assert!(!folders().is_empty(), "the problems have texts");
    for folder in folders() {
        let (zh, en) = (messages(&folder.join("zh-CN.ftl")), messages(&folder.join("en.ftl")));
        let differ: Vec<&String> = zh.keys().chain(en.keys()).filter(|name| zh.get(*name) != en.get(*name)).collect();
        assert!(differ.is_empty(), "{}: not the same in both languages: {differ:?}", folder.display());
    }
}

/// What the pages are made of: their code and their templates.
fn pages() -> String {
    let web = root().join("src/web");
    let files = [files(&web, ".rs"), files(&web, ".html"), files(&web, ".js")].concat();
    files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect::<Vec<_>>().join("\n")
}

/// Whether `name` stands there as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !is_name(c));
        let after = text[at + name.len()..].chars().next().is_none_or(|c| !is_name(c));
        before && after
    })
}

#[test]
fn every_text_of_the_pages_is_used() {
    let pages = pages();
    // `format!("status-{word}")` and `"status-" ~ word` use whatever begins so.
    let composed: BTreeSet<&str> = pages
        .match_indices('"')
        .filter_map(|(at, _)| {
            let text = &pages[at + 1..];
            let prefix = &text[..text.find(|c| !is_name(c))?];
            (prefix.len() > 1 && prefix.ends_with('-') && text[prefix.len()..].starts_with(['{', '"']))
                .then_some(prefix)
        })
        .collect();
    let unused: Vec<String> = messages(&root().join("src/web/locales/zh-CN.ftl"))
        .into_keys()
        .filter(|name| !composed.iter().any(|prefix| name.starts_with(prefix)) && !mentions(&pages, name))
        .collect();
    assert!(unused.is_empty(), "no page shows {unused:?}");
}

#[test]
fn every_template_is_used() {
    let pages = pages();
    let templates = root().join("src/web/templates");
    let unused: Vec<PathBuf> = files(&templates, ".html")
        .into_iter()
        .filter(|file| {
            let name = file.strip_prefix(&templates).unwrap().display().to_string();
            !pages.contains(&format!("\"{name}\""))
        })
        .collect();
    assert!(unused.is_empty(), "nothing shows {unused:?}");
}
