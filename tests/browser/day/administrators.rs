//! The three administrators, none of whom can do the others' work.

use crate::chrome::Chrome;

const FIRST_PASSWORD: &str = "violet umbrella by the lake";
const PASSWORD: &str = "seven lanterns over a bridge";

/// A name is changed; what somebody else has saved meanwhile is shown.
pub(super) async fn changes_a_unit(desk: &Chrome) {
    desk.press("区红十字会").await;
    let page = desk.path().await;
    let old = desk.driver.window().await.unwrap();
    let other = desk.driver.new_tab().await.unwrap();
    desk.driver.switch_to_window(other).await.unwrap();
    desk.go(&page).await;
    desk.fill("name", "区红十字会机关").await;
    desk.press("保存").await;
    desk.says("main", "区红十字会机关").await;
    desk.driver.close_window().await.unwrap();
    desk.driver.switch_to_window(old).await.unwrap();
    desk.fill("position", "7").await;
    desk.press("保存").await;
    desk.says("main .theirs", "区红十字会机关").await;
    desk.fits().await;
}

/// The name of the account.
pub(super) async fn makes_an_account(desk: &Chrome) -> &'static str {
    let username = "newcomer";
    desk.press("新建账号").await;
    desk.fill("username", username).await;
    desk.fill("display_name", "新来的").await;
    desk.fill("password", "short").await;
    desk.tap("main form .btn.go").await;
    desk.says(".errors", "初始密码").await;
    desk.fill("password", FIRST_PASSWORD).await;
    desk.tap("main form .btn.go").await;
    desk.says("main", "请授予角色").await;
    desk.choose("role", "审计人员").await;
    desk.choose("unit_id", "荷塘区 / 区直部门 / 区司法局").await;
    desk.press("授予").await;
    desk.says("main table", "审计人员").await;
    desk.fits().await;
    username
}

/// Chooses a password of their own first, then sees their unit alone.
pub(super) async fn newcomer_begins(desk: &Chrome, username: &str) {
    desk.driver.delete_all_cookies().await.unwrap();
    desk.go("/rates").await;
    desk.fill("username", username).await;
    desk.fill("password", FIRST_PASSWORD).await;
    desk.tap("main .btn.go").await;
    desk.fill("new_password", PASSWORD).await;
    desk.fill("repeat_password", PASSWORD).await;
    desk.fill("password", FIRST_PASSWORD).await;
    desk.tap("main .btn.go").await;
    desk.says("main h1", "区司法局").await;
    desk.go("/accounts").await;
    desk.see("#request-id").await;
}

/// A grant is taken back; the account is taken out of use.
pub(super) async fn takes_it_away(desk: &Chrome, username: &str) {
    desk.fill("q", username).await;
    desk.press("查询").await;
    desk.press(username).await;
    desk.press("收回").await;
    desk.driver.accept_alert().await.unwrap();
    desk.says("main", "角色已收回").await;
    desk.press("停用账号").await;
    desk.driver.accept_alert().await.unwrap();
    desk.says("main", "账号已停用").await;
    desk.driver.delete_all_cookies().await.unwrap();
    desk.go("/rates").await;
    desk.fill("username", username).await;
    desk.fill("password", PASSWORD).await;
    desk.tap("main .btn.go").await;
    desk.see(".errors").await;
}

/// Who looks after the log sees what the others did.
pub(super) async fn is_seen_in_the_log(desk: &Chrome, username: &str) {
    desk.choose("action", "登录与授权").await;
    desk.press("查询").await;
    let log = desk.says("main table", "收回角色").await;
    assert!(log.contains("新建账号") && log.contains("授予角色"), "{username}: {log}");
    desk.fits().await;
}
