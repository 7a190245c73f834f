//! The server is killed, as by a power cut, and started again.

use std::time::Duration;

use entity::instant::Instant;

use kaofa::kernel::clock::{Clock as _, SystemClock};

use super::{Desk, ITEMS, candidate, exam, held};
use crate::cable::Cable;
use crate::chrome::Chrome;
use crate::harness::{Backend, Client, TestServer, run};
use crate::program::Program;

fn now() -> Instant {
    SystemClock.now()
}

async fn dies(server: TestServer) {
    // The program lives by the machine's clock, so what it serves is prepared by that too.
    server.clock.set(now());
    let from = now();
    let closes = Instant(from.0 + 3 * 3_600_000);
    let exam = exam(&server, &from.to_string(), &closes.to_string()).await;
    server.clock.set(now());
    server.work().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("kaofa.key");
    std::fs::write(&key, "07".repeat(32)).unwrap();
    let flags = ["--database-url", &server.database_url, "--secret-key-file", key.to_str().unwrap()];
    let mut program = Program::start(&flags, &[]);
    let cable = Cable::to(program.address).await;
    let mut desk = Desk::enter(Chrome::phone(&cable.base()).await, &exam).await;
    desk.saves(1, true).await;
    let attempt = desk.attempt().await;
    let mut acknowledged = desk.chosen.clone();

    for (round, pause) in [0, 90, 180].into_iter().enumerate() {
        // One answer that the page calls saved, one that meets the end of the server at a different moment each time.
        desk.saves(2 + 2 * round, round % 2 == 0).await;
        acknowledged.extend(desk.chosen.clone());
        desk.answer(3 + 2 * round, true).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        program.kill();
        if desk.chrome.run("return document.getElementById('saved').dataset.state", Vec::new()).await == "saved" {
            acknowledged.extend(desk.chosen.clone());
        }
        cable.pull();
        program = Program::start(&flags, &[]);
        let api = candidate(Client::new(program.address)).await;
        let survived = held(&api, &attempt).await;
        for (position, truth) in &acknowledged {
            assert_eq!(survived.get(position), Some(truth), "round {round}, position {position}: {survived:?}");
        }
        cable.plug_into(program.address);
        cable.mend();
        desk.is("saved").await;
        acknowledged.extend(desk.chosen.clone());
        assert_eq!(held(&api, &attempt).await, desk.chosen, "round {round}");
    }
    desk.chrome.driver.refresh().await.unwrap();
    desk.shows(desk.chosen.len()).await;
    assert_eq!(desk.on_page().await, desk.chosen);
    desk.submit().await;
    desk.chrome.says("#over-title", "已交卷").await;
    desk.chrome.says("#over-lines", &format!("服务器收到作答 {} 题，共 {ITEMS} 题", desk.chosen.len())).await;
    desk.chrome.quit().await;
    program.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_has_lost_no_acknowledged_answer() {
    run(Backend::Sqlite, dies).await;
}
