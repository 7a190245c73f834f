//! From log-in to the figures.

use kaofa::auth::Role;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::chrome::Chrome;
use crate::harness::{Backend, Client, PASSWORD, TestServer, run};

const ITEMS: usize = 4;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A session whose check-in is open, and an exam that can be sat.
async fn prepare(server: &TestServer) -> (Client, String, String) {
    let root = server.root().await;
    let unit = server.unit(root, "sfj", "区司法局").await;
    let user = server.user("coordinator", Role::Coordinator, root).await;
    let coordinator = server.as_(&user);
    let body = json!({
        "name": "张伟", "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
    });
    let person = text(&coordinator.post("/api/v1/people", &body).await.ok()["id"]);
    server.account("official", Some(person.parse().unwrap()), &[(Role::Official, unit)], false).await;
    let body = json!({
        "title": "民法典专题学习", "kind": "collective_study", "host_unit_ids": [root],
        "starts_at": "2026-03-16T01:10:00Z", "ends_at": "2026-03-16T03:00:00Z", "place": "一号会议室",
        "credit_hours": 2, "audience": { "unit_ids": [root] },
        "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 300, "closes_after_seconds": 3600 },
        "contact": "区司法局 28222222",
    });
    let session = text(&coordinator.post("/api/v1/sessions", &body).await.ok()["id"]);
    coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
    let body = json!({ "unit_id": root, "title": "区级题库", "review_required": false });
    let bank = text(&coordinator.post("/api/v1/banks", &body).await.ok()["id"]);
    for n in 0..ITEMS {
        let options: Vec<Value> =
            (0..4).map(|i| json!({ "text": if i == 0 { "正确的说法".into() } else { format!("错误的说法{i}") }, "correct": i == 0 })).collect();
        let body = json!({
            "bank_id": bank, "kind": "single", "topic": "行政处罚法", "difficulty": "easy", "stem": format!("第{n}问"),
            "options": options, "explanation": "见条文。",
            "citation": {
                "law": "行政处罚法", "article": "第36条", "law_version": "2021年修订", "verified_on": "2025-04-19",
            },
        });
        let id = text(&coordinator.post("/api/v1/questions", &body).await.ok()["id"]);
        coordinator.act(&format!("/api/v1/questions/{id}/submit")).await.ok();
    }
    let body = json!({
        "title": "2026年度学法考试", "kind": "annual", "year": 2026, "unit_id": root, "bank_ids": [bank],
        "opens_at": "2026-03-16T01:00:00.000Z", "closes_at": "2026-03-16T05:00:00.000Z",
        "duration_seconds": 3600, "grace_seconds": 10, "pass_points": 60, "attempts_allowed": 1,
        "attempt_scoring": "highest", "audience": { "unit_ids": [root] },
        "sections": [{ "title": "单选题", "kind": "single", "count": ITEMS, "points_each": 25 }],
        "release": "on_submit", "show_key": "never",
    });
    let exam = text(&coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
    coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
    (coordinator, session, exam)
}

/// The place of the right option of the question in hand, from 0.
async fn right(chrome: &Chrome) -> usize {
    for (i, option) in chrome.driver.find_all(By::Css("#options .opt")).await.unwrap().iter().enumerate() {
        if option.text().await.unwrap().contains("正确的说法") {
            return i;
        }
    }
    panic!("no right option")
}

async fn walk(server: TestServer) {
    let (coordinator, session, exam) = prepare(&server).await;
    let chrome = Chrome::phone().await;
    let base = format!("http://{}", server.address);
    chrome.driver.goto(format!("{base}/tasks")).await.unwrap();
    chrome.see("#f-username").await.send_keys("official").await.unwrap();
    chrome.see("#f-password").await.send_keys(PASSWORD).await.unwrap();
    chrome.see("main .btn.go").await.click().await.unwrap();
    chrome.says("main", "民法典专题学习").await;
    chrome.says("main", "2026年度学法考试").await;
    chrome.fits().await;

    chrome.see(&format!("a[href='/checkin/{session}']")).await.click().await.unwrap();
    let code = coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
    chrome.see("#f-code").await.send_keys(text(&code["code"])).await.unwrap();
    chrome.fits().await;
    chrome.see("main .btn.go").await.click().await.unwrap();
    chrome.says("main", "已签到").await;
    let summary = coordinator.get(&format!("/api/v1/sessions/{session}/summary")).await.ok();
    assert_eq!(summary["present"], 1, "{summary}");

    chrome.see("main .btn.go").await.click().await.unwrap();
    chrome.see(&format!("a[href='/exams/{exam}']")).await.click().await.unwrap();
    chrome.says("main", "可用满 60 分钟").await;
    chrome.fits().await;
    chrome.see("main .btn.go").await.click().await.unwrap();
    for n in 0..ITEMS {
        chrome.says("#meta", &format!("第 {} 题", n + 1)).await;
        let i = right(&chrome).await;
        if n % 2 == 0 {
            chrome.driver.find_all(By::Css("#options .opt")).await.unwrap()[i].click().await.unwrap();
        } else {
            chrome.driver.active_element().await.unwrap().send_keys((i + 1).to_string()).await.unwrap();
        }
        chrome.says("#saved-text", "已保存").await;
        if n + 1 < ITEMS {
            chrome.see("#next").await.click().await.unwrap();
        }
    }
    chrome.fits().await;
    chrome.driver.refresh().await.unwrap();
    chrome.says("#drawer", &format!("{ITEMS} / {ITEMS}")).await;
    chrome.see("#options .opt.on").await;

    chrome.see("#drawer").await.click().await.unwrap();
    chrome.see("#review").await.click().await.unwrap();
    chrome.see("#submit-go").await.click().await.unwrap();
    chrome.says("#over-title", "已交卷").await;
    chrome.says("#over-lines", "得分 100 / 100").await;
    chrome.see("#over-back").await.click().await.unwrap();
    chrome.says("main", "合格").await;
    chrome.see("a[href^='/results/']").await.click().await.unwrap();
    chrome.says("main", "各部分得分").await;
    chrome.fits().await;

    server.work().await;
    let rates = coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
    let figures = &rates["total"]["figures"]["exam"];
    assert_eq!((&figures["sat"], &figures["passed"]), (&json!(1), &json!(1)), "{rates}");
    chrome.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_official_studies_and_sits_an_exam_on_a_phone() {
    run(Backend::Sqlite, walk).await;
}
