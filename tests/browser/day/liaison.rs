//! A liaison: who of the unit is here, who is missing, what is asked for.

use super::number;
use crate::chrome::Chrome;

const GROUND: &str = "长期驻外工作，考试期间不能返回。";

/// Puts down the one who has not come yet; the name.
pub(super) async fn calls_the_roll(desk: &Chrome, session: &str) -> String {
    desk.press("点名").await;
    assert_eq!(number(desk).await, session);
    let script =
        "const row = [...document.querySelectorAll('main tbody tr')].find(r => r.textContent.includes('未签到'));
        return [row.querySelector('th').textContent.trim(), row.querySelector('select').name]";
    let waiting = desk.run(script, Vec::new()).await;
    let (name, field) = (waiting[0].as_str().unwrap(), waiting[1].as_str().unwrap());
    desk.choose(field, "迟到").await;
    desk.press("保存点名").await;
    desk.says("main", "点名结果已保存").await;
    desk.fits().await;
    name.to_owned()
}

/// For somebody of the unit; the number of what was asked for.
pub(super) async fn asks_for_an_exemption(desk: &Chrome) -> String {
    desk.go("/unit").await;
    desk.tap("main td a[href^='/unit/exams/']").await;
    let exam = number(desk).await;
    let name = desk.see("main tbody th").await.text().await.unwrap();
    desk.go(&format!("/exams/{exam}/exemption")).await;
    desk.press("提交申请").await;
    desk.see(".errors:focus").await;
    let script = "const list = document.querySelector('main [name=person_id]');
        return [...list.options].map(o => o.textContent.trim()).find(text => text.startsWith(arguments[0] + ' '))";
    let whom = desk.run(script, vec![name.as_str().into()]).await;
    desk.choose("person_id", whom.as_str().unwrap()).await;
    desk.choose("kind", "缓考").await;
    desk.fill("ground", GROUND).await;
    desk.press("提交申请").await;
    desk.says("main", "申请已提交").await;
    if desk.driver.find(thirtyfour::By::Css("main table")).await.is_ok() {
        desk.press(&name).await;
    }
    desk.tap("main label:has(input[name='supported'][value='yes'])").await;
    desk.fill("opinion", "情况属实").await;
    desk.press("签署意见").await;
    desk.says("main", "单位意见已签署").await;
    desk.fits().await;
    number(desk).await
}

pub(super) async fn copies_who_is_missing(desk: &Chrome, exam: &str) {
    desk.tap(&format!("main a[href='/unit/exams/{exam}']")).await;
    let head = desk.says("main h1", "人未考").await;
    let missing = desk.rows().await;
    assert!(missing >= 1 && head.contains(&format!("{missing} 人未考")), "{missing}: {head}");
    // A page may write to the clipboard while it has the focus.
    desk.press("复制未考名单").await;
    desk.says("main .actions", "已复制").await;
    desk.fits().await;
}
