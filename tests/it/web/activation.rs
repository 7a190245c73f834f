//! 启用码 on paper: handed out by a liaison, used by an official, without script.

use entity::instant::Day;
use kaofa::auth::Role;
use kaofa::org::{Category, NewPerson};

use super::browser::{Browser, leads_to};
use crate::harness::TestServer;

/// The first code on a page.
fn code(page: &str) -> String {
    let typed: Vec<&str> = page.split("class=\"typed\">").skip(1).map(|part| part.split('<').next().unwrap()).collect();
    typed[1].to_owned()
}

async fn scene(server: &TestServer) -> (Browser, String) {
    let root = server.root().await;
    let unit = server.unit(root, "A", "区司法局").await;
    let coordinator = server.user("coordinator", Role::Coordinator, root).await;
    let caller = server.services.auth.authenticate(&coordinator.token, None).await.unwrap();
    let person = NewPerson {
        staff_no: Some("HT001".to_owned()),
        name: "陈静".to_owned(),
        post: String::new(),
        categories: vec![Category::CivilServant],
        unit_id: unit,
        joined_on: Day::new(2020, 1, 1),
        id_number: None,
        phone: None,
    };
    server.services.org.create_people(&caller, vec![person]).await.unwrap();
    server.account("liaison", None, &[(Role::Liaison, unit)], false).await;
    let mut browser = Browser::new(server);
    browser.log_in("liaison", "").await;
    (browser, unit.to_string())
}

both_databases! {
    async fn a_slip_leads_from_paper_to_the_first_page(server: TestServer) {
        let (mut liaison, unit) = scene(&server).await;
        let page = liaison.get("/codes").await.text;
        assert!(page.contains("没有账号 1 人") && page.contains("陈静"), "{page}");
        let csrf = liaison.csrf().await;
        let slips = liaison.post(&format!("/codes/{unit}"), &[("csrf", &csrf), ("as", "slips")]).await;
        assert_eq!(slips.status, 200, "{}", slips.text);
        assert_eq!(slips.header("cache-control"), "no-store");
        assert!(slips.text.contains("/activate</dd>") && slips.text.contains("ht001"), "{}", slips.text);
        let code = code(&slips.text);
        assert!(!liaison.get("/codes").await.text.contains(&code), "shown once");

        let mut official = Browser::new(&server);
        let form = official.get("/activate?u=ht001").await.text;
        assert!(form.contains("value=\"ht001\"") && form.contains("autocomplete=\"one-time-code\""), "{form}");
        let new = "a password of my own";
        let fields = |code, new, again| [("username", "ht001"), ("code", code), ("new_password", new), ("repeat_password", again)];
        let wrong = official.post("/activate", &fields("ACDE-3467", new, new)).await;
        assert!(wrong.status == 401 && wrong.text.contains("启用码不正确"), "{}", wrong.text);
        assert!(wrong.text.contains("value=\"ACDE-3467\""), "what was typed stays");
        let differ = official.post("/activate", &fields(&code, new, "something else")).await;
        assert!(differ.text.contains("两次输入的新密码不一致"), "{}", differ.text);
        let weak = official.post("/activate", &fields(&code, "chenjing2026", "chenjing2026")).await;
        assert!(weak.status == 422 && weak.text.contains("不得包含用户名、姓名"), "{}", weak.text);
        leads_to(&official.post("/activate", &fields(&code, new, new)).await, "/");
        leads_to(&official.get("/").await, "/tasks");
    }

    async fn a_foreign_page_activates_nothing(server: TestServer) {
        let browser = Browser::new(&server);
        let request = browser.client.request(reqwest::Method::POST, "/activate").header("origin", "https://evil.example");
        let fields = [("username", "x"), ("code", "x"), ("new_password", "a password of my own")];
        browser.client.send(request.form(&fields)).await.expect_problem(403, "csrf_failed");
    }

    async fn one_person_gets_a_code_and_the_sheet_is_a_file(server: TestServer) {
        let (mut liaison, unit) = scene(&server).await;
        let csrf = liaison.csrf().await;
        let page = liaison.get("/codes").await.text;
        let action = page.split(&format!("action=\"/codes/{unit}/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let slip = liaison.post(&format!("/codes/{unit}/{action}"), &[("csrf", &csrf)]).await;
        assert!(slip.status == 200 && slip.text.contains("启用单"), "{}", slip.text);
        let sheet = liaison.post(&format!("/codes/{unit}"), &[("csrf", &csrf), ("as", "xlsx"), ("renew", "yes")]).await;
        assert!(sheet.header("content-type").contains("spreadsheetml"));
        let forged = liaison.post(&format!("/codes/{unit}"), &[("csrf", "0"), ("as", "slips")]).await;
        assert_eq!(forged.status, 403);
    }

    async fn accounts_are_cared_for_on_their_page(server: TestServer) {
        let root = server.root().await;
        let id = server.account("anna", None, &[(Role::Coordinator, root)], false).await;
        let admin = server.account("sec", None, &[(Role::SecurityAdmin, root)], false).await;
        let mut browser = Browser::new(&server);
        browser.log_in("sec", "").await;
        let csrf = browser.csrf().await;
        let slip = browser.post(&format!("/accounts/{id}/code"), &[("csrf", &csrf)]).await;
        assert!(slip.status == 200 && slip.text.contains("anna"), "{}", slip.text);
        let page = browser.get(&format!("/accounts/{id}")).await.text;
        let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("csrf", csrf.as_str()), ("version", &version), ("disabled", "yes")];
        leads_to(&browser.post(&format!("/accounts/{id}/change"), &fields).await, &format!("/accounts/{id}?done=account_disabled"));
        let again = browser.post(&format!("/accounts/{id}/change"), &fields).await;
        assert!(again.status == 412, "{}", again.text);
        let listed = browser.get("/accounts?status=disabled").await.text;
        assert!(listed.contains("anna") && listed.contains("已停用") && !listed.contains(&format!("/accounts/{admin}\"")), "{listed}");
        let own = browser.get(&format!("/accounts/{admin}")).await.text;
        assert!(own.contains("不能给自己授予角色"), "{own}");
    }
}
