//! Texts in two languages, from Fluent files.

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// The languages that Kaofa speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 简体中文, the first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag of BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The first language of an `Accept-Language` header that Kaofa speaks; Chinese if none.
    /// Weights are heeded as the order in which clients send them.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        accept_language
            .split(',')
            .find_map(|range| {
                let tag = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                match tag.split('-').next() {
                    Some("zh") => Some(Self::Zh),
                    Some("en") => Some(Self::En),
                    _ => None,
                }
            })
            .unwrap_or_default()
    }
}

/// Messages by name, in each language.
pub struct Texts {
    zh: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts")
    }
}

impl Texts {
    /// From the two files, which are part of the program.
    ///
    /// # Panics
    /// If a file is malformed or names a message twice: a mistake of the programmer that any test shows.
    #[must_use]
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: bundle(Lang::Zh, zh), en: bundle(Lang::En, en) }
    }

    /// The text of a message. A message that does not exist is shown as its name, which a test finds.
    #[must_use]
    pub fn get(&self, lang: Lang, name: &str, args: &[(&str, &str)]) -> String {
        let bundle = match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        let Some(pattern) = bundle.get_message(name).and_then(|m| m.value()) else {
            return name.to_owned();
        };
        let mut values = FluentArgs::new();
        for (key, value) in args {
            values.set(Cow::Borrowed(*key), (*value).to_owned());
        }
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned()
    }

    /// Whether a message of that name exists in both languages.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.zh.has_message(name) && self.en.has_message(name)
    }
}

fn bundle(lang: Lang, source: &str) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = lang.tag().parse().expect("a constant tag of BCP 47");
    let resource = FluentResource::try_new(source.to_owned())
        .map_err(|(_, errors)| errors)
        .expect("the Fluent files are part of the program and tested");
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // The marks that isolate bidirectional text would be copied with figures and names.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("no message is named twice");
    bundle
}
