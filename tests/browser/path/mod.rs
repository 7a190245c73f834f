//! The main job from an empty district to the closed year, by hand: nothing but the tree's root and the accounts is
//! made in any other way than with the pages' forms.

mod auditor;
mod coordinator;
mod official;

use entity::id::UnitId;
use kaofa::auth::Role;

use crate::chrome::{Chrome, base};
use crate::harness::{Backend, TestServer, run};

/// What both of them are called, and the accounts that they have.
const PEOPLE: [(&str, &str); 2] = [("张伟", "zhangwei"), ("李娜", "lina")];
const SESSION: &str = "民法典专题学习";
const EXAM: &str = "2026年度学法考试";
/// What the paper holds.
const ITEMS: usize = 4;

/// The accounts of those who prepare and check, made as an installation makes its first ones.
async fn staff(server: &TestServer, root: UnitId) {
    for (username, role) in [
        ("sysadmin", Role::SystemAdmin),
        ("coordinator", Role::Coordinator),
        ("reviewer", Role::Coordinator),
        ("auditor", Role::Auditor),
    ] {
        server.account(username, None, &[(role, root)], false).await;
    }
}

/// The accounts of the people that the coordinator has entered.
async fn officials(server: &TestServer, root: UnitId) {
    for (name, username) in PEOPLE {
        let reader = server.user(&format!("clerk-{username}"), Role::Coordinator, root).await;
        let found = server.as_(&reader).get(&format!("/api/v1/people?q={name}")).await.ok();
        let person = found["items"][0]["id"].as_str().unwrap().parse().unwrap();
        let unit: UnitId = found["items"][0]["unit_id"].as_str().unwrap().parse().unwrap();
        server.account(username, Some(person), &[(Role::Official, unit)], false).await;
    }
}

async fn walk(server: TestServer) {
    let root = server.root().await;
    staff(&server, root).await;
    let base = base(&server);
    let (desk, phone) = tokio::join!(Chrome::desk(&base), Chrome::phone(&base));

    // 09:00: units, people, the year's plan, a session, a bank, an exam.
    coordinator::enter_units(&desk).await;
    desk.log_in("coordinator", "/today").await;
    coordinator::enter_people(&desk).await;
    officials(&server, root).await;
    coordinator::publish_programme(&desk).await;
    let session = coordinator::publish_session(&desk).await;
    coordinator::write_questions(&desk).await;
    desk.log_in("reviewer", "/banks").await;
    coordinator::approve_questions(&desk).await;
    desk.log_in("coordinator", "/exams").await;
    coordinator::compose_exam(&desk).await;
    coordinator::seal(&desk, "封卷将固定").await;

    // The session, its code on the hall's screen.
    for (already, (_, username)) in PEOPLE.iter().enumerate() {
        let code = coordinator::show_code(&desk, &session, already).await;
        phone.log_in(username, "/tasks").await;
        official::check_in(&phone, &session, &code).await;
    }
    coordinator::sees_here(&desk, PEOPLE.len()).await;
    server.set_clock("2026-03-16T02:31:00Z");
    coordinator::close_session(&desk, &session).await;

    // 10:31: the exam. One hands it in, the other's time runs out.
    server.work().await;
    phone.log_in("zhangwei", "/tasks").await;
    official::enter_exam(&phone, EXAM).await;
    official::answer_all(&phone).await;
    official::come_back_and_submit(&phone).await;
    phone.log_in("lina", "/tasks").await;
    official::enter_exam(&phone, EXAM).await;
    official::answer_wrong(&phone).await;
    server.set_clock("2026-03-16T03:32:00Z");
    server.work().await;
    official::meets_the_end(&phone).await;
    server.set_clock("2026-03-16T04:00:20Z");
    server.work().await;
    coordinator::release(&desk, EXAM).await;
    official::reads_result(&phone, EXAM, "不合格").await;
    phone.log_in("zhangwei", "/results").await;
    official::reads_result(&phone, EXAM, "合格").await;

    server.work().await;
    desk.log_in("auditor", "/rates").await;
    auditor::sees(&desk, "100.00 %", "50.00 %").await;
    auditor::finds_lacking(&desk, "李娜").await;
    auditor::follows_every_figure(&desk).await;

    // 14:00: the make-up, in which the other passes too.
    desk.log_in("coordinator", "/exams").await;
    coordinator::compose_make_up(&desk).await;
    coordinator::seal(&desk, "而尚未合格").await;
    server.set_clock("2026-03-16T06:00:00Z");
    server.work().await;
    phone.log_in("lina", "/tasks").await;
    let make_up = format!("{EXAM}（补考）");
    official::enter_exam(&phone, &make_up).await;
    official::answer_all(&phone).await;
    official::come_back_and_submit(&phone).await;
    desk.log_in("auditor", "/years").await;
    auditor::cannot_close_yet(&desk, &make_up).await;
    server.set_clock("2026-03-16T07:00:20Z");
    server.work().await;
    desk.log_in("coordinator", "/exams").await;
    coordinator::release(&desk, &make_up).await;
    phone.go("/results").await;
    official::reads_result(&phone, &make_up, "合格").await;

    server.work().await;
    desk.log_in("auditor", "/rates").await;
    auditor::sees(&desk, "100.00 %", "100.00 %").await;
    auditor::follows_every_figure(&desk).await;
    auditor::closes_the_year(&desk).await;
    auditor::sees_streak(&desk).await;
    tokio::join!(desk.quit(), phone.quit());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_studies_sits_an_exam_and_closes_its_year() {
    run(Backend::Sqlite, walk).await;
}
