//! Lists from elsewhere that are taken over on pages: who came to a session, and the years before Kaofa.

use kaofa::auth::Role;
use serde_json::json;

use super::browser::{Browser, hidden, leads_to, shows_no_names};

/// The beginnings of the names of the texts that these pages show.
const NAMES: &[&str] = &["list-", "import-", "past-", "parts-"];

both_databases! {
    /// Nobody is entered twice: the list is had with everybody on it, filled in, looked through and taken over.
    async fn a_paper_list_is_taken_over(server: TestServer) {
        let root = server.root().await;
        let first = server.unit(root, "A", "甲局").await;
        let second = server.unit(root, "B", "乙局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        server.account("liaison", None, &[(Role::Liaison, first)], false).await;
        let api = server.as_(&user);
        for (name, number, unit) in [("张三", "P1", first), ("李四", "P2", first), ("王五", "P3", second)] {
            let body = json!({
                "name": name, "staff_no": number, "unit_id": unit, "categories": ["civil_servant"], "joined_on": "2020-01-01",
            });
            api.post("/api/v1/people", &body).await.ok();
        }
        let body = json!({
            "title": "专题学习", "kind": "collective_study", "host_unit_ids": [root], "place": "一号会议室",
            "starts_at": "2026-03-16T02:00:00Z", "ends_at": "2026-03-16T04:00:00Z", "credit_hours": 2,
            "check_in": { "opens_before_seconds": 1800, "late_after_seconds": 300, "closes_after_seconds": 3600 },
            "audience": { "unit_ids": [root] },
        });
        let id = api.post("/api/v1/sessions", &body).await.ok()["id"].as_str().unwrap().to_owned();
        api.act(&format!("/api/v1/sessions/{id}/publish")).await.ok();
        let page = format!("/attendance/import/{id}");
        let mut browser = Browser::new(&server);
        browser.log_in("coordinator", "/sessions").await;
        assert_eq!(browser.get(&page).await.status, 409, "the session is not running");

        server.set_clock("2026-03-16T02:30:00Z");
        assert!(browser.get(&format!("/sessions/{id}")).await.text.contains(&page), "the session's page leads there");
        let blank = browser.get(&page).await.text;
        shows_no_names(&blank, NAMES);
        let list = format!("/api/v1/imports/attendance/list.xlsx?session_id={id}");
        assert!(blank.contains(&list));
        let everybody = api.bytes(api.request(reqwest::Method::GET, &list)).await;
        let same = browser.upload(&page, &[], Some(&everybody)).await.text;
        assert!(same.contains("没有需要更新的内容") && !same.contains("name=\"go_on\""), "what is not filled in says nothing: {same}");

        let wrong = browser.upload(&page, &[], Some("工号,到会情况\nP1,已到\nP9,睡着\n".as_bytes())).await.text;
        shows_no_names(&wrong, NAMES);
        assert!(wrong.contains("B3") && !wrong.contains("name=\"go_on\""), "{wrong}");
        assert_eq!(browser.upload(&page, &[], None).await.status, 422);
        assert_eq!(browser.upload(&page, &[], Some(b"PK\x03\x04 no workbook")).await.status, 422);

        let sound = "人员编号,到会情况,签到时间\nP1,已到,09:58\nP2,未登记,\nP3,请假,\n";
        let looked = browser.upload(&page, &[], Some(sound.as_bytes())).await.text;
        shows_no_names(&looked, NAMES);
        let bytes = hidden(&looked, "bytes");
        let done = browser.upload(&page, &[("bytes", &bytes), ("go_on", "yes")], None).await;
        leads_to(&done, &format!("/sessions/{id}?done=rolled"));
        let summary = api.get(&format!("/api/v1/sessions/{id}/summary")).await.ok();
        assert_eq!((&summary["present"], &summary["on_leave"], &summary["pending"]), (&json!(1), &json!(1), &json!(1)), "{summary}");

        // The list as it is now changes nothing, though it tells seconds and the record milliseconds.
        let again = api.bytes(api.request(reqwest::Method::GET, &list)).await;
        assert!(browser.upload(&page, &[], Some(&again)).await.text.contains("没有需要更新的内容"));

        // A liaison's list reaches their own unit's people and no others.
        browser.log_in("liaison", "/unit").await;
        let roll = browser.get(&format!("/unit/sessions/{id}")).await.text;
        assert!(roll.contains(&page));
        let other = browser.upload(&page, &[], Some("工号,到会情况\nP3,已到\n".as_bytes())).await.text;
        assert!(!other.contains("name=\"go_on\""), "{other}");
        let own = browser.upload(&page, &[], Some("工号,到会情况\nP2,迟到\n".as_bytes())).await.text;
        let done = browser.upload(&page, &[("bytes", &hidden(&own, "bytes")), ("go_on", "yes")], None).await;
        leads_to(&done, &format!("/unit/sessions/{id}?done=rolled"));
    }

    async fn years_before_are_brought_in_and_taken_back(server: TestServer) {
        let root = server.root().await;
        server.unit(root, "A", "甲局").await;
        server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
        server.account("auditor", None, &[(Role::Auditor, root)], false).await;
        let mut auditor = Browser::new(&server);
        auditor.log_in("auditor", "/rates").await;
        assert!(auditor.get("/years").await.text.contains("/years/past?unit="));
        let none = auditor.get("/years/past").await.text;
        assert!(none.contains("没有补录往年数据") && !none.contains("/years/past/import"), "{none}");
        assert_eq!(auditor.get("/years/past/import").await.status, 403);

        let mut browser = Browser::new(&server);
        browser.log_in("coordinator", "/rates").await;
        let page = "/years/past/import";
        let blank = browser.get(page).await.text;
        shows_no_names(&blank, NAMES);
        assert!(blank.contains("/api/v1/imports/past-years/template.xlsx"));
        let heads = "年份,单位,工号,姓名,人员类别,学法情况,考试情况,成绩\n";
        let source = ("source", "甲局 2020 年年报");
        let file = format!("{heads}2020,甲局,,张三,公务员,达标,合格,80\n2020,甲局,,李四,公务员,达标,合格,x\n");
        let wrong = browser.upload(page, &[source], Some(file.as_bytes())).await.text;
        shows_no_names(&wrong, NAMES);
        assert!(wrong.contains("H3") && !wrong.contains("name=\"go_on\""), "{wrong}");
        let unsaid = browser.upload(page, &[("source", " ")], Some(file.as_bytes())).await;
        assert_eq!(unsaid.status, 422);
        assert!(unsaid.text.contains("href=\"#f-source\""), "{}", unsaid.text);

        let file = format!("{heads}2020,甲局,,张三,公务员,达标,合格,80\n2020,甲局,,李四,公务员,达标,合格,\n");
        let looked = browser.upload(page, &[source], Some(file.as_bytes())).await.text;
        shows_no_names(&looked, NAMES);
        assert!(looked.contains("登记的已离岗人员") && looked.contains("李四"), "{looked}");
        assert!(browser.get("/years/past").await.text.contains("没有补录往年数据"), "nothing is written yet");
        let kept = hidden(&looked, "source");
        let fields = [("bytes", hidden(&looked, "bytes")), ("source", kept), ("go_on", "yes".to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        leads_to(&browser.upload(page, &fields, None).await, "/years/past?done=past_imported");
        let list = browser.get("/years/past").await.text;
        shows_no_names(&list, NAMES);
        assert!(list.contains("2020") && list.contains("甲局 2020 年年报"));
        let again = browser.upload(page, &fields, None).await;
        assert!(again.status != 303, "the same file twice does not count twice");

        let act = list.split("action=\"").find(|text| text.contains("/withdraw\"")).unwrap().split('"').next().unwrap().to_owned();
        let csrf = browser.csrf().await;
        let why = [("csrf", csrf.as_str()), ("reason", "数据有误")];
        assert_eq!(browser.post(&act, &why).await.status, 409, "the year is closed");
        let reopen = [("csrf", auditor.csrf().await), ("unit_id", root.to_string()), ("reason", "补录有误".to_owned())];
        let reopen: Vec<(&str, &str)> = reopen.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(auditor.post("/years/2020/reopen", &reopen).await.status, 303);
        leads_to(&browser.post(&act, &why).await, &format!("/years/past?unit={root}&done=past_withdrawn"));
        let list = auditor.get("/years/past").await.text;
        assert!(list.contains("已撤回") && list.contains("数据有误") && !list.contains("/withdraw\""));
    }
}
