//! One-time codes: for a unit, for one person, and what becomes of them.

use std::time::Duration;

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use kaofa::auth::Role;
use kaofa::org::{Category, NewPerson};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

const ACTIVATE: &str = "/api/v1/auth/activate";
const NEW: &str = "a password of my own";

struct Scene {
    server: TestServer,
    unit: UnitId,
    beside: UnitId,
    people: Vec<PersonId>,
    liaison: Client,
    coordinator: Client,
}

impl Scene {
    async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let (unit, beside) = (server.unit(root, "A", "甲局").await, server.unit(root, "B", "乙局").await);
        let coordinator = server.user("coordinator", Role::Coordinator, root).await;
        let services = &server.services;
        let caller = services.auth.authenticate(&coordinator.token, None).await.unwrap();
        let person = |staff_no: &str, name: &str, unit_id| NewPerson {
            staff_no: Some(staff_no.to_owned()),
            name: name.to_owned(),
            post: String::new(),
            categories: vec![Category::CivilServant],
            unit_id,
            joined_on: Day::new(2020, 1, 1),
            id_number: None,
            phone: None,
        };
        let new = vec![
            person("HT001", "陈静", unit),
            person("HT-002", "欧阳娜", unit),
            person("工号三", "王一鸣", unit),
            person("HT004", "赵四", beside),
        ];
        let people = services.org.create_people(&caller, new).await.unwrap();
        let grants = [(Role::Official, unit), (Role::Liaison, unit)];
        let liaison = server.user_of("liaison", Some(people[1]), &grants).await;
        Self {
            server: server.clone(),
            unit,
            beside,
            people,
            liaison: server.as_(&liaison),
            coordinator: server.as_(&coordinator),
        }
    }

    fn of_unit(&self) -> String {
        format!("/api/v1/units/{}/activations", self.unit)
    }

    fn of_person(&self, n: usize) -> String {
        format!("/api/v1/people/{}/activation", self.people[n])
    }

    async fn activate(&self, username: &Value, code: &str, password: &str) -> Answer {
        let body = json!({ "username": username, "code": code, "new_password": password });
        self.server.client().post(ACTIVATE, &body).await
    }
}

fn code(slip: &Value) -> String {
    slip["code"].as_str().unwrap().to_owned()
}

