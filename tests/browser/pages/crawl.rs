//! From link to link.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::look::{Looker, Texts};
use super::{Demo, PASSWORD, ROLES};
use crate::chrome::Chrome;

/// Addresses to which no link leads.
const UNLINKED: [&str; 3] = ["/compat", "/styleguide", "/activate"];
/// What an official is refused: there is no such thing, and it is for others.
pub(super) const REFUSED: [&str; 2] = ["/nothing", "/today"];
/// Pages that are none of the crawl's, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/", "leads on to the first of somebody's areas"),
    ("/language", "leads back"),
    ("/login", "looked at before the first log-in"),
    ("/c/:session", "redeems a code that was scanned"),
    ("/checkin/:session/arrived", "where a scanned code leads"),
    ("/static/:name", "no page"),
];

/// An address without what names single things: `/exams/:id/manage`.
pub(super) fn pattern(path: &str) -> String {
    let named = |segment: &str| {
        let id = segment.len() == 36 && segment.split('-').count() == 5;
        if id || (!segment.is_empty() && segment.chars().all(|c| c.is_ascii_digit())) { ":" } else { segment }
            .to_owned()
    };
    path.split('?').next().unwrap_or_default().split('/').map(named).collect::<Vec<_>>().join("/")
}

/// Visits every kind of page that links lead to, as each role in turn; `look` is handed who looks at which address.
pub(super) async fn crawl(chrome: &Chrome, mut look: impl AsyncFnMut(&Chrome, &str, &str)) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    chrome.go("/login").await;
    look(chrome, "nobody", "/login").await;
    for role in ROLES {
        chrome.log_in_with(role, PASSWORD, "/account").await;
        // The same for everybody but for the areas that it leads to.
        let mut next: VecDeque<String> = links(chrome).await.into();
        if role == ROLES[0] {
            next.extend(UNLINKED.map(str::to_owned));
            for path in REFUSED {
                chrome.go(path).await;
                look(chrome, role, path).await;
            }
        }
        while let Some(path) = next.pop_front() {
            if !seen.insert(pattern(&path)) {
                continue;
            }
            if !is_page(chrome, &path).await {
                continue;
            }
            chrome.go(&path).await;
            next.extend(links(chrome).await);
            look(chrome, role, &path).await;
        }
    }
    seen
}

/// Files and feeds are no pages; neither is what a server of ours does not serve.
async fn is_page(chrome: &Chrome, path: &str) -> bool {
    let script = "const done = arguments[arguments.length - 1];
        fetch(arguments[0], { method: 'HEAD', headers: { Accept: 'text/html' } })
            .then(r => done((r.headers.get('content-type') || '').startsWith('text/html')), () => done(false));";
    chrome.run_async(script, vec![path.into()]).await == true
}

async fn links(chrome: &Chrome) -> Vec<String> {
    let script = "return [...document.querySelectorAll('a[href], form[method=get][action]')]
        .filter(a => !a.hasAttribute('download'))
        .map(a => new URL(a.getAttribute('href') || a.getAttribute('action'), location.href))
        .filter(url => url.origin === location.origin && !/^\\/(language|static|api|docs)\\b/.test(url.pathname))
        .map(url => url.pathname + url.search)";
    let found = chrome.run(script, Vec::new()).await;
    found.as_array().unwrap().iter().filter_map(|path| path.as_str().map(str::to_owned)).collect()
}

/// What no page led to.
fn missed(seen: &BTreeSet<String>) -> Vec<&'static str> {
    let same = |known: &str, met: &str| {
        known.split('/').count() == met.split('/').count()
            && known.split('/').zip(met.split('/')).all(|(k, m)| k == m || (k.starts_with(':') && m == ":"))
    };
    let pages = kaofa::web::addresses().iter().filter(|address| address.methods.starts_with("GET"));
    let unseen = pages.filter(|page| {
        !ELSEWHERE.iter().any(|(path, _)| *path == page.path) && !seen.iter().any(|met| same(page.path, met))
    });
    unseen.map(|page| page.path).collect()
}

/// Each page in both languages and both themes, at both widths.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes several minutes, and not all that it finds is mended: make look"]
async fn every_page_is_whole_in_both_languages_and_themes() {
    let demo = Demo::start();
    let chrome = Chrome::desk(&demo.base()).await;
    let (texts, axe) = (Texts::read(), super::package("axe-core/axe.min.js"));
    let mut looker = Looker { texts, axe, wrong: BTreeMap::new() };
    let seen =
        crawl(&chrome, async |chrome: &Chrome, role: &str, path: &str| looker.look(chrome, role, path).await).await;
    let missed = missed(&seen);
    assert!(missed.is_empty(), "no link leads to {missed:?}");
    let wrong: Vec<String> =
        looker.wrong.iter().map(|(page, what)| format!("{page}\n  {}", what.join("\n  "))).collect();
    assert!(wrong.is_empty(), "{} of {} pages:\n{}", wrong.len(), seen.len(), wrong.join("\n"));
    chrome.quit().await;
}
