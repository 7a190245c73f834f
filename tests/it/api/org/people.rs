//! People: their versions, numbers, moves and categories.

use std::time::Duration;

use entity::id::UnitId;
use kaofa::auth::Role;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{ID, Scene, patch, text};
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
        server.advance(Duration::from_hours(24));
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
}
