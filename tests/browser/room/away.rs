//! The deadline passes while nobody looks.

use super::{Desk, ITEMS, candidate, exam};
use crate::cable::Cable;
use crate::chrome::Chrome;
use crate::harness::{Backend, TestServer, run};

/// The network is cut until long after the server has handed the paper in.
async fn passes_without_a_network(server: TestServer) {
    let exam = exam(&server, "2026-03-16T01:00:00.000Z", "2026-03-16T09:00:00.000Z").await;
    server.work().await;
    let cable = Cable::to(server.address).await;
    let mut desk = Desk::enter(Chrome::phone(&cable.base()).await, &exam).await;
    desk.saves(1, true).await;
    desk.saves(2, false).await;
    let attempt = desk.attempt().await;
    let acknowledged = desk.chosen.clone();
    cable.pull();
    desk.answer(2, true).await;
    desk.answer(3, true).await;
    desk.is("offline").await;
    server.set_clock("2026-03-16T02:00:30.000Z");
    server.work().await;
    cable.mend();
    desk.chrome.says("#over-title", "时间到，已由服务器交卷").await;
    let lines = desk.chrome.says("#over-lines", &format!("服务器收到作答 2 题，共 {ITEMS} 题")).await;
    assert!(lines.contains("未能在截止前送达服务器，不计入成绩：第 2 题 正确，第 3 题 正确"), "{lines}");
    assert!(lines.contains("区司法局 28222222"), "whom to ask: {lines}");
    assert!(lines.contains(&format!("得分 1 / {ITEMS}")), "{lines}");
    let api = candidate(server.client()).await;
    let over = api.get(&format!("/api/v1/attempts/{attempt}")).await.ok();
    assert_eq!(over["answered"], acknowledged.len());
    desk.chrome.driver.refresh().await.unwrap();
    desk.chrome.says("main", "可考次数").await;
    desk.chrome.fits().await;
    desk.chrome.quit().await;
}

/// The page's own countdown ends first: it waits for the server, and says so.
async fn passes_before_the_page(server: TestServer) {
    let exam = exam(&server, "2026-03-16T01:00:00.000Z", "2026-03-16T02:00:00.000Z").await;
    server.work().await;
    let chrome = Chrome::phone(&crate::chrome::base(&server)).await;
    chrome.log_in(super::CANDIDATE, "/tasks").await;
    server.set_clock("2026-03-16T01:59:35.000Z");
    let mut desk = Desk::enter_late(chrome, &exam).await;
    desk.chrome.see("#room.low").await;
    desk.saves(1, true).await;
    // By the server's clock, which the page goes by, time is up; within the grace it has not collected yet.
    server.set_clock("2026-03-16T02:00:01.000Z");
    desk.chrome.says("#over-title", "时间到，正在由服务器收卷").await;
    desk.chrome.says("#over-lines", "不要关闭页面").await;
    server.set_clock("2026-03-16T02:00:12.000Z");
    server.work().await;
    desk.chrome.says("#over-title", "时间到，已由服务器交卷").await;
    desk.chrome.says("#over-lines", &format!("服务器收到作答 1 题，共 {ITEMS} 题")).await;
    desk.chrome.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_without_a_network_keeps_what_was_saved() {
    run(Backend::Sqlite, passes_without_a_network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_time_is_up_waits_for_the_server() {
    run(Backend::Sqlite, passes_before_the_page).await;
}
