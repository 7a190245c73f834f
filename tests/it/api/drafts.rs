//! Changing what somebody else may have changed, and deleting what nothing rests on.

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client};

async fn change(client: &Client, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = client.request(Method::PATCH, path).json(body);
    if let Some(tag) = tag {
        request = request.header("If-Match", tag);
    }
    client.send(request).await
}

fn question(bank: &Value) -> Value {
    json!({
        "bank_id": bank, "kind": "single", "topic": "宪法", "difficulty": "easy", "stem": "宪法日是哪一天？",
        "options": [{ "text": "12月4日", "correct": true }, { "text": "12月9日", "correct": false }],
        "citation": { "law": "宪法", "article": "序言", "law_version": "2018年修正", "verified_on": "2025-04-19" },
        "group": "ri",
    })
}

both_databases! {
    async fn a_bank_is_changed_by_who_saw_it_last(server: TestServer) {
        let root = server.root().await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let client = server.as_(&user);
        let new = json!({ "unit_id": root.to_string(), "title": "题库", "review_required": false });
        let made = client.post("/api/v1/banks", &new).await;
        let tag = made.header("etag").to_owned();
        assert!(!tag.is_empty());
        let path = format!("/api/v1/banks/{}", made.json["id"].as_str().unwrap());
        let title = json!({ "title": "区级题库" });
        change(&client, &path, None, &title).await.expect_problem(428, "precondition_required");
        change(&client, &path, Some("\"9\""), &title).await.expect_problem(412, "stale");
        change(&client, &path, Some(&tag), &json!({ "title": "" })).await.expect_field("title", "required");
        let changed = change(&client, &path, Some(&tag), &title).await;
        assert_ne!(changed.header("etag"), tag);
        assert_eq!((&changed.json["title"], &changed.json["review_required"]), (&json!("区级题库"), &json!(false)));
        change(&client, &path, Some(&tag), &title).await.expect_problem(412, "stale");
        let read = client.get(&path).await;
        assert_eq!(read.header("etag"), changed.header("etag"));
        assert_eq!(client.get("/api/v1/banks?q=区级").await.ok()["items"].as_array().unwrap().len(), 1);
        let elsewhere = server.unit(root, "sfj", "区司法局").await;
        let none = client.get(&format!("/api/v1/banks?unit_id={elsewhere}")).await.ok();
        assert_eq!(none["items"], json!([]));

        let below = server.user("below", Role::Coordinator, elsewhere).await;
        let foreign = server.as_(&below);
        change(&foreign, &path, Some(read.header("etag")), &title).await.expect_problem(404, "not_found");
        foreign.delete(&path).await.expect_problem(404, "not_found");

        let question = client.post("/api/v1/questions", &question(&made.json["id"])).await.ok();
        client.delete(&path).await.expect_problem(409, "still_open");
        client.delete(&format!("/api/v1/questions/{}", question["id"].as_str().unwrap())).await.ok();
        client.delete(&path).await.ok();
        client.get(&path).await.expect_problem(404, "not_found");
    }

    async fn a_draft_of_a_question_is_changed_into_its_next_version(server: TestServer) {
        let root = server.root().await;
        let user = server.user("coordinator", Role::Coordinator, root).await;
        let client = server.as_(&user);
        let new = json!({ "unit_id": root.to_string(), "title": "题库", "review_required": false });
        let bank = client.post("/api/v1/banks", &new).await.ok()["id"].clone();
        let made = client.post("/api/v1/questions", &question(&bank)).await;
        let (tag, id) = (made.header("etag").to_owned(), made.json["id"].as_str().unwrap().to_owned());
        let path = format!("/api/v1/questions/{id}");
        let stem = json!({ "stem": "国家宪法日是哪一天？", "group": "" });
        change(&client, &path, None, &stem).await.expect_problem(428, "precondition_required");
        let changed = change(&client, &path, Some(&tag), &stem).await;
        assert_eq!((&changed.json["version"], &changed.json["group"]), (&json!(2), &Value::Null));
        assert_eq!(changed.json["stem"], "国家宪法日是哪一天？");
        assert_eq!(changed.json["citation"], made.json["citation"]);
        let texts = |v: &Value| v["options"].as_array().unwrap().iter().map(|o| (o["text"].clone(), o["correct"].clone())).collect::<Vec<_>>();
        assert_eq!(texts(&changed.json), texts(&made.json));
        change(&client, &path, Some(&tag), &stem).await.expect_problem(412, "stale");
        let tag = changed.header("etag").to_owned();
        change(&client, &path, Some(&tag), &json!({ "difficulty": "odd" })).await.expect_field("difficulty", "unknown_value");
        client.act(&format!("{path}/submit")).await.ok();
        change(&client, &path, Some(&tag), &stem).await.expect_problem(409, "wrong_state");
        client.delete(&path).await.expect_problem(409, "wrong_state");
    }
}
