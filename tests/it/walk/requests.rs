//! What each operation is called with. An operation needs a line here if its address has an id that is not of the kind
//! that the address begins with, or if it wants a body; every body must be one that an allowed caller gets through with.

use entity::id::{GrantId, LeaseId};
use kaofa::auth::{NewGrant, Role};
use kaofa::log::Actor;
use reqwest::multipart;
use serde_json::{Value, json};

use super::scene::{Scene, judgement, text};
use crate::harness::User;

/// The address of a call: its ids are those of the scene, by what the address begins with.
pub(super) async fn address(scene: &Scene, operation: &str, path: &str, caller: &User) -> String {
    let coordinator = scene.as_role(Role::Coordinator);
    let id = match operation {
        // These need one that is still a draft.
        "change_exam" | "delete_exam" | "seal_exam" | "get_feasibility" | "preview_exam" => {
            scene.draft_exam(&coordinator).await
        }
        "publish_programme" => scene.draft_programme(&coordinator).await,
        // Each time another one, that nobody has sat or asked about.
        "ask_exemption" => sealed_exam(scene).await,
        "get_exemption" | "give_opinion" | "decide_exemption" => exemption(scene).await,
        // These need somebody who has not left, and leave nobody else without their unit.
        "delete_person" | "depart_person" | "transfer_person" => person(scene).await,
        "decide_change" => change(scene).await,
        // These need one that nobody has come to.
        "cancel_session" | "reschedule_session" => scene.published_session(&coordinator).await,
        "decide_leave" => scene.leave().await,
        "export_exam_roster" | "export_exam_results" | "release_exam" => scene.exam.clone(),
        "withdraw_past_year" => past_year(scene).await,
        "get_attachment" => scene.attachment().await,
        "decide_objection" => scene.objection().await,
        // Everybody has their own.
        "get_file_order" | "get_ordered_file" | "cancel_file_order" => {
            let order = json!({ "what": "rates", "format": "csv", "year": 2026 });
            let answer = scene.server.as_(caller).post("/api/v1/reports/exports", &order).await;
            answer.json["id"].as_str().map_or_else(|| scene.snapshot.clone(), str::to_owned)
        }
        _ => match path.trim_start_matches("/api/v1/").split('/').next().unwrap() {
            "accounts" => scene.account.id.to_string(),
            "units" => scene.unit.to_string(),
            "people" => scene.people[2].to_string(),
            "banks" => scene.bank.clone(),
            "questions" => scene.question.clone(),
            "programmes" => scene.programme.clone(),
            "sessions" => scene.session.clone(),
            "exams" => scene.exam.clone(),
            "attempts" => scene.attempt.clone(),
            "reports" => scene.snapshot.clone(),
            _ => scene.server.services.core.uuid().to_string(),
        },
    };
    let mut path = path.replace("{id}", &id);
    if path.contains("{grant_id}") {
        path = path.replace("{grant_id}", &grant(scene).await.to_string());
    }
    let query = match operation {
        "get_rates" | "get_activities" | "get_ledger" | "close_year" | "reopen_year" => {
            format!("?year=2026&unit_id={}", scene.here)
        }
        "get_rates_xlsx" | "get_rates_csv" | "get_paragraph" => format!("?year=2026&unit_id={}", scene.here),
        "get_people_file" => format!("?format=csv&year=2026&figure=exam.expected&unit_id={}", scene.here),
        "get_missing_file" => format!("?format=xlsx&year=2026&unit_id={}", scene.here),
        "list_counted_people" => format!("?year=2026&figure=exam.expected&unit_id={}", scene.here),
        "export_people" | "list_past_years" => format!("?unit_id={}", scene.here),
        "export_questions" => format!("?bank_id={}", scene.bank),
        "import_questions" => format!("?bank_id={}&format=text&dry_run=true", scene.bank),
        "retire_outdated_questions" => "?dry_run=true".to_owned(),
        "import_attendance" => format!("?session_id={}&dry_run=true", scene.session),
        "get_attendance_list" => format!("?session_id={}", scene.session),
        "compare_rates" => format!("?from_year=2025&year=2026&unit_id={}", scene.here),
        "prove_consistency" => "?from=1".to_owned(),
        // The scene's first entry that concerns a unit of `here`: that unit itself.
        "prove_inclusion" => format!("?entry_id={}", entry(scene).await),
        _ => String::new(),
    };
    // Nobody has regraded an exam that is open.
    path = path.replace("{regrade_id}", &scene.server.services.core.uuid().to_string());
    path.replace("{person_id}", &scene.people[2].to_string()).replace("{year}", "2025") + &query
}

/// An exam that is open and was not sat.
async fn sealed_exam(scene: &Scene) -> String {
    let coordinator = scene.as_role(Role::Coordinator);
    let exam = scene.draft_exam(&coordinator).await;
    coordinator.act(&format!("/api/v1/exams/{exam}/seal")).await.ok();
    exam
}

