//! Large files while a hall is sitting: 50,000 people brought in, changed and taken out, beside 1,000 saves a second.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use rig::Wire;
use serde_json::Value;

use super::save::{EVERY, STEADY, kept_pace, steady};
use super::{Measure, exam_of, started};
use crate::press::paced;
use crate::report::{Row, thousands};
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "files", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

/// How many people a file holds.
const PEOPLE: usize = 50_000;
/// For how long they save with nothing beside them, to compare with.
const ALONE: Duration = Duration::from_secs(5);
/// What an import should take at most.
const IMPORT: Duration = Duration::from_secs(15);

async fn run(stage: &Stage) -> Vec<Row> {
    let running = started(stage, MEASURE.name, STEADY).await;
    let (alone, ()) = paced(stage, steady(&running, 0), EVERY, tokio::time::sleep(ALONE)).await;
    let mut rows = vec![kept_pace("1,000 saves a second, nothing beside them", &alone)];

    let file = file(&stage.hall.empty_units);
    for (round, what, file) in [
        (1, "import of 50,000 new people", file.clone()),
        (2, "import that changes all 50,000", file.replace("科员", "科长")),
    ] {
        stage.forget_peak();
        let (pressed, (took, report)) = paced(stage, steady(&running, round), EVERY, import(stage, &file)).await;
        let done = if round == 1 { &report["created"] } else { &report["updated"] };
        assert_eq!((&report["applied"], done.as_u64()), (&Value::Bool(true), Some(50_000)), "{}", report["errors"]);
        let mut row = Row::took(format!("{what}, 1,000 saves a second beside it"), took, IMPORT);
        row.memory = Some(stage.server().peak);
        rows.push(row);
        rows.push(kept_pace(&format!("those saves, from the first byte of the {what} to its answer"), &pressed));
    }

    stage.forget_peak();
    let (pressed, took) = paced(stage, steady(&running, 3), EVERY, export(stage)).await;
    let people = thousands(u128::try_from(stage.hall.candidates.len() + PEOPLE).unwrap());
    let mut row = Row::took(format!("export of {people} people as xlsx, 1,000 saves a second beside it"), took, IMPORT);
    row.memory = Some(stage.server().peak);
    rows.push(row);
    rows.push(kept_pace("those saves, over the whole of the export", &pressed));
    rows
}

/// A district's file of people, with everything that one can hold, for units that the exam does not concern.
fn file(units: &[String]) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut file = String::from("工号,姓名,单位编码,类别,职务,身份证号,手机号\n");
    for n in 0..PEOPLE {
        let (month, day) = (n / 10 % 12 + 1, n / 120 % 28 + 1);
        let digits = format!("990000199{}{month:02}{day:02}{:03}", n % 10, n / 3360 % 1000);
        let sum: u32 = digits.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
        let check = &"10X98765432"[usize::try_from(sum % 11).unwrap()..][..1];
        let unit = &units[n % units.len()];
        writeln!(file, "P{n:06},人员{n},{unit},公务员、行政执法人员,科员,{digits}{check},139{n:08}").unwrap();
    }
    file
}

async fn import(stage: &Stage, file: &str) -> (Duration, Value) {
    let body = format!(
        "--kaofa\r\ncontent-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
         content-type: text/csv\r\n\r\n{file}\r\n--kaofa--\r\n"
    );
    let head = format!(
        "POST /api/v1/imports/people HTTP/1.1\r\nhost: kaofa\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=kaofa\r\ncontent-length: {}\r\n\r\n",
        stage.hall.coordinator,
        body.len()
    );
    let begun = Instant::now();
    let mut wire = Wire::connect(stage.address()).await.unwrap();
    let answer = wire.exchange(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    (begun.elapsed(), serde_json::from_slice(answer.body).unwrap())
}

async fn export(stage: &Stage) -> Duration {
    let path = format!("/api/v1/exports/people?unit_id={}&subtree=true", stage.hall.root);
    let begun = Instant::now();
    let mut wire = Wire::connect(stage.address()).await.unwrap();
    let answer = wire.exchange(&rig::request("GET", &path, &stage.hall.coordinator, "")).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.body.len() > 1_000_000, "{} bytes", answer.body.len());
    begun.elapsed()
}
