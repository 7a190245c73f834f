//! A second device: one writes, the other reads, and neither overwrites what the other wrote.

use super::{Desk, ITEMS, candidate, exam, held, responses};
use crate::cable::Cable;
use crate::chrome::{Chrome, base};
use crate::harness::{Backend, TestServer, run};

async fn changes(server: TestServer) {
    let exam = exam(&server, "2026-03-16T01:00:00.000Z", "2026-03-16T09:00:00.000Z").await;
    server.work().await;
    let cable = Cable::to(server.address).await;
    let (phone, desk) = (cable.base(), base(&server));
    let (phone, desk) = tokio::join!(Chrome::phone(&phone), Chrome::desk(&desk));
    let mut phone = Desk::enter(phone, &exam).await;
    phone.saves(1, true).await;
    let attempt = phone.attempt().await;
    let api = candidate(server.client()).await;

    // The phone has something unsent when the desk takes over.
    cable.pull();
    phone.answer(3, true).await;
    phone.is("offline").await;
    let mut desk = Desk::enter(desk, &exam).await;
    desk.shows(1).await;
    desk.saves(2, false).await;
    cable.mend();
    phone.chrome.says("#banner", "已在另一设备继续作答，本机只能查看").await;
    phone.chrome.says("#banner", "第 3 题").await;
    phone.chrome.says("#saved-text", "只读").await;
    phone.chrome.fits().await;
    let disabled =
        phone.chrome.run("return [...document.querySelectorAll('#options input')].every(i => i.disabled)", Vec::new());
    assert_eq!(disabled.await, true, "read-only means that nothing can be chosen");
    phone.turn_to(2).await;
    assert_eq!(held(&api, &attempt).await, responses([(1, true), (2, false)]), "what was not sent is not merged");

    // It is taken back: what the desk wrote is there, what the phone could not send is shown to its user and no more.
    phone.chrome.press("回到本机继续作答").await;
    phone.shows(2).await;
    phone.chrome.says("#stranded", "第 3 题 正确").await;
    assert_eq!(phone.on_page().await, responses([(1, true), (2, false)]));
    phone.saves(3, true).await;
    phone.saves(2, true).await;
    desk.answer(2, false).await;
    desk.answer(4, true).await;
    desk.chrome.says("#banner", "已在另一设备继续作答").await;
    desk.is("stopped").await;
    let expected = responses([(1, true), (2, true), (3, true)]);
    assert_eq!(held(&api, &attempt).await, expected, "the desk's later answers were refused");

    // The desk learns of the end.
    phone.submit().await;
    phone.chrome.says("#over-title", "已交卷").await;
    phone.chrome.says("#over-lines", &format!("服务器收到作答 3 题，共 {ITEMS} 题")).await;
    desk.chrome.press("回到本机继续作答").await;
    desk.chrome.says("#over-title", "已交卷").await;
    desk.chrome.says("#over-lines", &format!("服务器收到作答 3 题，共 {ITEMS} 题")).await;
    tokio::join!(phone.chrome.quit(), desk.chrome.quit());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_device_takes_over_and_gives_back() {
    run(Backend::Sqlite, changes).await;
}
