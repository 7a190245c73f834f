//! At the desk: what is planned, made, shown and released.

use super::{EXAM, ITEMS, PEOPLE, SESSION};
use crate::chrome::Chrome;

/// The system administrator's part: two units below the root.
pub(super) async fn enter_units(desk: &Chrome) {
    desk.log_in("sysadmin", "/units").await;
    for (name, code) in [("区司法局", "sfj"), ("区教育局", "jyj")] {
        desk.press("新建单位").await;
        desk.choose("parent_id", "示范区").await;
        desk.fill("name", name).await;
        desk.fill("code", code).await;
        desk.choose("kind", "单位").await;
        desk.tap("main .btn.go").await;
        desk.says("main table", name).await;
    }
    desk.fits().await;
}

/// One at each unit; a form that is not whole comes back with what was typed.
pub(super) async fn enter_people(desk: &Chrome) {
    for ((name, _), unit) in PEOPLE.iter().zip(["区司法局", "区教育局"]) {
        desk.press("人员").await;
        desk.press("录入人员").await;
        desk.fill("name", name).await;
        desk.press("录入").await;
        desk.says(".errors", "人员类别").await;
        assert_eq!(desk.see("[name='name']").await.prop("value").await.unwrap().as_deref(), Some(*name));
        desk.tick("categories", "公务员").await;
        desk.fill("post", "科员").await;
        desk.choose("unit_id", unit).await;
        desk.set("joined_on", "2020-01-01").await;
        desk.press("录入").await;
        desk.says("main table", name).await;
    }
}

pub(super) async fn publish_programme(desk: &Chrome) {
    desk.press("计划").await;
    desk.press("制定计划").await;
    desk.fill("title", "2026年度学法计划").await;
    desk.choose("unit_id", "示范区").await;
    desk.tick("audience.unit_ids", "示范区").await;
    desk.fill("required_hours", "2").await;
    desk.choose("required_sessions[0].kind", "集体学法").await;
    desk.fill("required_sessions[0].count", "1").await;
    desk.press("预览名册人数").await;
    desk.says("#preview", "共 2 人").await;
    desk.press("保存草稿").await;
    desk.press("发布计划").await;
    desk.says("main", "共 2 人应学").await;
    desk.press("确认发布计划").await;
    desk.says("main", "已发布").await;
    desk.fits().await;
}

/// The address of the session.
pub(super) async fn publish_session(desk: &Chrome) -> String {
    desk.press("场次").await;
    desk.press("安排场次").await;
    desk.fill("title", SESSION).await;
    desk.choose("kind", "集体学法").await;
    desk.fill("credit_hours", "2").await;
    desk.set("starts_at", "2026-03-16T09:10").await;
    desk.set("ends_at", "2026-03-16T10:30").await;
    desk.fill("place", "一号会议室").await;
    desk.tick("host_unit_ids", "区司法局").await;
    desk.tick("audience.unit_ids", "示范区").await;
    desk.fill("contact", "区司法局 28222222").await;
    desk.press("保存草稿").await;
    desk.press("发布场次").await;
    desk.says("main", "通知 2 人").await;
    desk.press("确认发布场次").await;
    desk.says("main", "已发布").await;
    desk.fits().await;
    desk.path().await.split('?').next().unwrap().to_owned()
}

/// What the hall sees: the code, its digits together.
pub(super) async fn show_code(desk: &Chrome, session: &str, already: usize) -> String {
    desk.go(session).await;
    desk.press("大屏签到").await;
    sees_here(desk, already).await;
    desk.see(".hall-picture svg").await;
    let shown = desk.see("[data-part='code']").await.text().await.unwrap();
    let code: String = shown.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(code.len(), 6, "{shown}");
    code
}

pub(super) async fn sees_here(desk: &Chrome, people: usize) {
    desk.says("[data-part='here']", &people.to_string()).await;
}

pub(super) async fn close_session(desk: &Chrome, session: &str) {
    desk.go(session).await;
    desk.press("结束场次").await;
    desk.press("确认结束场次").await;
    desk.says("main", "已结束，数据已固定").await;
    let cards = desk.see(".cards").await.text().await.unwrap();
    assert!(cards.contains("100.00 %") && cards.contains("2 / 2"), "{cards}");
}

