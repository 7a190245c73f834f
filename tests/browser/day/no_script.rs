//! The same work with script switched off: slower, but all of it except the exam room.

use thirtyfour::prelude::*;

use super::{begins, coordinator, number};
use crate::chrome::Chrome;
use crate::demo::Demo;

/// Looks around, and at what only script could do: such buttons are not shown.
async fn shows_nothing_dead(chrome: &Chrome) {
    for css in ["main [data-print]", "main [data-copy]", "main [data-whole]", "main .twist"] {
        for button in chrome.driver.find_all(By::Css(css)).await.unwrap() {
            assert!(!button.is_displayed().await.unwrap(), "{css} on {} does nothing", chrome.path().await);
        }
    }
}

/// Chooses in a list's filter and sends it.
async fn filter(chrome: &Chrome, page: &str, name: &str, words: &str) -> usize {
    chrome.go(page).await;
    chrome.choose(name, words).await;
    chrome.tap("main .tools button[type='submit'], main .tools .btn:not(a)").await;
    let asked = format!("{name}=");
    chrome.until(&asked, async || chrome.path().await.contains(&asked).then_some(())).await;
    shows_nothing_dead(chrome).await;
    chrome.rows().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_but_the_exam_room_works_without_script() {
    let demo = Demo::start();
    let base = demo.base();
    // What emulates a phone's touch needs script.
    let (desk, phone) = tokio::join!(Chrome::desk(&base), Chrome::desk(&base));
    tokio::join!(desk.without_script(), phone.without_script());

    // A coordinator enters somebody, previews a roster, makes a session, shows a code.
    begins(&desk, "coordinator", "/people/new").await;
    desk.fill("post", "科员").await;
    desk.press("录入").await;
    desk.says(".errors", "姓名").await;
    assert_eq!(desk.see("main [name='post']").await.prop("value").await.unwrap().as_deref(), Some("科员"));
    desk.fill("name", "张无稿").await;
    desk.tick("categories", "公务员").await;
    desk.choose("unit_id", "区司法局").await;
    desk.press("录入").await;
    desk.says("main", "人员已录入").await;
    assert_eq!(filter(&desk, "/people?q=张无稿", "unit_id", "区司法局").await, 1);
    assert!(filter(&desk, "/exams", "status", "已公布").await >= 5);
    assert!(filter(&desk, "/questions", "kind", "判断题").await >= 20);
    desk.go("/sessions/new").await;
    desk.fill("title", "学法讲座").await;
    desk.choose("kind", "集体学法").await;
    desk.fill("credit_hours", "1").await;
    desk.set("starts_at", "2031-03-17T09:00").await;
    desk.set("ends_at", "2031-03-17T10:00").await;
    desk.fill("place", "一号会议室").await;
    desk.tick("host_unit_ids", "荷塘区").await;
    desk.tick("audience.unit_ids", "荷塘区").await;
    desk.press("预览名册人数").await;
    desk.says("#preview", "人").await;
    assert_eq!(desk.see("main [name='title']").await.prop("value").await.unwrap().as_deref(), Some("学法讲座"));
    desk.press("保存草稿").await;
    desk.press("发布场次").await;
    desk.press("确认发布场次").await;
    desk.says("main", "已发布").await;
    desk.go("/today").await;
    let (session, code) = coordinator::shows_the_code(&desk).await;

    // An official checks in with its digits and asks for leave; the exam room says what it needs.
    begins(&phone, "official", "/tasks").await;
    phone.tap(&format!("a[href='/checkin/{session}']")).await;
    phone.fill("code", &code).await;
    phone.tap("main .btn.go").await;
    phone.says("main", "签到时间").await;
    phone.go("/tasks").await;
    phone.press("查看、请假").await;
    phone.press("申请请假").await;
    phone.fill("reason", "出差").await;
    phone.press("提交申请").await;
    phone.says("main", "请假申请已提交").await;
    phone.go("/tasks").await;
    phone.press("进入候考").await;
    let exam = number(&phone).await;
    phone.go(&format!("/exams/{exam}/room")).await;
    phone.says("body", "脚本").await;
    phone.go("/record").await;
    phone.says("main", "学法用法档案").await;
    shows_nothing_dead(&phone).await;
    phone.press("日历订阅").await;
    phone.press("生成订阅地址").await;
    phone.see("main a.break").await;

    // A liaison calls a roll, an auditor reads, an administrator gives and takes a role.
    begins(&desk, "liaison", "/unit").await;
    desk.press("点名").await;
    let waiting = desk.see("main tbody tr:has(.tag.warn) select").await.attr("name").await.unwrap().unwrap();
    desk.choose(&waiting, "请假").await;
    desk.press("保存点名").await;
    desk.says("main", "点名结果已保存").await;
    begins(&desk, "auditor", "/rates").await;
    let all = desk.rows().await;
    assert!(all > 70, "the tree is open where nothing could open it: {all}");
    assert!(filter(&desk, "/rates", "year", "2025").await > 70);
    desk.tap("main a.gap").await;
    desk.says("main h1", "人").await;
    assert!(filter(&desk, "/log", "action", "年度定稿").await >= 5);
    desk.go("/draws").await;
    desk.press("核验").await;
    desk.says("main", "全部相符").await;
    begins(&desk, "secadmin", "/accounts").await;
    desk.press("新建账号").await;
    desk.fill("username", "helper").await;
    desk.fill("display_name", "协查").await;
    desk.fill("password", "violet umbrella by the lake").await;
    desk.tap("main form .btn.go").await;
    desk.choose("role", "审计人员").await;
    desk.choose("unit_id", "荷塘区 / 区直部门 / 区司法局").await;
    desk.press("授予").await;
    desk.says("main table", "审计人员").await;
    desk.press("收回").await;
    desk.says("main", "角色已收回").await;
    tokio::join!(desk.quit(), phone.quit());
}
