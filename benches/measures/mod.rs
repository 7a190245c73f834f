//! What is measured, a file each.

mod after;
mod bare;
mod candidate;
mod draw;
mod files;
mod find;
mod herd;
mod rates;
mod save;
mod scan;
mod start;
mod submit;
mod watch;
mod year;

use std::future::Future;
use std::pin::Pin;

use entity::exam::attempt::{self, AttemptState};
use entity::id::{BankId, ExamId, PersonId};
use entity::instant::Millis;
use entity::points::Points;
use kaofa::bank::BankFilter;
use kaofa::core::Core;
use kaofa::exam::draw::Paper;
use kaofa::exam::{BlueprintInput, Resealing, SectionInput};
use kaofa::kernel::jcs;
use kaofa::kernel::page::PageRequest;
use kaofa::org::AudienceDto;
use kaofa::web::Services;
use rig::{Hall, Sitting, request};
use serde_json::Value;

use crate::press::{Script, to_the_end};
use crate::report::Row;
use crate::stage::Stage;

/// Something to be measured, with an exam of its own for everybody in the hall if it wants one.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) sitting: Option<Sitting>,
    pub(crate) run: for<'a> fn(&'a Stage) -> Taking<'a>,
}

/// A measure being taken.
pub(crate) type Taking<'a> = Pin<Box<dyn Future<Output = Vec<Row>> + 'a>>;

/// In the order in which they are taken.
pub(crate) const MEASURES: &[Measure] = &[
    bare::MEASURE,
    start::MEASURE,
    save::MEASURE,
    submit::MEASURE,
    candidate::MEASURE,
    herd::MEASURE,
    scan::MEASURE,
    files::MEASURE,
    draw::MEASURE,
    year::MEASURE,
    rates::MEASURE,
    find::MEASURE,
    after::MEASURE,
    watch::MEASURE,
];

/// How many connections press where nothing else is said.
const CONNECTIONS: usize = 256;

/// An exam with so many items that outlasts the measurement.
const fn exam_of(items: i32) -> Sitting {
    Sitting { items, closes_in: 7200, grace: 30 }
}

/// A running attempt.
#[derive(Debug, Clone)]
struct Running {
    token: String,
    attempt: String,
    lease: String,
    /// For each position the first of its options.
    options: Vec<String>,
}

impl Running {
    fn read(token: &str, body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let items = body["sections"].as_array()?.iter().filter_map(|s| s["items"].as_array()).flatten();
        Some(Self {
            token: token.to_owned(),
            attempt: body["id"].as_str()?.to_owned(),
            lease: body["lease"].as_str()?.to_owned(),
            options: items.filter_map(|i| Some(i["options"][0]["id"].as_str()?.to_owned())).collect(),
        })
    }

