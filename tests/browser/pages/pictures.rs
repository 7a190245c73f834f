//! `make screenshots`: a picture of every page at both widths.

use std::path::PathBuf;
use std::time::Duration;

use super::Demo;
use super::walk::{Walk, pattern};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes pictures for people to look at: make screenshots"]
async fn screenshots() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::start();
    let walk = Walk::through(&demo.base()).await.chosen();
    let failed = walk
        .each(2, async |chrome, visit| {
            let name = pattern(&visit.path).replace('/', "-").replace(':', "id");
            chrome.go(&visit.path).await;
            // Pages that are programs of their own ask the server for more.
            if chrome.run("return document.querySelectorAll('script[src]').length > 2", Vec::new()).await == true {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            for (narrow, width) in [(false, 1280), (true, 360)] {
                chrome.narrow(narrow).await;
                let png = chrome.picture().await;
                std::fs::write(folder.join(format!("{}{name}-{width}.png", visit.role)), png).unwrap();
            }
            chrome.narrow(false).await;
            Vec::new()
        })
        .await;
    assert!(failed.is_empty() && !walk.visits.is_empty());
}
