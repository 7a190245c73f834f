//! The network fails: answers wait on the device, nothing is claimed, and everything arrives afterwards.

use super::{CANDIDATE, Desk, ITEMS, candidate, exam, held};
use crate::cable::Cable;
use crate::chrome::Chrome;
use crate::harness::{Backend, TestServer, run};

async fn fails(server: TestServer) {
    let exam = exam(&server, "2026-03-16T01:00:00.000Z", "2026-03-16T09:00:00.000Z").await;
    server.work().await;
    let cable = Cable::to(server.address).await;
    let mut desk = Desk::enter(Chrome::phone(&cable.base()).await, &exam).await;
    desk.chrome.says("#saved-text", "作答后自动保存").await;
    desk.saves(1, true).await;
    let attempt = desk.attempt().await;
    let api = candidate(server.client()).await;
    assert_eq!(held(&api, &attempt).await, desk.chosen);

    // The cable is pulled: what is answered is kept here, and said to be.
    cable.pull();
    let before = desk.chosen.clone();
    desk.answer(2, false).await;
    desk.answer(3, true).await;
    desk.is("offline").await;
    desk.chrome.says("#saved-text", "暂存本机").await;
    desk.chrome.says("#banner", "暂存本机，联网后补交").await;
    desk.chrome.fits().await;
    assert_eq!(held(&api, &attempt).await, before, "nothing arrived, and nothing is called saved");
    cable.mend();
    desk.is("saved").await;
    assert_eq!(held(&api, &attempt).await, desk.chosen);
    assert!(!desk.chrome.see("#work").await.text().await.unwrap().contains("暂存本机"));

    // The server's answers are lost: it holds what the page does not call saved, and the same again is no conflict.
    cable.deafen();
    desk.answer(4, true).await;
    desk.chrome.until("the server has it", async || (held(&api, &attempt).await == desk.chosen).then_some(())).await;
    assert_eq!(desk.chrome.see("#saved").await.attr("data-state").await.unwrap().as_deref(), Some("saving"));
    cable.mend();
    desk.is("saved").await;
    // And changed while the answer was on its way.
    cable.deafen();
    desk.answer(4, false).await;
    desk.chrome.until("the server has it", async || (held(&api, &attempt).await == desk.chosen).then_some(())).await;
    desk.answer(4, true).await;
    cable.mend();
    desk.is("saved").await;
    assert_eq!(held(&api, &attempt).await, desk.chosen);

    // The tab is closed with something unsent; another tab of the same browser finds and sends it.
    cable.pull();
    let before = desk.chosen.clone();
    desk.answer(5, false).await;
    desk.is("offline").await;
    assert_eq!(desk.kept().await, 1);
    let old = desk.chrome.driver.window().await.unwrap();
    let new = desk.chrome.driver.new_tab().await.unwrap();
    desk.chrome.driver.switch_to_window(old).await.unwrap();
    desk.chrome.driver.close_window().await.unwrap();
    desk.chrome.driver.switch_to_window(new).await.unwrap();
    assert_eq!(held(&api, &attempt).await, before);
    cable.mend();
    desk.chrome.go(&format!("/exams/{exam}/room")).await;
    desk.shows(5).await;
    desk.is("saved").await;
    assert_eq!(held(&api, &attempt).await, desk.chosen);
    assert_eq!(desk.kept().await, 0);
    assert_eq!(desk.on_page().await, desk.chosen);

    // The answer to the hand-in is lost: handing in again gives the first answer.
    cable.deafen();
    desk.submit().await;
    let ended = || async { api.get(&format!("/api/v1/attempts/{attempt}")).await.ok()["state"] != "running" };
    desk.chrome.until("the server has it", async || ended().await.then_some(())).await;
    cable.mend();
    desk.chrome.says("#over-title", "已交卷").await;
    desk.chrome.says("#over-lines", &format!("服务器收到作答 5 题，共 {ITEMS} 题")).await;
    desk.chrome.says("#over-lines", &format!("得分 3 / {ITEMS}")).await;
    let keys = desk.chrome.run("return Object.keys(localStorage).length", Vec::new()).await;
    assert_eq!(keys, 0, "nothing of the exam stays on the device of {CANDIDATE}");
    desk.chrome.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_network_loses_no_answer() {
    run(Backend::Sqlite, fails).await;
}
