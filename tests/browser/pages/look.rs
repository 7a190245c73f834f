//! What is wrong with a page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::walk::{REFUSED, Visit};
use crate::chrome::Chrome;

/// What a page may weigh over the wire at the first visit, and later when style and script are there already.
const FIRST: u64 = 100 * 1024;
const LATER: u64 = 30 * 1024;

/// Words of the demonstration's own, which are also words of the pages: a section of a paper, topics and sources of questions.
const OWN: [&str; 3] = ["判断题", "变更", "法律"];

/// The texts of the pages that mention nothing, by language.
struct Texts {
    names: BTreeSet<String>,
    zh: BTreeMap<String, String>,
    en: BTreeMap<String, String>,
}

impl Texts {
    fn read() -> Self {
        let read = |file: &str| {
            let path = format!("{}/src/web/locales/{file}.ftl", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let pairs = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
            let pairs = pairs.filter_map(|line| line.split_once(" = "));
            pairs.map(|(name, words)| (name.trim().to_owned(), words.trim().to_owned())).collect::<BTreeMap<_, _>>()
        };
        let (zh, en) = (read("zh-CN"), read("en"));
        Self { names: zh.keys().cloned().collect(), zh, en }
    }

    /// What shows a text's name, or the words of the other language.
    fn foreign(&self, shown: &[String], lang: &str) -> Vec<String> {
        let (other, own) = if lang == "en" { (&self.zh, &self.en) } else { (&self.en, &self.zh) };
        let own: BTreeSet<&str> = own.values().map(String::as_str).collect();
        let other: BTreeSet<&str> = other.values().map(String::as_str).filter(|w| !own.contains(w)).collect();
        let wordy = |text: &str| text.chars().count() > 1;
        let name = |text: &str| text.contains('-') && self.names.contains(text);
        let bad = |text: &&String| {
            wordy(text) && !OWN.contains(&text.as_str()) && (name(text) || other.contains(text.as_str()))
        };
        shown.iter().filter(bad).map(|text| format!("{lang}: not translated: {text}")).collect()
    }
}

/// Says what is wrong with a page.
pub(super) struct Looker {
    texts: Texts,
    axe: String,
}

/// The rules that depend on the theme.
const CONTRAST: [&str; 1] = ["color-contrast"];

impl Looker {
    pub(super) fn new() -> Self {
        Self { texts: Texts::read(), axe: super::package("axe-core/axe.min.js") }
    }

    /// Looks at a page as far as every run of the tests does: on a phone in Chinese, and whether it is translated and fits.
    pub(super) async fn glance(&self, chrome: &Chrome, visit: &Visit) -> Vec<String> {
        chrome.narrow(true).await;
        chrome.speak("zh-CN", &visit.path).await;
        let mut wrong = self.judge(chrome, visit).await;
        wrong.extend(self.read(chrome, "zh-CN").await);
        wrong.extend(self.ask_axe(chrome, "zh-CN light 360", &[]).await);
        chrome.theme("dark").await;
        wrong.extend(self.ask_axe(chrome, "zh-CN dark 360", &CONTRAST).await);
        chrome.theme("light").await;
        wrong.extend(measure(chrome, "zh-CN", 360).await);
        chrome.narrow(false).await;
        wrong.extend(measure(chrome, "zh-CN", 1280).await);
        chrome.narrow(true).await;
        chrome.speak("en", &visit.path).await;
        wrong.extend(self.read(chrome, "en").await);
        wrong.extend(measure(chrome, "en", 360).await);
        wrong.extend(self.send_wrong(chrome, visit).await);
        wrong
    }

    /// Looks at a page in both languages, both themes and at both widths.
    pub(super) async fn look(&self, chrome: &Chrome, visit: &Visit) -> Vec<String> {
        let mut wrong = Vec::new();
        for lang in ["zh-CN", "en"] {
            for (narrow, width) in [(true, 360), (false, 1280)] {
                chrome.narrow(narrow).await;
                chrome.speak(lang, &visit.path).await;
                if wrong.is_empty() {
                    wrong.extend(self.judge(chrome, visit).await);
                }
                wrong.extend(self.read(chrome, lang).await);
                wrong.extend(self.ask_axe(chrome, &format!("{lang} light {width}"), &[]).await);
                chrome.theme("dark").await;
                wrong.extend(self.ask_axe(chrome, &format!("{lang} dark {width}"), &CONTRAST).await);
                chrome.theme("light").await;
                wrong.extend(measure(chrome, lang, width).await);
            }
        }
        wrong.extend(self.send_wrong(chrome, visit).await);
        wrong
    }

