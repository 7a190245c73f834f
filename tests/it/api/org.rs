//! Units and people in depth: changes, moves, what they mean for frozen rosters, numbers, and files.

use std::time::Duration;

use entity::id::UnitId;
use kaofa::auth::Role;
use kaofa::files::{Cell, Field, Limits, Page, Table, read, write_xlsx};
use reqwest::{Method, header, multipart};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

/// Made-up national IDs: the area 990000 belongs to no place.
const ID: &str = "99000019900307003X";
const OTHER_ID: &str = "990000199003078795";

/// A district with two units in a group and one outside of it.
struct Scene {
    server: TestServer,
    root: UnitId,
    group: UnitId,
    first: UnitId,
    second: UnitId,
    coordinator: Client,
    admin: Client,
}

impl Scene {
    async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let group = server.group(root, "B", "区直部门").await;
        let first = server.unit(group, "B01", "司法局").await;
        let second = server.unit(group, "B02", "财政局").await;
        let coordinator = server.as_(&server.user("coordinator", Role::Coordinator, root).await);
        let admin = server.as_(&server.user("sysadmin", Role::SystemAdmin, root).await);
        Self { server: server.clone(), root, group, first, second, coordinator, admin }
    }

    async fn person(&self, name: &str, staff_no: &str, unit: UnitId) -> String {
        let body = json!({
            "name": name, "staff_no": staff_no, "unit_id": unit, "categories": ["civil_servant"],
            "joined_on": "2020-01-01",
        });
        text(&self.coordinator.post("/api/v1/people", &body).await.ok()["id"])
    }

    async fn people(&self) -> Vec<(String, String)> {
        let path = format!("/api/v1/people?unit_id={}&subtree=true&limit=200", self.root);
        let page = self.coordinator.get(&path).await.ok();
        page["items"].as_array().unwrap().iter().map(|p| (text(&p["name"]), text(&p["unit_name"]))).collect()
    }

    /// A programme of the whole district, published today.
    async fn programme(&self) -> String {
        let body = json!({
            "year": 2026, "title": "年度学法计划", "unit_id": self.root, "required_hours": 40,
            "audience": { "unit_ids": [self.root] },
        });
        let id = text(&self.coordinator.post("/api/v1/programmes", &body).await.ok()["id"]);
        self.coordinator.act(&format!("/api/v1/programmes/{id}/publish")).await.ok();
        id
    }

    async fn changes(&self) -> Vec<Value> {
        self.coordinator.get("/api/v1/changes").await.ok()["items"].as_array().unwrap().clone()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn patch(client: &Client, path: &str, etag: Option<&str>, body: &Value) -> Answer {
    let mut request = client.request(Method::PATCH, path).json(body);
    if let Some(etag) = etag {
        request = request.header(header::IF_MATCH, etag);
    }
    client.send(request).await
}

async fn bring(client: &Client, path: &str, bytes: impl Into<Vec<u8>>, choices: Option<&str>) -> Answer {
    let mut form = multipart::Form::new().part("file", multipart::Part::bytes(bytes.into()).file_name("people.csv"));
    if let Some(choices) = choices {
        form = form.text("choices", choices.to_owned());
    }
    client.send(client.request(Method::POST, path).multipart(form)).await
}

const PEOPLE: &str = "/api/v1/imports/people";
const UNITS: &str = "/api/v1/imports/units";

fn dry(path: &str) -> String {
    format!("{path}?dry_run=true")
}

/// The places and codes of a report's errors.
fn errors(report: &Value) -> Vec<(u64, String, String)> {
    let errors = report["errors"].as_array().unwrap_or_else(|| panic!("no report: {report}"));
    errors
        .iter()
        .map(|e| {
            assert_ne!(e["message"], "", "{e}");
            (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap_or("-").to_owned(), text(&e["code"]))
        })
        .collect()
}

fn numbers(report: &Value) -> [u64; 4] {
    ["rows", "created", "updated", "unchanged"].map(|name| report[name].as_u64().unwrap())
}

fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let rows = rows.iter().map(|row| row.iter().map(|text| Field::from(*text)).collect()).collect();
    write_xlsx(&[Page { name: "人员".into(), rows, ..Page::default() }]).unwrap()
}

