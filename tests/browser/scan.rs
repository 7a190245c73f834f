//! Scanning the code of a hall with a phone that is not logged in.

use std::time::{Duration, Instant};

use kaofa::auth::Role;
use serde_json::{Value, json};

use crate::chrome::Chrome;
use crate::harness::{Backend, PASSWORD, TestServer, run};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn log_in(chrome: &Chrome, username: &str) {
    chrome.see("#f-username").await.send_keys(username).await.unwrap();
    chrome.see("#f-password").await.send_keys(PASSWORD).await.unwrap();
    chrome.see("main .btn.go").await.click().await.unwrap();
}

/// The phone opens the address, takes longer to log in than the code lives, and is counted at the time of the scan; the
/// hall's screen shows it within two seconds.
async fn scan(server: TestServer) {
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
        "starts_at": "2026-03-16T01:05:00Z", "ends_at": "2026-03-16T03:00:00Z", "place": "一号会议室",
        "credit_hours": 2, "audience": { "unit_ids": [root] },
        "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 0, "closes_after_seconds": 3600 },
    });
    let session = text(&coordinator.post("/api/v1/sessions", &body).await.ok()["id"]);
    coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();

    let base = format!("http://{}", server.address);
    let hall = Chrome::phone(&base).await;
    hall.driver.goto(format!("{base}/sessions/{session}/hall")).await.unwrap();
    log_in(&hall, "coordinator").await;
    hall.says("[data-part=expected]", "1").await;
    hall.says("[data-part=here]", "0").await;

    server.set_clock("2026-03-16T01:04:50Z");
    let shown = coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
    let phone = Chrome::phone(&base).await;
    phone.driver.goto(text(&shown["url"])).await.unwrap();
    phone.see("#f-username").await;
    phone.fits().await;
    // Two minutes later the code is long gone, and the session has begun.
    server.set_clock("2026-03-16T01:06:50Z");
    log_in(&phone, "official").await;
    let page = phone.says("main", "已签到").await;
    let counted = Instant::now();
    assert!(page.contains("09:04"), "the time of the scan: {page}");
    phone.fits().await;
    hall.says("[data-part=here]", "1").await;
    assert!(counted.elapsed() < Duration::from_secs(2), "{:?}", counted.elapsed());

    let row = coordinator.get(&format!("/api/v1/sessions/{session}/attendance/{person}")).await.ok();
    assert_eq!(row["attendance"]["checked_in_at"], "2026-03-16T01:04:50.000Z");
    assert_eq!((&row["attendance"]["status"], &row["attendance"]["method"]), (&json!("present"), &json!("qr")));
    phone.quit().await;
    hall.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_not_logged_in_is_counted_when_it_scans() {
    run(Backend::Sqlite, scan).await;
}
