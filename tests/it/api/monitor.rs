//! The monitor: what its stream tells, to whom, and when it ends.

use std::time::Duration;

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::faulty_item::{four_singles, sit};
use super::scene::{Scene, start, submit};
use crate::harness::Client;

/// A stream of events.
struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    async fn of(client: &Client, exam: &str) -> Self {
        let request = client.request(Method::GET, &format!("/api/v1/exams/{exam}/monitor"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.read.clone().split_once("\n\n") {
                rest.clone_into(&mut self.read);
                let data: Vec<&str> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
                if !data.is_empty() {
                    return Some(serde_json::from_str(&data.join("\n")).unwrap());
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("something is told within twenty seconds").unwrap_or_default()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The first event in which everything told of one candidate is so.
    async fn until(&mut self, person: &Value, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await.expect("the stream goes on");
            let mut rows = event["items"].as_array().unwrap().iter();
            if rows.any(|row| row["person_id"] == *person && wanted(row)) {
                return event;
            }
        }
    }
}

both_databases! {
    async fn who_sits_and_who_is_heard_of_is_told_as_it_happens(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&four_singles(&json!({}))).await;
        scene.opens();
        server.work().await;
        let mut events = Events::of(&scene.coordinator, &exam).await;
        let first = events.next().await.unwrap();
        assert_eq!((&first["status"], &first["total"]["on_roster"], &first["total"]["started"]), (&json!("open"), &json!(3), &json!(0)));
        assert_eq!((first["items"].as_array().unwrap().len(), &first["units"][0]["unit_name"]), (3, &json!("甲局")));
        assert_eq!(first["items"][0]["acts"], json!(["extra_time", "admit", "new_code"]));

        let (candidate, person) = (scene.candidate(0).await, json!(scene.people[0]));
        let sitting = start(&candidate, &exam).await;
        let then = events.until(&person, |row| row["state"] == "sitting").await;
        assert_eq!(then["items"].as_array().unwrap().len(), 1, "only who stands otherwise is told of again");
        assert_eq!((&then["items"][0]["connected"], &then["items"][0]["attempt_id"]), (&json!(true), &sitting["id"]));
        assert_eq!((&then["total"]["sitting"], &then["total"]["connected"]), (&json!(1), &json!(1)));

        // Another instance hears of it too, once it is written down.
        server.work().await;
        let other = server.another().await;
        let there = other.as_(&server.user("there", Role::Coordinator, scene.root).await);
        let seen = Events::of(&there, &exam).await.next().await.unwrap();
        assert_eq!(seen["total"]["connected"], 1);

        // A device that is silent is not connected; whoever asks for the clock is heard of again.
        server.advance(Duration::from_mins(1));
        let silent = events.until(&person, |row| row["connected"] == false).await;
        assert_eq!((&silent["total"]["sitting"], &silent["total"]["connected"]), (&json!(1), &json!(0)));
        let clock = format!("/api/v1/attempts/{}/clock", sitting["id"].as_str().unwrap());
        scene.coordinator.get(&clock).await.ok();
        candidate.get(&format!("{clock}?lease={}", sitting["lease"].as_str().unwrap())).await.ok();
        events.until(&person, |row| row["connected"] == true).await;

        submit(&candidate, &sitting, json!([])).await.ok();
        let done = events.until(&person, |row| row["state"] == "submitted").await;
        assert_eq!((&done["items"][0]["acts"], &done["total"]["submitted"]), (&json!(["reopen", "void"]), &json!(1)));
        sit(&scene, 1, &exam, &[]).await;
        events.until(&json!(scene.people[1]), |row| row["state"] == "submitted").await;
    }

    async fn only_those_look_who_may_and_only_for_as_long(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&four_singles(&json!({}))).await;
        let path = format!("/api/v1/exams/{exam}/monitor");
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.unit).await);
        liaison.get(&path).await.expect_problem(403, "forbidden");
        let other = server.unit(scene.root, "B", "乙局").await;
        let elsewhere = server.as_(&server.user("elsewhere", Role::Coordinator, other).await);
        elsewhere.get(&path).await.expect_problem(404, "not_found");
        scene.coordinator.get(&format!("{path}?unit_id={}", server.services.core.uuid())).await.expect_problem(404, "not_found");

        // A coordinator of the candidates' unit alone sees them and can do nothing for them here.
        let below = server.as_(&server.user("below", Role::Coordinator, scene.unit).await);
        let mut events = Events::of(&below, &exam).await;
        let seen = events.next().await.unwrap();
        assert_eq!((&seen["total"]["on_roster"], &seen["items"][0]["acts"]), (&json!(1), &json!([])));
        let auditor = server.as_(&server.user("auditor", Role::Auditor, scene.root).await);
        assert_eq!(Events::of(&auditor, &exam).await.next().await.unwrap()["items"][0]["acts"], json!([]));
        // Whoever logs out sees nothing more.
        below.act("/api/v1/auth/logout").await.ok();
        assert_eq!(events.next().await, None);
    }
}
