//! What becomes of sessions and of those who come: series, moving, calling off, reopening, check-out, leave, delegates,
//! study made up, and what was recorded before it was put right.

use reqwest::{Method, multipart};
use serde_json::{Value, json};

use super::study_scene::{Scene, check_ins};
use crate::harness::{Answer, Client};

const START: &str = "2026-03-16T02:00:00Z";
const END: &str = "2026-03-16T04:00:00Z";

async fn change(client: &Client, method: Method, path: &str, seen: &str, body: &Value) -> Answer {
    client.send(client.request(method, path).header("If-Match", seen).json(body)).await
}

async fn read(scene: &Scene, session: &str) -> (Value, String) {
    let answer = scene.coordinator.get(&format!("/api/v1/sessions/{session}")).await;
    let seen = answer.header("etag").to_owned();
    (answer.ok(), seen)
}

async fn act(scene: &Scene, session: &str, act: &str, body: &Value) -> Answer {
    scene.coordinator.post(&format!("/api/v1/sessions/{session}/{act}"), body).await
}

async fn row(scene: &Scene, session: &str, n: usize) -> Value {
    let path = format!("/api/v1/sessions/{session}/attendance/{}", scene.people[n]);
    scene.coordinator.get(&path).await.ok()
}

async fn file(client: &Client, bytes: &'static [u8]) -> Answer {
    let part = multipart::Part::bytes(bytes).file_name("假条.png");
    let form = multipart::Form::new().part("file", part);
    client.send(client.request(Method::POST, "/api/v1/attachments").multipart(form)).await
}

const PNG: &[u8] = &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3];

