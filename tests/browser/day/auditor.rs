//! An auditor: from a figure to what it rests on, and away with it.

use thirtyfour::prelude::*;

use crate::chrome::Chrome;

/// A gap of one unit, its people, and an attempt with what it rests on.
pub(super) async fn follows_a_gap_to_the_evidence(desk: &Chrome) {
    desk.press("全部收起").await;
    let hidden = "return [...document.querySelectorAll('#rates tbody tr')].filter(r => r.checkVisibility()).length";
    assert_eq!(desk.run(hidden, Vec::new()).await, 1, "the tree is closed");
    desk.press("全部展开").await;
    let script = "const link = [...document.querySelectorAll('#rates tr[data-level=\"2\"] a.gap')][0];
        return [link.getAttribute('href'), link.textContent]";
    let gap = desk.run(script, Vec::new()).await;
    let lacking: String = gap[1].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
    desk.go(gap[0].as_str().unwrap()).await;
    desk.says("main h1", &format!("{lacking} 人")).await;
    assert_eq!(desk.rows().await.to_string(), lacking, "as many people as the gap says");
    desk.go("/rates?year=2025").await;
    desk.tap(".cards a[href*='exam.sittings']").await;
    desk.tap("main a[href^='/rates/attempts/']").await;
    let attempt = desk.says("main", "交卷时间").await;
    assert!(attempt.contains("答卷信息"), "{attempt}");
    desk.fits().await;
    desk.go("/rates/compare").await;
    desk.see("main svg.chart").await;
    desk.see("main table").await;
    desk.fits().await;
}

/// Every file that is offered comes; the report's paragraph tells where its figures are from.
pub(super) async fn takes_files_away(desk: &Chrome) {
    desk.go("/rates?year=2025").await;
    desk.press("文件与报告").await;
    let script = "const done = arguments[arguments.length - 1];
        const links = [...document.querySelectorAll('main a[download]')];
        Promise.all(links.map(link => fetch(link.href).then(answer => answer.arrayBuffer().then(bytes => [
            answer.status, link.getAttribute('href'), bytes.byteLength, [...new Uint8Array(bytes).slice(0, 2)],
        ])))).then(done)";
    let files = desk.run_async(script, Vec::new()).await;
    let files = files.as_array().unwrap();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let (name, begins) = (file[1].as_str().unwrap(), file[3].to_string());
        assert!(file[0] == 200 && file[2].as_u64().unwrap() > 500, "{file}");
        // A workbook is a zip, a table begins with its byte order mark.
        assert_eq!(begins, if name.contains("csv") { "[239,187]" } else { "[80,75]" }, "{file}");
    }
    let paragraph = desk.see("#paragraph").await.text().await.unwrap();
    assert!(paragraph.starts_with("2025 年") && paragraph.contains("参学率"), "{paragraph}");
    desk.press("14 个数的出处").await;
    desk.see("main details[open] a[href^='/']").await;
    desk.fits().await;
}

/// A snapshot of today's figures holds today; all records agree.
pub(super) async fn keeps_and_checks(desk: &Chrome) {
    desk.press("定稿").await;
    desk.press("核对全部记录").await;
    desk.says("#checked", "全部一致").await;
    desk.tap("details.confirm summary").await;
    desk.fill_in("details[open] textarea", "中期检查").await;
    desk.tap("details[open] button").await;
    desk.says("main", "已留存").await;
    let path = desk.path().await;
    if !path.starts_with("/years/snapshots/") {
        desk.tap("main a[href^='/years/snapshots/']").await;
    }
    desk.says("#today", "一致").await;
    desk.says("main", "中期检查").await;
    desk.fits().await;
}

pub(super) async fn verifies_a_draw(desk: &Chrome) {
    desk.press("抽题核验").await;
    desk.tap("main a[href$='?verify=yes'], main tbody tr:last-child a").await;
    if desk.driver.find(By::Css("#verdict")).await.is_err() {
        desk.press("核验全部试卷").await;
    }
    let verdict = desk.says("main section[aria-labelledby='verdict']", "全部相符").await;
    assert_eq!(verdict.matches("相符").count(), 6, "five checks and the whole: {verdict}");
    desk.fits().await;
}

/// Searches the log and asks for it to be checked.
pub(super) async fn proves_the_log(desk: &Chrome) {
    desk.press("日志").await;
    desk.choose("action", "年度定稿").await;
    desk.press("查询").await;
    desk.tap("main tbody tr:first-child summary").await;
    desk.says("main tbody tr:first-child", "中期检查").await;
    desk.press("立即核验").await;
    desk.says("main", "已开始核验").await;
    super::comes_to_say(desk, "/log", "main", "核验无误").await;
    desk.fits().await;
}
