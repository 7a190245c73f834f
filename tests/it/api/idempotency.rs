//! A request that is sent again is answered again and not carried out again, whatever died in between.

use std::sync::Arc;

use kaofa::auth::Role;
use kaofa::db::Fault;
use kaofa::http::{Idempotency, mark};
use poem::{EndpointExt as _, Request, Response};
use reqwest::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, User};

const BANKS: &str = "/api/v1/banks";

async fn coordinator(server: &TestServer) -> (User, Value) {
    let root = server.root().await;
    let user = server.user("coordinator", Role::Coordinator, root).await;
    (user, json!({ "unit_id": root.to_string(), "title": "法律题库", "review_required": false }))
}

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(client.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

async fn count(client: &Client) -> usize {
    client.get(BANKS).await.ok()["items"].as_array().unwrap().len()
}

async fn sql(server: &TestServer, sql: &'static str) {
    let done = server.services.core.db.tx("test", |tx| {
        Box::pin(async move {
            tx.execute_unprepared(sql).await?;
            Ok::<_, Fault>(())
        })
    });
    done.await.unwrap();
}

both_databases! {
    async fn the_same_key_and_body_give_the_first_answer_again(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        let first = keyed(&client, BANKS, "a", &body).await;
        assert_eq!(first.header("idempotent-replayed"), "");
        let again = keyed(&client, BANKS, "a", &body).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(count(&client).await, 1);
        // On another instance too, and not with another key or without one.
        let other = server.another().await.as_(&user);
        assert_eq!(keyed(&other, BANKS, "a", &body).await.text, first.text);
        keyed(&client, BANKS, "b", &body).await.ok();
        client.post(BANKS, &body).await.ok();
        assert_eq!(count(&client).await, 3);
    }

    async fn a_key_is_its_accounts_own(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        let second = server.user("second", Role::Coordinator, server.root().await).await;
        let one = keyed(&client, BANKS, "a", &body).await.ok();
        let two = keyed(&server.as_(&second), BANKS, "a", &body).await.ok();
        assert_ne!(one["id"], two["id"]);
        let nobody = keyed(&server.client(), BANKS, "a", &body).await;
        nobody.expect_problem(401, "unauthenticated");
    }

    async fn the_same_key_with_another_body_is_refused(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        keyed(&client, BANKS, "a", &body).await.ok();
        let mut other = body.clone();
        other["title"] = json!("另一题库");
        keyed(&client, BANKS, "a", &other).await.expect_problem(422, "idempotency_key_reused");
        assert_eq!(count(&client).await, 1);
        for key in [String::new(), "x".repeat(256)] {
            keyed(&client, BANKS, &key, &body).await.expect_field("Idempotency-Key", "out_of_range");
        }
    }

    async fn what_was_refused_may_be_put_right(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        let bad = json!({ "unit_id": body["unit_id"], "title": "", "review_required": false });
        keyed(&client, BANKS, "a", &bad).await.expect_field("title", "required");
        keyed(&client, BANKS, "a", &body).await.ok();
        assert_eq!(count(&client).await, 1);
    }

    async fn duplicates_at_once_are_carried_out_once(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        let asked: Vec<_> = (0..8).map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { keyed(&client, BANKS, "a", &body).await.ok() })
        }).collect();
        let mut ids = Vec::new();
        for answer in asked {
            ids.push(answer.await.unwrap()["id"].clone());
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(count(&client).await, 1);
    }

    async fn an_answer_that_was_lost_is_made_up_for(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        let first = keyed(&client, BANKS, "a", &body).await.ok();
        // The process died between the change and its answer.
        sql(&server, "UPDATE idempotency_keys SET status = NULL, answer = NULL, claimed_until = 0").await;
        assert_eq!(keyed(&client, BANKS, "a", &body).await.ok(), first);
        assert_eq!(count(&client).await, 1);
        // Where nothing can be read below the address, it is said what was done.
        let admin = server.user("sec", Role::SecurityAdmin, server.root().await).await;
        let admin = server.as_(&admin);
        let path = format!("/api/v1/accounts/{}/grants", user.id);
        let grant = json!({ "role": "auditor", "unit_id": server.root().await.to_string() });
        keyed(&admin, &path, "a", &grant).await.ok();
        sql(&server, "UPDATE idempotency_keys SET status = NULL, answer = NULL, claimed_until = 0").await;
        let lost = keyed(&admin, &path, "a", &grant).await.expect_problem(409, "answer_lost");
        assert!(lost.json["detail"].as_str().unwrap().contains("account:"), "{}", lost.text);
    }

    async fn what_died_before_it_changed_anything_is_carried_out(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        keyed(&client, BANKS, "a", &body).await.ok();
        let early = "UPDATE idempotency_keys SET status = NULL, answer = NULL, subject = NULL, claimed_until = 0";
        sql(&server, early).await;
        keyed(&client, BANKS, "a", &body).await.ok();
        assert_eq!(count(&client).await, 2, "the first is as if it had never been");
    }

    async fn a_run_that_lost_its_key_changes_nothing(server: TestServer) {
        let core = server.services.core.clone();
        let idempotency = Idempotency::new(core.db.clone(), Arc::clone(&core.clock), Arc::clone(&core.rng), [1; 32]);
        let account = server.user("coordinator", Role::Coordinator, server.root().await).await.id;
        let late = Arc::new(poem::endpoint::make(move |_: Request| {
            let core = core.clone();
            async move {
                // While it worked, it was given up and another run took its key.
                let done = core.db.tx("test", |tx| Box::pin(async move {
                    tx.execute_unprepared("UPDATE idempotency_keys SET claim = 'another'").await?;
                    Ok::<_, Fault>(())
                }));
                done.await.unwrap();
                let done = core.db.tx("test", |tx| Box::pin(async move {
                    tx.execute_unprepared("DELETE FROM grants").await?;
                    mark(tx, "test:1").await
                }));
                assert!(matches!(done.await, Err(Fault::Unreachable(_))));
                Err::<Response, _>(poem::Error::from_status(poem::http::StatusCode::SERVICE_UNAVAILABLE))
            }
        }).map_to_response());
        let request = Request::builder().method(poem::http::Method::POST).header("Idempotency-Key", "a").finish();
        assert!(idempotency.call(late, request, account, false).await.is_err());
        let user = server.log_in(account, "coordinator").await;
        let grants = server.as_(&user).get("/api/v1/auth/me").await.ok()["grants"].clone();
        assert_eq!(grants.as_array().unwrap().len(), 1, "what the late run wrote was undone");
    }

    async fn keys_are_forgotten_after_a_day(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        keyed(&client, BANKS, "a", &body).await.ok();
        server.advance(std::time::Duration::from_hours(25));
        server.work().await;
        let user = server.log_in(user.id, "coordinator").await;
        keyed(&server.as_(&user), BANKS, "a", &body).await.ok();
        assert_eq!(count(&server.as_(&user)).await, 2);
    }

    async fn a_list_says_where_it_goes_on(server: TestServer) {
        let (user, body) = coordinator(&server).await;
        let client = server.as_(&user);
        for _ in 0..3 {
            client.post(BANKS, &body).await.ok();
        }
        let first = client.get(&format!("{BANKS}?limit=2")).await;
        let link = first.header("link").to_owned();
        let next = link.strip_prefix('<').and_then(|l| l.strip_suffix(">; rel=\"next\"")).unwrap_or_else(|| panic!("{link}"));
        assert!(next.starts_with("/api/v1/banks?limit=2&cursor="), "{next}");
        let second = client.get(next).await;
        assert_eq!(second.header("link"), "");
        assert_eq!(second.json["items"].as_array().unwrap().len(), 1);
        assert_ne!(second.json["items"][0]["id"], first.json["items"][1]["id"]);
    }
}