both_databases! {
    async fn a_change_names_the_version_that_it_is_meant_for(server: TestServer) {
        let scene = Scene::set(&server).await;
        let id = scene.person("张三", "001", scene.first).await;
        let path = format!("/api/v1/people/{id}");
        let read = scene.coordinator.get(&path).await;
        let etag = read.header("etag").to_owned();
        let body = json!({ "post": "科长", "id_number": ID, "phone": "138 0013 8000" });
        patch(&scene.coordinator, &path, None, &body).await.expect_problem(428, "precondition_required");
        let changed = patch(&scene.coordinator, &path, Some(&etag), &body).await;
        assert_ne!(changed.header("etag"), etag);
        let person = changed.ok();
        assert_eq!(person["id_number_masked"], "9900**********003X");
        assert_eq!((&person["post"], &person["phone_masked"]), (&json!("科长"), &json!("138****8000")));
        patch(&scene.coordinator, &path, Some(&etag), &body).await.expect_problem(412, "stale");
        let any = Some("*");
        let bad = json!({ "name": "", "id_number": "990000199003070012", "categories": [], "unit_id": "x" });
        let answer = patch(&scene.coordinator, &path, any, &bad).await;
        let answer = answer.expect_field("name", "required").expect_field("id_number", "invalid");
        answer.expect_field("categories", "required").expect_field("unit_id", "unknown_reference");
        let elsewhere = json!({ "unit_id": scene.second });
        patch(&scene.coordinator, &path, any, &elsewhere).await.expect_field("unit_id", "conflict");
        let cleared = patch(&scene.coordinator, &path, any, &json!({ "id_number": "" })).await.ok();
        assert_eq!((&cleared["id_number_masked"], &cleared["post"]), (&Value::Null, &json!("科长")));
    }

    async fn a_national_id_is_one_persons_and_shown_in_full_for_a_reason(server: TestServer) {
        let scene = Scene::set(&server).await;
        let body = json!({ "name": "张三", "unit_id": scene.first, "categories": ["other"], "id_number": ID.to_lowercase() });
        let made = scene.coordinator.post("/api/v1/people", &body).await;
        assert!(!made.text.contains(ID), "{}", made.text);
        let id = text(&made.ok()["id"]);
        scene.coordinator.post("/api/v1/people", &body).await.expect_field("id_number", "duplicate");
        let other = scene.person("李四", "002", scene.first).await;
        let taken = patch(&scene.coordinator, &format!("/api/v1/people/{other}"), Some("*"), &json!({ "id_number": ID })).await;
        taken.expect_field("id_number", "duplicate");

        let path = format!("/api/v1/people/{id}/id-number");
        scene.coordinator.post(&path, &json!({ "reason": " " })).await.expect_field("reason", "required");
        let seen = scene.coordinator.post(&path, &json!({ "reason": "核对证件" })).await.ok();
        assert_eq!(seen["id_number"], ID);
        let none = format!("/api/v1/people/{other}/id-number");
        assert_eq!(scene.coordinator.post(&none, &json!({ "reason": "核对" })).await.ok()["id_number"], Value::Null);
        let liaison = server.user("liaison", Role::Liaison, scene.first).await;
        server.as_(&liaison).post(&path, &json!({ "reason": "好奇" })).await.expect_problem(403, "forbidden");
        let neighbour = server.user("neighbour", Role::Coordinator, scene.second).await;
        server.as_(&neighbour).post(&path, &json!({ "reason": "好奇" })).await.expect_problem(404, "not_found");

        use sea_orm::EntityTrait;
        let rows = entity::org::person::Entity::find().all(server.services.core.db.read()).await.unwrap();
        assert!(rows.iter().all(|p| p.id_number.as_deref() != Some(ID)), "it is not kept as it is");
        let log = entity::log::Entity::find().all(server.services.core.db.read()).await.unwrap();
        let views: Vec<_> = log.iter().filter(|e| e.action == "org.view_id_number").collect();
        assert_eq!(views.len(), 2);
        assert!(views[0].data.contains("核对证件") && log.iter().all(|e| !e.data.contains(ID)));
    }

    async fn lists_are_in_the_order_of_pinyin(server: TestServer) {
        let scene = Scene::set(&server).await;
        for (place, name) in ["赵云", "张飞", "安静", "欧阳锋", "张三", "曹操"].into_iter().enumerate() {
            scene.person(name, &format!("{place}"), scene.first).await;
        }
        let sorted = ["安静", "曹操", "欧阳锋", "张飞", "张三", "赵云"];
        let names: Vec<String> = scene.people().await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, sorted);
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = scene.coordinator.get(&format!("/api/v1/people?limit=2{cursor}")).await.ok();
            paged.extend(page["items"].as_array().unwrap().iter().map(|p| text(&p["name"])));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, sorted);
        let units = scene.admin.get(&format!("/api/v1/units?parent_id={}", scene.group)).await.ok();
        assert_eq!((&units["items"][0]["name"], &units["items"][1]["name"]), (&json!("财政局"), &json!("司法局")));
    }

    async fn a_transfer_keeps_the_past(server: TestServer) {
        let scene = Scene::set(&server).await;
        let id = scene.person("张三", "001", scene.first).await;
        let path = format!("/api/v1/people/{id}/transfers");
        let to = |unit: UnitId, on: &str| json!({ "unit_id": unit, "effective_on": on, "reason": "工作需要" });
        let moved = scene.coordinator.post(&path, &to(scene.second, "2026-03-10")).await.ok();
        assert_eq!((&moved["unit_name"], &moved["in_post"]), (&json!("财政局"), &json!(true)));
        scene.coordinator.post(&path, &to(scene.first, "2026-03-09")).await.expect_field("effective_on", "not_after");
        scene.coordinator.post(&path, &to(scene.second, "2026-03-11")).await.expect_field("unit_id", "duplicate");
        scene.coordinator.post(&path, &to(scene.group, "2026-03-11")).await.expect_field("unit_id", "unknown_reference");

        // One that lies ahead takes effect when its day comes.
        let planned = scene.coordinator.post(&path, &to(scene.first, "2026-03-17")).await.ok();
        assert_eq!(planned["unit_name"], "财政局");
        server.work().await;
        server.advance(Duration::from_secs(24 * 3600));
        server.work().await;
        let user = server.log_in(uuid::Uuid::nil().into(), "coordinator").await;
        let client = server.as_(&user);
        assert_eq!(client.get(&format!("/api/v1/people/{id}")).await.ok()["unit_name"], "司法局");
        let history = client.get(&format!("/api/v1/people/{id}/history")).await.ok();
        let postings: Vec<(String, String, Value)> = history["postings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (text(&p["unit_name"]), text(&p["from_on"]), p["to_on"].clone()))
            .collect();
        let at = |unit: &str, from: &str, to: Value| (unit.to_owned(), from.to_owned(), to);
        assert_eq!(postings, [
            at("司法局", "2020-01-01", json!("2026-03-10")),
            at("财政局", "2026-03-10", json!("2026-03-17")),
            at("司法局", "2026-03-17", Value::Null),
        ]);
    }

    async fn who_leaves_can_come_back(server: TestServer) {
        let scene = Scene::set(&server).await;
        let id = scene.person("张三", "001", scene.first).await;
        let path = format!("/api/v1/people/{id}/departures");
        let bad = json!({ "kind": "vanished", "effective_on": "2026-3-1", "reason": "" });
        let answer = scene.coordinator.post(&path, &bad).await.expect_field("kind", "unknown_value");
        answer.expect_field("effective_on", "invalid").expect_field("reason", "required");
        let body = json!({ "kind": "retired", "effective_on": "2026-03-01", "reason": "到龄", "counted_unit_id": scene.second });
        scene.coordinator.post(&path, &body).await.expect_field("counted_unit_id", "conflict");
        let body = json!({ "kind": "retired", "effective_on": "2026-03-01", "reason": "到龄" });
        let gone = scene.coordinator.post(&path, &body).await.ok();
        assert_eq!((&gone["in_post"], &gone["departed_on"]), (&json!(false), &json!("2026-03-01")));
        scene.coordinator.post(&path, &body).await.expect_problem(409, "wrong_state");
        let back = json!({ "unit_id": scene.second, "effective_on": "2026-03-16", "reason": "返聘" });
        let back = scene.coordinator.post(&format!("/api/v1/people/{id}/transfers"), &back).await.ok();
        assert_eq!((&back["in_post"], &back["departed_on"], &back["unit_name"]), (&json!(true), &Value::Null, &json!("财政局")));
    }

    async fn who_is_lent_counts_where_it_was_said(server: TestServer) {
        let scene = Scene::set(&server).await;
        let lend = |id: &str, counted: Value| {
            let body = json!({ "kind": "seconded", "effective_on": "2026-03-16", "reason": "专班", "counted_unit_id": counted });
            let (client, path) = (scene.coordinator.clone(), format!("/api/v1/people/{id}/departures"));
            async move { client.post(&path, &body).await.ok() }
        };
        let [home, host, away] = [
            scene.person("甲一", "1", scene.first).await,
            scene.person("乙二", "2", scene.first).await,
            scene.person("丙三", "3", scene.first).await,
        ];
        let shown = |p: Value| (text(&p["unit_name"]), p["in_post"].as_bool().unwrap());
        assert_eq!(shown(lend(&home, json!(scene.first)).await), ("司法局".into(), true));
        assert_eq!(shown(lend(&host, json!(scene.second)).await), ("财政局".into(), true));
        assert_eq!(shown(lend(&away, Value::Null).await), ("司法局".into(), false));
        let history = scene.coordinator.get(&format!("/api/v1/people/{host}/history")).await.ok();
        assert_eq!((&history["postings"][1]["kind"], &history["departures"][0]["kind"]), (&json!("seconded"), &json!("seconded")));
    }

    async fn categories_are_dated(server: TestServer) {
        let scene = Scene::set(&server).await;
        let id = scene.person("张三", "001", scene.first).await;
        let path = format!("/api/v1/people/{id}");
        let wanted = json!({ "categories": ["civil_servant", "enforcement_officer"], "categories_from": "2026-02-01" });
        let person = patch(&scene.coordinator, &path, Some("*"), &wanted).await.ok();
        assert_eq!(person["categories"], json!(["civil_servant", "enforcement_officer"]));
        let past = json!({ "categories": ["other"], "categories_from": "2026-01-31" });
        patch(&scene.coordinator, &path, Some("*"), &past).await.expect_field("categories_from", "not_after");
        patch(&scene.coordinator, &path, Some("*"), &json!({ "categories": ["leading_official"] })).await.ok();
        let history = scene.coordinator.get(&format!("{path}/history")).await.ok();
        assert_eq!(history["categories"], json!([
            { "category": "civil_servant", "from_on": "2020-01-01", "to_on": "2026-03-16" },
            { "category": "enforcement_officer", "from_on": "2026-02-01", "to_on": "2026-03-16" },
            { "category": "leading_official", "from_on": "2026-03-16", "to_on": null },
        ]));
    }

    async fn moves_propose_changes_of_frozen_rosters(server: TestServer) {
        let scene = Scene::set(&server).await;
        let stays = scene.person("安静", "001", scene.first).await;
        let moves = scene.person("张三", "002", scene.first).await;
        let programme = scene.programme().await;
        assert_eq!(scene.changes().await.len(), 0);
        let to = json!({ "unit_id": scene.second, "effective_on": "2026-03-16", "reason": "轮岗" });
        scene.coordinator.post(&format!("/api/v1/people/{moves}/transfers"), &to).await.ok();
        let left = json!({ "kind": "resigned", "effective_on": "2026-04-01", "reason": "调省厅" });
        scene.coordinator.post(&format!("/api/v1/people/{stays}/departures"), &left).await.ok();
        scene.person("新来", "003", scene.second).await;

        let changes = scene.changes().await;
        let shown: Vec<(String, String, String, String)> = changes
            .iter()
            .map(|c| {
                assert_eq!((&c["subject_kind"], &c["subject_id"]), (&json!("programme"), &json!(programme)));
                (text(&c["person_name"]), text(&c["kind"]), text(&c["unit_name"]), text(&c["from_on"]))
            })
            .collect();
        let change = |name: &str, kind: &str, unit: &str, on: &str| (name.to_owned(), kind.to_owned(), unit.to_owned(), on.to_owned());
        assert_eq!(shown, [
            change("张三", "leaves", "司法局", "2026-03-16"),
            change("张三", "joins", "财政局", "2026-03-16"),
            change("安静", "leaves", "司法局", "2026-04-01"),
            change("新来", "joins", "财政局", "2026-03-16"),
        ]);

        let decide = |place: usize, body: Value| {
            let (client, path) = (scene.coordinator.clone(), format!("/api/v1/changes/{}/decide", text(&changes[place]["id"])));
            async move { client.post(&path, &body).await }
        };
        decide(1, json!({ "approve": true })).await.expect_problem(409, "wrong_state");
        decide(2, json!({ "approve": false })).await.expect_field("reason", "required");
        assert_eq!(decide(0, json!({ "approve": true })).await.ok()["state"], "confirmed");
        assert_eq!(decide(1, json!({ "approve": true })).await.ok()["state"], "confirmed");
        assert_eq!(decide(2, json!({ "approve": false, "reason": "仍计本单位" })).await.ok()["state"], "refused");
        decide(2, json!({ "approve": true })).await.expect_problem(409, "wrong_state");
        assert_eq!(scene.changes().await.len(), 1);
        let made = kaofa::org::amendments(server.services.core.db.read(), programme.parse().unwrap()).await.unwrap();
        assert_eq!(made.iter().map(|a| a.unit_id).collect::<Vec<_>>(), [scene.first, scene.second]);

        // Only who keeps that part of the roster decides.
        let first = server.user("first", Role::Coordinator, scene.first).await;
        let path = format!("/api/v1/changes/{}/decide", text(&changes[3]["id"]));
        server.as_(&first).post(&path, &json!({ "approve": true })).await.expect_problem(404, "not_found");
        let auditor = server.user("auditor", Role::Auditor, scene.root).await;
        server.as_(&auditor).post(&path, &json!({ "approve": true })).await.expect_problem(403, "forbidden");
        assert_eq!(server.as_(&auditor).get("/api/v1/changes?state=refused").await.ok()["items"][0]["decision"], "仍计本单位");

        // Nothing is proposed once the programme has closed.
        scene.coordinator.act(&format!("/api/v1/programmes/{programme}/close")).await.ok();
        scene.person("又来", "004", scene.second).await;
        assert_eq!(scene.changes().await.len(), 1);
        // Who stands on a roster is not removed.
        scene.coordinator.delete(&format!("/api/v1/people/{stays}")).await.expect_problem(409, "still_open");
    }

    async fn units_change_close_and_merge(server: TestServer) {
        let scene = Scene::set(&server).await;
        let path = |unit: UnitId| format!("/api/v1/units/{unit}");
        let name = json!({ "name": "发展和改革局" });
        patch(&scene.admin, &path(scene.first), None, &name).await.expect_problem(428, "precondition_required");
        patch(&scene.coordinator, &path(scene.first), Some("*"), &name).await.expect_problem(403, "forbidden");
        assert_eq!(patch(&scene.admin, &path(scene.first), Some("\"1\""), &name).await.ok()["name"], "发展和改革局");
        patch(&scene.admin, &path(scene.first), Some("\"1\""), &name).await.expect_problem(412, "stale");
        let below = json!({ "parent_id": scene.first });
        patch(&scene.admin, &path(scene.group), Some("*"), &below).await.expect_field("parent_id", "cycle");
        patch(&scene.admin, &path(scene.first), Some("*"), &below).await.expect_field("parent_id", "cycle");
        patch(&scene.admin, &path(scene.first), Some("*"), &json!({ "code": "B02" })).await.expect_field("code", "duplicate");

        // Moved up, and what lies below with it.
        let third = server.unit(scene.group, "B03", "档案馆").await;
        let moved = patch(&scene.admin, &path(scene.group), Some("*"), &json!({ "parent_id": scene.root, "position": 3 })).await.ok();
        assert_eq!(moved["position"], 3);
        let other = server.group(scene.root, "S", "事业单位").await;
        patch(&scene.admin, &path(third), Some("*"), &json!({ "parent_id": other })).await.ok();
        let read = scene.admin.get(&path(third)).await.ok();
        assert_eq!(read["path"], json!(["示范区", "事业单位", "档案馆"]));
        let seen = server.user("seer", Role::Auditor, other).await;
        server.as_(&seen).get(&path(third)).await.ok();
        server.as_(&seen).get(&path(scene.first)).await.expect_problem(404, "not_found");

        // Closing: not while there are people or units below.
        let id = scene.person("张三", "001", scene.first).await;
        let close = json!({ "active_to": "2026-03-31" });
        patch(&scene.admin, &path(scene.first), Some("*"), &close).await.expect_problem(409, "still_open");
        patch(&scene.admin, &path(scene.group), Some("*"), &close).await.expect_problem(409, "still_open");
        patch(&scene.admin, &path(scene.first), Some("*"), &json!({ "kind": "group" })).await.expect_problem(409, "still_open");
        let merged = json!({ "active_to": "2026-03-15", "merged_into_id": scene.second });
        let merged = patch(&scene.admin, &path(scene.first), Some("*"), &merged).await.ok();
        assert_eq!((&merged["active_to"], &merged["merged_into_id"]), (&json!("2026-03-15"), &json!(scene.second)));
        assert_eq!(scene.coordinator.get(&format!("/api/v1/people/{id}")).await.ok()["unit_name"], "财政局");
        let body = json!({ "name": "李四", "unit_id": scene.first, "categories": ["other"] });
        scene.coordinator.post("/api/v1/people", &body).await.expect_field("unit_id", "unknown_reference");

        // Removing: only what nothing ever referred to.
        scene.admin.delete(&path(scene.first)).await.expect_problem(409, "still_open");
        assert_eq!(scene.admin.delete(&path(third)).await.status, 204);
        scene.admin.get(&path(third)).await.expect_problem(404, "not_found");
        let entered = scene.person("写错", "009", scene.second).await;
        assert_eq!(scene.coordinator.delete(&format!("/api/v1/people/{entered}")).await.status, 204);
        scene.coordinator.get(&format!("/api/v1/people/{entered}")).await.expect_problem(404, "not_found");
    }

    async fn an_import_tells_new_changed_moved_and_missing_apart(server: TestServer) {
        let scene = Scene::set(&server).await;
        scene.person("张三", "001", scene.first).await;
        scene.person("李四", "002", scene.first).await;
        scene.person("王五", "003", scene.second).await;
        scene.person("留下", "004", scene.second).await;
        let file = "工号,姓名,单位,类别,职务\n\
                    001,张三,司法局,公务员,科长\n\
                    002,李四,财政局,,\n\
                    003,王五,财政局,公务员,\n\
                    005,赵六,司法局,行政执法人员、公务员,科员\n";
        let told = bring(&scene.coordinator, &dry(PEOPLE), file, None).await.ok();
        assert_eq!((numbers(&told), &told["applied"]), ([4, 1, 2, 1], &json!(false)), "{told}");
        assert_eq!((&told["added"][0]["name"], &told["changed"][0]["fields"]), (&json!("赵六"), &json!(["post"])));
        assert_eq!((&told["moved"][0]["from_unit_name"], &told["moved"][0]["unit_name"]), (&json!("司法局"), &json!("财政局")));
        assert_eq!((&told["missing"][0]["name"], &told["missing_count"]), (&json!("留下"), &json!(1)));
        assert_eq!(scene.people().await.len(), 4);

        let done = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((numbers(&done), &done["applied"]), ([4, 1, 2, 1], &json!(true)));
        let mut people = scene.people().await;
        people.sort();
        let person = |name: &str, unit: &str| (name.to_owned(), unit.to_owned());
        let mut expected = vec![
            person("张三", "司法局"), person("李四", "财政局"), person("王五", "财政局"), person("留下", "财政局"), person("赵六", "司法局"),
        ];
        expected.sort();
        assert_eq!(people, expected);
        let again = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!(numbers(&again), [4, 0, 0, 4], "{again}");
    }

    async fn an_unclear_row_is_asked(server: TestServer) {
        let scene = Scene::set(&server).await;
        let first = scene.person("张三", "001", scene.first).await;
        scene.person("张三", "002", scene.first).await;
        let file = "姓名,单位,类别,职务\n张三,司法局,公务员,科长\n";
        let asked = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((&asked["applied"], &asked["ambiguous"][0]["row"]), (&json!(false), &json!(2)));
        assert_eq!(asked["ambiguous"][0]["candidates"].as_array().unwrap().len(), 2);
        let choice = format!(r#"[{{"row":2,"person_id":"{first}"}}]"#);
        let done = bring(&scene.coordinator, PEOPLE, file, Some(&choice)).await.ok();
        assert_eq!((&done["applied"], numbers(&done)), (&json!(true), [1, 0, 1, 0]));
        assert_eq!(scene.coordinator.get(&format!("/api/v1/people/{first}")).await.ok()["post"], "科长");
        let new = bring(&scene.coordinator, &dry(PEOPLE), file, Some(r#"[{"row":2,"person_id":null}]"#)).await.ok();
        assert_eq!(numbers(&new), [1, 1, 0, 0]);
        bring(&scene.coordinator, PEOPLE, file, Some("yes")).await.expect_field("choices", "invalid");
    }

    async fn people_are_known_by_their_numbers(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = format!("姓名,单位,类别,身份证号,手机号\n张三,司法局,公务员,{ID},13800138000\n李四,司法局,公务员,,13900139000\n");
        assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, file, None).await.ok()), [2, 2, 0, 0]);
        // Another name and unit, the same national ID; another unit, the same name and phone.
        let file = format!("姓名,单位,身份证号,手机号\n张三丰,财政局,{ID},\n李四,财政局,,139 0013 9000\n");
        let report = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((numbers(&report), &report["moved_count"]), ([2, 0, 2, 0], &json!(2)), "{report}");
        assert_eq!(report["moved"][0]["fields"], json!(["name"]));
        // The ID of somebody outside of the caller's reach is taken, and nothing else is said of them.
        let first = server.user("first", Role::Coordinator, scene.first).await;
        let file = format!("姓名,单位,类别,身份证号\n王五,司法局,公务员,{ID}\n");
        let report = bring(&server.as_(&first), PEOPLE, file, None).await.ok();
        assert_eq!(errors(&report), [(2, "D".into(), "elsewhere".into())]);
    }

    async fn three_encodings_and_a_workbook_say_the_same(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "姓名,单位,人员类别\n𬱖㐀,司法局,公务员\n镕基,财政局,其他人员\n";
        let (gb, _, replaced) = encoding_rs::GB18030.encode(file);
        assert!(!replaced);
        assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, gb.to_vec(), None).await.ok()), [2, 2, 0, 0]);
        for bytes in [
            file.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", file.as_bytes()].concat(),
            workbook(&[&["姓 名", "单位", "人员类别"], &["𬱖㐀", "司法局", "公务员"], &["镕基", "财政局", "其他人员"]]),
        ] {
            assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, bytes, None).await.ok()), [2, 0, 0, 2]);
        }
    }

    async fn what_is_wrong_is_told_by_row_and_column_and_nothing_written(server: TestServer) {
        let scene = Scene::set(&server).await;
        let head = "工号,姓名,单位,类别\n";
        let good = "100,好人,司法局,公务员\n";
        let long = "长".repeat(2_000);
        let unknown: Vec<String> = (0..500).map(|n| format!("未知{n}")).collect();
        let half = [head.as_bytes(), good.as_bytes(), "101,张".as_bytes(), &"三".as_bytes()[..2], ",司法局,公务员\n".as_bytes()].concat();
        let mut formula = rust_xlsxwriter::Workbook::new();
        let sheet = formula.add_worksheet();
        for (column, text) in (0..).zip(["工号", "姓名", "单位", "类别"]) {
            sheet.write_string(0, column, text).unwrap();
            sheet.write_string(1, column, ["100", "好人", "司法局", "公务员"][usize::from(column)]).unwrap();
        }
        sheet.write_formula(1, 1, "=CONCAT(\"好\",\"人\")").unwrap();
        let formula = formula.save_to_buffer().unwrap();
        let mut merged = rust_xlsxwriter::Workbook::new();
        let sheet = merged.add_worksheet();
        sheet.merge_range(0, 0, 0, 1, "姓名", &rust_xlsxwriter::Format::new()).unwrap();
        sheet.write_string(0, 2, "单位").unwrap();
        let merged = merged.save_to_buffer().unwrap();
        let at = |row: u64, column: &str, code: &str| (row, column.to_owned(), code.to_owned());
        let cases: Vec<(Vec<u8>, Vec<(u64, String, String)>)> = vec![
            (format!("{head}{good}100,另一个,司法局,公务员\n").into(), vec![at(3, "A", "duplicate")]),
            (format!("{head}{good}101,{long},司法局,公务员\n").into(), vec![at(3, "B", "too_long")]),
            (format!("{head}{good}101,张\u{1}三,司法局,公务员\n").into(), vec![at(3, "B", "control_characters")]),
            (half, vec![at(3, "B", "encoding")]),
            (format!("{},{}\n", head.trim(), unknown.join(",")).into(), {
                let mut expected: Vec<_> = (4..64).map(|c| at(1, &kaofa::files::letters(c), "unknown_column")).collect();
                expected.push(at(1, &kaofa::files::letters(64), "too_many_columns"));
                expected
            }),
            (formula, vec![at(2, "B", "formula")]),
            (merged, vec![at(1, "A", "merged_cells")]),
            ("姓名,类别\n张三,公务员\n".into(), vec![at(1, "-", "missing_column")]),
            (format!("{head}{good}101,张三,没有的局,医生\n").into(), vec![at(3, "C", "unknown_reference"), at(3, "D", "unknown_value")]),
            (format!("{head}{good}101,张三,司法局,\n").into(), vec![at(3, "D", "required")]),
        ];
        for (bytes, expected) in cases {
            let report = bring(&scene.coordinator, PEOPLE, bytes, None).await.ok();
            assert_eq!((errors(&report), &report["applied"]), (expected, &json!(false)));
        }
        let bomb = {
            use std::io::Write;
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for n in 0..3 {
                zip.start_file(format!("xl/{n}.xml"), zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(&vec![b' '; 60 << 20]).unwrap();
            }
            zip.finish().unwrap().into_inner()
        };
        bring(&scene.coordinator, PEOPLE, bomb, None).await.expect_field("file", "too_large");
        let sound = workbook(&[&["姓名", "单位"]]);
        bring(&scene.coordinator, PEOPLE, &sound[..sound.len() / 2], None).await.expect_field("file", "damaged");
        bring(&scene.coordinator, PEOPLE, "", None).await.expect_field("file", "damaged");
        bring(&scene.coordinator, PEOPLE, vec![b'x'; 21 << 20], None).await.expect_problem(413, "too_large");
        let form = multipart::Form::new().text("colour", "red");
        let request = scene.coordinator.request(Method::POST, PEOPLE).multipart(form);
        scene.coordinator.send(request).await.expect_field("colour", "unknown_field");
        let request = scene.coordinator.request(Method::POST, PEOPLE).multipart(multipart::Form::new());
        scene.coordinator.send(request).await.expect_field("file", "required");
        scene.coordinator.post(PEOPLE, &json!({})).await.expect_problem(415, "unsupported_media_type");
        let liaison = server.user("liaison", Role::Liaison, scene.first).await;
        bring(&server.as_(&liaison), PEOPLE, head, None).await.expect_problem(403, "forbidden");
        assert_eq!(scene.people().await, []);
    }

    async fn the_file_comes_back_with_its_mistakes(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "姓名,单位,类别\n张三,司法局,公务员\n李四,没有的局,公务员\n";
        let request = multipart::Form::new().part("file", multipart::Part::bytes(file.as_bytes()));
        let request = scene.coordinator.request(Method::POST, &format!("{PEOPLE}/marked")).multipart(request);
        let table = download(&scene.coordinator, request).await;
        let cells = texts(&table);
        assert_eq!(cells[0], ["姓名", "单位", "类别"]);
        assert!(cells[2][3].starts_with("B3："), "{cells:?}");
    }

    async fn a_roster_goes_out_and_comes_in_again(server: TestServer) {
        let scene = Scene::set(&server).await;
        let body = json!({
            "name": "=张三", "staff_no": "-1", "unit_id": scene.first, "categories": ["civil_servant", "enforcement_officer"],
            "post": "@科长", "id_number": OTHER_ID, "phone": "13800138000", "joined_on": "2020-01-01",
        });
        scene.coordinator.post("/api/v1/people", &body).await.ok();
        let csv = scene.coordinator.get(&format!("/api/v1/exports/people?unit_id={}&subtree=true&format=csv", scene.root)).await;
        assert!(csv.header("content-disposition").contains("people.csv"));
        assert!(csv.text.contains("'-1,'=张三,") && csv.text.contains("'@科长") && !csv.text.contains(OTHER_ID), "{}", csv.text);
        let back = bring(&scene.coordinator, PEOPLE, csv.text.clone(), None).await.ok();
        assert_eq!((numbers(&back), errors(&back)), ([1, 0, 0, 1], vec![]), "{back}");
        let path = format!("/api/v1/exports/people?unit_id={}", scene.first);
        let table = download(&scene.coordinator, scene.coordinator.request(Method::GET, &path)).await;
        assert_eq!(texts(&table)[1][..5], ["-1", "=张三", "司法局", "B01", "公务员、行政执法人员"]);
        let second = server.user("second", Role::Coordinator, scene.second).await;
        server.as_(&second).get(&path).await.expect_problem(404, "not_found");
        let template = scene.coordinator.request(Method::GET, "/api/v1/imports/people/template.xlsx");
        assert_eq!(texts(&download(&scene.coordinator, template).await)[0][1], "姓名");
        let template = scene.admin.request(Method::GET, "/api/v1/imports/units/template.xlsx");
        assert_eq!(texts(&download(&scene.admin, template).await)[0][0], "单位编码");
    }

    async fn units_come_in_as_a_file(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "单位编码,单位名称,上级编码,类型\nS01,档案馆,S,单位\nS,事业单位,430202,分组\nB02,财政局,S,\nB01,司法和信访局,,\n";
        bring(&scene.coordinator, UNITS, file, None).await.expect_problem(403, "forbidden");
        let told = bring(&scene.admin, &dry(UNITS), file, None).await.ok();
        assert_eq!((numbers(&told), &told["applied"]), ([4, 2, 2, 0], &json!(false)), "{told}");
        let done = bring(&scene.admin, UNITS, file, None).await.ok();
        assert_eq!(done["applied"], true, "{done}");
        let moved = scene.admin.get(&format!("/api/v1/units/{}", scene.second)).await.ok();
        assert_eq!(moved["path"], json!(["示范区", "事业单位", "财政局"]));
        assert_eq!(numbers(&bring(&scene.admin, UNITS, file, None).await.ok()), [4, 0, 0, 4]);
        let circle = "单位编码,单位名称,上级编码\nS,事业单位,S01\n";
        let report = bring(&scene.admin, UNITS, circle, None).await.ok();
        assert_eq!(errors(&report), [(2, "C".into(), "cycle".into())]);
        let circle = "单位编码,单位名称,上级编码\nS,事业单位,S\n";
        assert_eq!(errors(&bring(&scene.admin, UNITS, circle, None).await.ok()), [(2, "C".into(), "cycle".into())]);
    }
}