    /// A save of one answer.
    fn save(&self, position: usize, seq: u32) -> Vec<u8> {
        let Self { lease, attempt, token, options } = self;
        let option = &options[position - 1];
        let body =
            format!(r#"{{"lease":"{lease}","saves":[{{"position":{position},"seq":{seq},"response":["{option}"]}}]}}"#);
        request("PUT", &format!("/api/v1/attempts/{attempt}/answers"), token, &body)
    }

    /// A save of all answers at once.
    fn save_all(&self) -> Vec<u8> {
        let saves = self
            .options
            .iter()
            .enumerate()
            .map(|(at, option)| format!(r#"{{"position":{},"seq":1,"response":["{option}"]}}"#, at + 1));
        let saves: Vec<String> = saves.collect();
        let body = format!(r#"{{"lease":"{}","saves":[{}]}}"#, self.lease, saves.join(","));
        request("PUT", &format!("/api/v1/attempts/{}/answers", self.attempt), &self.token, &body)
    }

    fn submit(&self) -> Vec<u8> {
        let body = format!(r#"{{"lease":"{}"}}"#, self.lease);
        request("POST", &format!("/api/v1/attempts/{}/submit", self.attempt), &self.token, &body)
    }
}

/// The request by which a candidate starts.
fn start(exam: &str, token: &str) -> Vec<u8> {
    request("POST", &format!("/api/v1/exams/{exam}/attempts"), token, "")
}

/// One request after the other.
struct Batch {
    requests: Vec<Vec<u8>>,
    turn: usize,
}

impl Batch {
    /// These requests over so many connections.
    fn over(connections: usize, requests: &[Vec<u8>]) -> Vec<Self> {
        let share = requests.len().div_ceil(connections).max(1);
        let batch = |requests: &[Vec<u8>]| Self { requests: requests.to_vec(), turn: 0 };
        requests.chunks(share).map(batch).collect()
    }
}

impl Script for Batch {
    fn next(&mut self) -> Option<&[u8]> {
        self.turn += 1;
        self.requests.get(self.turn - 1).map(Vec::as_slice)
    }

    fn answered(&mut self, status: u16, _: &[u8]) -> bool {
        status == 200
    }
}

/// Starts everybody of a range and gives their attempts: what a measure stands on, not measured.
async fn started(stage: &Stage, measure: &str, count: usize) -> Vec<Running> {
    started_in(stage, stage.exam(measure), count).await
}

/// The same in an exam that no measure has from the beginning.
async fn started_in(stage: &Stage, exam: &str, count: usize) -> Vec<Running> {
    let mut running = Vec::with_capacity(count);
    let candidates = &stage.hall.candidates[..count.min(stage.hall.candidates.len())];
    let starting = candidates.chunks(candidates.len().div_ceil(64).max(1)).map(async |chunk| {
        let mut wire = rig::Wire::connect(stage.address()).await.unwrap();
        let mut running = Vec::new();
        for candidate in chunk {
            let answer = wire.exchange(&start(exam, &candidate.token)).await.unwrap();
            running.push(Running::read(&candidate.token, answer.body).unwrap_or_else(|| panic!("{}", answer.text())));
        }
        running
    });
    for started in futures_util::future::join_all(starting).await {
        running.extend(started);
    }
    running
}

/// Makes and seals an exam of singles for everybody of these units, over a bank or the hall's; it is open.
async fn make_exam(services: &Services, hall: &Hall, units: &[String], bank: Option<BankId>, items: usize) -> ExamId {
    let coordinator = services.auth.act_as("coordinator").await.unwrap();
    let banks = services.bank.banks(&coordinator, &BankFilter::default(), &PageRequest::default()).await.unwrap();
    let (bank, now) = (bank.unwrap_or(banks.items[0].id), services.core.now());
    let section = SectionInput {
        title: "单项选择题".to_owned(),
        kind: "single".to_owned(),
        count: i32::try_from(items).unwrap(),
        points_each: Points::whole(2),
        ..SectionInput::default()
    };
    let blueprint = BlueprintInput {
        title: format!("{}个单位{items}题", units.len()),
        kind: "annual".to_owned(),
        year: 2026,
        unit_id: hall.root.clone(),
        bank_ids: vec![bank.to_string()],
        opens_at: (now - Millis::seconds(1)).to_string(),
        closes_at: (now + Millis::seconds(7200)).to_string(),
        duration_seconds: 7200,
        grace_seconds: 30,
        pass_points: Points::whole(60),
        attempts_allowed: 1,
        attempt_scoring: "highest".to_owned(),
        audience: AudienceDto { unit_ids: units.to_vec(), categories: Vec::new(), person_ids: Vec::new() },
        sections: vec![section],
        release: "manual".to_owned(),
        show_key: "never".to_owned(),
        ..BlueprintInput::default()
    };
    let exam = services.exams.create(&coordinator, &blueprint).await.unwrap().id;
    services.exams.seal(&coordinator, exam, &Resealing::default()).await.unwrap();
    exam
}

/// A paper that was handed in blank.
fn handed_in(core: &Core, exam_id: ExamId, person_id: PersonId, paper: &Paper, max_points: Points) -> attempt::Model {
    attempt::Model {
        id: core.id(),
        exam_id,
        person_id,
        number: 1,
        state: AttemptState::Graded,
        lease: core.id(),
        device: None,
        started_at: core.now(),
        deadline: core.now(),
        due_at: core.now(),
        paused_at: None,
        paused_ms: 0,
        extra_ms: 0,
        submitted_at: Some(core.now()),
        by_server: false,
        k: i32::try_from(paper.k).unwrap(),
        items: String::from_utf8(jcs::canonical(&paper.items).unwrap()).unwrap(),
        paper_digest: paper.digest().to_string(),
        points: Some(Points(0)),
        max_points,
        answered: 0,
        void_kind: None,
        responses: None,
    }
}

/// With every column set, as an insert of many rows wants them.
fn whole<A: sea_orm::ActiveModelTrait>(row: A) -> A {
    row.reset_all()
}

/// Sends all of these and wants no error.
async fn sent(stage: &Stage, requests: &[Vec<u8>]) {
    let pressed = to_the_end(stage, Batch::over(CONNECTIONS, requests)).await;
    assert_eq!(pressed.errors, 0, "{:?}", pressed.first_error);
}
