//! A draw file of 100,000 papers: sent by the server, verified by the program, and the memory that each takes for it.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use entity::exam::exam;
use entity::id::{ExamId, PersonId};
use entity::org::person;
use entity::points::Points;
use kaofa::db::{Fault, insert_all};
use kaofa::exam::draw::{Manifest, Sealed, Secret, candidate};
use kaofa::kernel::digest::Digest;
use kaofa::web::Services;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel as _};
use tokio::time::sleep;

use super::{Measure, exam_of, handed_in, whole};
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "draw", sitting: Some(exam_of(20)), run: |stage| Box::pin(run(stage)) };

const PAPERS: usize = 100_000;
/// How many are written in one transaction.
const PART: usize = 1_000;
/// What writing it, and what verifying it, may take of memory beyond what was taken before, in bytes.
const AIM: u64 = 100_000_000;

async fn run(stage: &Stage) -> Vec<Row> {
    let exam = stage.exam(MEASURE.name);
    stage.refurnish(async |services| fill(services, exam, &stage.hall.candidates[0].person).await).await;
    let close = format!("/api/v1/exams/{exam}/close");
    stage.ask("POST", &close, r#"{"reason":"所有人均已交卷"}"#).await;
    // The workers count what was observed in a hundred thousand papers first: their memory is not the file's.
    sleep(Duration::from_secs(30)).await;

    let path = stage.file("draw.json");
    let before = stage.server().resident;
    stage.forget_peak();
    let begun = Instant::now();
    let size = download(stage, exam, &path).await;
    let (written, rose) = (begun.elapsed(), stage.server().peak.saturating_sub(before));

    let begun = Instant::now();
    let (verified, highest) = verify(stage, &path).await;
    let took = begun.elapsed();
    let missed = |bytes: u64| if bytes > AIM { format!("{} MB", bytes / 1_000_000) } else { String::new() };
    let row = |what: String, took: Duration, memory: u64, missed: String| Row {
        what,
        figure: format!("{} MB of memory, {}.{} s", memory / 1_000_000, took.as_secs(), took.subsec_millis() / 100),
        memory: Some(memory),
        aim: "100 MB of memory".to_owned(),
        missed,
        ..Row::default()
    };
    let wrong = if verified { String::new() } else { "not verified".to_owned() };
    vec![
        row(
            format!(
                "draw file of {PAPERS} papers ({} MB) sent by the server: what its memory rose by",
                size / 1_000_000
            ),
            written,
            rose,
            missed(rose),
        ),
        row(
            "the same verified by `kaofa verify draw`: all of its memory".to_owned(),
            took,
            highest,
            missed(highest) + &wrong,
        ),
    ]
}

/// Papers for so many people who never were, drawn as the exam draws them, handed in blank.
async fn fill(services: &Services, exam: &str, model: &str) {
    let (core, id) = (&services.core, exam.parse::<ExamId>().unwrap());
    let row = exam::Entity::find_by_id(id).one(core.db.read()).await.unwrap().unwrap();
    let manifest: Manifest = serde_json::from_str(&row.manifest.unwrap()).unwrap();
    let secret = Secret::from_bytes(*row.secret.unwrap().parse::<Digest>().unwrap().as_bytes());
    let sealed = Sealed::new(manifest, &secret, None).unwrap();
    let model = model.parse::<PersonId>().unwrap();
    let model = person::Entity::find_by_id(model).one(core.db.read()).await.unwrap().unwrap();
    for part in 0..PAPERS / PART {
        let (mut people, mut papers) = (Vec::with_capacity(PART), Vec::with_capacity(PART));
        for n in part * PART..(part + 1) * PART {
            let who: PersonId = core.id();
            let staff_no = format!("D{n:06}");
            let paper = sealed.paper(&candidate(exam, &who.to_string()), 1);
            papers.push(handed_in(core, id, who, &paper, Points::whole(40)));
            people.push(person::Model { id: who, sort_key: staff_no.clone(), staff_no, ..model.clone() });
        }
        let written = core.db.tx("bench.papers", |tx| {
            let people = people.iter().map(|p| whole(p.clone().into_active_model())).collect();
            let papers = papers.iter().map(|p| whole(p.clone().into_active_model())).collect();
            Box::pin(async move {
                insert_all(tx, people, false).await?;
                insert_all(tx, papers, false).await
            })
        });
        written.await.map_err(|fault: Fault| fault).unwrap();
    }
    // Statistics of people who never were are nothing that anybody waits for.
    let counted = exam::ActiveModel { counted_at: Set(Some(core.now())), ..Default::default() };
    let set = core.db.tx("bench.counted", |tx| {
        let counted = counted.clone();
        Box::pin(async move {
            exam::Entity::update_many().set(counted).exec(tx).await?;
            Ok::<_, Fault>(())
        })
    });
    set.await.unwrap();
}

/// Downloads the file and gives its size.
async fn download(stage: &Stage, exam: &str, path: &std::path::Path) -> u64 {
    let url = format!("http://{}/api/v1/exams/{exam}/draw", stage.address());
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let asked = reqwest::Client::new().get(url).bearer_auth(&stage.hall.coordinator).send();
    let mut answer = asked.await.unwrap();
    assert_eq!(answer.status(), 200);
    while let Some(piece) = answer.chunk().await.unwrap() {
        file.write_all(&piece).unwrap();
    }
    file.into_inner().unwrap().metadata().unwrap().len()
}

/// Verifies it in a process of its own, and gives the most memory that this had.
async fn verify(stage: &Stage, path: &std::path::Path) -> (bool, u64) {
    let mut command = Command::new(stage.program.binary());
    let mut verifying = command.args(["verify", "draw"]).arg(path).stdout(Stdio::null()).spawn().unwrap();
    let mut highest = 0;
    loop {
        highest = rig::Usage::of(verifying.id()).map_or(highest, |usage| highest.max(usage.peak));
        if let Some(ended) = verifying.try_wait().unwrap() {
            return (ended.success(), highest);
        }
        sleep(Duration::from_millis(20)).await;
    }
}