both_databases! {
    async fn a_unit_gets_accounts_and_slips(server: TestServer) {
        let scene = Scene::set(&server).await;
        let made = scene.liaison.act(&scene.of_unit()).await.ok();
        assert_eq!((&made["created"], &made["renewed"]), (&json!(2), &json!(0)), "{made}");
        let slips = made["items"].as_array().unwrap();
        // The number is the user name where it fits.
        let first = slips.iter().find(|s| s["name"] == "陈静").unwrap();
        assert_eq!((&first["username"], &first["staff_no"], &first["unit_name"]), (&json!("ht001"), &json!("HT001"), &json!("甲局")));
        assert_eq!(first["expires_at"], "2026-03-30T01:00:00.000Z");
        let odd = slips.iter().find(|s| s["name"] == "王一鸣").unwrap();
        assert!(odd["username"].as_str().unwrap().starts_with('u'), "{odd}");
        // Nobody is given a second account; those who wait get a new code if asked.
        assert_eq!(scene.liaison.act(&scene.of_unit()).await.ok()["items"], json!([]));
        let again = scene.coordinator.post(&scene.of_unit(), &json!({ "renew": true, "valid_days": 1 })).await.ok();
        assert_eq!((&again["created"], &again["renewed"]), (&json!(0), &json!(2)));
        scene.activate(&first["username"], &code(first), NEW).await.expect_problem(401, "wrong_activation");
        let renewed = again["items"].as_array().unwrap().iter().find(|s| s["name"] == "陈静").unwrap().clone();
        assert_eq!(renewed["expires_at"], "2026-03-17T01:00:00.000Z");
        let entered = scene.activate(&renewed["username"], &code(&renewed), NEW).await.ok();
        assert_eq!(entered["account"]["grants"][0]["role"], "official");
        assert_eq!(entered["account"]["grants"][0]["unit_id"], scene.unit.to_string());
        assert_eq!(entered["must_change_password"], false);
        let me = server.client().bearing(entered["token"].as_str().unwrap()).get("/api/v1/auth/me").await.ok();
        assert_eq!(me["person_id"], scene.people[0].to_string());
        // Once in use, it is no longer renewed.
        let third = scene.coordinator.post(&scene.of_unit(), &json!({ "renew": true })).await.ok();
        assert_eq!(third["renewed"], 1);
    }

    async fn a_whole_subtree_comes_as_a_sheet(server: TestServer) {
        let scene = Scene::set(&server).await;
        let root = server.root().await;
        let none = scene.coordinator.act(&format!("/api/v1/units/{root}/activations")).await.ok();
        assert_eq!(none["created"], 0, "nobody is in the group itself");
        let path = format!("/api/v1/units/{root}/activations.xlsx");
        let request = scene.coordinator.request(reqwest::Method::POST, &path).json(&json!({ "subtree": true }));
        let response = request.send().await.unwrap();
        assert!(response.headers()["content-disposition"].to_str().unwrap().contains("activation-codes.xlsx"));
        let bytes = response.bytes().await.unwrap();
        let mut book: calamine::Xlsx<_> = calamine::Reader::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
        let sheet = calamine::Reader::worksheet_range(&mut book, "启用码").unwrap();
        let rows: Vec<Vec<String>> = sheet.rows().map(|r| r.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(rows[0], ["单位", "姓名", "工号", "用户名", "启用码", "有效期至"]);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[3][..4], ["乙局", "赵四", "HT004", "ht004"]);
        scene.activate(&json!("ht004"), &rows[3][4], NEW).await.ok();
    }

    async fn one_code_for_one_person(server: TestServer) {
        let scene = Scene::set(&server).await;
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        assert_eq!((&slip["is_new"], &slip["expires_at"]), (&json!(true), &json!("2026-03-16T01:30:00.000Z")));
        // Bad choices use up neither code nor tries.
        for (password, wrong) in [("short", "too_short"), ("chenjing 2026!", "conflict"), ("ht001-ht001", "conflict"), ("1q2w3e4r5t", "too_easy")] {
            for _ in 0..3 {
                scene.activate(&slip["username"], &code(&slip), password).await.expect_field("new_password", wrong);
            }
        }
        let typed = format!(" {} ", code(&slip).to_lowercase().replace('-', " "));
        let first = scene.activate(&slip["username"], &typed, NEW).await.ok();
        scene.activate(&slip["username"], &code(&slip), NEW).await.expect_problem(401, "wrong_activation");
        // Another one replaces a password that was forgotten, and ends the tokens from before.
        let slip = scene.coordinator.act(&scene.of_person(0)).await.ok();
        assert_eq!(slip["is_new"], false);
        let old = server.client().bearing(first["token"].as_str().unwrap());
        old.get("/api/v1/auth/me").await.ok();
        scene.activate(&slip["username"], &code(&slip), "another one of my own").await.ok();
        server.advance(Duration::from_secs(1));
        old.get("/api/v1/auth/me").await.expect_problem(401, "unauthenticated");
        // It ends by itself.
        let slip = scene.coordinator.act(&scene.of_person(0)).await.ok();
        server.advance(Duration::from_mins(30));
        scene.activate(&slip["username"], &code(&slip), NEW).await.expect_problem(401, "wrong_activation");
    }

    async fn a_code_unlocks_and_is_guessed_at_in_vain(server: TestServer) {
        let scene = Scene::set(&server).await;
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        for _ in 0..5 {
            scene.activate(&slip["username"], "ACDE-3467", NEW).await.expect_problem(401, "wrong_activation");
        }
        let locked = scene.activate(&slip["username"], &code(&slip), NEW).await.expect_problem(429, "too_many_requests");
        assert!((1..=901).contains(&locked.header("retry-after").parse::<u64>().unwrap()));
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        scene.activate(&slip["username"], &code(&slip), NEW).await.ok();
        // Whoever guesses passwords does not keep the owner from a code, and the code opens the lock.
        let wrong = json!({ "username": slip["username"], "password": "wrong" });
        for _ in 0..5 {
            server.client().post("/api/v1/auth/login", &wrong).await.expect_problem(401, "wrong_credentials");
        }
        server.client().post("/api/v1/auth/login", &wrong).await.expect_problem(429, "too_many_requests");
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        scene.activate(&slip["username"], &code(&slip), "yet another of my own").await.ok();
        let right = json!({ "username": slip["username"], "password": "yet another of my own" });
        server.client().post("/api/v1/auth/login", &right).await.ok();
    }

    async fn codes_are_for_officials_alone(server: TestServer) {
        let scene = Scene::set(&server).await;
        // The liaison's own account is more than an official's.
        scene.liaison.act(&scene.of_person(1)).await.expect_problem(403, "forbidden");
        scene.coordinator.act(&scene.of_person(1)).await.expect_problem(403, "forbidden");
        // Another unit's people are not there.
        scene.liaison.act(&scene.of_person(3)).await.expect_problem(404, "not_found");
        let other = format!("/api/v1/units/{}/activations", scene.beside);
        scene.liaison.act(&other).await.expect_problem(404, "not_found");
        scene.liaison.post(&scene.of_unit(), &json!({ "valid_days": 31 })).await.expect_field("valid_days", "out_of_range");
        // An account that becomes more than an official's can no longer be opened by the code from before.
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        let admin = server.as_(&server.user("sec", Role::SecurityAdmin, server.root().await).await);
        let found = admin.get("/api/v1/accounts?q=ht001").await.ok();
        let id = found["items"][0]["id"].as_str().unwrap();
        assert_eq!(found["items"][0]["status"], "waiting");
        let grant = json!({ "role": "coordinator", "unit_id": scene.unit });
        admin.post(&format!("/api/v1/accounts/{id}/grants"), &grant).await.ok();
        scene.activate(&slip["username"], &code(&slip), NEW).await.expect_problem(401, "wrong_activation");
        scene.liaison.act(&scene.of_person(0)).await.expect_problem(403, "forbidden");
        // The security administrator can.
        let slip = admin.act(&format!("/api/v1/accounts/{id}/activation")).await.ok();
        scene.activate(&slip["username"], &code(&slip), NEW).await.ok();
    }

    async fn an_account_waiting_for_its_owner_has_no_password(server: TestServer) {
        let scene = Scene::set(&server).await;
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        for password in ["", &code(&slip), NEW] {
            let body = json!({ "username": slip["username"], "password": password });
            server.client().post("/api/v1/auth/login", &body).await.expect_problem(401, "wrong_credentials");
        }
    }

    /// Two at once: one code works once.
    async fn a_code_is_used_once(server: TestServer) {
        let scene = Scene::set(&server).await;
        let slip = scene.liaison.act(&scene.of_person(0)).await.ok();
        let (username, code) = (slip["username"].clone(), code(&slip));
        let (one, other) = tokio::join!(
            scene.activate(&username, &code, NEW),
            scene.activate(&username, &code, "another one of my own"),
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    }
}
