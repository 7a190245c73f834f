//! People and units by hand: entered, changed, moved, brought in as a file, and what that means for rosters.

use kaofa::auth::Role;
use reqwest::{Method, multipart};
use serde_json::json;

use super::browser::{Browser, hidden, leads_to, shows_no_names};

/// The beginnings of the names of the texts that these pages show.
const NAMES: &[&str] = &["people-", "changes-", "import-", "units-", "parts-"];

both_databases! {
    async fn a_file_is_looked_at_before_it_is_taken(server: TestServer) {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
        let mut browser = Browser::new(&server);
        leads_to(&browser.log_in("coordinator", "/people").await, "/people");
        let blank = browser.get("/people/import").await;
        assert!(blank.text.contains("/api/v1/imports/people/template.xlsx"), "{}", blank.text);
        shows_no_names(&blank.text, NAMES);

        let wrong = browser.upload("/people/import", &[], Some("姓名,单位,类别\n张三,乙局,公务员\n".as_bytes())).await;
        assert!(wrong.text.contains("B2") && !wrong.text.contains("name=\"go_on\""), "{}", wrong.text);
        shows_no_names(&wrong.text, NAMES);
        let marked = browser.upload("/people/import/marked", &[("bytes", &hidden(&wrong.text, "bytes"))], None).await;
        assert!(marked.header("content-disposition").contains("people-marked.xlsx"));
        let none = browser.upload("/people/import", &[], None).await;
        assert_eq!(none.status, 422);

        let sound = browser.upload("/people/import", &[], Some("姓名,单位,类别\n张三,甲局,公务员\n张三,甲局,公务员\n".as_bytes())).await;
        assert!(sound.text.contains("B3") || sound.text.contains("A3"), "two of one name are told: {}", sound.text);
        let file = "工号,姓名,单位,类别\n1,张三,甲局,公务员\n2,李四,甲局,公务员\n";
        let sound = browser.upload("/people/import", &[], Some(file.as_bytes())).await;
        shows_no_names(&sound.text, NAMES);
        assert!(browser.get("/people").await.text.contains("还没有人员"), "nothing is written yet");
        let bytes = hidden(&sound.text, "bytes");
        let done = browser.upload("/people/import", &[("bytes", &bytes), ("go_on", "yes")], None).await;
        leads_to(&done, "/people?done=imported");
        let list = browser.get(&format!("/people?unit_id={unit}")).await.text;
        assert!(list.contains("张三") && list.contains("李四") && list.contains(&format!("exports/people?unit_id={unit}")));

        // Somebody else's form is not taken.
        let form = multipart::Form::new().text("csrf", "0").text("bytes", bytes);
        let request = browser.client.request(Method::POST, "/people/import").header("cookie", browser.cookie());
        assert_eq!(browser.client.send(request.multipart(form)).await.status, 403);
    }

    async fn a_person_is_changed_moved_and_leaves(server: TestServer) {
        let root = server.root().await;
        let first = server.unit(root, "A", "甲局").await;
        let second = server.unit(root, "B", "乙局").await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let api = server.as_(&user);
        let body = json!({
            "name": "张三", "staff_no": "001", "unit_id": first, "categories": ["civil_servant"],
            "joined_on": "2020-01-01", "id_number": "99000019900307003X",
        });
        let id = api.post("/api/v1/people", &body).await.ok()["id"].as_str().unwrap().to_owned();
        let plan = json!({
            "year": 2026, "title": "年度学法计划", "unit_id": root, "required_hours": 40, "audience": { "unit_ids": [root] },
        });
        let plan = api.post("/api/v1/programmes", &plan).await.ok()["id"].as_str().unwrap().to_owned();
        api.act(&format!("/api/v1/programmes/{plan}/publish")).await.ok();
        let mut browser = Browser::new(&server);
        let path = format!("/people/{id}");
        leads_to(&browser.log_in("coordinator", &path).await, &path);
        let csrf = browser.csrf().await;
        let page = browser.get(&path).await.text;
        assert!(page.contains("9900**********003X") && !page.contains("99000019900307003X"));
        shows_no_names(&page, NAMES);
        let why = [("csrf", csrf.as_str()), ("reason", "核对证件")];
        assert!(browser.post(&format!("{path}/id-number"), &why).await.text.contains("99000019900307003X"));
        assert_eq!(browser.post(&format!("{path}/id-number"), &why[..1]).await.status, 422);

        let form = browser.get(&format!("{path}/act/change")).await.text;
        shows_no_names(&form, NAMES);
        let version = hidden(&form, "version");
        let fields = [
            ("csrf", csrf.as_str()), ("version", &version), ("name", "张三"), ("staff_no", "001"), ("post", "科长"),
            ("categories", "civil_servant"), ("categories_from", "2026-03-16"),
        ];
        leads_to(&browser.post(&format!("{path}/act/change"), &fields).await, &format!("{path}?done=person_change"));
        assert_eq!(browser.post(&format!("{path}/act/change"), &fields).await.status, 412, "it is another version now");

        let second = second.to_string();
        let fields = [("csrf", csrf.as_str()), ("unit_id", &second), ("effective_on", "2026-03-16"), ("reason", "轮岗")];
        let early = [fields[0], fields[1], ("effective_on", "2019-01-01"), fields[3]];
        assert_eq!(browser.post(&format!("{path}/act/transfer"), &early).await.status, 422);
        leads_to(&browser.post(&format!("{path}/act/transfer"), &fields).await, &format!("{path}?done=person_transfer"));
        let page = browser.get("/people/changes").await.text;
        shows_no_names(&page, NAMES);
        assert!(page.contains("年度学法计划") && page.contains("移出") && page.contains("列入"), "{page}");
        let (_, rest) = page.split_once("action=\"/people/changes/").unwrap();
        let change = format!("/people/changes/{}", rest.split('"').next().unwrap());
        let yes = [("csrf", csrf.as_str()), ("approve", "yes")];
        leads_to(&browser.post(&change, &yes).await, "/people/changes?done=change_confirmed");
        assert_eq!(browser.post(&change, &yes).await.status, 409);

        let fields = [("csrf", csrf.as_str()), ("kind", "retired"), ("effective_on", "2026-03-16"), ("reason", "到龄")];
        shows_no_names(&browser.get(&format!("{path}/act/leave")).await.text, NAMES);
        leads_to(&browser.post(&format!("{path}/act/leave"), &fields).await, &format!("{path}?done=person_leave"));
        let page = browser.get(&path).await.text;
        assert!(page.contains("已离岗") && page.contains("退休"), "{page}");
        assert_eq!(browser.get(&format!("{path}/act/dance")).await.status, 404);
    }

    async fn a_unit_is_changed_and_brought_in(server: TestServer) {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        server.account("sysadmin", None, &[(Role::SystemAdmin, root)], false).await;
        let mut browser = Browser::new(&server);
        leads_to(&browser.log_in("sysadmin", "/units").await, "/units");
        let csrf = browser.csrf().await;
        let path = format!("/units/{unit}");
        let form = browser.get(&path).await.text;
        shows_no_names(&form, NAMES);
        let (version, root) = (hidden(&form, "version"), root.to_string());
        let fields = [
            ("csrf", csrf.as_str()), ("version", &version), ("parent_id", &root), ("name", "甲甲局"), ("code", "A"),
            ("kind", "unit"), ("position", "2"), ("active_to", ""), ("merged_into_id", ""),
        ];
        leads_to(&browser.post(&path, &fields).await, "/units?done=saved");
        assert!(browser.get("/units").await.text.contains("甲甲局"));
        let file = "单位编码,单位名称,上级编码\nB,乙局,A0\n";
        let wrong = browser.upload("/units/import", &[], Some(file.as_bytes())).await;
        assert!(wrong.text.contains("C2"), "{}", wrong.text);
        shows_no_names(&wrong.text, NAMES);
        let delete = browser.post(&format!("{path}/delete"), &[("csrf", csrf.as_str())]).await;
        leads_to(&delete, "/units?done=unit_deleted");
    }
}
