//! A draw file of 100,000 papers, written by the server and verified by the program, and the memory that both take. It
//! takes minutes and is run by hand: `scripts/test-env.sh cargo test --test it -- --ignored --nocapture draw_memory`.

#![allow(clippy::print_stdout, reason = "it is run by hand for what it prints")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use entity::exam::attempt::{self, AttemptState};
use entity::exam::exam;
use entity::id::{ExamId, PersonId};
use entity::points::Points;
use futures_util::TryStreamExt as _;
use kaofa::db::insert_all;
use kaofa::exam::draw::{Manifest, Sealed, Secret, candidate};
use kaofa::kernel::digest::Digest;
use kaofa::kernel::jcs;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait, IntoActiveModel as _};
use serde_json::json;

use crate::api::draw::Scene;
use crate::harness::{Backend, TestServer, run};

const PAPERS: usize = 100_000;

/// The most memory that a process held since it was last asked to forget, in kilobytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn measure(server: TestServer) {
    let scene = Scene::set(&server, 1, 100).await;
    let sections = json!([{ "title": "单项选择题", "kind": "single", "count": 20, "points_each": 2 }]);
    let exam = scene.sealed(json!({ "sections": sections })).await;
    server.set_clock("2026-03-16T02:00:00.000Z");
    server.work().await;
    scene.sit(&exam).await;
    let core = &server.services.core;
    let id: ExamId = exam.parse().unwrap();
    let row = exam::Entity::find_by_id(id).one(core.db.read()).await.unwrap().unwrap();
    let manifest: Manifest = serde_json::from_str(&row.manifest.unwrap()).unwrap();
    let secret = Secret::from_bytes(*row.secret.unwrap().parse::<Digest>().unwrap().as_bytes());
    let sealed = Sealed::new(manifest, &secret, None).unwrap();
    let model = attempt::Entity::find().one(core.db.read()).await.unwrap().unwrap();
    let person = entity::org::person::Entity::find_by_id(scene.people[0]).one(core.db.read()).await.unwrap().unwrap();
    for part in 0..PAPERS / 1_000 {
        let (mut people, mut papers) = (Vec::new(), Vec::new());
        for n in 0..1_000 {
            let who: PersonId = core.id();
            let mut of = person.clone();
            (of.id, of.staff_no) = (who, format!("M{:06}", part * 1_000 + n));
            people.push(of.into_active_model().reset_all());
            let paper = sealed.paper(&candidate(&exam, &who.to_string()), 1);
            let mut sat = model.clone();
            sat.id = core.id();
            (sat.person_id, sat.state, sat.points) = (who, AttemptState::Graded, Some(Points(0)));
            sat.items = String::from_utf8(jcs::canonical(&paper.items).unwrap()).unwrap();
            (sat.k, sat.paper_digest) = (i32::try_from(paper.k).unwrap(), paper.digest().to_string());
            papers.push(sat.into_active_model().reset_all());
        }
        core.db
            .tx("test.papers", |tx| {
                let (people, papers) = (people.clone(), papers.clone());
                Box::pin(async move {
                    insert_all(tx, people, false).await?;
                    insert_all(tx, papers, false).await
                })
            })
            .await
            .unwrap();
    }
    let closed = exam::ActiveModel { counted_at: Set(Some(core.now())), ..Default::default() };
    core.db
        .tx("test.counted", |tx| {
            let closed = closed.clone();
            Box::pin(async move {
                exam::Entity::update_many().set(closed).exec(tx).await?;
                Ok::<_, kaofa::db::Fault>(())
            })
        })
        .await
        .unwrap();
    scene.close().await;

    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("draw.json");
    let caller = server.services.auth.authenticate(&scene.user.token, None).await.unwrap();
    // Writing 5 there makes the peak begin anew.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let began = std::time::Instant::now();
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let mut pieces = Box::pin(server.services.exams.draw_file(&caller, id).await.unwrap());
    while let Some(piece) = pieces.try_next().await.unwrap() {
        file.write_all(&piece).unwrap();
    }
    file.into_inner().unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    let (after, took) = (peak(), began.elapsed());
    println!(
        "{:?}: {PAPERS} papers, {size} bytes, written in {took:.1?}: peak {after} kB, {before} kB before",
        server.backend
    );

    let began = std::time::Instant::now();
    let mut verifying = Command::new(env!("CARGO_BIN_EXE_kaofa"))
        .args(["verify", "draw"])
        .arg(&path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut highest, status) = (0, format!("/proc/{}/status", verifying.id()));
    let ended = loop {
        if let Some(line) =
            std::fs::read_to_string(&status).unwrap_or_default().lines().find(|l| l.starts_with("VmHWM"))
        {
            highest = highest.max(line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap());
        }
        if let Some(ended) = verifying.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    println!("verified in {:.1?}: peak {highest} kB", began.elapsed());
    assert!(ended.success());
    assert!(after - before < 100_000 && highest < 100_000, "more than 100 MB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; run by hand"]
async fn a_hundred_thousand_papers_take_little_memory() {
    run(Backend::Sqlite, measure).await;
}