/// A bank that asks for review, and a question of each kind it needs.
pub(super) async fn write_questions(desk: &Chrome) {
    desk.press("题库").await;
    desk.press("新建题库").await;
    desk.fill("title", "区级题库").await;
    desk.choose("unit_id", "示范区").await;
    desk.tick("review_required", "试题须由作者以外的人审核").await;
    desk.press("新建").await;
    desk.says("main", "还没有试题").await;
    let bank = desk.path().await;
    for (n, kind) in ["单选题", "单选题", "多选题", "判断题"].into_iter().enumerate() {
        desk.go(&bank).await;
        desk.press("录入试题").await;
        desk.choose("kind", kind).await;
        desk.choose("difficulty", "易").await;
        desk.fill("topic", "行政处罚法").await;
        desk.fill("stem", &format!("关于处罚时效的第{}问", n + 1)).await;
        let options: &[&str] = match kind {
            "单选题" => &["正确的说法", "错误的说法一", "错误的说法二", "错误的说法三"],
            "多选题" => &["正确的说法甲", "错误的说法", "正确的说法乙"],
            _ => &[],
        };
        for (i, text) in options.iter().enumerate() {
            desk.fill(&format!("options[{i}].text"), text).await;
            if text.starts_with("正确") {
                desk.tap(&format!("label:has(> [name='correct'][value='{i}'])")).await;
            }
        }
        if options.is_empty() {
            desk.tick("answer", "对").await;
        }
        desk.fill("explanation", "见条文。").await;
        desk.fill("citation.law", "行政处罚法").await;
        desk.fill("citation.article", "第三十六条第一款").await;
        desk.fill("citation.law_version", "2021年修订").await;
        desk.press("保存草稿").await;
        desk.press("提交审核").await;
        desk.says("main", "作者不能审核自己的试题").await;
    }
    desk.fits().await;
}

/// By somebody other than the author.
pub(super) async fn approve_questions(desk: &Chrome) {
    desk.press("区级题库").await;
    let list = desk.path().await;
    for left in (0..ITEMS).rev() {
        desk.go(&format!("{list}&status=submitted")).await;
        assert_eq!(desk.rows().await, left + 1);
        desk.tap("main tbody a").await;
        desk.press("审核通过").await;
        desk.says("main", "试题已启用").await;
    }
}

/// Two single choices, a multiple choice and a judgement: 100 points.
pub(super) async fn compose_exam(desk: &Chrome) {
    desk.press("组织考试").await;
    desk.fill("title", EXAM).await;
    desk.choose("unit_id", "示范区").await;
    desk.set("opens_at", "2026-03-16T10:30").await;
    desk.set("closes_at", "2026-03-16T12:00").await;
    desk.tick("audience.unit_ids", "示范区").await;
    desk.tick("bank_ids", "区级题库").await;
    for (i, (count, points)) in [("2", "25"), ("1", "30"), ("1", "20")].into_iter().enumerate() {
        desk.fill(&format!("sections[{i}].count"), count).await;
        desk.fill(&format!("sections[{i}].points_each"), points).await;
    }
    desk.fill("pass_points", "60").await;
    desk.fill("contact", "区司法局 28222222").await;
    desk.press("保存草稿").await;
    let draft = desk.says("main", "题量足够").await;
    assert!(draft.contains(&format!("共 {ITEMS} 题，满分 100 分")), "{draft}");
    desk.fits().await;
}

/// Seals the draft that the page shows, once it says what that fixes.
pub(super) async fn seal(desk: &Chrome, fixes: &str) {
    desk.press("封卷").await;
    desk.says("main", fixes).await;
    desk.press("确认封卷").await;
    desk.says("main", "封卷凭据").await;
    assert_eq!(desk.see("#commitment").await.text().await.unwrap().len(), 64);
}

/// From the list of exams to the released results.
pub(super) async fn release(desk: &Chrome, exam: &str) {
    desk.go("/exams").await;
    desk.press(exam).await;
    desk.press("成绩").await;
    desk.says("main table", if exam == EXAM { "张伟" } else { "李娜" }).await;
    assert_eq!(desk.rows().await, if exam == EXAM { 2 } else { 1 }, "who has passed does not sit again");
    desk.press("公布成绩").await;
    desk.press("确认公布成绩").await;
    desk.says("main", "成绩已公布").await;
}

/// From the exam that it makes up, filled with its blueprint.
pub(super) async fn compose_make_up(desk: &Chrome) {
    desk.press(EXAM).await;
    desk.press("安排补考").await;
    assert_eq!(desk.see("[name='pass_points']").await.prop("value").await.unwrap().as_deref(), Some("60"));
    desk.set("opens_at", "2026-03-16T14:00").await;
    desk.set("closes_at", "2026-03-16T15:00").await;
    desk.press("保存草稿").await;
    desk.says("main", "补考自").await;
}