/// A request that waits.
async fn exemption(scene: &Scene) -> String {
    let exam = sealed_exam(scene).await;
    let body = json!({ "person_id": scene.people[2], "kind": "deferred", "ground": "出差" });
    let path = format!("/api/v1/exams/{exam}/exemption-requests");
    text(&scene.as_role(Role::Coordinator).post(&path, &body).await.ok()["id"])
}

/// A year before Kaofa that was brought in and is open again.
async fn past_year(scene: &Scene) -> String {
    let coordinator = scene.as_role(Role::Coordinator);
    let newest = async || {
        let known = coordinator.get(&format!("/api/v1/past-years?unit_id={}", scene.here)).await.ok();
        let years = known["items"].as_array().unwrap().clone();
        years.into_iter().find(|year| year["withdrawn_at"].is_null())
    };
    if let Some(year) = newest().await {
        return text(&year["id"]);
    }
    let rows = "年份,单位编码,姓名,学法情况,考试情况\n2010,unit,甲某,达标,合格\n";
    let form = multipart::Form::new().part("file", multipart::Part::bytes(rows.as_bytes())).text("source", "年报");
    let form = form.text("unit_id", scene.here.to_string());
    let request = coordinator.request(reqwest::Method::POST, "/api/v1/imports/past-years");
    let report = coordinator.send(request.multipart(form)).await.ok();
    assert_eq!(report["applied"], true, "{report}");
    let reopen = json!({ "unit_id": scene.here, "reason": "来源有误" });
    scene.as_role(Role::Auditor).post("/api/v1/years/2010/reopen", &reopen).await.ok();
    text(&newest().await.unwrap()["id"])
}

/// A grant to be taken back.
async fn grant(scene: &Scene) -> GrantId {
    let new = NewGrant { role: Role::Liaison, unit_id: scene.unit, valid_until: None };
    scene.server.services.auth.insert_grant(&Actor::SYSTEM, scene.account.id, new).await.unwrap()
}

/// Somebody new in the unit.
async fn person(scene: &Scene) -> String {
    let body = json!({ "name": "新人", "unit_id": scene.unit, "categories": ["civil_servant"] });
    text(&scene.as_role(Role::Coordinator).post("/api/v1/people", &body).await.ok()["id"])
}

/// What somebody's coming means for the programme of the scene, to be decided.
async fn change(scene: &Scene) -> String {
    let person = person(scene).await;
    let changes = scene.as_role(Role::Coordinator).get("/api/v1/changes?limit=200").await.ok();
    let mine = changes["items"].as_array().unwrap().iter().find(|change| change["person_id"] == person);
    text(&mine.expect("a change is proposed")["id"])
}

/// The file that an operation takes.
pub(super) fn file(operation: &str) -> Option<multipart::Form> {
    if operation == "create_attachment" {
        let png: &[u8] = &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
        return Some(multipart::Form::new().part("file", multipart::Part::bytes(png).file_name("a.png")));
    }
    let heads = match operation {
        "import_people" | "mark_people" => "姓名,单位,类别\n",
        "import_attendance" => "工号\n",
        "import_past_years" => "年份,单位,姓名,学法情况,考试情况\n",
        "import_questions" => "1.甲。\n答案：对\n",
        "import_units" | "mark_units" => "单位编码,单位名称\n",
        _ => return None,
    };
    let form = multipart::Form::new().part("file", multipart::Part::bytes(heads.as_bytes()));
    Some(if operation == "import_past_years" { form.text("source", "年报") } else { form })
}

/// The log's entry about the making of `here`.
async fn entry(scene: &Scene) -> String {
    use entity::log;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let query = log::Entity::find().filter(log::Column::Subject.eq(format!("unit:{}", scene.here)));
    let query = query.filter(log::Column::Idx.is_not_null()).order_by_asc(log::Column::Idx);
    query.one(scene.server.services.core.db.read()).await.unwrap().unwrap().id.to_string()
}

