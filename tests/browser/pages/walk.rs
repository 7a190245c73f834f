//! From link to link: every kind of page that links lead to, as each role in turn.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use futures_util::future::join_all;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::{PASSWORD, ROLES};
use crate::chrome::Chrome;

/// Addresses to which no link leads.
const UNLINKED: [&str; 3] = ["/compat", "/styleguide", "/activate"];
/// What an official is refused: there is no such thing, and it is for others.
pub(super) const REFUSED: [&str; 2] = ["/nothing", "/today"];
/// Pages that are none of the walk's, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/", "leads on to the first of somebody's areas"),
    ("/language", "leads back"),
    ("/login", "looked at before the first log-in"),
    ("/c/:session", "redeems a code that was scanned"),
    ("/checkin/:session/arrived", "where a scanned code leads"),
    ("/static/:name", "no page"),
];
/// How many pages of a kind are read to find all that they lead to.
const ROUNDS: usize = 12;
/// Whoever has not logged in.
const NOBODY: &str = "nobody";

/// A page, and who looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) role: &'static str,
    pub(super) path: String,
}

/// What links lead to.
pub(super) struct Walk {
    base: String,
    pub(super) visits: Vec<Visit>,
    /// The addresses that were read.
    met: BTreeSet<String>,
    /// How many of each kind.
    read: BTreeMap<String, usize>,
    /// The cookies of each role's log-in.
    cookies: BTreeMap<&'static str, Vec<Cookie>>,
}

/// An address without what names single things: `/exams/:/manage`.
pub(super) fn pattern(path: &str) -> String {
    let named = |segment: &str| {
        let id = segment.len() == 36 && segment.split('-').count() == 5;
        if id || (!segment.is_empty() && segment.chars().all(|c| c.is_ascii_digit())) { ":" } else { segment }
            .to_owned()
    };
    path.split('?').next().unwrap_or_default().split('/').map(named).collect::<Vec<_>>().join("/")
}

/// Whether an address that was met is of a known kind; `new` in `/people/new` is a word, not somebody's number.
fn same(known: &str, met: &str) -> bool {
    let literal = |path: &str| kaofa::web::addresses().iter().any(|address| address.path == path);
    let fits = |(k, m): (&str, &str)| k == m || k.starts_with(':');
    known == met
        || (!literal(met)
            && known.split('/').count() == met.split('/').count()
            && known.split('/').zip(met.split('/')).all(fits))
}

/// Addresses that were met and not read yet, with who met them.
struct Front {
    role: &'static str,
    next: VecDeque<String>,
}

impl Walk {
    /// Reads every kind of page, without showing it, and finds what it leads to. What only some exams or people lead to is
    /// looked for behind more of them.
    pub(super) async fn through(base: &str) -> Self {
        let chrome = Chrome::desk(base).await;
        let mut walk = Self {
            base: base.to_owned(),
            visits: vec![Visit { role: NOBODY, path: "/login".to_owned() }],
            met: BTreeSet::new(),
            read: BTreeMap::new(),
            cookies: BTreeMap::from([(NOBODY, Vec::new())]),
        };
        let mut fronts = Vec::new();
        for role in ROLES {
            chrome.log_in_with(role, PASSWORD, "/account").await;
            walk.cookies.insert(role, chrome.driver.get_all_cookies().await.unwrap());
            let mut next = links(&chrome).await;
            if role == ROLES[0] {
                next.extend(UNLINKED.map(str::to_owned));
                walk.visits.extend(REFUSED.map(|path| Visit { role, path: path.to_owned() }));
            }
            fronts.push(Front { role, next: next.into() });
        }
        for round in 1..=ROUNDS {
            for front in &mut fronts {
                chrome.become_bearer(&walk.cookies[front.role]).await;
                walk.follow(&chrome, front, round).await;
            }
            if walk.missed().is_empty() {
                break;
            }
        }
        chrome.quit().await;
        walk
    }