both_databases! {
    /// Drafts are changed and removed in the version that was seen; published ones are not.
    async fn drafts_are_changed_as_they_were_seen(server: TestServer) {
        let scene = Scene::set(&server).await;
        let id = scene.draft(&scene.session_body(START, END)).await;
        let path = format!("/api/v1/sessions/{id}");
        let (_, seen) = read(&scene, &id).await;
        scene.coordinator.patch(&path, &json!({ "title": "x" })).await.expect_problem(428, "precondition_required");
        let body = json!({ "title": "新题目", "ends_at": "2026-03-16T05:00:00Z" });
        let changed = change(&scene.coordinator, Method::PATCH, &path, &seen, &body).await.ok();
        assert_eq!((&changed["title"], &changed["place"]), (&json!("新题目"), &json!("一号会议室")));
        change(&scene.coordinator, Method::PATCH, &path, &seen, &body).await.expect_problem(412, "stale");
        change(&scene.coordinator, Method::DELETE, &path, &seen, &json!({})).await.expect_problem(412, "stale");
        let bad = json!({ "ends_at": "2026-03-16T01:00:00Z" });
        change(&scene.coordinator, Method::PATCH, &path, "*", &bad).await.expect_field("ends_at", "not_after");
        let (_, seen) = read(&scene, &id).await;
        scene.coordinator.act(&format!("{path}/publish")).await.ok();
        change(&scene.coordinator, Method::PATCH, &path, "*", &body).await.expect_problem(409, "wrong_state");
        change(&scene.coordinator, Method::DELETE, &path, &seen, &json!({})).await.expect_problem(409, "wrong_state");
        let contact = json!({ "contact": "张三 28333333" });
        let changed = change(&scene.coordinator, Method::PATCH, &path, "*", &contact).await.ok();
        assert_eq!(changed["contact"], contact["contact"]);

        let other = scene.draft(&scene.session_body(START, END)).await;
        let path = format!("/api/v1/sessions/{other}");
        let gone = change(&scene.coordinator, Method::DELETE, &path, "*", &json!({})).await;
        assert_eq!(gone.status.as_u16(), 204);
        scene.coordinator.get(&path).await.expect_problem(404, "not_found");

        let body = json!({
            "year": 2026, "title": "2026 年计划", "unit_id": scene.root, "audience": scene.audience(), "required_hours": 4,
            "required_sessions": [{ "kind": "seminar", "count": 1, "due_on": "2026-06-30" }],
        });
        let made = scene.coordinator.post("/api/v1/programmes", &body).await;
        let (seen, made) = (made.header("etag").to_owned(), made.ok());
        let path = format!("/api/v1/programmes/{}", made["id"].as_str().unwrap());
        let changed = change(&scene.coordinator, Method::PATCH, &path, &seen, &json!({ "required_hours": 6 })).await.ok();
        assert_eq!((&changed["required_hours"], &changed["required_sessions"]), (&json!(6), &made["required_sessions"]));
        let copied = scene.coordinator.post(&format!("{path}/copy"), &json!({ "year": 2027 })).await.ok();
        assert_eq!((&copied["title"], &copied["year"]), (&json!("2027 年计划"), &json!(2027)));
        assert_eq!(copied["required_sessions"][0]["due_on"], "2027-06-30");
        change(&scene.coordinator, Method::DELETE, &path, &seen, &json!({})).await.expect_problem(412, "stale");
        let gone = change(&scene.coordinator, Method::DELETE, &path, "*", &json!({})).await;
        assert_eq!(gone.status.as_u16(), 204);
    }

    /// A rule makes a session of each meeting; one or all that follow are changed, moved, called off.
    async fn a_series_is_planned_at_once(server: TestServer) {
        let scene = Scene::set(&server).await;
        let mut body = scene.session_body(START, END);
        for (rule, code) in [
            ("FREQ=WEEKLY", "endless"),
            ("FREQ=DAILY;COUNT=400", "too_many"),
            ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", "conflict"),
            ("每周", "invalid"),
        ] {
            body["recurrence"] = json!(rule);
            scene.coordinator.post("/api/v1/sessions", &body).await.expect_field("recurrence", code);
        }
        let mut long = scene.session_body(START, "2026-03-18T02:00:00Z");
        long["recurrence"] = json!("FREQ=DAILY;COUNT=2");
        scene.coordinator.post("/api/v1/sessions", &long).await.expect_field("recurrence", "overlapping");
        body["recurrence"] = json!("FREQ=WEEKLY;COUNT=4");
        let first = scene.draft(&body).await;
        scene.coordinator.post("/api/v1/sessions", &body).await.expect_field("recurrence", "overlapping");
        let series = read(&scene, &first).await.0["series_id"].as_str().unwrap().to_owned();
        let listed = async || {
            let found = scene.coordinator.get(&format!("/api/v1/sessions?series_id={series}")).await.ok();
            found["items"].as_array().unwrap().clone()
        };
        let starts = |items: &[Value]| items.iter().map(|i| i["starts_at"].as_str().unwrap()[..16].to_owned()).collect::<Vec<_>>();
        let items = listed().await;
        assert_eq!(starts(&items), ["2026-03-16T02:00", "2026-03-23T02:00", "2026-03-30T02:00", "2026-04-06T02:00"]);

        // From the second on an hour later.
        let second = items[1]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/sessions/{second}?scope=following");
        let later = json!({ "starts_at": "2026-03-23T03:00:00Z", "ends_at": "2026-03-23T05:00:00Z", "title": "下半场" });
        change(&scene.coordinator, Method::PATCH, &path, "*", &later).await.ok();
        let items = listed().await;
        assert_eq!(starts(&items), ["2026-03-16T02:00", "2026-03-23T03:00", "2026-03-30T03:00", "2026-04-06T03:00"]);
        assert_eq!((&items[0]["title"], &items[3]["title"]), (&json!("民法典专题学习"), &json!("下半场")));

        scene.coordinator.act(&format!("/api/v1/sessions/{first}/publish?scope=following")).await.ok();
        assert!(listed().await.iter().all(|i| i["status"] == "published"));
        let moved = json!({
            "starts_at": "2026-03-31T03:00:00Z", "ends_at": "2026-03-31T04:00:00Z", "place": "二号会议室",
            "reason": "会议冲突", "scope": "following",
        });
        let third = items[2]["id"].as_str().unwrap();
        let answer = act(&scene, third, "reschedule", &moved).await.ok();
        assert_eq!((&answer["rescheduled"], &answer["reschedule_reason"]), (&json!(true), &json!("会议冲突")));
        assert_eq!(answer["first_starts_at"], "2026-03-30T03:00:00.000Z");
        let items = listed().await;
        assert_eq!(starts(&items)[2..], ["2026-03-31T03:00", "2026-04-07T03:00"]);
        assert_eq!((&items[1]["rescheduled"], &items[3]["place"]), (&json!(false), &json!("二号会议室")));

        act(&scene, third, "cancel", &json!({ "reason": " " })).await.expect_field("reason", "required");
        act(&scene, third, "cancel", &json!({ "reason": "停办", "scope": "all" })).await.expect_field("scope", "unknown_value");
        act(&scene, third, "cancel", &json!({ "reason": "停办", "scope": "following" })).await.ok();
        let statuses: Vec<_> = listed().await.iter().map(|i| i["status"].clone()).collect();
        assert_eq!(statuses, ["published", "published", "cancelled", "cancelled"]);
        act(&scene, third, "reschedule", &moved).await.expect_problem(409, "wrong_state");
        let again = act(&scene, third, "reopen", &json!({ "reason": "恢复" })).await.ok();
        assert_eq!((&again["status"], &again["cancel_reason"]), (&json!("published"), &Value::Null));
        act(&scene, third, "reopen", &json!({ "reason": "恢复" })).await.expect_problem(409, "wrong_state");
    }

    /// Reopening takes credits back until the session is closed again; what was called off credits nobody.
    async fn reopening_takes_credits_back(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        let session = scene.session().await;
        server.set_clock("2026-03-16T02:30:00Z");
        scene.call(&session, &[(0, "present"), (1, "present")]).await;
        scene.close(&session).await;
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3]);
        let again = act(&scene, &session, "reopen", &json!({ "reason": "漏记" })).await.ok();
        assert_eq!((&again["status"], &again["closed_at"]), (&json!("running"), &Value::Null));
        assert_eq!(scene.counts(&programme).await, [3, 0, 0, 3]);
        scene.call(&session, &[(1, "absent"), (2, "present")]).await;
        scene.close(&session).await;
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3]);

        let off = scene.draft(&scene.session_body("2026-03-16T03:00:00Z", END)).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{off}/publish")).await.ok();
        scene.call(&off, &[(1, "present")]).await;
        act(&scene, &off, "cancel", &json!({ "reason": "停电" })).await.ok();
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3]);
        scene.coordinator.act(&format!("/api/v1/sessions/{off}/close")).await.expect_problem(409, "wrong_state");
    }

    /// One that is over is marked when it is entered; duty reports, outreach and study elsewhere keep what is theirs.
    async fn every_kind_keeps_its_own(server: TestServer) {
        let scene = Scene::set(&server).await;
        let past = scene.draft(&scene.session_body("2026-03-10T02:00:00Z", "2026-03-10T04:00:00Z")).await;
        assert_eq!(read(&scene, &past).await.0["entered_afterwards"], true);
        scene.coordinator.act(&format!("/api/v1/sessions/{past}/publish")).await.ok();
        scene.call(&past, &[(0, "present")]).await;
        scene.close(&past).await;

        let mut report = scene.session_body(START, END);
        report["kind"] = json!("duty_report");
        report["presenters"] = json!([
            { "person_id": scene.people[0], "form": "oral" }, { "person_id": scene.people[1], "form": "written" },
        ]);
        let made = scene.coordinator.post("/api/v1/sessions", &report).await.ok();
        assert_eq!(made["presenters"].as_array().unwrap().len(), 2);
        assert_eq!(made["entered_afterwards"], false);
        report["presenters"] = json!([{ "person_id": scene.root, "form": "sung" }]);
        scene.coordinator.post("/api/v1/sessions", &report).await.expect_field("presenters[0].form", "unknown_value");
        report["presenters"] = json!([{ "person_id": scene.root, "form": "oral" }]);
        let refused = scene.coordinator.post("/api/v1/sessions", &report).await;
        refused.expect_field("presenters[0].person_id", "unknown_reference");
        report["kind"] = json!("seminar");
        scene.coordinator.post("/api/v1/sessions", &report).await.expect_field("presenters", "conflict");

        let mut outreach = scene.session_body(START, END);
        outreach["kind"] = json!("outreach");
        outreach["audience"] = json!({});
        let id = scene.draft(&outreach).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{id}/publish")).await.ok();
        let path = format!("/api/v1/sessions/{id}");
        let reached = json!({ "audience_count": 320, "enterprises": 14 });
        let answer = change(&scene.coordinator, Method::PATCH, &path, "*", &reached).await.ok();
        assert_eq!((&answer["audience_count"], &answer["enterprises"]), (&json!(320), &json!(14)));
        server.set_clock("2026-03-16T02:30:00Z");
        scene.close(&id).await;

        let mut away = scene.session_body("2026-03-12T02:00:00Z", "2026-03-13T09:00:00Z");
        away["kind"] = json!("external");
        let id = scene.draft(&away).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{id}/publish")).await.ok();
        scene.coordinator.act(&format!("/api/v1/sessions/{id}/close")).await.expect_problem(409, "evidence_required");
        file(&scene.coordinator, b"<script>").await.expect_field("file", "unknown_value");
        let proof = file(&scene.coordinator, PNG).await.ok();
        assert_eq!((&proof["name"], &proof["media_type"], &proof["size"]), (&json!("假条.png"), &json!("image/png"), &json!(11)));
        let path = format!("/api/v1/sessions/{id}");
        change(&scene.coordinator, Method::PATCH, &path, "*", &json!({ "evidence": proof["id"] })).await.ok();
        scene.close(&id).await;
        let proof = format!("/api/v1/attachments/{}", proof["id"].as_str().unwrap());
        let answer = scene.coordinator.get(&proof).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-disposition").contains("attachment")), (200, true));
        server.as_(&scene.official(0).await).get(&proof).await.expect_problem(403, "forbidden");
    }

    /// Whoever does not check out where that is asked for has left early; whoever comes back has not.
    async fn people_check_out(server: TestServer) {
        let scene = Scene::set(&server).await;
        let mut body = scene.session_body(START, END);
        body["check_in"]["require_check_out"] = json!(true);
        let session = scene.draft(&body).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
        let people = [scene.official(0).await, scene.official(1).await, scene.official(2).await];
        let (out, plain) = (format!("/api/v1/sessions/{session}/check-outs"), scene.session().await);
        let [one, two, three] = people.map(|user| server.as_(&user));
        server.set_clock("2026-03-16T01:50:00Z");
        let code = json!({ "code": scene.code(&session).await });
        one.post(&out, &code).await.expect_problem(409, "not_checked_in");
        for client in [&one, &two, &three] {
            client.post(&check_ins(&session), &code).await.ok();
        }
        server.set_clock("2026-03-16T03:30:00Z");
        let code = json!({ "code": scene.code(&session).await });
        assert_eq!(one.post(&out, &code).await.ok()["status"], "left_early");
        assert_eq!(two.post(&out, &code).await.ok()["status"], "left_early");
        server.set_clock("2026-03-16T04:01:00Z");
        let late = json!({ "code": scene.code(&session).await });
        let back = one.post(&out, &late).await.ok();
        assert_eq!((&back["status"], &back["checked_out_at"]), (&json!("present"), &json!("2026-03-16T04:01:00.000Z")));
        server.set_clock("2026-03-16T04:05:00Z");
        assert_eq!(one.post(&out, &late).await.ok(), back, "sent again, with a code that has expired");
        scene.close(&session).await;
        assert_eq!(one.post(&out, &late).await.ok(), back, "and after closing");
        let statuses: Vec<_> = [row(&scene, &session, 0).await, row(&scene, &session, 1).await, row(&scene, &session, 2).await]
            .iter().map(|r| r["attendance"]["status"].clone()).collect();
        assert_eq!(statuses, ["present", "left_early", "left_early"]);
        one.post(&format!("/api/v1/sessions/{plain}/check-outs"), &late).await.expect_problem(409, "no_check_out");
    }

    /// Leave is asked for before and after, decided by a host, and never overrides who came.
    async fn leave_is_granted(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.session().await;
        let ask = format!("/api/v1/sessions/{session}/leave-requests");
        let (one, two, outsider) =
            (server.as_(&scene.official(0).await), server.as_(&scene.official(1).await), server.as_(&scene.official(3).await));
        let proof = file(&one, PNG).await.ok();
        one.post(&ask, &json!({ "reason": "" })).await.expect_field("reason", "required");
        two.post(&ask, &json!({ "reason": "病", "attachment": proof["id"] })).await
            .expect_field("attachment", "unknown_reference");
        let asked = one.post(&ask, &json!({ "reason": "住院", "attachment": proof["id"] })).await.ok();
        assert_eq!((&asked["state"], &asked["afterwards"]), (&json!("pending"), &json!(false)));
        one.post(&ask, &json!({ "reason": "住院" })).await.expect_problem(409, "already_asked");
        outsider.post(&ask, &json!({ "reason": "住院" })).await.expect_problem(404, "not_found");
        scene.coordinator.post(&ask, &json!({ "reason": "出差", "person_id": scene.people[3] })).await
            .expect_field("person_id", "unknown_reference");
        let for_other = scene.coordinator.post(&ask, &json!({ "reason": "出差", "person_id": scene.people[2] })).await.ok();
        let decide = |leave: &Value| format!("/api/v1/leave-requests/{}/decide", leave["id"].as_str().unwrap());
        one.post(&decide(&asked), &json!({ "approve": true })).await.expect_problem(403, "forbidden");
        let refused = scene.coordinator.post(&decide(&for_other), &json!({ "approve": false })).await;
        refused.expect_field("reason", "required");
        scene.coordinator.post(&decide(&for_other), &json!({ "approve": false, "reason": "须参会" })).await.ok();
        let granted = scene.coordinator.post(&decide(&asked), &json!({ "approve": true })).await.ok();
        assert_eq!(granted["state"], "approved");
        scene.coordinator.post(&decide(&asked), &json!({ "approve": true })).await.expect_problem(409, "wrong_state");
        let waiting = scene.coordinator.get("/api/v1/leave-requests?state=pending").await.ok();
        assert_eq!(waiting["items"], json!([]));
        assert_eq!(scene.coordinator.get(&ask).await.ok()["items"].as_array().unwrap().len(), 2);

        server.set_clock("2026-03-16T01:40:00Z");
        server.work().await;
        assert_eq!(row(&scene, &session, 0).await["attendance"]["status"], "on_leave");
        let code = json!({ "code": scene.code(&session).await });
        assert_eq!(one.post(&check_ins(&session), &code).await.ok()["status"], "present", "came after all");
        server.set_clock("2026-03-16T02:30:00Z");
        let summary = scene.call(&session, &[(1, "on_leave")]).await;
        assert_eq!(summary["attendance_rate"]["percent"], "33.33");
        assert_eq!(summary["attendance_rate_without_leave"]["percent"], "50.00");
        scene.close(&session).await;
        // Afterwards: who was absent was excused, in the record of what stood there before.
        let liaison = server.user("liaison", kaofa::auth::Role::Liaison, scene.second).await;
        let after = server.as_(&liaison).post(&ask, &json!({ "reason": "急病", "person_id": scene.people[2] })).await.ok();
        assert_eq!(after["afterwards"], true);
        server.as_(&liaison).post(&decide(&after), &json!({ "approve": true })).await.expect_problem(403, "forbidden");
        scene.coordinator.post(&decide(&after), &json!({ "approve": true })).await.ok();
        let now = row(&scene, &session, 2).await;
        assert_eq!((&now["attendance"]["status"], &now["earlier"][0]["status"]), (&json!("on_leave"), &json!("absent")));
    }

    /// A delegate earns the hours, study made up names what and who, and nothing that was recorded is lost.
    async fn corrections_keep_what_was_there(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        let session = scene.session().await;
        server.set_clock("2026-03-16T02:30:00Z");
        scene.call(&session, &[(0, "present")]).await;
        scene.close(&session).await;
        let path = |n: usize| format!("/api/v1/sessions/{session}/attendance/{}", scene.people[n]);
        let put = async |n: usize, seen: &str, body: Value| change(&scene.coordinator, Method::PUT, &path(n), seen, &body).await;
        let seen = row(&scene, &session, 1).await["attendance"]["etag"].as_str().unwrap().to_owned();
        scene.coordinator.put(&path(1), &json!({ "status": "late", "reason": "x" })).await
            .expect_problem(428, "precondition_required");
        put(1, "*", json!({ "status": "delegated", "reason": "x" })).await.expect_field("delegate_person_id", "required");
        put(1, "*", json!({ "status": "made_up", "reason": "x" })).await.expect_field("studied", "required");
        put(1, "*", json!({ "status": "late", "reason": "x", "studied": "y" })).await.expect_field("studied", "conflict");
        put(1, "*", json!({ "status": "delegated", "reason": "x", "delegate_person_id": scene.people[1] })).await
            .expect_field("delegate_person_id", "conflict");
        let sent = json!({ "status": "delegated", "reason": "另有公务", "delegate_person_id": scene.people[2] });
        let answer = put(1, &seen, sent).await.ok();
        assert_eq!(answer["delegate_person_id"], json!(scene.people[2]));
        put(1, &seen, json!({ "status": "absent", "reason": "x" })).await.expect_problem(412, "stale");
        put(0, "*", json!({ "status": "delegated", "reason": "x", "delegate_person_id": scene.people[2] })).await
            .expect_field("delegate_person_id", "duplicate");
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3], "the one who came for them, not they");
        let summary = scene.coordinator.get(&format!("/api/v1/sessions/{session}/summary")).await.ok();
        assert_eq!((&summary["delegated"], &summary["absent"]), (&json!(1), &json!(1)));

        let made_up = json!({ "status": "made_up", "reason": "补学", "studied": "民法典总则编", "confirmed_by": "陈一" });
        put(1, "*", made_up).await.ok();
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3], "now they, and the delegate no more");
        let shown = row(&scene, &session, 1).await;
        assert_eq!(shown["attendance"]["studied"], "民法典总则编");
        let was: Vec<_> = shown["earlier"].as_array().unwrap().iter().map(|e| e["status"].clone()).collect();
        assert_eq!(was, ["delegated", "absent"]);

        // Somebody nobody had thought of.
        let add = format!("/api/v1/sessions/{session}/roster");
        let body = json!({ "person_ids": [scene.people[3]], "reason": "列席" });
        assert_eq!(scene.coordinator.post(&add, &body).await.ok()["expected"], 4);
        scene.coordinator.post(&add, &body).await.expect_problem(409, "already_on_roster");
        assert_eq!(row(&scene, &session, 3).await["attendance"]["added_reason"], "列席");
    }

    /// The code of another session, and a photograph that was sent on, are told apart from a wrong one.
    async fn codes_say_what_is_wrong_with_them(server: TestServer) {
        let scene = Scene::set(&server).await;
        let (session, other) = (scene.session().await, scene.session().await);
        let one = server.as_(&scene.official(0).await);
        server.set_clock("2026-03-16T01:50:00Z");
        let foreign = scene.code(&other).await;
        one.post(&check_ins(&session), &json!({ "code": foreign })).await.expect_problem(409, "code_of_another_session");
        let path = format!("/api/v1/sessions/{other}/check-in-code");
        let url = scene.coordinator.get(&path).await.ok()["url"].as_str().unwrap().to_owned();
        let key = url.split_once("?k=").unwrap().1;
        let study = &server.services.study;
        let redeemed = study.redeem(session.parse().unwrap(), key).await;
        assert!(matches!(redeemed, Err(kaofa::study::StudyError::CodeOfAnother)));
        let ticket = study.redeem(other.parse().unwrap(), key).await.unwrap();
        let body = json!({ "ticket": ticket.ticket, "nonce": ticket.nonce });
        one.post(&check_ins(&session), &body).await.expect_problem(409, "code_of_another_session");
        server.set_clock("2026-03-16T01:50:20Z");
        let redeemed = study.redeem(other.parse().unwrap(), key).await;
        assert!(matches!(redeemed, Err(kaofa::study::StudyError::CodeExpired)), "a photograph");
        assert_eq!(row(&scene, &session, 0).await["attendance"]["status"], "pending", "nothing changed");
        server.set_clock("2026-03-16T03:30:00Z");
        let late = json!({ "code": scene.code_or_none(&session).await });
        let refused = one.post(&check_ins(&session), &late).await.expect_problem(409, "code_invalid");
        assert_eq!(refused.json["errors"], json!([]));
    }

    /// A list from elsewhere is taken over whole or not at all.
    async fn a_list_is_taken_over(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.session().await;
        let mut numbers = Vec::new();
        for person in &scene.people {
            let found = scene.coordinator.get(&format!("/api/v1/people/{person}")).await.ok();
            numbers.push(found["staff_no"].as_str().unwrap().to_owned());
        }
        server.set_clock("2026-03-16T02:30:00Z");
        let send = async |text: String, dry: bool| {
            let form = multipart::Form::new().part("file", multipart::Part::bytes(text.into_bytes()).file_name("签到.csv"));
            let path = format!("/api/v1/imports/attendance?session_id={session}&dry_run={dry}");
            scene.coordinator.send(scene.coordinator.request(Method::POST, &path).multipart(form)).await.ok()
        };
        let bad = format!("工号,到会情况\n{},已到\n{},已到\n", numbers[0], numbers[3]);
        let report = send(bad, false).await;
        assert_eq!((&report["applied"], &report["changed"]), (&json!(false), &json!(1)));
        assert_eq!((&report["errors"][0]["row"], &report["errors"][0]["code"]), (&json!(3), &json!("unknown_reference")));
        let good = format!("工号,到会情况,签到时间,备注\n{},,09:58,\n{},,10:06,\n{},请假,,住院\n", numbers[0], numbers[1], numbers[2]);
        let report = send(good.clone(), true).await;
        assert_eq!((&report["applied"], &report["changed"], &report["errors"]), (&json!(false), &json!(3), &json!([])));
        assert_eq!(row(&scene, &session, 0).await["attendance"]["status"], "pending", "a dry run");
        assert_eq!(send(good.clone(), false).await["applied"], true);
        let first = row(&scene, &session, 0).await;
        assert_eq!((&first["attendance"]["status"], &first["attendance"]["method"]), (&json!("present"), &json!("import")));
        assert_eq!(first["attendance"]["checked_in_at"], "2026-03-16T01:58:00.000Z");
        assert_eq!(row(&scene, &session, 1).await["attendance"]["status"], "late");
        let third = row(&scene, &session, 2).await;
        assert_eq!((&third["attendance"]["status"], &third["attendance"]["reason"]), (&json!("on_leave"), &json!("住院")));
        assert_eq!(send(good, false).await["unchanged"], 3, "the same again changes nothing");
    }

    /// Whoever comes late or goes early owes their part; the change is dated, reasoned and told apart.
    async fn rosters_are_amended(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        let path = format!("/api/v1/programmes/{programme}/amendments");
        let body = |n: usize, kind: &str, on: &str| {
            json!({ "person_id": scene.people[n], "kind": kind, "effective_on": on, "reason": "借调" })
        };
        scene.coordinator.post(&path, &body(3, "joins", "2027-01-01")).await.expect_field("effective_on", "out_of_range");
        scene.coordinator.post(&path, &body(3, "leaves", "2026-07-01")).await.expect_problem(409, "wrong_state");
        scene.coordinator.post(&path, &body(0, "joins", "2026-07-01")).await.expect_problem(409, "wrong_state");
        scene.coordinator.post(&path, &body(3, "joins", "2026-07-01")).await.ok();
        scene.coordinator.post(&path, &body(0, "leaves", "2026-03-01")).await.ok();
        let made = scene.coordinator.get(&path).await.ok();
        let kinds: Vec<_> = made["items"].as_array().unwrap().iter().map(|i| i["kind"].clone()).collect();
        assert_eq!(kinds, ["joins", "leaves"]);
        assert_eq!(scene.counts(&programme).await, [4, 0, 0, 4]);
        let people = scene.coordinator.get(&format!("/api/v1/programmes/{programme}/progress/people")).await.ok();
        let of = |n: usize| {
            let id = json!(scene.people[n]);
            people["items"].as_array().unwrap().iter().find(|p| p["person_id"] == id).unwrap().clone()
        };
        let (one, four) = (of(0), of(3));
        assert_eq!((&one["months"], &one["required_hours"]), (&json!(2), &json!(0.83)));
        assert_eq!(one["required_sessions"][0]["asked"], 1, "two thirds of two, rounded half up");
        assert_eq!((&four["months"], &four["required_hours"], &four["person_name"]), (&json!(6), &json!(2.5), &json!("赵四")));
        assert_eq!(four["required_sessions"][0]["asked"], 0, "March was over");
        // One session is enough for the one who came for half a year.
        let session = scene.session().await;
        server.set_clock("2026-03-16T02:30:00Z");
        let add = json!({ "person_ids": [scene.people[3]], "reason": "列席" });
        scene.coordinator.post(&format!("/api/v1/sessions/{session}/roster"), &add).await.ok();
        scene.call(&session, &[(0, "present"), (2, "present"), (3, "present")]).await;
        scene.close(&session).await;
        assert_eq!(scene.counts(&programme).await, [4, 3, 2, 4]);
    }

    /// What a unit owes is owed by its people: sessions that it held or at which they were credited.
    async fn units_owe_sessions(server: TestServer) {
        let scene = Scene::set(&server).await;
        let body = json!({
            "year": 2026, "title": "单位计划", "unit_id": scene.root, "audience": scene.audience(),
            "required_sessions": [{ "kind": "collective_study", "count": 1, "per": "unit", "due_on": "2026-03-31" }],
            "credits": { "left_early": true },
        });
        let id = scene.coordinator.post("/api/v1/programmes", &body).await.ok()["id"].as_str().unwrap().to_owned();
        scene.coordinator.act(&format!("/api/v1/programmes/{id}/publish")).await.ok();
        assert_eq!(scene.counts(&id).await, [3, 0, 0, 3]);
        let session = scene.session().await;
        server.set_clock("2026-03-16T02:30:00Z");
        scene.call(&session, &[(0, "present"), (2, "left_early")]).await;
        scene.close(&session).await;
        assert_eq!(scene.counts(&id).await, [3, 2, 2, 3], "the first unit has met it, and leaving early counts here");
        let progress = scene.coordinator.get(&format!("/api/v1/programmes/{id}/progress")).await.ok();
        let lacking: Vec<_> = progress["units"].as_array().unwrap().iter()
            .map(|u| (u["unit_name"].clone(), u["required_sessions"][0]["lacking"].as_i64().unwrap())).collect();
        assert!(lacking.contains(&(json!("甲局"), 0)) && lacking.contains(&(json!("乙街道"), 1)), "{lacking:?}");
        let people = scene.coordinator.get(&format!("/api/v1/programmes/{id}/progress/people?lacking=true")).await.ok();
        assert_eq!(people["items"].as_array().unwrap().len(), 1);
        assert_eq!(people["items"][0]["person_name"], "王三");
        let path = format!("/api/v1/sessions/{session}/attendance/{}", scene.people[2]);
        scene.correct(&path, &json!({ "status": "present", "reason": "核实" })).await.ok();
        assert_eq!(scene.counts(&id).await, [3, 2, 3, 3]);
        scene.correct(&path, &json!({ "status": "absent", "reason": "误记" })).await.ok();
        assert_eq!(scene.counts(&id).await, [3, 1, 2, 3]);
    }
}
