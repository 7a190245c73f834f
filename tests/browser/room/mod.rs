//! The exam room when things go wrong: no answer that was acknowledged is ever missing, and none is called saved that
//! the server does not hold.

mod away;
mod devices;
mod killed;
mod network;

use std::collections::BTreeMap;

use kaofa::auth::Role;
use serde_json::{Value, json};

use crate::chrome::Chrome;
use crate::harness::{Client, PASSWORD, TestServer};

/// Judgements on the paper.
pub(crate) const ITEMS: usize = 8;
/// Who sits.
const CANDIDATE: &str = "official";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Prepares an exam that opens at this moment by the server's clock; its id.
pub(crate) async fn exam(server: &TestServer, opens: &str, closes: &str) -> String {
    let root = server.root().await;
    let unit = server.unit(root, "sfj", "区司法局").await;
    let user = server.user("coordinator", Role::Coordinator, root).await;
    let coordinator = server.as_(&user);
    let body = json!({
        "name": "张伟", "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
    });
    let person = text(&coordinator.post("/api/v1/people", &body).await.ok()["id"]);
    server.account(CANDIDATE, Some(person.parse().unwrap()), &[(Role::Official, unit)], false).await;
    let body = json!({ "unit_id": root, "title": "区级题库", "review_required": false });
    let bank = text(&coordinator.post("/api/v1/banks", &body).await.ok()["id"]);
    for n in 0..ITEMS {
        let body = json!({
            "bank_id": bank, "kind": "judgement", "topic": "行政处罚法", "difficulty": "easy",
            "stem": format!("第{n}种说法"), "options": [], "answer": true, "explanation": "见条文。",
            "citation": {
                "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
            },
        });
        let id = text(&coordinator.post("/api/v1/questions", &body).await.ok()["id"]);
        coordinator.act(&format!("/api/v1/questions/{id}/submit")).await.ok();
    }
    let body = json!({
        "title": "2026年度学法考试", "kind": "annual", "year": 2026, "unit_id": root, "bank_ids": [bank],
        "opens_at": opens, "closes_at": closes, "duration_seconds": 3600, "grace_seconds": 10, "pass_points": 1,
        "attempts_allowed": 1, "attempt_scoring": "highest", "audience": { "unit_ids": [root] },
        "sections": [{ "title": "判断题", "kind": "judgement", "count": ITEMS, "points_each": 1 }],
        "release": "on_submit", "show_key": "never", "contact": "区司法局 28222222",
    });
    let exam = text(&coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
    coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
    exam
}

/// The candidate, speaking with a server past the browser.
async fn candidate(client: Client) -> Client {
    let body = json!({ "username": CANDIDATE, "password": PASSWORD });
    let token = text(&client.post("/api/v1/auth/login", &body).await.ok()["token"]);
    client.bearing(&token)
}

/// What a server holds of an attempt: the response to each position.
async fn held(client: &Client, attempt: &str) -> BTreeMap<usize, bool> {
    let seen = client.get(&format!("/api/v1/attempts/{attempt}")).await.ok();
    let saved = seen["saved"].as_array().unwrap_or_else(|| panic!("{seen}"));
    let pair = |s: &Value| Some((usize::try_from(s["position"].as_u64()?).unwrap(), s["response"].as_bool()?));
    saved.iter().filter_map(pair).collect()
}

/// Responses to some positions.
fn responses<const N: usize>(pairs: [(usize, bool); N]) -> BTreeMap<usize, bool> {
    pairs.into()
}

/// A candidate at a browser, and what they have chosen.
struct Desk {
    chrome: Chrome,
    chosen: BTreeMap<usize, bool>,
}

impl Desk {
    async fn enter(chrome: Chrome, exam: &str) -> Self {
        let desk = Self { chrome, chosen: BTreeMap::new() };
        desk.chrome.log_in(CANDIDATE, &format!("/exams/{exam}/room")).await;
        desk.chrome.says("#meta", "共 8 题").await;
        desk
    }

    /// Enters by the waiting room when little time is left, which is confirmed first.
    async fn enter_late(chrome: Chrome, exam: &str) -> Self {
        chrome.go(&format!("/exams/{exam}")).await;
        chrome.tap("main label:has(input[name='sure'])").await;
        chrome.press("进入考场").await;
        chrome.says("#meta", "共 8 题").await;
        Self { chrome, chosen: BTreeMap::new() }
    }

    /// Goes to a question by the board and answers it.
    async fn answer(&mut self, position: usize, truth: bool) {
        self.turn_to(position).await;
        self.chrome.tap(&format!("#options .opt:nth-child({})", if truth { 1 } else { 2 })).await;
        self.chosen.insert(position, truth);
    }

    async fn turn_to(&self, position: usize) {
        let script = "document.querySelectorAll('#cells .cell')[arguments[0] - 1].click()";
        self.chrome.run(script, vec![position.into()]).await;
        self.chrome.says("#meta", &format!("第 {position} 题")).await;
    }

    /// Waits for the state of saving.
    async fn is(&self, state: &str) {
        self.chrome.see(&format!("#saved[data-state='{state}']")).await;
    }

    async fn saves(&mut self, position: usize, truth: bool) {
        self.answer(position, truth).await;
        self.is("saved").await;
    }

    /// The attempt, as the room's program names it to the server.
    async fn attempt(&self) -> String {
        let script = "return performance.getEntriesByType('resource').map(e => e.name)
            .map(name => (name.match(/attempts\\/([0-9a-f-]{36})\\//) || [])[1]).filter(Boolean)[0] || null";
        let id = self
            .chrome
            .until("an attempt", async || self.chrome.run(script, Vec::new()).await.as_str().map(str::to_owned));
        id.await
    }

    /// How many the page shows as answered.
    async fn shows(&self, answered: usize) {
        let wanted = format!("{answered} / {ITEMS}");
        let script = "return document.getElementById('drawer').textContent";
        let shown = async || (self.chrome.ask(script, Vec::new()).await? == wanted.as_str()).then_some(());
        self.chrome.until(&wanted, shown).await;
    }

    /// What the page shows as chosen, question by question.
    async fn on_page(&self) -> BTreeMap<usize, bool> {
        let mut seen = BTreeMap::new();
        for position in 1..=ITEMS {
            self.turn_to(position).await;
            let script = "return [...document.querySelectorAll('#options input')].map(i => i.checked)";
            let on = self.chrome.run(script, Vec::new()).await;
            match (on[0].as_bool().unwrap(), on[1].as_bool().unwrap()) {
                (false, false) => None,
                (truth, _) => seen.insert(position, truth),
            };
        }
        seen
    }

    /// What this device still keeps for itself.
    async fn kept(&self) -> usize {
        let script = "return Object.keys(localStorage).filter(k => k.includes(':unsent:')).length";
        usize::try_from(self.chrome.run(script, Vec::new()).await.as_u64().unwrap()).unwrap()
    }

    async fn submit(&self) {
        self.chrome.tap("#drawer").await;
        self.chrome.tap("#review").await;
        self.chrome.tap("#submit-go").await;
    }
}
