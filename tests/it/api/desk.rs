//! Calendars under addresses of their own, people's files, activities and ledgers.

use std::process::Command;

use kaofa::auth::Role;
use serde_json::{Value, json};

use super::draw;
use super::study_scene::{Scene, check_ins};
use crate::harness::Client;

/// Reads a calendar with two libraries of others, and prints what each found.
const READ: &str = r"
import json, sys, datetime
import icalendar, recurring_ical_events, ics
text = sys.stdin.read()
calendar = icalendar.Calendar.from_ical(text)
zones = [str(z['TZID']) for z in calendar.walk('VTIMEZONE')]
utc = datetime.timezone.utc
at = lambda t: t.astimezone(utc).strftime('%Y-%m-%dT%H:%M:%SZ')
span = (datetime.datetime(2025, 1, 1, tzinfo=utc), datetime.datetime(2028, 1, 1, tzinfo=utc))
one = [[str(e['UID']), str(e['SUMMARY']), at(e['DTSTART'].dt), at(e['DTEND'].dt), str(e['STATUS']), int(e['SEQUENCE'])]
       for e in recurring_ical_events.of(calendar).between(*span)]
two = [[e.uid, e.name, at(e.begin.datetime), at(e.end.datetime), e.status] for e in ics.Calendar(text).events]
print(json.dumps({'zones': zones, 'one': sorted(one), 'two': sorted(two)}))
";

#[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
fn read_by_others(text: &str) -> Value {
    use std::io::Write as _;
    use std::process::Stdio;
    let python = std::env::var("KAOFA_TEST_PYTHON").expect("scripts/test-env.sh says where Python is");
    let mut child = Command::new(python)
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the application shows of a person's sessions and exams.
async fn shown(client: &Client) -> Vec<Value> {
    let sessions = client.get("/api/v1/sessions?limit=200").await.ok();
    let mut shown: Vec<Value> = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let time = |name: &str| s[name].as_str().unwrap().replace(".000Z", "Z");
            let state = if s["status"] == "cancelled" { "CANCELLED" } else { "CONFIRMED" };
            json!([format!("{}@kaofa", s["id"].as_str().unwrap()), time("starts_at"), time("ends_at"), state])
        })
        .collect();
    shown.sort_by_key(Value::to_string);
    shown
}

fn without(events: &Value, names: [usize; 4]) -> Vec<Value> {
    let mut events: Vec<Value> =
        events.as_array().unwrap().iter().map(|e| Value::from(names.map(|i| e[i].clone()).to_vec())).collect();
    events.sort_by_key(Value::to_string);
    events
}