/// The body of a call; null for none.
pub(super) async fn body(scene: &Scene, operation: &str, caller: &User) -> Value {
    let fresh = || scene.server.services.core.secret::<6>();
    match operation {
        // The wrong one: nobody's password is changed on the way.
        "change_password" => json!({ "password": "not this one", "new_password": "a new long password" }),
        "create_account" => {
            json!({ "username": fresh(), "display_name": "新", "password": "a first password" })
        }
        "change_account" => json!({ "display_name": "别名" }),
        "create_grant" => json!({ "role": "liaison", "unit_id": scene.unit }),
        "create_unit" => json!({ "parent_id": scene.here, "code": fresh(), "name": "丙局", "kind": "unit" }),
        "withdraw_past_year" => json!({ "reason": "来源有误" }),
        "create_snapshot" => json!({ "year": 2026, "unit_id": scene.here, "reason": "季度核对" }),
        "order_file" => json!({ "what": "rates", "format": "csv", "year": 2026, "unit_id": scene.here }),
        "create_person" => json!({ "name": "新人", "unit_id": scene.unit, "categories": ["civil_servant"] }),
        "amend_person" => json!({ "post": "科长" }),
        "amend_unit" => json!({ "position": 1 }),
        "transfer_person" => {
            let unit = scene.server.unit(scene.here, &fresh(), "丁局").await;
            json!({ "unit_id": unit, "effective_on": "2026-03-16", "reason": "工作需要" })
        }
        "depart_person" => json!({ "kind": "retired", "effective_on": "2026-03-16", "reason": "到龄" }),
        "view_id_number" => json!({ "reason": "核对证件" }),
        "decide_change" | "decide_leave" => json!({ "approve": true }),
        "create_bank" => json!({ "unit_id": scene.here, "title": "新题库", "review_required": true }),
        "change_bank" => json!({ "title": "新的题库" }),
        "change_question" => json!({ "topic": "新的题目" }),
        "create_question" => judgement(&scene.bank, 9),
        "return_question" => json!({ "reason": "题干不清" }),
        "review_questions" => json!({ "question_ids": [scene.question], "act": "submit" }),
        "group_questions" => json!({ "question_ids": [scene.question], "group": "同题" }),
        "retire_outdated_questions" => json!({ "bank_id": scene.bank, "law": "行政处罚法", "before": "2030年" }),
        "create_question_version" => {
            let mut body = judgement(&scene.bank, 3);
            body.as_object_mut().unwrap().remove("bank_id");
            body
        }
        "create_programme" => scene.programme_body(),
        "amend_programme" => json!({
            "person_id": scene.people[2], "kind": "leaves", "effective_on": "2026-06-01", "reason": "退休",
        }),
        "change_programme" | "change_exam" => json!({ "title": "新的名称" }),
        "copy_exam" | "copy_programme" => json!({ "year": 2027 }),
        "change_session" => json!({ "contact": "区司法局" }),
        "cancel_session" | "reopen_session" => json!({ "reason": "停办" }),
        "reschedule_session" => json!({
            "starts_at": "2026-05-16T01:30:00Z", "ends_at": "2026-05-16T04:00:00Z", "reason": "会议冲突",
        }),
        "add_to_session_roster" => json!({ "person_ids": [scene.people[2]], "reason": "列席" }),
        "ask_leave" => json!({ "reason": "出差" }),
        "check_out" => json!({ "code": "000000" }),
        "create_session" => scene.session_body(),
        "check_in" => json!({ "code": code(scene).await }),
        "correct_attendance" => json!({ "status": "on_leave", "reason": "已请假" }),
        "call_roll" => json!({ "rows": [{ "person_id": scene.people[2], "status": "present" }] }),
        "create_exam" => scene.exam_body(),
        "record_beacon" => json!({ "value": "01 02 03", "source": "公报" }),
        "amend_exam" => json!({ "schedule": { "duration_seconds": 7260 }, "reason": "停电" }),
        "extend_exam" => json!({ "seconds": 60, "reason": "停电" }),
        "pause_exam" | "resume_exam" | "close_exam" => json!({ "reason": "停电" }),
        "change_candidate" => json!({ "extra_seconds": 600, "reason": "停电" }),
        "add_candidates" => {
            let body = json!({ "name": "新人", "unit_id": scene.unit, "categories": ["civil_servant"] });
            let new = scene.as_role(Role::Coordinator).post("/api/v1/people", &body).await.ok();
            json!({ "person_ids": [new["id"]], "reason": "新到岗" })
        }
        "regrade_exam" => json!({ "item": scene.question, "action": "full_marks", "reason": "题目有误" }),
        "raise_objection" => json!({ "text": "第 1 题答案有误" }),
        "decide_objection" => json!({ "decision": "rejected", "reason": "核对无误" }),
        "void_attempt" => json!({ "kind": "technical", "reason": "设备故障" }),
        "ask_exemption" => {
            let own = scene.server.services.auth.authenticate(&caller.token, None).await.unwrap().account.person_id;
            let person = if own.is_some() { None } else { Some(scene.people[2]) };
            json!({ "person_id": person, "kind": "deferred", "ground": "出差" })
        }
        "give_opinion" => json!({ "supported": true, "opinion": "情况属实" }),
        "decide_exemption" => json!({ "approve": true, "reason": "材料齐全" }),
        "reopen_attempt" => json!({ "seconds": 60, "reason": "答案滞留" }),
        "save_answers" => {
            json!({ "lease": lease(scene, caller).await, "saves": [{ "position": 1, "seq": 1, "response": true }] })
        }
        "submit_attempt" => json!({ "lease": lease(scene, caller).await }),
        "close_year" | "reopen_year" => json!({ "unit_id": scene.here, "reason": "年度工作结束" }),
        _ => Value::Null,
    }
}

async fn code(scene: &Scene) -> Value {
    let path = format!("/api/v1/sessions/{}/check-in-code", scene.session);
    scene.as_role(Role::Coordinator).get(&path).await.ok()["code"].clone()
}

/// The lease of the caller's attempt; one that nobody holds if they have none.
async fn lease(scene: &Scene, caller: &User) -> Value {
    let started = scene.server.as_(caller).act(&format!("/api/v1/exams/{}/attempts", scene.exam)).await;
    match started.json.get("lease") {
        Some(lease) => lease.clone(),
        None => json!(LeaseId(scene.server.services.core.uuid())),
    }
}
