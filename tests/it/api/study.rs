//! Programmes, sessions, check-in, roll call, closing, and what they count for.

use std::time::Duration;

use kaofa::auth::Role;
use kaofa::study::Proof;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::study_scene::{Scene, check_ins, put_any};
use crate::harness::Client;

both_databases! {
    /// Plan, invite, check in, call the roll, close, correct: and the counts follow each step.
    async fn the_whole_path(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        assert_eq!(scene.counts(&programme).await, [3, 0, 0, 3], "nothing is due yet");
        let session = scene.session().await;
        let (one, two) = (scene.official(0).await, scene.official(1).await);
        let listed = server.as_(&one).get("/api/v1/sessions").await.ok();
        assert_eq!(listed["items"][0]["id"], session.as_str());
        assert_eq!(listed["items"][0]["own"], Value::Null, "invited, not yet on the roster");

        server.set_clock("2026-03-16T01:45:00Z");
        server.work().await;
        let code = scene.code(&session).await;
        let first = server.as_(&one).post(&check_ins(&session), &json!({ "code": code })).await.ok();
        assert_eq!((&first["status"], &first["method"]), (&json!("present"), &json!("code")));
        assert_eq!(first["person_name"], "陈一");
        assert_eq!(first["checked_in_at"], "2026-03-16T01:45:00.000Z");
        server.set_clock("2026-03-16T02:05:00Z");
        let code = scene.code(&session).await;
        let second = server.as_(&two).post(&check_ins(&session), &json!({ "code": code })).await.ok();
        assert_eq!(second["status"], "late", "from five minutes after the start");
        let own = server.as_(&one).get(&format!("/api/v1/sessions/{session}")).await.ok();
        assert_eq!(own["own"]["status"], "present");

        let summary = scene.call(&session, &[(0, "present"), (1, "left_early")]).await;
        assert_eq!(summary["expected"], 3);
        assert_eq!((&summary["present"], &summary["left_early"], &summary["pending"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(summary["attendance_rate"], json!({ "numerator": 2, "denominator": 3, "percent": "66.67" }));

        scene.close(&session).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{session}/close")).await.expect_problem(409, "wrong_state");
        let summary = scene.coordinator.get(&format!("/api/v1/sessions/{session}/summary")).await.ok();
        assert_eq!((&summary["pending"], &summary["absent"]), (&json!(0), &json!(1)));
        assert_eq!(scene.counts(&programme).await, [3, 1, 0, 3], "leaving early earns nothing");

        let path = format!("/api/v1/sessions/{session}/attendance/{}", scene.people[1]);
        let body = json!({ "status": "present", "reason": "经核实未早退" });
        let corrected = scene.correct(&path, &body).await.ok();
        assert_eq!((&corrected["method"], &corrected["reason"]), (&json!("correction"), &body["reason"]));
        assert_eq!(scene.counts(&programme).await, [3, 2, 0, 3]);
        let body = json!({ "status": "absent", "reason": "误记" });
        scene.correct(&path, &body).await.ok();
        assert_eq!(scene.counts(&programme).await, [3, 1, 0, 3]);

        // A second one completes it for the one who came to both.
        let again = scene.draft(&scene.session_body("2026-03-16T05:00:00Z", "2026-03-16T06:00:00Z")).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{again}/publish")).await.ok();
        server.set_clock("2026-03-16T05:30:00Z");
        scene.call(&again, &[(0, "present"), (1, "present"), (2, "on_leave")]).await;
        scene.close(&again).await;
        assert_eq!(scene.counts(&programme).await, [3, 2, 1, 3]);
        let progress = scene.coordinator.get(&format!("/api/v1/programmes/{programme}/progress")).await.ok();
        let units = progress["units"].as_array().unwrap();
        let expected: Vec<_> = units.iter().map(|u| u["counts"]["expected"].as_i64().unwrap()).collect();
        assert_eq!((expected.len(), expected.iter().sum::<i64>()), (2, 3));
        assert_eq!(progress["total"]["completion_rate"]["percent"], "33.33");

        let caller = server.services.auth.authenticate(&one.token, None).await.unwrap();
        let mine = server.services.study.my_progress(&caller, 2026).await.unwrap();
        assert_eq!((mine.len(), mine[0].completed, mine[0].hours.0), (1, true, 500));
        assert_eq!((mine[0].requirements[0].done, mine[0].requirements[0].lacking()), (2, 0));
        assert_eq!(server.services.study.my_sessions(&caller).await.unwrap().len(), 2);
    }

    /// What is due is due on the day after its last day, and the year's hours when the programme closes.
    async fn requirements_come_due(server: TestServer) {
        let mut scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        server.set_clock("2026-03-31T15:00:00Z");
        server.work().await;
        scene.log_in_again().await;
        assert_eq!(scene.counts(&programme).await, [3, 0, 0, 3]);
        server.set_clock("2026-03-31T16:00:00Z");
        server.work().await;
        server.work().await;
        assert_eq!(scene.counts(&programme).await, [3, 0, 0, 0], "1 April in the district");
        let closed = scene.coordinator.act(&format!("/api/v1/programmes/{programme}/close")).await.ok();
        assert_eq!(closed, json!({ "status": "closed" }));
        scene.coordinator.act(&format!("/api/v1/programmes/{programme}/close")).await.expect_problem(409, "wrong_state");
        let listed = scene.coordinator.get("/api/v1/programmes?year=2026&status=closed").await.ok();
        assert_eq!(listed["items"][0]["id"], programme.as_str());
        assert_eq!(scene.coordinator.get("/api/v1/programmes?year=2025").await.ok()["items"], json!([]));
    }

    /// What somebody earned before a programme was published counts toward it, and a session that names one counts
    /// toward that one alone.
    async fn credits_find_their_programmes(server: TestServer) {
        let scene = Scene::set(&server).await;
        let early = scene.session().await;
        server.set_clock("2026-03-16T02:30:00Z");
        scene.call(&early, &[(0, "present")]).await;
        scene.close(&early).await;
        let (one, other) = (scene.programme().await, scene.programme().await);
        assert_eq!(scene.counts(&one).await, [3, 1, 0, 3]);
        let mut body = scene.session_body("2026-03-16T05:00:00Z", "2026-03-16T06:00:00Z");
        body["programme_id"] = json!(one);
        let bound = scene.draft(&body).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{bound}/publish")).await.ok();
        let refused = scene.coordinator.act(&format!("/api/v1/programmes/{one}/close")).await;
        refused.expect_problem(409, "still_open");
        server.set_clock("2026-03-16T05:10:00Z");
        scene.call(&bound, &[(0, "present"), (2, "late")]).await;
        scene.close(&bound).await;
        assert_eq!(scene.counts(&one).await, [3, 2, 1, 3]);
        assert_eq!(scene.counts(&other).await, [3, 1, 0, 3]);
        body["starts_at"] = json!("2027-03-16T05:00:00Z");
        body["ends_at"] = json!("2027-03-16T06:00:00Z");
        scene.coordinator.post("/api/v1/sessions", &body).await.expect_field("programme_id", "conflict");
    }

    /// Codes are taken for two slots, from the roster alone, while check-in is open; the first answer stays.
    async fn codes_are_taken_where_they_should(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.session().await;
        let (one, outsider) = (scene.official(0).await, scene.official(3).await);
        let (one, outsider) = (server.as_(&one), server.as_(&outsider));
        let path = check_ins(&session);
        one.post(&path, &json!({ "code": "000000" })).await.expect_problem(409, "code_invalid");
        scene.coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await
            .expect_problem(409, "check_in_closed");

        // Nobody ticked: whoever needs the session opened opens it.
        server.set_clock("2026-03-16T01:30:01Z");
        let shown = scene.coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
        assert_eq!(shown["valid_until"], "2026-03-16T01:30:20.000Z");
        assert_eq!(shown["next_at"], "2026-03-16T01:30:10.000Z");
        assert!(shown["qr_svg"].as_str().unwrap().contains("<svg"));
        assert!(shown["url"].as_str().unwrap().contains(&format!("/c/{session}?k=")));
        let code = shown["code"].clone();
        let refused = outsider.post(&path, &json!({ "code": code })).await.expect_problem(403, "not_on_roster");
        assert!(refused.json["detail"].as_str().unwrap().contains("28222222"), "{}", refused.text);
        server.set_clock("2026-03-16T01:30:20Z");
        one.post(&path, &json!({ "code": code })).await.expect_problem(409, "code_expired");
        server.set_clock("2026-03-16T01:30:19.999Z");
        let first = one.post(&path, &json!({ "code": code })).await.ok();
        server.set_clock("2026-03-16T02:10:00Z");
        assert_eq!(one.post(&path, &json!({ "code": code })).await.ok(), first, "replayed with an old code");
        assert_eq!(one.post(&path, &json!({ "code": scene.code(&session).await })).await.ok(), first);

        let two = server.as_(&scene.official(1).await);
        server.set_clock("2026-03-16T02:59:59Z");
        let last = scene.code(&session).await;
        server.set_clock("2026-03-16T03:00:00Z");
        two.post(&path, &json!({ "code": last })).await.expect_problem(409, "check_in_closed");
        two.post("/api/v1/sessions/01890000-0000-7000-8000-000000000000/check-ins", &json!({ "code": last })).await
            .expect_problem(404, "not_found");
        for (body, field) in [(json!({}), "code"), (json!({ "ticket": "x" }), "nonce")] {
            two.post(&path, &body).await.expect_field(field, "required");
        }
    }

    /// Whoever guesses waits; whoever does not is not kept waiting by them.
    async fn guessing_is_stopped(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.session().await;
        server.set_clock("2026-03-16T01:40:00Z");
        let right = scene.code(&session).await;
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let (one, two) = (server.as_(&scene.official(0).await), server.as_(&scene.official(1).await));
        let path = check_ins(&session);
        for _ in 0..10 {
            one.post(&path, &json!({ "code": wrong })).await.expect_problem(409, "code_invalid");
        }
        let stopped = one.post(&path, &json!({ "code": right })).await.expect_problem(429, "too_many_requests");
        assert_eq!(stopped.header(RETRY_AFTER.as_str()), "301");
        two.post(&path, &json!({ "code": right })).await.ok();
        server.advance(Duration::from_secs(301));
        one.post(&path, &json!({ "code": scene.code(&session).await })).await.ok();
    }

    /// A ticket keeps the time at which the address was opened, for five minutes and one browser.
    async fn a_ticket_keeps_the_time(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.session().await;
        server.set_clock("2026-03-16T02:04:59Z");
        let shown = scene.coordinator.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.ok();
        let key = shown["url"].as_str().unwrap().split_once("?k=").unwrap().1.to_owned();
        let study = &server.services.study;
        let id = session.parse().unwrap();
        assert!(study.redeem(id, "00").await.is_err());
        let ticket = study.redeem(id, &key).await.unwrap();
        let (one, two) = (server.as_(&scene.official(0).await), server.as_(&scene.official(1).await));
        server.set_clock("2026-03-16T02:08:00Z");
        let path = check_ins(&session);
        let stolen = json!({ "ticket": ticket.ticket, "nonce": "another browser" });
        two.post(&path, &stolen).await.expect_problem(409, "ticket_foreign");
        let body = json!({ "ticket": ticket.ticket, "nonce": ticket.nonce });
        let answer = one.post(&path, &body).await.ok();
        assert_eq!((&answer["status"], &answer["method"]), (&json!("present"), &json!("qr")));
        assert_eq!(answer["checked_in_at"], "2026-03-16T02:04:59.000Z", "not the time of logging in");
        server.set_clock("2026-03-16T02:09:59Z");
        two.post(&path, &body).await.expect_problem(409, "ticket_expired");
        assert!(study.redeem(id, &key).await.is_err(), "the address has changed since");
    }

    /// Rows follow the unit on the roster; acts want the host's coordinator.
    async fn everybody_sees_their_own(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        let session = scene.session().await;
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.first).await);
        let elsewhere = server.as_(&server.user("elsewhere", Role::Coordinator, scene.second).await);
        let auditor = server.as_(&server.user("auditor", Role::Auditor, scene.root).await);
        let official = server.as_(&scene.official(0).await);
        let outsider = server.as_(&scene.official(3).await);
        let far = server.unit(scene.root, "C", "丙镇").await;
        let stranger = server.as_(&server.user("stranger", Role::Coordinator, far).await);
        let list = format!("/api/v1/sessions/{session}/attendance");
        assert_eq!(auditor.get(&list).await.ok()["items"], json!([]), "check-in has not opened");

        server.set_clock("2026-03-16T01:30:00Z");
        let rows = async |client: &Client| client.get(&list).await.ok()["items"].as_array().unwrap().len();
        assert_eq!((rows(&auditor).await, rows(&liaison).await, rows(&elsewhere).await), (3, 2, 1));
        let filtered = auditor.get(&format!("{list}?status=pending&unit_id={}", scene.second)).await.ok();
        assert_eq!(filtered["items"][0]["person_name"], "王三");
        let page = auditor.get(&format!("{list}?limit=2")).await.ok();
        let rest = auditor.get(&format!("{list}?limit=2&cursor={}", page["next_cursor"].as_str().unwrap())).await.ok();
        assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (2, 1));
        stranger.get(&list).await.expect_problem(404, "not_found");
        official.get(&list).await.expect_problem(403, "forbidden");

        let row = |n: usize| json!({ "rows": [{ "person_id": scene.people[n], "status": "present" }] });
        let roll = format!("/api/v1/sessions/{session}/roll-call");
        let called = liaison.post(&roll, &row(0)).await.ok();
        assert_eq!((&called["expected"], &called["present"]), (&json!(2), &json!(1)), "own unit's people");
        liaison.post(&roll, &row(2)).await.expect_field("rows[0].person_id", "unknown_reference");
        scene.coordinator.post(&roll, &row(3)).await.expect_field("rows[0].person_id", "unknown_reference");
        auditor.post(&roll, &row(0)).await.expect_problem(403, "forbidden");

        for act in ["publish", "close"] {
            let path = format!("/api/v1/sessions/{session}/{act}");
            elsewhere.act(&path).await.expect_problem(403, "forbidden");
            liaison.act(&path).await.expect_problem(403, "forbidden");
            stranger.act(&path).await.expect_problem(404, "not_found");
        }
        let path = format!("/api/v1/sessions/{session}/attendance/{}", scene.people[2]);
        put_any(&elsewhere, &path, &json!({ "status": "present", "reason": "x" })).await.expect_problem(403, "forbidden");
        elsewhere.get(&format!("/api/v1/sessions/{session}/check-in-code")).await.expect_problem(403, "forbidden");

        for (client, sessions) in [(&official, 1), (&outsider, 0), (&elsewhere, 1), (&stranger, 0), (&liaison, 1)] {
            let listed = client.get("/api/v1/sessions?kind=collective_study&from=2026-03-16T00:00:00Z").await.ok();
            assert_eq!(listed["items"].as_array().unwrap().len(), sessions);
        }
        outsider.get(&format!("/api/v1/sessions/{session}")).await.expect_problem(404, "not_found");
        let path = format!("/api/v1/programmes/{programme}");
        assert_eq!(elsewhere.get(&format!("{path}/progress")).await.ok()["total"]["expected"], 1);
        elsewhere.act(&format!("{path}/close")).await.expect_problem(403, "forbidden");
        official.get(&path).await.expect_problem(403, "forbidden");
    }

    /// Every bad field is named, and what is not built yet is no field.
    async fn bad_fields_are_named(server: TestServer) {
        let scene = Scene::set(&server).await;
        let elsewhere = server.as_(&server.user("elsewhere", Role::Coordinator, scene.second).await);
        let bad = json!({
            "year": 1, "title": " ", "unit_id": "x", "audience": { "unit_ids": [scene.root] },
            "required_sessions": [
                { "kind": "nap", "count": 0, "per": "team", "due_on": "2026-02-30" },
                { "kind": "seminar", "count": 1, "due_on": "2025-01-01" },
            ],
        });
        let mut answer = scene.coordinator.post("/api/v1/programmes", &bad).await;
        for (field, code) in [
            ("year", "out_of_range"),
            ("title", "required"),
            ("unit_id", "unknown_reference"),
            ("required_sessions[0].kind", "unknown_value"),
            ("required_sessions[0].count", "out_of_range"),
            ("required_sessions[0].per", "unknown_value"),
            ("required_sessions[0].due_on", "invalid"),
            ("required_sessions[1].due_on", "out_of_range"),
        ] {
            answer = answer.expect_field(field, code);
        }
        let nothing = json!({ "year": 2026, "title": "t", "unit_id": scene.root, "audience": scene.audience() });
        scene.coordinator.post("/api/v1/programmes", &nothing).await.expect_field("required_hours", "required");
        let own = json!({
            "year": 2026, "title": "t", "unit_id": scene.second, "audience": scene.audience(), "required_hours": 1,
        });
        elsewhere.post("/api/v1/programmes", &own).await.expect_field("audience.unit_ids[0]", "unknown_reference");

        let mut body = scene.session_body("2026-03-16T04:00:00Z", "2026-03-16T02:00:00Z");
        body["kind"] = json!("party");
        body["host_unit_ids"] = json!([]);
        body["check_in"] = json!({
            "opens_before_seconds": -1, "late_after_seconds": 0, "closes_after_seconds": 0, "require_check_out": true,
        });
        let mut answer = scene.coordinator.post("/api/v1/sessions", &body).await;
        for (field, code) in [
            ("kind", "unknown_value"),
            ("host_unit_ids", "required"),
            ("ends_at", "not_after"),
            ("check_in.opens_before_seconds", "out_of_range"),
            ("check_in.closes_after_seconds", "out_of_range"),
        ] {
            answer = answer.expect_field(field, code);
        }
        let mut later = scene.session_body("2026-03-16T02:00:00Z", "2026-03-16T04:00:00Z");
        later["recurrence"] = json!("FREQ=WEEKLY");
        scene.coordinator.post("/api/v1/sessions", &later).await.expect_field("recurrence", "endless");

        let session = scene.session().await;
        server.set_clock("2026-03-16T02:00:00Z");
        let roll = format!("/api/v1/sessions/{session}/roll-call");
        let row = |status: &str| json!({ "person_id": scene.people[0], "status": status });
        let answer = scene.coordinator.post(&roll, &json!({ "rows": [row("made_up")] })).await;
        answer.expect_field("rows[0].status", "unknown_value");
        let answer = scene.coordinator.post(&roll, &json!({ "rows": [row("late"), row("late")] })).await;
        answer.expect_field("rows[1].person_id", "duplicate");
        let path = format!("/api/v1/sessions/{session}/attendance/{}", scene.people[0]);
        let answer = scene.correct(&path, &json!({ "status": "late", "reason": " " })).await;
        answer.expect_field("reason", "required");
    }

    /// Publishing after the opening moment freezes the roster at once.
    async fn a_late_invitation_opens_at_once(server: TestServer) {
        let scene = Scene::set(&server).await;
        let session = scene.draft(&scene.session_body("2026-03-16T01:10:00Z", "2026-03-16T03:00:00Z")).await;
        let hidden = server.as_(&scene.official(0).await);
        hidden.get(&format!("/api/v1/sessions/{session}")).await.expect_problem(404, "not_found");
        hidden.post(&check_ins(&session), &json!({ "code": "000000" })).await.expect_problem(404, "not_found");
        let published = scene.coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
        assert_eq!(published, json!({ "status": "running", "invited": 3 }));
        scene.coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.expect_problem(409, "wrong_state");
        scene.coordinator.act(&format!("/api/v1/sessions/{session}/close")).await.expect_problem(409, "wrong_state");
        server.set_clock("2026-03-16T01:10:00Z");
        scene.close(&session).await;
    }

    /// Two sessions that close at the same moment see each other's credits.
    async fn two_closings_miss_nothing(server: TestServer) {
        let scene = Scene::set(&server).await;
        let programme = scene.programme().await;
        let mut sessions = Vec::new();
        for _ in 0..4 {
            sessions.push(scene.session().await);
        }
        server.set_clock("2026-03-16T02:30:00Z");
        for session in &sessions {
            scene.call(session, &[(0, "present"), (1, "present"), (2, "late")]).await;
        }
        futures_util::future::join_all(sessions.iter().map(|session| scene.close(session))).await;
        assert_eq!(scene.counts(&programme).await, [3, 3, 3, 3]);
    }

    /// A hall that checks in within a moment, some twice: everybody once, at the time of arrival.
    async fn a_herd_is_checked_in(server: TestServer) {
        let scene = Scene::set(&server).await;
        let first = server.as_(&scene.official(0).await);
        first.get("/api/v1/auth/me").await.ok();
        let new = (0..300).map(|n| kaofa::org::NewPerson {
            staff_no: None,
            name: format!("员工{n}"),
            post: String::new(),
            categories: vec![kaofa::org::Category::CivilServant],
            unit_id: scene.first,
            joined_on: "2020-01-01".parse().ok(),
            id_number: None,
            phone: None,
        });
        let caller = server.services.auth.authenticate(&scene.user.token, None).await.unwrap();
        let people = server.services.org.create_people(&caller, new.collect()).await.unwrap();
        let body = scene.session_body("2026-03-16T02:00:00Z", "2026-03-16T04:00:00Z");
        let session = scene.draft(&body).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{session}/publish")).await.ok();
        server.set_clock("2026-03-16T01:59:00Z");
        let code = scene.code(&session).await;
        let id = session.parse().unwrap();
        let herd = people.iter().chain(people.iter().take(50)).map(|person| {
            let mut caller = caller.clone();
            let account = std::sync::Arc::make_mut(&mut caller.account);
            account.person_id = Some(*person);
            let (study, proof) = (server.services.study.clone(), Proof::Code(code.clone()));
            tokio::spawn(async move { study.check_in(&caller, id, &proof).await.unwrap() })
        });
        for answer in futures_util::future::join_all(herd).await {
            let answer = answer.unwrap();
            assert_eq!(answer.checked_in_at, Some(server.now()));
            assert!(answer.person_name.starts_with("员工"));
        }
        let summary = scene.coordinator.get(&format!("/api/v1/sessions/{session}/summary")).await.ok();
        assert_eq!((&summary["present"], &summary["pending"]), (&json!(300), &json!(3)));
    }
}
