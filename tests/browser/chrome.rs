//! Chromium, driven by a chromedriver of the test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

/// A browser as wide as a small phone; it and its driver end with it.
pub(crate) struct Chrome {
    pub(crate) driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chrome {
    pub(crate) async fn phone() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver does not start ({error}): run `make test`, which installs it")
            });
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        let data = format!("--user-data-dir={}", profile.path().display());
        for flag in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--lang=zh-CN",
            data.as_str(),
        ] {
            capabilities.add_arg(flag).unwrap();
        }
        let metrics = json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 1.0 } });
        capabilities.add_experimental_option("mobileEmulation", metrics).unwrap();
        capabilities.add_experimental_option("prefs", json!({ "intl.accept_languages": "zh-CN" })).unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let driver = loop {
            match WebDriver::new(&url, capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) if tries == 40 => panic!("chromedriver does not answer at {url}: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            }
            tries += 1;
        };
        Self { driver, process, _profile: profile }
    }

    /// The first element that fits, once there is one to be seen.
    pub(crate) async fn see(&self, css: &str) -> WebElement {
        let found = self.driver.query(By::Css(css)).wait(Duration::from_secs(15), Duration::from_millis(100));
        match found.and_displayed().first().await {
            Ok(element) => element,
            Err(error) => {
                let text = self.driver.find(By::Css("body")).await.unwrap().text().await.unwrap_or_default();
                panic!("no {css}: {error}\n{text}")
            }
        }
    }

    /// Waits until an element says so.
    pub(crate) async fn says(&self, css: &str, words: &str) -> String {
        let mut text = String::new();
        for _ in 0..150 {
            if let Ok(element) = self.driver.find(By::Css(css)).await {
                text = element.text().await.unwrap_or_default();
                if text.contains(words) {
                    return text;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{css} does not say {words}, but {text}")
    }

    /// Nothing is wider than the phone.
    pub(crate) async fn fits(&self) {
        let width = self.driver.execute("return document.documentElement.scrollWidth", Vec::new()).await.unwrap();
        assert!(width.json().as_i64().unwrap() <= 360, "{} px wide", width.json());
    }

    pub(crate) async fn quit(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
