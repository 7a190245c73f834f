//! Not sitting an exam, or sitting it later: asked, supported, decided, and what it does to the figures.

use entity::id::{ExamId, PersonId};
use kaofa::auth::Role;
use kaofa::exam::outcome;
use kaofa::tally::Figures;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::scene::{Scene, items, start, submit, text};
use crate::harness::{Answer, Client};

async fn ask(client: &Client, exam: &str, kind: &str, person: Option<&PersonId>) -> Answer {
    let body = json!({ "person_id": person, "kind": kind, "ground": "住院治疗" });
    client.post(&format!("/api/v1/exams/{exam}/exemption-requests"), &body).await
}

async fn decide(client: &Client, request: &Value, approve: bool) -> Answer {
    let path = format!("/api/v1/exemption-requests/{}/decide", text(&request["id"]));
    client.post(&path, &json!({ "approve": approve, "reason": "材料齐全" })).await
}

async fn figures(scene: &Scene, exam: &str, n: usize) -> Figures {
    let id: ExamId = exam.parse().unwrap();
    let person: PersonId = scene.people[n];
    outcome::figures_of(scene.server.services.core.db.read(), id, &[person]).await.unwrap()[&person]
}

both_databases! {
    async fn an_exemption_takes_its_course(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let exam = scene.exam(&json!({ "release": "manual" })).await;
        let (first, second) = (scene.candidate(0).await, scene.candidate(1).await);
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.unit).await);
        let other = server.unit(scene.root, "B", "乙局").await;
        let stranger = server.as_(&server.user("stranger", Role::Liaison, other).await);

        let png: &[u8] = &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
        let form = Form::new().part("file", Part::bytes(png).file_name("诊断证明.png"));
        let file = first.send(first.request(Method::POST, "/api/v1/attachments").multipart(form)).await.ok();
        let wish = json!({ "kind": "exempt", "ground": "住院治疗", "attachment": file["id"] });
        let ask_path = format!("/api/v1/exams/{exam}/exemption-requests");
        // Somebody else's file proves nothing.
        second.post(&ask_path, &wish).await.expect_field("attachment", "unknown_reference");
        let asked = first.post(&ask_path, &wish).await.ok();
        assert_eq!((&asked["status"], &asked["attachment"]), (&json!("pending"), &file["id"]));
        liaison.get(&format!("/api/v1/attachments/{}", text(&file["id"]))).await;
        assert_eq!(asked["person_id"], json!(scene.people[0]));
        ask(&first, &exam, "deferred", None).await.expect_problem(409, "already_asked");
        let path = format!("/api/v1/exemption-requests/{}", text(&asked["id"]));
        second.get(&path).await.expect_problem(404, "not_found");
        stranger.get(&path).await.expect_problem(404, "not_found");
        ask(&stranger, &exam, "exempt", Some(&scene.people[1])).await.expect_problem(404, "not_found");

        let said = json!({ "supported": true, "opinion": "情况属实" });
        first.post(&format!("{path}/opinion"), &said).await.expect_problem(403, "forbidden");
        let supported = liaison.post(&format!("{path}/opinion"), &said).await.ok();
        assert_eq!((&supported["supported"], &supported["opinion"]), (&json!(true), &json!("情况属实")));
        decide(&liaison, &asked, true).await.expect_problem(403, "forbidden");
        let decided = decide(&scene.coordinator, &asked, true).await.ok();
        assert_eq!((&decided["status"], &decided["late"], &decided["decision"]), (&json!("approved"), &json!(false), &json!("材料齐全")));
        decide(&scene.coordinator, &asked, false).await.expect_problem(409, "already_decided");
        liaison.post(&format!("{path}/opinion"), &said).await.expect_problem(409, "already_decided");
        let f = figures(&scene, &exam, 0).await;
        assert_eq!((f.on_roster, f.exempt, f.exempt_late, f.expected, f.pending), (1, 1, 0, 0, 0));
        scene.opens();
        let refused = first.act(&format!("/api/v1/exams/{exam}/attempts")).await.expect_problem(409, "exempt");
        assert!(refused.json["detail"].as_str().unwrap().contains("28222222"));

        // Asked by the unit once it has opened: 事后免考.
        let late = ask(&liaison, &exam, "exempt", Some(&scene.people[1])).await.ok();
        assert_eq!(decide(&scene.coordinator, &late, true).await.ok()["late"], true);
        let f = figures(&scene, &exam, 1).await;
        assert_eq!((f.exempt, f.exempt_late, f.expected), (1, 1, 0));
        server.work().await;
        let rates = scene.coordinator.get("/api/v1/reports/rates?year=2026").await.ok();
        let exam_figures = &rates["total"]["figures"]["exam"];
        assert_eq!((&exam_figures["exempt"], &exam_figures["exempt_late"]), (&json!(2), &json!(1)));
        assert_eq!((&exam_figures["on_roster"], &exam_figures["expected"]), (&json!(3), &json!(1)));
        let list = liaison.get(&format!("/api/v1/exemption-requests?exam_id={exam}&status=approved")).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        let own = second.get("/api/v1/exemption-requests").await.ok();
        assert_eq!(own["items"].as_array().unwrap().len(), 1);
    }

    async fn nobody_is_exempt_who_has_sat(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({})).await;
        let candidate = scene.candidate(0).await;
        scene.opens();
        let asked = ask(&candidate, &exam, "exempt", None).await.ok();
        let sitting = start(&candidate, &exam).await;
        decide(&scene.coordinator, &asked, true).await.expect_field("approve", "conflict");
        submit(&candidate, &sitting, json!([])).await.ok();
        decide(&scene.coordinator, &asked, true).await.expect_field("approve", "conflict");
        assert_eq!(decide(&scene.coordinator, &asked, false).await.ok()["status"], "refused");
        assert_eq!(figures(&scene, &exam, 0).await.expected, 1);
        ask(&candidate, &exam, "exempt", None).await.expect_field("kind", "conflict");
        // What did not count as sat is no obstacle.
        let path = format!("/api/v1/attempts/{}/void", text(&sitting["id"]));
        scene.coordinator.post(&path, &json!({ "kind": "technical", "reason": "x" })).await.ok();
        ask(&candidate, &exam, "exempt", None).await.ok();

        let bad = json!({ "kind": "holiday", "ground": " ", "attachment": "x" });
        let path = format!("/api/v1/exams/{exam}/exemption-requests");
        let refused = scene.candidate(1).await.post(&path, &bad).await.expect_field("kind", "unknown_value");
        let fields: Vec<String> = refused.json["errors"].as_array().unwrap().iter().map(|e| text(&e["field"])).collect();
        assert_eq!(fields, ["kind", "ground", "attachment"]);
        ask(&scene.coordinator, &exam, "exempt", None).await.expect_field("person_id", "required");
    }

    async fn whoever_is_deferred_is_expected_and_absent_in_the_end(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let exam = scene.exam(&json!({})).await;
        let candidate = scene.candidate(0).await;
        let asked = ask(&candidate, &exam, "deferred", None).await.ok();
        decide(&scene.coordinator, &asked, true).await.ok();
        let f = figures(&scene, &exam, 0).await;
        assert_eq!((f.expected, f.deferred, f.pending, f.absent), (1, 1, 0, 0));
        server.set_clock("2026-03-16T03:00:00.000Z");
        server.work().await;
        let f = figures(&scene, &exam, 0).await;
        assert_eq!((f.expected, f.deferred, f.pending, f.absent), (1, 0, 0, 1));
        // A make-up takes them up again, and what they pass there counts.
        let again = json!({
            "makes_up_exam_id": exam, "opens_at": "2026-03-16T04:00:00Z", "closes_at": "2026-03-16T06:00:00Z",
            "title": "补考", "pass_points": 0,
        });
        let make_up = scene.exam(&again).await;
        assert_eq!(figures(&scene, &exam, 0).await.deferred, 1);
        server.set_clock("2026-03-16T04:00:00.000Z");
        let sitting = start(&candidate, &make_up).await;
        submit(&candidate, &sitting, json!([])).await.ok();
        let f = figures(&scene, &exam, 0).await;
        assert_eq!((f.sat, f.passed, f.deferred, f.absent, f.first_sat), (1, 1, 0, 0, 0));
    }

    async fn a_make_up_admits_whoever_has_yet_to_pass_and_none_of_the_exempt(server: TestServer) {
        let mut scene = Scene::set(&server, 5).await;
        // So that some are on no paper of the main exam.
        for n in 4..8 {
            scene.question("judgement", &format!("判断{n}"), &[0]).await;
        }
        let exam = scene.exam(&json!({})).await;
        // Exempt, deferred, passed, failed, absent.
        let exempt = ask(&scene.candidate(0).await, &exam, "exempt", None).await.ok();
        decide(&scene.coordinator, &exempt, true).await.ok();
        let deferred = ask(&scene.candidate(1).await, &exam, "deferred", None).await.ok();
        decide(&scene.coordinator, &deferred, true).await.ok();
        scene.opens();
        let passes = scene.candidate(2).await;
        let sitting = start(&passes, &exam).await;
        let right: Vec<Value> = items(&sitting).iter()
            .map(|item| json!({ "position": item["position"], "seq": 1, "response": scene.key(item) })).collect();
        submit(&passes, &sitting, json!(right)).await.ok();
        let fails = scene.candidate(3).await;
        let sitting = start(&fails, &exam).await;
        submit(&fails, &sitting, json!([])).await.ok();
        server.set_clock("2026-03-16T03:00:00.000Z");
        server.work().await;
        let again = json!({
            "makes_up_exam_id": exam, "opens_at": "2026-03-16T04:00:00Z", "closes_at": "2026-03-16T06:00:00Z",
            "title": "补考", "show_key": "never",
            "sections": [{ "title": "判断题", "kind": "judgement", "count": 1, "points_each": 10 }],
        });
        let make_up = scene.exam(&again).await;
        let list = scene.coordinator.get(&format!("/api/v1/exams/{make_up}/candidates")).await.ok();
        let mut admitted: Vec<String> = list["items"].as_array().unwrap().iter().map(|c| text(&c["person_id"])).collect();
        admitted.sort();
        let mut wanted: Vec<String> = [1, 3, 4].iter().map(|n| scene.people[*n].to_string()).collect();
        wanted.sort();
        assert_eq!(admitted, wanted);
        // What stood on a paper whose key is shown is in no pool of the make-up.
        let told = scene.coordinator.get(&format!("/api/v1/exams/{make_up}/manifest")).await.ok();
        let pool: Vec<String> = told["manifest"]["pool"].as_array().unwrap().iter().map(|i| text(&i["item"])).collect();
        let draw = scene.coordinator.get(&format!("/api/v1/exams/{exam}/draw")).await.ok();
        for paper in draw["papers"].as_array().unwrap() {
            for item in paper["items"].as_array().unwrap() {
                assert!(!pool.contains(&text(&item["item"])), "{item}");
            }
        }
        // Of itself, or of a make-up: each its own fault, and nothing changed.
        let mut body = scene.blueprint();
        body["makes_up_exam_id"] = json!(make_up);
        scene.coordinator.post("/api/v1/exams", &body).await.expect_field("makes_up_exam_id", "makes_up_make_up");
        let draft = scene.coordinator.post("/api/v1/exams", &scene.blueprint()).await.ok();
        let own = scene.coordinator.request(Method::PATCH, &format!("/api/v1/exams/{}", text(&draft["id"])))
            .header("If-Match", "*").json(&json!({ "makes_up_exam_id": draft["id"] }));
        scene.coordinator.send(own).await.expect_field("makes_up_exam_id", "makes_up_itself");
    }

    async fn two_exams_at_once_are_warned_of(server: TestServer) {
        let scene = Scene::set(&server, 2).await;
        let first = scene.exam(&json!({ "audience": { "unit_ids": [], "person_ids": [scene.people[0]] } })).await;
        let mut body = scene.blueprint();
        body["title"] = json!("另一场考试");
        body["opens_at"] = json!("2026-03-16T02:00:00.000Z");
        body["closes_at"] = json!("2026-03-16T04:00:00.000Z");
        let draft = text(&scene.coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        let warned = scene.coordinator.get(&format!("/api/v1/exams/{draft}/overlaps")).await.ok();
        assert_eq!(warned["items"].as_array().unwrap().len(), 1);
        let one = &warned["items"][0];
        assert_eq!((&one["exam_id"], &one["people"], &one["names"]), (&json!(first), &json!(1), &json!(["考生0"])));
        let sealed = scene.coordinator.act(&format!("/api/v1/exams/{draft}/seal")).await.ok();
        assert_eq!(sealed["overlaps"], warned["items"]);
        // One that begins as the other ends is no overlap.
        body["opens_at"] = json!("2026-03-16T04:00:00.000Z");
        body["closes_at"] = json!("2026-03-16T05:00:00.000Z");
        let later = text(&scene.coordinator.post("/api/v1/exams", &body).await.ok()["id"]);
        assert_eq!(scene.coordinator.act(&format!("/api/v1/exams/{later}/seal")).await.ok()["overlaps"], json!([]));
    }

    async fn an_exam_is_copied_for_the_next_year(server: TestServer) {
        let scene = Scene::set(&server, 1).await;
        let exam = scene.exam(&json!({})).await;
        let copy = scene.coordinator.act(&format!("/api/v1/exams/{exam}/copy")).await.ok();
        assert_eq!((&copy["year"], &copy["title"], &copy["status"]), (&json!(2027), &json!("2027年度法律知识考试"), &json!("draft")));
        assert_eq!((&copy["opens_at"], &copy["closes_at"]), (&json!("2027-03-16T01:10:00.000Z"), &json!("2027-03-16T02:10:00.000Z")));
        let original = scene.coordinator.get(&format!("/api/v1/exams/{exam}")).await.ok();
        for same in ["kind", "unit_id", "bank_ids", "sections", "audience", "pass_points", "contact", "duration_seconds"] {
            assert_eq!(copy[same], original[same], "{same}");
        }
        let own = json!({ "year": 2026, "title": "重考", "opens_at": "2026-05-01T01:00:00.000Z", "closes_at": "2026-05-01T03:00:00.000Z" });
        let again = scene.coordinator.post(&format!("/api/v1/exams/{exam}/copy"), &own).await.ok();
        assert_eq!((&again["title"], &again["opens_at"]), (&json!("重考"), &own["opens_at"]));
    }
}