    /// What it weighs, and whether it is what was asked for.
    async fn judge(&self, chrome: &Chrome, visit: &Visit) -> Vec<String> {
        let mut wrong = weigh(chrome).await;
        let refused = chrome.run("return !!document.querySelector('#request-id')", Vec::new()).await == true;
        if refused != (visit.role == "official" && REFUSED.contains(&visit.path.as_str())) {
            wrong.push(format!("an error: {refused}"));
        }
        wrong
    }

    /// Sends what is not taken, if the page makes something new.
    async fn send_wrong(&self, chrome: &Chrome, visit: &Visit) -> Vec<String> {
        if !super::forms::has_one(chrome, &visit.path).await {
            return Vec::new();
        }
        chrome.speak("zh-CN", &visit.path).await;
        let mut wrong = super::forms::send_wrong(chrome).await;
        wrong.extend(self.ask_axe(chrome, "with errors", &[]).await);
        wrong
    }

    /// Every piece of text that is shown, and what stands in attributes.
    async fn read(&self, chrome: &Chrome, lang: &str) -> Vec<String> {
        let script = "const shown = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const node = walk.currentNode;
                if (!node.parentElement.closest('script, style, [lang]:not(html)')) shown.push(node.textContent.trim());
            }
            document.querySelectorAll('[aria-label], [title], [placeholder], [data-label], [alt]').forEach(node =>
                ['aria-label', 'title', 'placeholder', 'data-label', 'alt'].forEach(name => {
                    if (node.hasAttribute(name)) shown.push(node.getAttribute(name).trim());
                }));
            return shown.filter(Boolean);";
        let shown: Vec<String> = serde_json::from_value(chrome.run(script, Vec::new()).await).unwrap();
        let mut wrong = self.texts.foreign(&shown, lang);
        let script = "return [document.documentElement.lang, document.querySelectorAll('h1').length, document.title]";
        let head = chrome.run(script, Vec::new()).await;
        if head[0] != lang {
            wrong.push(format!("{lang}: it says that it speaks {}", head[0]));
        }
        if head[1] != 1 {
            wrong.push(format!("{lang}: {} h1", head[1]));
        }
        wrong.sort();
        wrong.dedup();
        wrong
    }

    /// What breaks which rule; all rules if none are named.
    async fn ask_axe(&self, chrome: &Chrome, how: &str, rules: &[&str]) -> Vec<String> {
        if chrome.run("return typeof axe", Vec::new()).await != "object" {
            chrome.run(&self.axe, Vec::new()).await;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, Object.assign({ resultTypes: ['violations'] }, arguments[0])).then(
                result => done(result.violations.map(v => v.id + ': ' + v.help + ' — '
                    + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | '))),
                error => done(['axe: ' + error]));";
        let options = if rules.is_empty() { json!({}) } else { json!({ "runOnly": rules }) };
        let found = chrome.run_async(script, vec![options]).await;
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        found.into_iter().map(|violation| format!("{how}: {violation}")).collect()
    }
}

/// What came over the wire: the page with everything it asked for.
async fn weigh(chrome: &Chrome) -> Vec<String> {
    let script = "const page = performance.getEntriesByType('navigation')[0].encodedBodySize;
        const others = performance.getEntriesByType('resource');
        const sum = list => list.reduce((n, e) => n + e.encodedBodySize, 0);
        return [page + sum(others), page + sum(others.filter(e => !e.name.includes('/static/')))];";
    let bytes = chrome.run(script, Vec::new()).await;
    let mut wrong = Vec::new();
    for (bytes, budget, visit) in [(&bytes[0], FIRST, "first"), (&bytes[1], LATER, "later")] {
        let bytes = bytes.as_u64().unwrap();
        if bytes > budget {
            wrong.push(format!("{bytes} bytes at the {visit} visit, {budget} are allowed"));
        }
    }
    wrong
}

/// Nothing is wider than the screen, and a finger finds what it is to touch.
async fn measure(chrome: &Chrome, lang: &str, width: u32) -> Vec<String> {
    let script = "const wide = document.documentElement.scrollWidth > arguments[0];
        const over = wide ? [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > arguments[0] + 1 && !e.closest('.sheet, .scroll'))
            .slice(0, 3).map(e => e.outerHTML.slice(0, 100)) : [];
        const small = arguments[0] > 400 ? [] : [...document.querySelectorAll('button, .btn, input:not([type=hidden]), select')]
            .filter(e => e.checkVisibility() && !e.closest('label') && !e.classList.contains('vh'))
            .filter(e => { const r = e.getBoundingClientRect(); return r.height > 0 && r.height < 43.5; })
            .slice(0, 3).map(e => 'lower than 44 px: ' + e.outerHTML.slice(0, 100));
        return (wide ? ['wider than the screen: ' + over.join(' | ')] : []).concat(small);";
    let found: Vec<String> = serde_json::from_value(chrome.run(script, vec![width.into()]).await).unwrap();
    found.into_iter().map(|what| format!("{lang} at {width} px: {what}")).collect()
}
