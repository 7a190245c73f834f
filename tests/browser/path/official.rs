//! On the phone: what is due, the check-in, the exam, the result.

use thirtyfour::prelude::*;

use super::{EXAM, ITEMS, SESSION};
use crate::chrome::Chrome;

pub(super) async fn check_in(phone: &Chrome, session: &str, code: &str) {
    phone.says("main", SESSION).await;
    phone.says("main", EXAM).await;
    phone.fits().await;
    let id = session.rsplit('/').next().unwrap();
    phone.tap(&format!("a[href='/checkin/{id}']")).await;
    let other = if code == "000000" { "000001" } else { "000000" };
    phone.fill("code", other).await;
    phone.tap("main .btn.go").await;
    phone.see(".errors").await;
    phone.fill("code", code).await;
    phone.fits().await;
    phone.tap("main .btn.go").await;
    phone.says("main", "已签到").await;
    phone.press("返回待办").await;
    phone.says("main", "已签到").await;
}

/// From what is due through the waiting room.
pub(super) async fn enter_exam(phone: &Chrome, exam: &str) {
    phone.says("main", exam).await;
    phone.press("进入候考").await;
    phone.says("main", exam).await;
    phone.fits().await;
    let short = phone.driver.find(By::Css("main input[name='sure']")).await.is_ok();
    if short {
        phone.tap("main label:has(input[name='sure'])").await;
    }
    phone.press("进入考场").await;
    phone.says("#meta", "第 1 题").await;
}

/// Answers every question rightly: by touch and by key in turn. Each is saved before the next.
pub(super) async fn answer_all(phone: &Chrome) {
    for n in 1..=ITEMS {
        phone.says("#meta", &format!("第 {n} 题")).await;
        let meta = phone.see("#meta").await.text().await.unwrap();
        let options = phone.driver.find_all(By::Css("#options .opt")).await.unwrap();
        for (i, option) in options.iter().enumerate() {
            let text = option.text().await.unwrap();
            if !text.contains("正确") {
                continue;
            }
            if n % 2 == 0 || meta.contains("多选题") {
                option.click().await.unwrap();
            } else {
                phone.driver.active_element().await.unwrap().send_keys((i + 1).to_string()).await.unwrap();
            }
        }
        phone.see("#options .opt.on").await;
        phone.says("#saved-text", "已保存").await;
        if n < ITEMS {
            phone.tap("#next").await;
        }
    }
    phone.fits().await;
}

/// Reloads the page, finds everything there, hands it in.
pub(super) async fn come_back_and_submit(phone: &Chrome) {
    phone.driver.refresh().await.unwrap();
    phone.says("#drawer", &format!("{ITEMS} / {ITEMS}")).await;
    phone.see("#options .opt.on").await;
    phone.tap("#drawer").await;
    phone.tap("#review").await;
    phone.says("#submit-open", "均已作答").await;
    phone.tap("#submit-go").await;
    phone.says("#over-title", "已交卷").await;
    phone.says("#over-lines", &format!("服务器收到作答 {ITEMS} 题，共 {ITEMS} 题")).await;
    phone.says("#over-lines", "成绩公布后").await;
    phone.tap("#over-back").await;
    phone.says("main", "待公布").await;
}

/// Answers the first question wrongly.
pub(super) async fn answer_wrong(phone: &Chrome) {
    for option in phone.driver.find_all(By::Css("#options .opt")).await.unwrap() {
        if option.text().await.unwrap().contains("错误的说法") {
            option.click().await.unwrap();
            break;
        }
    }
    phone.says("#saved-text", "已保存").await;
}

/// The server has handed the paper in meanwhile: what is answered now is said to be lost, and nothing else is.
pub(super) async fn meets_the_end(phone: &Chrome) {
    phone.tap("#next").await;
    phone.says("#meta", "第 2 题").await;
    phone.tap("#options .opt").await;
    phone.says("#over-title", "时间到，已由服务器交卷").await;
    let lines = phone.says("#over-lines", &format!("服务器收到作答 1 题，共 {ITEMS} 题")).await;
    assert!(lines.contains("交卷时间：11:31:00"), "{lines}");
    assert!(lines.contains("未能在截止前送达服务器，不计入成绩：第 2 题"), "{lines}");
    assert!(!lines.contains("第 1 题"), "{lines}");
    phone.tap("#over-back").await;
    phone.press("成绩").await;
}

/// On the list of results, and what the exam's own page says.
pub(super) async fn reads_result(phone: &Chrome, exam: &str, result: &str) {
    phone.go("/results").await;
    phone.fits().await;
    phone.press(exam).await;
    phone.says("main", "各部分得分").await;
    phone.fits().await;
    let cards = phone.see(".cards").await.text().await.unwrap();
    assert!(cards.lines().any(|line| line.trim() == result), "{cards}");
}