async fn download(client: &Client, request: reqwest::RequestBuilder) -> Table {
    let answer = client.bytes(request).await;
    read(&answer, Limits::default()).unwrap()
}

fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|row| row.cells.iter().map(|cell: &Cell| cell.text().to_owned()).collect()).collect()
}

/// How long 50,000 people take, and how long anybody else waits to write meanwhile. In release:
/// `cargo test --release --test it -- --ignored fifty_thousand --nocapture`.
mod fifty_thousand_people {
    use super::*;
    use crate::harness::{Backend, run};

    async fn body(server: TestServer) {
        use std::fmt::Write;
        use std::sync::atomic::{AtomicBool, Ordering};
        use std::sync::Arc;
        use std::time::Instant;

        let scene = Scene::set(&server).await;
        for n in 0..98 {
            server.unit(scene.group, &format!("U{n:03}"), &format!("第{n}单位")).await;
        }
        let mut file = String::from("工号,姓名,单位编码,类别,职务,身份证号,手机号\n");
        for n in 0..50_000 {
            let digits = format!("990000199{:01}{:02}{:02}{:03}", n % 10, n / 10 % 12 + 1, n / 120 % 28 + 1, n / 3360 % 1000);
            let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
            let sum: u32 = digits.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
            let check = &"10X98765432"[usize::try_from(sum % 11).unwrap()..][..1];
            writeln!(file, "P{n:06},人员{n},U{:03},公务员、行政执法人员,科员,{digits}{check},139{n:08}", n % 98).unwrap();
        }
        let done = Arc::new(AtomicBool::new(false));
        let writer = {
            let (server, done) = (server.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    let core = server.services.core.clone();
                    let entry = kaofa::log::Entry {
                        id: core.uuid(), at: core.now(), actor: kaofa::log::Actor::SYSTEM, action: "test.write",
                        subject: "test".into(), unit: None, data: json!({}), outcome: entity::log::Outcome::Done,
                    };
                    core.db
                        .tx("test.write", |tx| {
                            let entry = entry.clone();
                            Box::pin(async move { kaofa::log::append(tx, entry).await.map(|_| ()) })
                        })
                        .await
                        .unwrap();
                    waits.push(begun.elapsed());
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                waits.sort();
                waits
            })
        };
        let begun = Instant::now();
        let report = bring(&scene.coordinator, PEOPLE, file.clone(), None).await.ok();
        let first = begun.elapsed();
        assert_eq!((numbers(&report), &report["applied"]), ([50_000, 50_000, 0, 0], &json!(true)), "{:?}", report["errors"][0]);
        let begun = Instant::now();
        let changed = file.replace("科员", "科长");
        let report = bring(&scene.coordinator, PEOPLE, changed, None).await.ok();
        let second = begun.elapsed();
        assert_eq!(numbers(&report), [50_000, 0, 50_000, 0]);
        done.store(true, Ordering::Relaxed);
        let waits = writer.await.unwrap();
        let p99 = waits[waits.len() * 99 / 100];
        println!("{:?}: 50,000 new {first:?}, 50,000 changed {second:?}; writes beside: {} p99 {p99:?} longest {:?}", server.backend, waits.len(), waits.last().unwrap());
        assert!(first < Duration::from_secs(15) && second < Duration::from_secs(15));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long and means something in release alone"]
    async fn sqlite() {
        run(Backend::Sqlite, body).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long and means something in release alone"]
    async fn postgres() {
        run(Backend::Postgres, body).await;
    }
}
