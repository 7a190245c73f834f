//! `make screenshots`: a picture of every page at both widths.

use std::path::PathBuf;

use super::Demo;
use super::crawl::{crawl, pattern};
use crate::chrome::Chrome;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes pictures for people to look at: make screenshots"]
async fn screenshots() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::start();
    let chrome = Chrome::desk(&demo.base()).await;
    crawl(&chrome, async |chrome: &Chrome, role: &str, path: &str| {
        let name = pattern(path).replace('/', "-").replace(':', "id");
        for (narrow, width) in [(false, 1280), (true, 360)] {
            chrome.narrow(narrow).await;
            let png = chrome.picture().await;
            std::fs::write(folder.join(format!("{role}{name}-{width}.png")), png).unwrap();
        }
        chrome.narrow(false).await;
    })
    .await;
    chrome.quit().await;
}
