//! Logging in, choosing a password and logging out; what surrounds every page.

use kaofa::auth::{Role, csrf_token};
use reqwest::Method;

use super::browser::{Browser, leads_to};
use crate::harness::PASSWORD;

both_databases! {
    async fn somebody_who_is_not_logged_in_comes_back_after_it(server: TestServer) {
        server.account("anna", None, &[(Role::Auditor, server.root().await)], false).await;
        let mut browser = Browser::new(&server);
        leads_to(&browser.get("/account?x=1").await, "/login?next=%2Faccount%3Fx%3D1");
        let form = browser.get("/login?next=%2Faccount%3Fx%3D1").await;
        assert_eq!(form.status, 200);
        assert!(form.text.contains("name=\"next\" value=\"/account?x=1\""), "{}", form.text);
        let entered = browser.log_in("anna", "/account?x=1").await;
        leads_to(&entered, "/account?x=1");
        let cookie = entered.header("set-cookie");
        assert!(cookie.starts_with("kaofa=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
        let account = browser.get("/account").await;
        assert!(account.text.contains("审计人员"), "{}", account.text);
        leads_to(&browser.get("/login").await, "/");
    }

    async fn nobody_is_led_elsewhere(server: TestServer) {
        server.account("anna", None, &[], false).await;
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
            leads_to(&Browser::new(&server).log_in("anna", next).await, "/");
        }
    }

    async fn a_wrong_password_keeps_the_name_and_not_the_password(server: TestServer) {
        server.account("anna", None, &[], false).await;
        let fields = [("username", "an\"na"), ("password", "not this one")];
        let answer = Browser::new(&server).post("/login", &fields).await;
        assert_eq!(answer.status, 401);
        assert!(answer.text.contains("value=\"an&#34;na\""), "{}", answer.text);
        assert!(answer.text.contains("用户名或密码不正确"));
        assert!(!answer.text.contains("not this one"));
    }

    async fn a_first_password_is_replaced_before_anything_else(server: TestServer) {
        server.account("anna", None, &[], true).await;
        let mut browser = Browser::new(&server);
        leads_to(&browser.log_in("anna", "/account").await, "/password?next=%2Faccount");
        leads_to(&browser.get("/account").await, "/password?next=%2Faccount");
        let csrf = browser.csrf().await;
        let fields = [("csrf", csrf.as_str()), ("password", PASSWORD), ("new_password", "short"), ("next", "/account")];
        let refused = browser.post("/password", &[&fields[..], &[("repeat_password", "short")]].concat()).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("至少 10 个字符") && refused.text.contains("href=\"#f-new_password\""));
        let new = "another long one";
        let fields = [("csrf", csrf.as_str()), ("password", PASSWORD), ("new_password", new), ("next", "/account")];
        let differs = browser.post("/password", &[&fields[..], &[("repeat_password", "something else")]].concat()).await;
        assert!(differs.text.contains("两次输入的新密码不一致"), "{}", differs.text);
        let changed = browser.post("/password", &[&fields[..], &[("repeat_password", new)]].concat()).await;
        leads_to(&changed, "/account");
        assert_eq!(browser.get("/account").await.status, 200);
    }

    async fn a_form_from_elsewhere_changes_nothing(server: TestServer) {
        server.account("anna", None, &[], false).await;
        let mut browser = Browser::new(&server);
        browser.log_in("anna", "").await;
        for forged in ["", "0000", &csrf_token("another")] {
            let answer = browser.post("/logout", &[("csrf", forged)]).await;
            assert_eq!(answer.status, 403, "{}", answer.text);
            assert!(answer.text.contains("页面已失效") && answer.text.contains(answer.header("x-request-id")));
        }
        let request = browser.client.request(Method::POST, "/login").header("origin", "https://evil.example");
        let fields = [("username", "anna"), ("password", PASSWORD)];
        let foreign = browser.client.send(request.form(&fields)).await;
        foreign.expect_problem(403, "csrf_failed");
        let csrf = browser.csrf().await;
        let left = browser.post("/logout", &[("csrf", &csrf)]).await;
        leads_to(&left, "/login?done=logged_out");
        leads_to(&browser.get("/account").await, "/login?next=%2Faccount");
    }

    async fn a_language_is_kept(server: TestServer) {
        let mut browser = Browser::new(&server);
        assert!(browser.get("/login").await.text.contains("<html lang=\"zh-CN\">"));
        leads_to(&browser.get("/language?to=en&next=%2Flogin").await, "/login");
        assert!(browser.get("/login").await.text.contains("<html lang=\"en\">"));
    }

    async fn pages_may_load_their_own_files_alone(server: TestServer) {
        let mut browser = Browser::new(&server);
        let page = browser.get("/login").await;
        let policy = page.header("content-security-policy");
        for part in ["default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("cache-control"), "no-store");
        for loaded in page.text.split("/static/").skip(1) {
            let path = format!("/static/{}", loaded.split('"').next().unwrap());
            let file = browser.get(&path).await;
            assert_eq!(file.status, 200, "{path}");
            assert!(file.header("cache-control").contains("immutable"), "{path}");
        }
        let stale = browser.get("/static/app.000000000000.css").await;
        assert_eq!((stale.status.as_u16(), stale.header("cache-control")), (200, "no-cache"));
        let missing = browser.get("/nothing/here").await;
        assert_eq!(missing.status, 404);
        assert!(missing.text.contains("没有找到") && missing.text.contains("怎么办"), "{}", missing.text);
    }
}