    /// Reads what is met until each kind of page has been read so often.
    async fn follow(&mut self, chrome: &Chrome, front: &mut Front, often: usize) {
        loop {
            let (mut fresh, mut later) = (Vec::new(), VecDeque::new());
            for path in front.next.drain(..) {
                let read = self.read.entry(pattern(&path)).or_insert(0);
                if *read < often {
                    if self.met.insert(path.clone()) {
                        *read += 1;
                        fresh.push(path);
                    }
                } else {
                    later.push_back(path);
                }
            }
            front.next = later;
            if fresh.is_empty() {
                return;
            }
            let read = chrome.run_async(LINKS, vec![json!(fresh)]).await;
            for (path, links) in fresh.into_iter().zip(read.as_array().unwrap()) {
                // Files and feeds are no pages; neither is what a server of ours does not serve.
                let Value::Array(links) = links else { continue };
                front.next.extend(links.iter().filter_map(|link| link.as_str().map(str::to_owned)));
                if path != "/" && !self.shows(&path) {
                    self.visits.push(Visit { role: front.role, path });
                }
            }
        }
    }

    /// Whether a page of the kind is looked at already.
    fn shows(&self, path: &str) -> bool {
        let visits =
            self.visits.iter().filter(|visit| !REFUSED.contains(&visit.path.as_str()) || visit.role != ROLES[0]);
        visits.into_iter().any(|visit| pattern(&visit.path) == pattern(path))
    }

    /// What no page leads to.
    pub(super) fn missed(&self) -> Vec<&'static str> {
        let pages = kaofa::web::addresses().iter().filter(|address| address.methods.starts_with("GET"));
        let reached = |page: &str| self.visits.iter().any(|visit| same(page, &pattern(&visit.path)));
        let unseen = pages.filter(|page| !ELSEWHERE.iter().any(|(path, _)| *path == page.path) && !reached(page.path));
        unseen.map(|page| page.path).collect()
    }

    /// Only what `KAOFA_LOOK` names, if it names anything: `liaison,/exams/` are all pages of a liaison and those of exams.
    #[expect(clippy::disallowed_methods, reason = "a test is told so")]
    pub(super) fn chosen(mut self) -> Self {
        let wanted = std::env::var("KAOFA_LOOK").unwrap_or_default();
        let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if !wanted.is_empty() {
            self.visits.retain(|visit| wanted.iter().any(|word| visit.role == *word || visit.path.contains(word)));
        }
        self
    }

    /// Makes every visit, with several browsers; what `look` has to say of each page, by the page.
    pub(super) async fn each(
        &self,
        browsers: usize,
        look: impl AsyncFn(&Chrome, &Visit) -> Vec<String>,
    ) -> BTreeMap<String, Vec<String>> {
        let (waiting, found) = (RefCell::new(self.visits.iter()), RefCell::new(BTreeMap::new()));
        let (waiting, found, look) = (&waiting, &found, &look);
        join_all((0..browsers).map(async |_| {
            let chrome = Chrome::desk(&self.base).await;
            let mut role = "";
            loop {
                // Nothing is borrowed while a page is looked at.
                let Some(visit) = waiting.borrow_mut().next() else { break };
                if role != visit.role {
                    role = visit.role;
                    chrome.become_bearer(&self.cookies[role]).await;
                }
                let said = look(&chrome, visit).await;
                if !said.is_empty() {
                    found.borrow_mut().insert(format!("{} {}", visit.role, visit.path), said);
                }
            }
            chrome.quit().await;
        }))
        .await;
        found.take()
    }
}

/// What the page that is open leads to.
async fn links(chrome: &Chrome) -> Vec<String> {
    let path = chrome.path().await;
    let read = chrome.run_async(LINKS, vec![json!([path])]).await;
    serde_json::from_value(read[0].clone()).unwrap()
}

/// What the pages at some addresses lead to; nothing for what is no page.
const LINKS: &str = "const done = arguments[arguments.length - 1];
    const read = path => fetch(path, { headers: { Accept: 'text/html' } }).then(response => {
        if (!(response.headers.get('content-type') || '').startsWith('text/html')) return null;
        return response.text().then(text => {
            const page = new DOMParser().parseFromString(text, 'text/html');
            return [...page.querySelectorAll('a[href], form[method=get][action]')]
                .filter(a => !a.hasAttribute('download'))
                .map(a => new URL(a.getAttribute('href') || a.getAttribute('action'), new URL(response.url)))
                .filter(url => url.origin === location.origin && !/^\\/(language|static|api|docs)\\b/.test(url.pathname))
                .map(url => url.pathname + url.search);
        });
    }).catch(() => null);
    Promise.all(arguments[0].map(read)).then(done);";
