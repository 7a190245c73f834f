//! 100,000 papers of 50 items after their exam: its statistics, and a key that is corrected on all of them.

use std::time::{Duration, Instant};

use entity::exam::attempt;
use entity::exam::exam;
use entity::id::{ExamId, PersonId, UnitId};
use entity::points::Points;
use kaofa::bank::{Answer, NewBank};
use kaofa::db::{Fault, insert_all};
use kaofa::exam::draw::{Manifest, Sealed, Secret, candidate};
use kaofa::kernel::digest::Digest;
use kaofa::log::Actor;
use kaofa::org::{Category, NewPerson, NewUnit, UnitKind};
use kaofa::web::Services;
use sea_orm::{EntityTrait, IntoActiveModel as _};
use serde_json::Value;

use super::{Measure, handed_in, make_exam};
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "after", sitting: None, run: |stage| Box::pin(run(stage)) };

const PAPERS: usize = 100_000;
const ITEMS: usize = 50;
/// How many are written in one transaction.
const PART: usize = 2_000;
/// Over how many units the people are spread.
const UNITS: usize = 100;
/// What each may take.
const STATISTICS: Duration = Duration::from_secs(5);
const REGRADE: Duration = Duration::from_secs(10);
/// How often the statistics are asked for.
const TIMES: usize = 3;

