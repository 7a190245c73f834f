//! What the pages say, in both languages.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::sync::LazyLock;

use crate::kernel::texts::{Lang, Texts};

/// The texts of the pages.
pub(super) static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| Texts::new(include_str!("locales/zh-CN.ftl"), include_str!("locales/en.ftl")));

/// A message on its way into a page: `{{ v.t("page-of").with("n", 3) }}`.
#[derive(Debug, Clone)]
pub(super) struct Text {
    lang: Lang,
    name: Cow<'static, str>,
    args: Vec<(&'static str, String)>,
}

impl Text {
    pub(super) fn new(lang: Lang, name: impl Into<Cow<'static, str>>) -> Self {
        Self { lang, name: name.into(), args: Vec::new() }
    }

    /// With a value that the message mentions.
    #[must_use]
    pub(super) fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.args.push((key, value.to_string()));
        self
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<(&str, &str)> = self.args.iter().map(|(key, value)| (*key, value.as_str())).collect();
        f.write_str(&TEXTS.get(self.lang, &self.name, &args))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Names that are put together at run time: their beginning stands in the code, their end is a word of the domain.
    const FAMILIES: &[&str] = &["category-", "done-", "nav-", "next-", "role-", "room-", "scoring-"];

    fn names(source: &str) -> BTreeSet<String> {
        let named = source.lines().filter_map(|line| line.split_once(" =").map(|(name, _)| name));
        named.filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))).map(str::to_owned).collect()
    }

    fn files(under: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(under).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") && !path.ends_with("texts.rs") {
                into.push(path);
            }
        }
    }

    fn sources() -> Vec<(PathBuf, String)> {
        let mut paths = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut paths);
        paths.into_iter().map(|p| (p.clone(), fs::read_to_string(p).unwrap())).collect()
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let zh = names(include_str!("locales/zh-CN.ftl"));
        let en = names(include_str!("locales/en.ftl"));
        assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "English is missing");
        assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "Chinese is missing");
    }

    #[test]
    fn both_languages_mention_the_same_values() {
        let values = |source: &str, name: &str| -> BTreeSet<String> {
            let line = source.lines().find(|l| l.starts_with(&format!("{name} ="))).unwrap().to_owned();
            line.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next().map(str::to_owned)).collect()
        };
        let (zh, en) = (include_str!("locales/zh-CN.ftl"), include_str!("locales/en.ftl"));
        for name in names(zh) {
            assert_eq!(values(zh, &name), values(en, &name), "{name}");
        }
    }

    #[test]
    fn every_text_that_is_asked_for_exists() {
        for (path, source) in sources() {
            for rest in source.split(".t(\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(TEXTS.has(name), "{name} in {}", path.display());
            }
        }
    }

    #[test]
    fn every_text_is_used() {
        let sources = sources();
        let forms: BTreeSet<&str> = sources
            .iter()
            .flat_map(|(_, source)| source.split("Form::new(\"").skip(1).filter_map(|rest| rest.split('"').next()))
            .collect();
        for name in names(include_str!("locales/zh-CN.ftl")) {
            let literal = format!("\"{name}\"");
            let said = sources.iter().any(|(_, source)| source.contains(&literal));
            let family = FAMILIES.iter().any(|f| name.starts_with(f));
            // Labels and helps of a form carry its name.
            let label = forms.iter().any(|form| name.starts_with(&format!("{form}-")));
            assert!(said || family || label, "nobody says {name}");
        }
    }
}
