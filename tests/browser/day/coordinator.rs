//! A coordinator on the day of a session and of an exam.

use thirtyfour::prelude::*;

use super::{comes_to_say, number};
use crate::chrome::Chrome;

/// The answer to an objection.
pub(super) const ANSWER: &str = "条文未修订，答案无误。";

/// From what is running today to the hall's screen: the session and its code.
pub(super) async fn shows_the_code(desk: &Chrome) -> (String, String) {
    desk.says("main", "签到中").await;
    desk.press("大屏签到").await;
    desk.see(".hall-picture svg").await;
    let shown = desk.see("[data-part='code']").await.text().await.unwrap();
    (number(desk).await, shown.chars().filter(char::is_ascii_digit).collect())
}

/// Whoever was called is on the session's list; one person is put right, with a reason.
pub(super) async fn follows_who_came(desk: &Chrome, session: &str, name: &str) {
    desk.go(&format!("/sessions/{session}?status=late")).await;
    desk.says("main table", name).await;
    desk.go(&format!("/sessions/{session}?status=pending")).await;
    let before = desk.rows().await;
    desk.tap("main tbody a[href*='/attendance/']").await;
    desk.says("h1", "更正").await;
    desk.choose("status", "请假").await;
    desk.tap("main .btn.go").await;
    desk.see(".errors:focus").await;
    desk.fill("reason", "因公出差，已补交请假条").await;
    desk.tap("main .btn.go").await;
    desk.says("main", "到会情况已更正").await;
    desk.go(&format!("/sessions/{session}?status=pending")).await;
    assert_eq!(desk.rows().await, before - 1);
    desk.fits().await;
}

/// What the official has asked for waits on the session that is to come.
pub(super) async fn decides_about_leave(desk: &Chrome) {
    desk.go("/sessions?status=published").await;
    desk.tap("main tbody a").await;
    desk.says("main", "申请请假").await;
    desk.press("准假").await;
    desk.says("main", "已审批").await;
    assert!(desk.driver.find(By::XPath("//main//button[.='准假']")).await.is_err(), "it is decided once");
}

pub(super) async fn decides_about_an_exemption(desk: &Chrome, exemption: &str) {
    desk.go(&format!("/exemptions/{exemption}")).await;
    desk.says("main", "情况属实").await;
    desk.tap("main label:has(input[name='approve'][value='no'])").await;
    desk.fill("reason", "可在考点就近参加").await;
    desk.press("作出决定").await;
    desk.says("main", "决定已作出").await;
    desk.says("main", "不批准").await;
    desk.fits().await;
}

/// The monitor shows who is sitting, and leads to what can be done for them.
pub(super) async fn gives_more_time(desk: &Chrome, exam: &str) {
    desk.go(&format!("/exams/{exam}/monitor")).await;
    desk.says("#monitor-live", "实时更新").await;
    desk.choose("unit_id", "区司法局").await;
    desk.says("main tr[data-person]", "").await;
    let script =
        "const row = [...document.querySelectorAll('tr[data-person]')].find(r => r.textContent.includes('作答中'));
        return row && row.querySelector('a[href*=\"/candidates/\"]').getAttribute('href')";
    let sitting = async || desk.ask(script, Vec::new()).await?.as_str().map(str::to_owned);
    let candidate = desk.until("somebody sitting", sitting).await;
    desk.fits().await;
    desk.go(&candidate).await;
    desk.fill("extra_seconds", "15").await;
    desk.press("保存安排").await;
    desk.says(".errors", "理由").await;
    desk.fill("reason", "设备故障，更换座位").await;
    desk.press("保存安排").await;
    desk.says("main", "单独安排已保存").await;
    desk.says("main table", "设备故障").await;
    desk.fits().await;
}

/// Nobody enters any more; the last one has handed in, and the results are out.
pub(super) async fn ends_the_exam(desk: &Chrome, exam: &str) {
    let manage = format!("/exams/{exam}/manage");
    desk.go(&manage).await;
    desk.press("提前结束").await;
    desk.says("details[open]", "未考的考生将不能再考").await;
    desk.fill_in("details[open] textarea", "考试任务已完成").await;
    desk.tap("details[open] button.danger").await;
    desk.says("main", "考试不再允许进入").await;
    let ended = desk.until("the end", async || {
        desk.go(&manage).await;
        let head = desk.see("main .page-head").await.text().await.ok()?;
        (head.contains("待公布") || head.contains("已公布")).then_some(head)
    });
    if ended.await.contains("待公布") {
        desk.press("成绩").await;
        desk.press("公布成绩").await;
        desk.press("确认公布成绩").await;
        desk.says("main", "成绩已公布").await;
    }
}

pub(super) async fn answers_the_objection(desk: &Chrome, exam: &str) {
    comes_to_say(desk, "/today", "main", "条异议待办").await;
    desk.go(&format!("/exams/{exam}/objections?state=open")).await;
    desk.says("main .due", super::official::DOUBT).await;
    desk.press("作出决定").await;
    desk.tap("main label:has(input[name='decision'][value='rejected'])").await;
    desk.fill("reason", ANSWER).await;
    desk.tap("details[open] button.go").await;
    desk.says("main", "决定已记录").await;
    desk.fits().await;
}

/// The results, the book of them, what the questions were like.
pub(super) async fn reads_results(desk: &Chrome, exam: &str) {
    desk.go(&format!("/exams/{exam}/results")).await;
    desk.choose("unit_id", "区司法局").await;
    desk.until("the unit's results", async || desk.path().await.contains("unit_id=").then_some(())).await;
    assert!(desk.rows().await >= 10);
    desk.press("成绩册").await;
    desk.says("main .page-head", "合格").await;
    desk.go(&format!("/exams/{exam}/statistics")).await;
    desk.see("main svg.chart").await;
    desk.says("main table", "").await;
    desk.fits().await;
}
