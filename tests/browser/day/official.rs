//! An official, on a phone 360 px wide.

use thirtyfour::prelude::*;

use super::{comes_to_say, number};
use crate::chrome::Chrome;

/// What somebody doubts about their result.
pub(super) const DOUBT: &str = "第一题的依据已经修订，请核对条文。";
const LEAVE: &str = "当日参加省级培训";

/// In the order of time, what is running at the top.
pub(super) async fn sees_what_is_due(phone: &Chrome) {
    phone.says("main .due > li:first-child", "正在进行").await;
    phone.says("main .due > li:first-child", "未签到").await;
    let script = "return [...document.querySelectorAll('main .due > li')].map(e => e.textContent)";
    let due = phone.run(script, Vec::new()).await;
    let due: Vec<&str> = due.as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    assert!(due.len() >= 3, "a session, one that is to come, an exam: {due:?}");
    assert!(due.iter().any(|task| task.contains("可考 1 次") && task.contains("截止")), "{due:?}");
    phone.says("main", "年度进度").await;
}

pub(super) async fn checks_in(phone: &Chrome, session: &str, code: &str) {
    phone.press("签到").await;
    assert_eq!(number(phone).await, session);
    phone.fill("code", code).await;
    phone.tap("main .btn.go").await;
    // In time or late, by when the demonstration was filled.
    phone.says("main .panel", "签到时间").await;
    phone.fits().await;
    phone.press("返回待办").await;
    let first = phone.see("main .due > li:first-child").await.text().await.unwrap();
    assert!(!first.contains("未签到"), "{first}");
}

/// For the session that is to come.
pub(super) async fn asks_for_leave(phone: &Chrome) {
    phone.go("/tasks").await;
    phone.press("查看、请假").await;
    phone.says("h1", "签到").await;
    phone.press("申请请假").await;
    phone.press("提交申请").await;
    phone.says(".errors:focus", "请假事由").await;
    phone.fill("reason", LEAVE).await;
    phone.press("提交申请").await;
    phone.says("main", "请假申请已提交").await;
    phone.fits().await;
}

/// An address for the phone's own calendar, shown once.
pub(super) async fn subscribes(phone: &Chrome) {
    phone.go("/record").await;
    phone.press("日历订阅").await;
    phone.press("生成订阅地址").await;
    let address = phone.see("main a.break").await.attr("href").await.unwrap().unwrap();
    phone.fits().await;
    let feed = reqwest::get(&address).await.unwrap();
    assert_eq!(feed.headers()["content-type"].to_str().unwrap().split(';').next(), Some("text/calendar"));
    let feed = feed.text().await.unwrap();
    assert!(feed.starts_with("BEGIN:VCALENDAR") && feed.matches("BEGIN:VEVENT").count() >= 2, "{feed}");
    phone.go("/calendar").await;
    assert!(phone.driver.find(By::Css("main a.break")).await.is_err(), "the address is shown once");
}

/// The number of the exam.
pub(super) async fn enters_the_exam(phone: &Chrome) -> String {
    phone.go("/tasks").await;
    phone.press("进入候考").await;
    phone.says("main", "分钟").await;
    phone.fits().await;
    let exam = number(phone).await;
    phone.press("进入考场").await;
    phone.says("#meta", "第 1 题").await;
    for n in 1..=3 {
        phone.says("#meta", &format!("第 {n} 题")).await;
        phone.tap("#options .opt").await;
        phone.says("#saved-text", "已保存").await;
        phone.tap("#next").await;
    }
    exam
}

/// What the coordinator has given is seen without loading the room anew.
pub(super) async fn has_more_time(phone: &Chrome) {
    let left = "const digits = document.querySelector('#clock').textContent.match(/\\d+/g);
        return digits.reduce((all, n) => all * 60 + Number(n), 0) > 3600";
    phone.until("more than an hour", async || (phone.ask(left, Vec::new()).await? == true).then_some(())).await;
}

pub(super) async fn hands_in(phone: &Chrome) {
    phone.tap("#drawer").await;
    phone.fits().await;
    phone.tap("#review").await;
    phone.says("#submit-open", "未答 47 题").await;
    phone.tap("#submit-go").await;
    phone.says("#over-title", "已交卷").await;
    phone.says("#over-lines", "服务器收到作答 3 题").await;
    phone.tap("#over-back").await;
}

/// Once the result is there.
pub(super) async fn objects(phone: &Chrome, exam: &str) {
    comes_to_say(phone, "/results", "main tbody tr:first-child", "不合格").await;
    phone.fits().await;
    phone.tap("main tbody tr:first-child a").await;
    phone.says("main", "各部分得分").await;
    assert_ne!(number(phone).await, exam, "the page is the attempt's");
    phone.press("提出异议").await;
    phone.see(".errors:focus").await;
    phone.choose("position", "第 1 题").await;
    phone.fill("text", DOUBT).await;
    phone.press("提出异议").await;
    phone.says("main", "异议已提出").await;
    phone.says("main .due", DOUBT).await;
    phone.fits().await;
}

pub(super) async fn reads_the_answer(phone: &Chrome) {
    phone.driver.refresh().await.unwrap();
    phone.says("main .due", "不采纳").await;
    phone.says("main .due", super::coordinator::ANSWER).await;
}

/// This year with what was done today, and a year before.
pub(super) async fn reads_their_file(phone: &Chrome) {
    phone.go("/record").await;
    let file = phone.says("main", "不合格").await;
    assert!(file.contains("集体学法") && file.contains("学法计划"), "{file}");
    phone.fits().await;
    phone.tap("main .actions a[href*='year=']").await;
    phone.says("main", "合格").await;
    phone.fits().await;
}
