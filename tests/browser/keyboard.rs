//! The main flows by keyboard alone: nothing is clicked, and where the focus is can always be seen.

use kaofa::auth::Role;
use thirtyfour::prelude::*;

use crate::chrome::{Chrome, base};
use crate::harness::{Backend, PASSWORD, TestServer, run};
use crate::room;

/// A key that is no letter.
fn key(key: Key) -> String {
    char::from(key).to_string()
}

impl Chrome {
    async fn keys(&self, keys: impl AsRef<str>) {
        let keys = keys.as_ref();
        self.until("the keyboard", async || self.driver.active_element().await.ok()?.send_keys(keys).await.ok()).await;
    }

    /// Goes on with the tab key until the focus is there; every stop on the way shows where it is.
    async fn tab_to(&self, css: &str) {
        let script = "const here = document.activeElement;
            const shown = [here, here.nextElementSibling, here.closest('.opt, label')].filter(Boolean).some(e => {
                const style = getComputedStyle(e);
                return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
            });
            return [here.matches(arguments[0]), here === document.body || shown, here.outerHTML.slice(0, 120)];";
        for _ in 0..120 {
            self.keys(key(Key::Tab)).await;
            let Some(here) = self.ask(script, vec![css.into()]).await else { continue };
            assert_eq!(here[1], true, "nobody sees where the focus is: {}", here[2]);
            if here[0] == true {
                return;
            }
        }
        panic!("the tab key does not lead to {css} on {}", self.path().await);
    }

    async fn type_into(&self, css: &str, text: &str) {
        self.tab_to(css).await;
        self.keys(text).await;
    }

    async fn enter(&self) {
        self.keys(key(Key::Enter)).await;
    }

    async fn log_in_by_keys(&self, username: &str, next: &str) {
        self.driver.delete_all_cookies().await.unwrap();
        self.go(next).await;
        self.type_into("#f-username", username).await;
        self.type_into("#f-password", PASSWORD).await;
        self.enter().await;
        let next = next.to_owned();
        self.until("log-in", async || (self.path().await == next).then_some(())).await;
    }
}

/// An official sits an exam.
async fn sits(server: TestServer) {
    let exam = room::exam(&server, "2026-03-16T01:00:00.000Z", "2026-03-16T09:00:00.000Z").await;
    server.work().await;
    let chrome = Chrome::desk(&base(&server)).await;
    chrome.log_in_by_keys("official", "/tasks").await;
    chrome.tab_to(&format!("a[href='/exams/{exam}']")).await;
    chrome.enter().await;
    chrome.says("main", "可用满 60 分钟").await;
    chrome.tab_to("main .btn.go").await;
    chrome.enter().await;
    for n in 1..=room::ITEMS {
        chrome.says("#meta", &format!("第 {n} 题")).await;
        match n % 3 {
            0 => chrome.keys("a").await,
            1 => chrome.keys("1").await,
            _ => {
                chrome.keys(key(Key::Down)).await;
                chrome.keys(" ").await;
            }
        }
        chrome.see("#options .opt.on").await;
        chrome.see("#saved[data-state='saved']").await;
        if n == 2 {
            chrome.keys("m").await;
            chrome.says("#count-marked", "1").await;
        }
        if n < room::ITEMS {
            chrome.keys(key(Key::Right)).await;
        }
    }
    chrome.keys("?").await;
    chrome.see("#keys[open]").await;
    chrome.keys(key(Key::Escape)).await;
    chrome
        .until("the keys are closed", async || {
            (chrome.ask("return document.getElementById('keys').open", Vec::new()).await? == false).then_some(())
        })
        .await;
    chrome.tab_to("#review").await;
    chrome.enter().await;
    chrome.says("#submit-open", "均已作答").await;
    chrome.says("#submit-marked", "1").await;
    chrome.tab_to("#submit-go").await;
    chrome.enter().await;
    chrome.says("#over-title", "已交卷").await;
    chrome.tab_to("#over-back").await;
    chrome.enter().await;
    chrome.says("main", "合格").await;
    chrome.quit().await;
}

/// A coordinator enters somebody, plans a programme and publishes it; an auditor follows a figure.
async fn plans(server: TestServer) {
    let root = server.root().await;
    server.unit(root, "sfj", "区司法局").await;
    server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
    server.account("auditor", None, &[(Role::Auditor, root)], false).await;
    let chrome = Chrome::desk(&base(&server)).await;
    chrome.log_in_by_keys("coordinator", "/people/new").await;
    chrome.type_into("#f-name", "张伟").await;
    chrome.enter().await;
    // The summary of what is wrong has the focus, and its links lead to the fields.
    chrome.see(".errors:focus").await;
    chrome.tab_to(".errors a[href='#f-categories']").await;
    chrome.enter().await;
    chrome.see("#f-categories :focus").await;
    chrome.keys(" ").await;
    chrome.type_into("#f-unit_id", &key(Key::Down)).await;
    chrome.tab_to("main .btn.go").await;
    chrome.enter().await;
    chrome.says("main table", "张伟").await;

    chrome.tab_to("nav a[href='/programmes']").await;
    chrome.enter().await;
    chrome.tab_to("a[href='/programmes/new']").await;
    chrome.enter().await;
    chrome.type_into("#f-title", "2026年度学法计划").await;
    chrome.type_into("#f-unit_id", &key(Key::Down)).await;
    chrome.tab_to("[name='audience.unit_ids']").await;
    chrome.keys(" ").await;
    chrome.type_into("#f-required_hours", "2").await;
    chrome.tab_to("main .btn.go").await;
    chrome.enter().await;
    chrome.says("main", "草稿").await;
    chrome.tab_to("summary.btn.go").await;
    chrome.enter().await;
    chrome.tab_to("details[open] button.go").await;
    chrome.enter().await;
    chrome.says("main", "已发布").await;

    server.work().await;
    chrome.log_in_by_keys("auditor", "/rates").await;
    chrome.tab_to("tbody a[href*='study.not_participated']").await;
    chrome.enter().await;
    chrome.says("main table", "张伟").await;
    chrome.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exam_is_sat_by_keyboard_alone() {
    run(Backend::Sqlite, sits).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_is_planned_by_keyboard_alone() {
    run(Backend::Sqlite, plans).await;
}
