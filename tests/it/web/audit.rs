//! The auditor's and the administrators' pages: walked, filled in well and badly.

use kaofa::auth::Role;
use reqwest::Method;

use crate::harness::{Answer, Client, PASSWORD, TestServer};

struct Browser {
    client: Client,
    cookie: String,
}

impl Browser {
    async fn of(server: &TestServer, username: &str) -> Self {
        let client = server.client();
        let form = [("username", username), ("password", PASSWORD), ("next", "")];
        let answer =
            client.send(client.request(Method::POST, "/login").header("accept", "text/html").form(&form)).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { client, cookie }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.client.request(Method::GET, path).header("accept", "text/html");
        self.client.send(request.header("cookie", &self.cookie)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/password").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        let csrf = rest.split('"').next().unwrap();
        let fields = [&[("csrf", csrf)], fields].concat();
        let request = self.client.request(Method::POST, path).header("accept", "text/html").form(&fields);
        self.client.send(request.header("cookie", &self.cookie)).await
    }
}

#[track_caller]
fn shows(answer: &Answer, text: &str) {
    assert!(answer.text.contains(text), "no {text}: {} {}", answer.status, answer.text);
}

both_databases! {
    async fn an_auditor_reads_rates_and_closes_a_year(server: TestServer) {
        let root = server.root().await;
        server.account("anna", None, &[(Role::Auditor, root)], false).await;
        let anna = Browser::of(&server, "anna").await;
        shows(&anna.get("/rates").await, "口径与公式");
        shows(&anna.get("/rates/people?figure=exam.not_sat").await, "未参考人员：0 人");
        assert_eq!(anna.get("/rates/people?figure=exam.nothing").await.status, 422);
        shows(&anna.get("/rates/definition").await, "rates/1");
        shows(&anna.get("/rates/files").await, "没有学法、考法记录");
        let ordered = anna.post("/rates/files", &[("what", "missing"), ("format", "csv")]).await;
        assert_eq!(ordered.status, 303, "{}", ordered.text);
        let files = anna.get(ordered.header("location")).await;
        shows(&files, "等待生成");
        shows(&files, "文件在后台生成");
        server.work().await;
        shows(&anna.get("/rates/files").await, "/file\" download>下载");
        assert_eq!(anna.post("/rates/files", &[("what", "all")]).await.status, 422);
        let years = anna.get("/years").await;
        shows(&years, "未定稿");
        let (_, rest) = years.text.split_once("action=\"/years/").expect("a year that can be closed");
        let year = rest.split('/').next().unwrap().to_owned();
        let unit = root.to_string();
        let path = format!("/years/{year}/close");
        let refused = anna.post(&path, &[("unit_id", &unit), ("reason", " ")]).await;
        assert_eq!(refused.status, 422);
        shows(&refused, "必填");
        let closed = anna.post(&path, &[("unit_id", &unit), ("reason", "年度工作结束")]).await;
        assert_eq!(closed.status, 303, "{}", closed.text);
        shows(&anna.get(closed.header("location")).await, "SHA-256");
        let again = anna.post(&path, &[("unit_id", &unit), ("reason", "再来")]).await;
        assert_eq!(again.status, 409);
        let reopened = anna.post(&format!("/years/{year}/reopen"), &[("unit_id", &unit), ("reason", "更正")]).await;
        shows(&anna.get(reopened.header("location")).await, "更正");
        let path = format!("/years/{year}/freeze");
        assert_eq!(anna.post(&path, &[("unit_id", &unit), ("reason", "")]).await.status, 422);
        let kept = anna.post(&path, &[("unit_id", &unit), ("reason", "季度核对")]).await;
        assert_eq!(kept.status, 303, "{}", kept.text);
        let kept = anna.get(kept.header("location")).await;
        shows(&kept, "与今日记录核对");
        shows(&kept, "一致");
        shows(&anna.get("/years").await, "季度核对");
        shows(&anna.get("/years?check=1").await, "全部一致");
        assert_eq!(anna.get("/log").await.status, 200);
        assert_eq!(anna.get("/accounts").await.status, 403);
    }

    /// A head that was kept shows later whether the log only grew.
    async fn a_head_that_was_kept_is_compared(server: TestServer) {
        let root = server.root().await;
        let user = server.user("anna", Role::Auditor, root).await;
        server.account("carl", None, &[(Role::Coordinator, root)], false).await;
        let anna = Browser::of(&server, "anna").await;
        let newest = async || {
            server.work().await;
            server.as_(&user).get("/api/v1/log/head").await.ok()
        };
        let head = newest().await;
        let (size, kept) = (head["size"].to_string(), head["root"].as_str().unwrap().to_owned());
        for _ in 0..3 {
            Browser::of(&server, "carl").await;
        }
        let newest = newest().await;
        let more = newest["size"].as_u64().unwrap() - head["size"].as_u64().unwrap();
        assert!(more > 0, "{newest}");
        let page = anna.get("/log/heads").await;
        shows(&page, newest["root"].as_str().unwrap());
        // As it stands on paper: in capitals and in groups.
        let typed = kept.to_uppercase().as_bytes().chunks(8).map(|c| String::from_utf8_lossy(c)).collect::<Vec<_>>().join(" ");
        let grown = anna.post("/log/heads", &[("size", &size), ("root", &typed)]).await;
        assert_eq!(grown.status, 200);
        shows(&grown, "未改写");
        shows(&grown, &format!("此后新增 {more} 条"));
        let other = kept.replace(['0', '1', '2', '3'], "f");
        let rewritten = anna.post("/log/heads", &[("size", &size), ("root", &other)]).await;
        shows(&rewritten, "不一致");
        shows(&rewritten, &kept);
        assert!(!rewritten.text.contains("未改写"), "{}", rewritten.text);
        shows(&anna.post("/log/heads", &[("size", "1000000"), ("root", &kept)]).await, "日志变短");
        for (size, root, said) in [("", kept.as_str(), "必填"), ("0", &kept, "href=\"#f-size\""), ("x", &kept, "href=\"#f-size\""), (&size, "", "必填"), (&size, "12", "64 位十六进制数")] {
            let refused = anna.post("/log/heads", &[("size", size), ("root", root)]).await;
            assert_eq!(refused.status, 422, "{size} {root}");
            shows(&refused, said);
        }
        let carl = Browser::of(&server, "carl").await;
        assert_eq!(carl.get("/log/heads").await.status, 403);
        assert_eq!(carl.post("/log/heads", &[("size", &size), ("root", &kept)]).await.status, 403);
    }

    async fn administrators_make_accounts_and_units(server: TestServer) {
        let root = server.root().await;
        server.account("sec", None, &[(Role::SecurityAdmin, root)], false).await;
        server.account("sys", None, &[(Role::SystemAdmin, root)], false).await;
        let (sec, sys) = (Browser::of(&server, "sec").await, Browser::of(&server, "sys").await);
        let bad = sec.post("/accounts/new", &[("username", "lin"), ("display_name", "林"), ("password", "short")]).await;
        assert_eq!(bad.status, 422);
        shows(&bad, "至少 10 个字符");
        let fields = [("username", "lin"), ("display_name", "林"), ("password", "a long enough one")];
        let made = sec.post("/accounts/new", &fields).await;
        assert_eq!(made.status, 303, "{}", made.text);
        let account = made.header("location").split('?').next().unwrap().to_owned();
        shows(&sec.get(&account).await, "尚未授予角色");
        let grants = format!("{account}/grants");
        let unit = root.to_string();
        assert_eq!(sec.post(&grants, &[("role", ""), ("unit_id", &unit)]).await.status, 422);
        let given = sec.post(&grants, &[("role", "auditor"), ("unit_id", &unit), ("valid_until", "")]).await;
        assert_eq!(given.status, 303, "{}", given.text);
        let page = sec.get(&account).await.text;
        let (_, rest) = page.split_once(&format!("action=\"{account}/grants/")).expect("a grant to take back");
        let id = rest.split('/').next().unwrap();
        assert_eq!(sec.post(&format!("{account}/grants/{id}/revoke"), &[]).await.status, 303);
        shows(&sec.get("/accounts?q=lin").await, "林");
        shows(&sys.get("/units").await, "新建单位");
        let bad = sys.post("/units/new", &[("parent_id", &unit), ("name", ""), ("code", "N1"), ("kind", "unit")]).await;
        assert_eq!(bad.status, 422);
        let fields = [("parent_id", unit.as_str()), ("name", "新单位"), ("code", "N1"), ("kind", "unit")];
        assert_eq!(sys.post("/units/new", &fields).await.status, 303);
        shows(&sys.get("/units").await, "新单位");
        assert_eq!(sys.get("/rates").await.status, 403);
    }
}