async fn run(stage: &Stage) -> Vec<Row> {
    let (exam, item, key) = stage.refurnish(async |services| fill(services, stage).await).await;
    stage.ask("POST", &format!("/api/v1/exams/{exam}/close"), r#"{"reason":"所有人均已交卷"}"#).await;
    // A worker counts what was observed once the exam has closed; that is not measured.
    tokio::time::sleep(Duration::from_secs(30)).await;
    let mut rows = Vec::new();
    stage.forget_peak();
    let mut longest = Duration::ZERO;
    for _ in 0..TIMES {
        let begun = Instant::now();
        let told = stage.ask("GET", &format!("/api/v1/exams/{exam}/statistics"), "").await;
        longest = longest.max(begun.elapsed());
        assert_eq!((&told["persons"], told["items"].as_array().unwrap().len()), (&Value::from(PAPERS), ITEMS));
    }
    let mut row = Row::took(
        format!("statistics of {PAPERS} papers of {ITEMS} items, the longest of {TIMES}"),
        longest,
        STATISTICS,
    );
    row.memory = Some(stage.server().peak);
    rows.push(row);
    for (what, query) in [("tried out", "?dry_run=true"), ("applied", "")] {
        let body = format!(
            r#"{{"item":"{item}","action":"correct_key","key":["{key}"],"never_lower":false,"reason":"条文已修订"}}"#
        );
        stage.forget_peak();
        let begun = Instant::now();
        let done = stage.ask("POST", &format!("/api/v1/exams/{exam}/regrades{query}"), &body).await;
        let took = begun.elapsed();
        assert_eq!(done["papers"], Value::from(PAPERS), "{done}");
        let moved = done["rises"].as_u64().unwrap() + done["falls"].as_u64().unwrap();
        let what = format!("regrade of {PAPERS} papers of {ITEMS} items, {moved} of which change, {what}");
        let mut row = Row::took(what, took, REGRADE);
        row.memory = Some(stage.server().peak);
        rows.push(row);
    }
    rows
}

async fn fill(services: &Services, stage: &Stage) -> (ExamId, String, String) {
    let coordinator = services.auth.act_as("coordinator").await.unwrap();
    let (district, core): (UnitId, _) = (stage.hall.root.parse().unwrap(), &services.core);
    let mut units = Vec::new();
    for n in 0..UNITS {
        let number = format!("430202Y{n:03}");
        let unit = NewUnit {
            parent_id: Some(district),
            name: format!("{number}站"),
            code: number,
            kind: UnitKind::Unit,
            active_from: None,
        };
        units.push(services.org.insert_unit(&Actor::SYSTEM, unit).await.unwrap().id);
    }
    let mut people: Vec<PersonId> = Vec::with_capacity(PAPERS);
    for part in 0..PAPERS / PART {
        let person = |n: usize| NewPerson {
            staff_no: Some(format!("A{n:06}")),
            name: format!("考生{n}"),
            post: "科员".to_owned(),
            categories: vec![Category::CivilServant],
            unit_id: units[n % UNITS],
            joined_on: entity::instant::Day::new(2018, 7, 1),
            id_number: None,
            phone: None,
        };
        let new = (part * PART..(part + 1) * PART).map(person).collect();
        people.extend(services.org.create_people(&coordinator, new).await.unwrap());
    }
    // A bank of as many questions as a paper has, so that each stands on every paper.
    let author = services.auth.act_as("author").await.unwrap();
    let bank = NewBank { unit_id: district, title: "小题库".to_owned(), review_required: false };
    let bank = services.bank.create_bank(&coordinator, bank).await.unwrap().id;
    let singles = kaofa::demo::questions()
        .into_iter()
        .filter(|q| q.input().kind == "single" && q.group().is_none())
        .take(ITEMS)
        .collect();
    services.bank.create_questions(&author, bank, singles, true).await.unwrap();
    let names: Vec<String> = units.iter().map(ToString::to_string).collect();
    let exam = make_exam(services, &stage.hall, &names, Some(bank), ITEMS).await;

    let row = exam::Entity::find_by_id(exam).one(core.db.read()).await.unwrap().unwrap();
    let manifest: Manifest = serde_json::from_str(&row.manifest.unwrap()).unwrap();
    let secret = Secret::from_bytes(*row.secret.unwrap().parse::<Digest>().unwrap().as_bytes());
    let pool = manifest.pool.clone();
    let sealed = Sealed::new(manifest, &secret, None).unwrap();
    let keys = keys(services, &pool.iter().map(|item| item.item.clone()).collect::<Vec<_>>()).await;
    for (part, people) in people.chunks(PART).enumerate() {
        let mut papers = Vec::with_capacity(PART);
        for (nth, who) in people.iter().enumerate() {
            let paper = sealed.paper(&candidate(&exam.to_string(), &who.to_string()), 1);
            let (mut responses, mut points) = (Vec::with_capacity(ITEMS), 0);
            for (at, drawn) in paper.items.iter().enumerate() {
                // Seven of ten are right, more or less as people are.
                let n = (part * PART + nth) * 31 + at * 17;
                let key = &keys[&drawn.item];
                let right = n * n % 97 % 10 < 5 + nth % 5;
                let wrong = drawn.options.iter().filter(|id| *id != key).nth(n % 3).or(drawn.options.first());
                points += if right { 200 } else { 0 };
                responses.push(if right { key.clone() } else { wrong.unwrap().clone() });
            }
            papers.push(attempt::Model {
                points: Some(Points(points)),
                answered: 50,
                responses: Some(responses.join(";")),
                ..handed_in(core, exam, *who, &paper, Points::whole(100))
            });
        }
        let written = core.db.tx("bench.papers", |tx| {
            let papers: Vec<_> = papers.iter().map(|p| super::whole(p.clone().into_active_model())).collect();
            Box::pin(async move { insert_all(tx, papers, false).await })
        });
        written.await.map_err(|fault: Fault| fault).unwrap();
    }
    let item = pool[0].item.clone();
    let other = pool[0].options.iter().find(|id| **id != keys[&item]).unwrap().clone();
    (exam, item, other)
}

/// The right option of each item.
async fn keys(services: &Services, items: &[String]) -> std::collections::HashMap<String, String> {
    let author = services.auth.act_as("author").await.unwrap();
    let mut keys = std::collections::HashMap::new();
    for item in items {
        let id = item.split('@').next().unwrap().parse().unwrap();
        let seen = services.bank.question(&author, id).await.unwrap();
        let Answer::Options(right) = &seen.newest.content.answer else { panic!("a single has options") };
        keys.insert(item.clone(), right.first().unwrap().clone());
    }
    keys
}