both_databases! {
    /// Two libraries read what the application shows, before and after something is moved and called off.
    async fn calendars_follow(server: TestServer) {
        let scene = Scene::set(&server).await;
        let one = server.as_(&scene.official(0).await);
        let mut body = scene.session_body("2026-03-16T02:00:00Z", "2026-03-16T04:00:00Z");
        body["title"] = json!("民法典，专题; 学习, 一\\二".to_owned() + &"很长".repeat(40));
        body["recurrence"] = json!("FREQ=MONTHLY;COUNT=5");
        let first = scene.draft(&body).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{first}/publish?scope=following")).await.ok();
        scene.coordinator.get("/api/v1/calendar/feed").await.ok();
        scene.coordinator.act("/api/v1/calendar/feed").await.expect_problem(403, "forbidden");
        assert_eq!(one.get("/api/v1/calendar/feed").await.ok()["active"], false);
        let feed = one.act("/api/v1/calendar/feed").await.ok();
        let url = feed["url"].as_str().unwrap();
        let path = url[url.find("/api/").unwrap()..].to_owned();
        let calendar = server.client().get(&path).await;
        assert!(calendar.header("content-type").starts_with("text/calendar"), "{}", calendar.header("content-type"));
        let read = read_by_others(&calendar.text);
        assert_eq!(read["zones"], json!(["Asia/Shanghai"]));
        let expected = shown(&one).await;
        assert_eq!(expected.len(), 5);
        assert_eq!(without(&read["one"], [0, 2, 3, 4]), expected);
        assert_eq!(without(&read["two"], [0, 2, 3, 4]), expected);
        assert_eq!(read["one"][0][1], body["title"], "every character survives");

        // The first is running when the third is moved and the rest is called off.
        server.set_clock("2026-03-16T01:40:00Z");
        server.work().await;
        let code = json!({ "code": scene.code(&first).await });
        one.post(&check_ins(&first), &code).await.ok();
        let listed = scene.coordinator.get("/api/v1/sessions?limit=200").await.ok();
        let third = listed["items"][2]["id"].as_str().unwrap().to_owned();
        let moved = json!({
            "starts_at": "2026-05-20T06:30:00Z", "ends_at": "2026-05-20T08:00:00Z", "reason": "停电", "place": "二号会议室",
        });
        scene.coordinator.post(&format!("/api/v1/sessions/{third}/reschedule"), &moved).await.ok();
        let fourth = listed["items"][3]["id"].as_str().unwrap().to_owned();
        let off = json!({ "reason": "停办", "scope": "following" });
        scene.coordinator.post(&format!("/api/v1/sessions/{fourth}/cancel"), &off).await.ok();
        let after = read_by_others(&server.client().get(&path).await.text);
        let (one_after, two_after) = (without(&after["one"], [0, 2, 3, 4]), without(&after["two"], [0, 2, 3, 4]));
        assert_eq!(one_after, two_after);
        let statuses: Vec<_> = one_after.iter().filter(|e| e[3] == "CANCELLED").collect();
        assert_eq!((one_after.len(), statuses.len()), (5, 2));
        let of = |events: &Value, id: &str| {
            let uid = format!("{id}@kaofa");
            events.as_array().unwrap().iter().find(|e| e[0] == *uid).unwrap().clone()
        };
        let (before, now) = (of(&read["one"], &third), of(&after["one"], &third));
        assert_eq!(now[2], "2026-05-20T06:30:00Z");
        assert!(now[5].as_i64() > before[5].as_i64(), "the sequence counts up");
        assert!(of(&after["one"], &fourth)[5].as_i64() > of(&read["one"], &fourth)[5].as_i64());
        let visible = shown(&one).await;
        assert!(visible.iter().all(|e| one_after.contains(e)), "{visible:?}");

        // Another address ends the first; ending it leaves none.
        let second = one.act("/api/v1/calendar/feed").await.ok();
        server.client().get(&path).await.expect_problem(404, "not_found");
        let path = format!("/api/v1/calendar.ics?token={}", second["token"].as_str().unwrap());
        assert_eq!(server.client().get(&path).await.status.as_u16(), 200);
        assert_eq!(one.delete("/api/v1/calendar/feed").await.status.as_u16(), 204);
        server.client().get(&path).await.expect_problem(404, "not_found");
    }

    /// Exams stand in the calendar as the application shows them, and follow their amendments.
    async fn exams_stand_in_calendars(server: TestServer) {
        let scene = draw::Scene::set(&server, 1, 12).await;
        let exam = scene.sealed(json!({})).await;
        let grants = [(Role::Official, scene.unit)];
        let official = server.as_(&server.user_of("official", Some(scene.people[0]), &grants).await);
        let url = official.act("/api/v1/calendar/feed").await.ok()["url"].as_str().unwrap().to_owned();
        let path = url[url.find("/api/").unwrap()..].to_owned();
        let mut sequences = Vec::new();
        for closes_at in ["2026-03-16T03:00:00Z", "2026-03-16T05:30:00Z"] {
            let shown = official.get(&format!("/api/v1/exams/{exam}")).await.ok();
            let time = |name: &str| shown[name].as_str().unwrap().replace(".000Z", "Z");
            assert_eq!(time("closes_at"), closes_at);
            let read = read_by_others(&server.client().get(&path).await.text);
            let expected = vec![json!([format!("{exam}@kaofa"), time("opens_at"), closes_at, "CONFIRMED"])];
            assert_eq!(without(&read["one"], [0, 2, 3, 4]), expected);
            assert_eq!(without(&read["two"], [0, 2, 3, 4]), expected);
            sequences.push(read["one"][0][5].as_i64().unwrap());
            let later = json!({ "reason": "延长", "schedule": { "closes_at": "2026-03-16T05:30:00Z" } });
            if sequences.len() == 1 {
                scene.coordinator.post(&format!("/api/v1/exams/{exam}/amendments"), &later).await.ok();
            }
        }
        assert!(sequences[1] > sequences[0], "the sequence counts up: {sequences:?}");
    }

    /// Sessions, people and times are counted apart; hours once; and a file tells the same as the figures.
    async fn what_sessions_came_to(server: TestServer) {
        let scene = Scene::set(&server).await;
        scene.programme().await;
        let session = scene.session().await;
        let mut body = scene.session_body("2026-03-16T02:10:00Z", "2026-03-16T03:00:00Z");
        body["host_unit_ids"] = json!([scene.first, scene.second]);
        let other = scene.draft(&body).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{other}/publish")).await.ok();
        let mut outreach = scene.session_body("2026-03-16T02:00:00Z", "2026-03-16T03:00:00Z");
        outreach["kind"] = json!("outreach");
        outreach["audience"] = json!({});
        outreach["audience_count"] = json!(200);
        outreach["enterprises"] = json!(7);
        let outreach = scene.draft(&outreach).await;
        scene.coordinator.act(&format!("/api/v1/sessions/{outreach}/publish")).await.ok();
        server.set_clock("2026-03-16T02:30:00Z");
        scene.call(&session, &[(0, "present"), (1, "late")]).await;
        scene.call(&other, &[(0, "present"), (2, "left_early")]).await;
        for id in [&session, &other, &outreach] {
            scene.close(id).await;
        }
        let activities = scene.coordinator.get("/api/v1/reports/activities?year=2026").await.ok();
        let of = |answer: &Value, kind: &str| answer["items"].as_array().unwrap().iter().find(|i| i["kind"] == kind).cloned();
        let study = of(&activities, "collective_study").unwrap();
        assert_eq!(
            (&study["sessions"], &study["persons"], &study["person_times"], &study["enterprises"]),
            (&json!(2), &json!(3), &json!(4), &json!(0)),
        );
        let reached = of(&activities, "outreach").unwrap();
        assert_eq!((&reached["sessions"], &reached["audience"], &reached["enterprises"]), (&json!(1), &json!(200), &json!(7)));
        let path = format!("/api/v1/reports/activities?year=2026&unit_id={}", scene.second);
        let theirs = scene.coordinator.get(&path).await.ok();
        assert_eq!(of(&theirs, "collective_study").unwrap()["sessions"], 1, "the one that they held with another");
        let path = format!("/api/v1/reports/ledger?year=2026&unit_id={}", scene.second);
        let ledger = scene.coordinator.get(&path).await.ok();
        assert_eq!(ledger["items"][0], json!({
            "month": 3, "kind": "collective_study", "sessions": 2, "expected": 2, "person_times": 1,
        }));

        let path = format!("/api/v1/people/{}/record", scene.people[0]);
        let record = scene.coordinator.get(&path).await.ok();
        assert_eq!((&record["name"], &record["hours"], &record["year"]), (&json!("陈一"), &json!(5), &json!(2026)));
        assert_eq!(record["sessions"].as_array().unwrap().len(), 2);
        assert_eq!((&record["programmes"][0]["completed"], &record["programmes"][0]["hours"]), (&json!(true), &json!(5)));
        let early = scene.coordinator.get(&format!("/api/v1/people/{}/record", scene.people[2])).await.ok();
        assert_eq!((&early["hours"], &early["sessions"][1]["attendance"]), (&json!(0), &json!("left_early")));
        let own = server.as_(&scene.official(0).await);
        assert_eq!(own.get(&path).await.ok()["hours"], 5);
        own.get(&format!("/api/v1/people/{}/record", scene.people[1])).await.expect_problem(403, "forbidden");
    }
}
