//! Behind the figures.

use std::collections::BTreeMap;

use super::PEOPLE;
use crate::chrome::Chrome;

/// The cards: everybody studied and sat; so many passed.
pub(super) async fn sees(desk: &Chrome, studied_and_sat: &str, passed: &str) {
    desk.says("main h1", "示范区 2026 年").await;
    let script = "return [...document.querySelectorAll('main .card .v')].map(e => e.textContent.trim())";
    let shown = desk.run(script, Vec::new()).await;
    assert_eq!([&shown[0], &shown[1], &shown[2]], [studied_and_sat, studied_and_sat, passed], "{shown}");
    desk.fits().await;
}

/// Who has not passed is found through the gap.
pub(super) async fn finds_lacking(desk: &Chrome, name: &str) {
    desk.press("差 1").await;
    desk.says("main h1", "1 人").await;
    desk.says("main table", name).await;
    assert_eq!(desk.rows().await, 1);
    desk.go("/rates").await;
    desk.tap(".cards a[href*='exam.sittings']").await;
    desk.says("main h1", "2 人次").await;
    desk.tap("main a[href^='/rates/attempts/']").await;
    desk.says("main h1", "答卷信息").await;
    let attempt = desk.says("main", "交卷时间").await;
    assert!(PEOPLE.iter().any(|(name, _)| attempt.contains(name)), "{attempt}");
    desk.go("/rates").await;
}

/// Every figure of cards and table leads to exactly as many rows as it says.
pub(super) async fn follows_every_figure(desk: &Chrome) {
    desk.says("main h1", "示范区 2026 年").await;
    let script = "return [...document.querySelectorAll('main a[href^=\"/rates/people\"]')]
        .map(a => [a.getAttribute('href'), a.textContent.trim()])";
    let links = desk.run(script, Vec::new()).await;
    let mut figures: BTreeMap<String, usize> = BTreeMap::new();
    for link in links.as_array().unwrap() {
        let (href, words) = (link[0].as_str().unwrap(), link[1].as_str().unwrap());
        // `2 / 2`, `差 1`, `2`; a percentage leads to the people of its numerator and is not counted here.
        let digits = words.split('/').next().unwrap().trim().trim_start_matches("差").trim();
        if let Ok(n) = digits.parse() {
            let before = figures.insert(href.to_owned(), n);
            assert!(before.is_none_or(|b| b == n), "{href} says {before:?} and {n}");
        }
    }
    assert!(figures.len() >= 12, "three rows of four figures: {figures:?}");
    for (href, n) in figures {
        desk.go(&href).await;
        desk.says("main h1", &format!("{n} 人")).await;
        assert_eq!(desk.rows().await, n, "{href}");
    }
    desk.go("/rates").await;
}

/// An exam whose results nobody has is named.
pub(super) async fn cannot_close_yet(desk: &Chrome, open: &str) {
    desk.says("main", "结束后方可定稿").await;
    desk.says("main", open).await;
}

pub(super) async fn closes_the_year(desk: &Chrome) {
    desk.press("定稿").await;
    desk.press("定稿 2026 年").await;
    desk.fill("reason", "年度工作已结束").await;
    desk.tap("details[open] form button").await;
    let frozen = desk.says("main", "年度已定稿").await;
    assert!(frozen.matches("100.00 %").count() >= 3, "{frozen}");
}

pub(super) async fn sees_streak(desk: &Chrome) {
    desk.press("率表").await;
    desk.says("main", "年度已定稿").await;
    let script = "return [...document.querySelectorAll('main .card .v')].map(e => e.textContent.trim())";
    assert_eq!(desk.run(script, Vec::new()).await[3], "1 年");
    let script =
        "return [...document.querySelectorAll('main tbody tr')].map(r => r.cells[r.cells.length - 1].textContent)";
    let streaks = desk.run(script, Vec::new()).await;
    let each: Vec<&str> = streaks.as_array().unwrap().iter().map(|s| s.as_str().unwrap().trim()).collect();
    assert_eq!(each, vec!["1"; PEOPLE.len() + 1], "the district and each unit");
}
