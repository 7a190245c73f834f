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
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

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

    #[test]
    fn every_text_that_is_asked_for_exists() {
        let mut paths = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut paths);
        for path in paths {
            let source = fs::read_to_string(&path).unwrap();
            for rest in source.split(".t(\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(TEXTS.has(name), "{name} in {}", path.display());
            }
        }
    }
}
