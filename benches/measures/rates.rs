//! What a report costs against people and units: 10,000 units in six levels, six years with a programme and an exam each,
//! five of them closed, and ever more people; beside it the bare SQL aggregate over the same indexed facts.
//!
//! Obligations and the counts of units are written directly; the server makes the sums of them by itself.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use entity::List;
use entity::exam::exam::{self, AttemptScoring, ExamKind, ExamStatus, Release, ShowKey};
use entity::id::{AccountId, ExamId, ProgrammeId};
use entity::points::Points;
use entity::study::programme::{self, ProgrammeStatus};
use hdrhistogram::Histogram;
use kaofa::core::Core;
use kaofa::db::{Fault, insert_all};
use kaofa::kernel::pinyin::EDITION;
use kaofa::tally::Figure;
use kaofa::web::Services;
use rig::Wire;
use sea_orm::{ConnectOptions, ConnectionTrait, Database as Sea, DatabaseConnection, DbBackend, Statement};

use super::save::{EVERY, STEADY, kept_pace, steady};
use super::year::ask;
use super::{Measure, exam_of, started, whole};
use crate::press::paced;
use crate::report::{Row, millis, thousands};
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "rates", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

/// How many units there are, each with seven below it as far as they reach: six levels.
const UNITS: usize = 10_000;
const BRANCHES: usize = 7;
/// How many people there are, step by step.
const PEOPLE: [usize; 3] = [10_000, 100_000, 1_000_000];
/// The years, the last of which is open.
const YEARS: std::ops::RangeInclusive<i32> = 2010..=2015;
const ASKED: i32 = 2015;
/// The aims, in milliseconds: a unit with its children, and the whole tree.
const CHILDREN: u64 = 50;
const TREE: u64 = 1_000;
/// For how long saves are pressed, alone and beside readers.
const LONG: Duration = Duration::from_secs(10);
/// How often the bare aggregate is made.
const BARE: usize = 3;

async fn run(stage: &Stage) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut before, mut subjects) = (0, Vec::new());
    for people in PEOPLE {
        let begun = Instant::now();
        subjects = stage
            .refurnish(async |services| {
                let subjects = if before == 0 { found(services, &stage.hall.root).await } else { subjects.clone() };
                fill(&services.core, before, people, &subjects).await;
                subjects
            })
            .await;
        before = people;
        let made = sums_are_made(stage).await;
        eprintln!("  {people} people after {} s, {} s of them for the sums", begun.elapsed().as_secs(), made.as_secs());
        rows.extend(measured(stage, people, &subjects).await);
    }
    rows.extend(beside_saves(stage).await);
    rows
}

async fn measured(stage: &Stage, people: usize, subjects: &[Subject]) -> Vec<Row> {
    let of = |what: &str| format!("{what}, {} people", thousands(people.try_into().unwrap()));
    let (token, mut rows) = (&stage.hall.coordinator, Vec::new());
    // Who asks first after a start waits until the rosters are read.
    let begun = Instant::now();
    let mut wire = Wire::connect(stage.address()).await.unwrap();
    let first = wire.exchange(&rig::request("GET", &rates(0, 1), token, "")).await.unwrap();
    assert_eq!(first.status, 200, "{}", first.text());
    let body: serde_json::Value = serde_json::from_slice(first.body).unwrap();
    assert_eq!(body["total"]["figures"]["persons"], people, "everybody is counted once");
    assert_eq!(body["total"]["figures"]["streak_years"], 0, "not everybody sat");
    let took = begun.elapsed();
    rows.push(Row::took(of("rates of a unit and its children, the first time"), took, Duration::from_secs(5)));
    rows.push(after_a_move(stage, of("the same after somebody moved"), subjects).await);
    let bare = bare(stage, subjects, true).await;
    rows.push(beside(ask(stage, of("rates of a unit and its children"), token, &rates(0, 1), CHILDREN).await, &bare));
    let lower = of("rates of a unit of the third level and its children");
    rows.push(ask(stage, lower, token, &rates(BRANCHES + 1, 1), CHILDREN).await);
    let bare_tree = self::bare(stage, subjects, false).await;
    rows.push(beside(ask(stage, of("rates of all units"), token, &rates(0, 6), TREE).await, &bare_tree));
    let category = format!("{}&category=civil_servant", rates(0, 1));
    rows.push(ask(stage, of("rates of a category"), token, &category, CHILDREN).await);
    let behind = format!("/api/v1/reports/people?year={ASKED}&unit_id={}&figure=exam.absent&limit=100", unit_id(0));
    rows.push(ask(stage, of("people behind a figure"), token, &behind, CHILDREN).await);
    rows
}

/// Saves that keep their pace, alone and while somebody reads the rates of all units again and again.
async fn beside_saves(stage: &Stage) -> Vec<Row> {
    let running = started(stage, MEASURE.name, STEADY).await;
    let (alone, ()) = paced(stage, steady(&running, 0), EVERY, tokio::time::sleep(LONG)).await;
    let (beside, answers) = paced(stage, steady(&running, 1), EVERY, read_the_tree(stage)).await;
    vec![
        kept_pace("1,000 saves a second with as many people, nothing beside them", &alone),
        kept_pace(&format!("those saves while the rates of all units are read {answers} times"), &beside),
    ]
}

/// Reads them for so long, one answer after the other, and gives how many there were.
async fn read_the_tree(stage: &Stage) -> usize {
    let (path, until) = (rates(0, 6), Instant::now() + LONG);
    let request = rig::request("GET", &path, &stage.hall.coordinator, "");
    let (mut wire, mut answers) = (Wire::connect(stage.address()).await.unwrap(), 0);
    while Instant::now() < until {
        assert_eq!(wire.exchange(&request).await.unwrap().status, 200);
        answers += 1;
    }
    answers
}

fn rates(unit: usize, depth: i32) -> String {
    format!("/api/v1/reports/rates?year={ASKED}&unit_id={}&depth={depth}", unit_id(unit))
}

/// A row with its ratio to the bare aggregate.
fn beside(row: Row, bare: &Histogram<u64>) -> Row {
    let median = bare.value_at_quantile(0.5);
    let own = row.latency.as_ref().map_or(0.0, |latency| latency[0].parse::<f64>().unwrap());
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "a ratio is printed")]
    let ratio = own * 1000.0 / median.max(1) as f64;
    let figure = format!("{}; the bare SQL aggregate {} ms, ratio {ratio:.4}", row.figure, millis(median));
    Row { figure, ..row }
}

/// What is read first after somebody moved: it is noted of a person on the rosters, where they stood stays the same.
async fn after_a_move(stage: &Stage, what: String, subjects: &[Subject]) -> Row {
    let db = open(stage).await;
    let (mut took, mut length) = (Histogram::<u64>::new(3).unwrap(), 0);
    let mut wire = Wire::connect(stage.address()).await.unwrap();
    for subject in subjects.iter().filter(|s| s.year == ASKED).cycle().take(20) {
        let note = format!(
            "INSERT INTO tally_moves (subject_id, person_id, unit_id, categories) \
             SELECT subject_id, person_id, unit_id, categories FROM obligations WHERE subject_id = '{}' LIMIT 1",
            subject.id
        );
        db.execute_unprepared(&note).await.unwrap();
        let begun = Instant::now();
        let request = rig::request("GET", &rates(0, 1), &stage.hall.coordinator, "");
        let answer = wire.exchange(&request).await.unwrap();
        assert_eq!(answer.status, 200);
        length = answer.body.len();
        took.record(u64::try_from(begun.elapsed().as_micros()).unwrap()).unwrap();
    }
    db.close().await.unwrap();
    Row::within(what, format!("{} bytes", thousands(u128::try_from(length).unwrap())), &took, 0, CHILDREN)
}

/// The same figures by one statement over obligations: of the unit and its children, or of all.
async fn bare(stage: &Stage, subjects: &[Subject], children: bool) -> Histogram<u64> {
    let db = open(stage).await;
    let sums: Vec<String> = Figure::ALL.iter().map(|figure| format!("SUM(o.{})", figure.as_str())).collect();
    let asked: Vec<String> = subjects.iter().filter(|s| s.year == ASKED).map(|s| format!("'{}'", s.id)).collect();
    let top = unit_id(0);
    let which = if children { " AND depth <= 1" } else { "" };
    // Cast, so that SQLite climbs from each row to the few units above it and does not try all that are asked for.
    let which = format!(
        "CAST(a.ancestor_id AS text) IN (SELECT unit_id FROM unit_ancestors WHERE ancestor_id = '{top}'{which})"
    );
    let statement = format!(
        "SELECT o.subject_id, a.ancestor_id, {} FROM obligations o JOIN unit_ancestors a ON a.unit_id = o.unit_id \
         WHERE o.subject_id IN ({}) AND {which} GROUP BY o.subject_id, a.ancestor_id",
        sums.join(", "),
        asked.join(", ")
    );
    let mut took = Histogram::new(3).unwrap();
    for _ in 0..BARE {
        let begun = Instant::now();
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), &statement)).await.unwrap();
        took.record(u64::try_from(begun.elapsed().as_micros()).unwrap()).unwrap();
        assert!(!rows.is_empty());
    }
    db.close().await.unwrap();
    took
}

async fn open(stage: &Stage) -> DatabaseConnection {
    let mut options = ConnectOptions::new(stage.program.database_url());
    options.max_connections(1).sqlx_logging(false);
    Sea::connect(options).await.unwrap()
}

/// Waits until the server has made the sums of all that was written.
async fn sums_are_made(stage: &Stage) -> Duration {
    let (db, begun) = (open(stage).await, Instant::now());
    let waiting = "SELECT COUNT(*) FROM tally_reckonings WHERE tree < 0";
    loop {
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), waiting)).await.unwrap().unwrap();
        if row.try_get_by_index::<i64>(0).unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    db.close().await.unwrap();
    begun.elapsed()
}

/// A programme or an exam of a year.
#[derive(Debug, Clone)]
struct Subject {
    year: i32,
    id: String,
    exam: bool,
}

fn unit_id(n: usize) -> String {
    format!("00000000-0000-7000-9000-{:012}", 100_000_000_000_u64 + u64::try_from(n).unwrap())
}

/// The units, the programmes and exams, and the closings of all years but the last.
async fn found(services: &Services, root: &str) -> Vec<Subject> {
    let core = &services.core;
    let by = services.auth.act_as("coordinator").await.unwrap().account.id;
    let mut statements = Vec::new();
    let mut insert = |table: &str, values: &[String]| {
        for values in values.chunks(1_000) {
            statements.push(format!("INSERT INTO {table} VALUES {}", values.join(", ")));
        }
    };
    let (mut units, mut closure) = (Vec::new(), Vec::new());
    for n in 0..UNITS {
        let (id, mut above, mut depth) = (unit_id(n), Some(n), 0);
        let parent = if n == 0 { root.to_owned() } else { unit_id((n - 1) / BRANCHES) };
        units.push(format!("('{id}', '{parent}', 'R{n}', '单位{n}', '{EDITION}{n:06}', 'unit', 0, '2000-01-01', 1)"));
        while let Some(m) = above {
            closure.push(format!("('{id}', '{}', {depth})", unit_id(m)));
            above = m.checked_sub(1).map(|m| m / BRANCHES);
            depth += 1;
        }
        closure.push(format!("('{id}', '{root}', {depth})"));
    }
    insert("units (id, parent_id, code, name, sort_key, kind, position, active_from, version)", &units);
    insert("unit_ancestors (unit_id, ancestor_id, depth)", &closure);
    let (mut subjects, mut programmes, mut exams) = (Vec::new(), Vec::new(), Vec::new());
    let (now, mut closings) = (core.now().0, Vec::new());
    let top = unit_id(0);
    for year in YEARS {
        let (programme, exam) = (programme_of(core, year, by), annual_exam(core, year, by));
        subjects.push(Subject { year, id: programme.id.to_string(), exam: false });
        subjects.push(Subject { year, id: exam.id.to_string(), exam: true });
        programmes.push(whole(programme.into()));
        exams.push(whole(exam.into()));
        if year != ASKED {
            let (closing, snapshot) = (core.uuid(), core.uuid());
            closings.push(format!(
                "INSERT INTO snapshots (id, year, unit_id, kind, note, body, digest, facts_digest, created_at) \
                 VALUES ('{snapshot}', {year}, '{top}', 'manual', '', '', '', '', {now})"
            ));
            closings.push(format!(
                "INSERT INTO year_closings (id, year, unit_id, snapshot_id, closed_by, closed_at, reason, open_key) \
                 VALUES ('{closing}', {year}, '{top}', '{snapshot}', '{by}', {now}, '', '{year} {top}')"
            ));
        }
    }
    statements.extend(closings);
    core.db
        .tx("bench.found", |tx| {
            let (statements, programmes, exams) = (statements.clone(), programmes.clone(), exams.clone());
            Box::pin(async move {
                for statement in statements {
                    tx.execute_unprepared(&statement).await?;
                }
                insert_all::<programme::ActiveModel>(tx, programmes, false).await?;
                insert_all::<exam::ActiveModel>(tx, exams, false).await
            })
        })
        .await
        .unwrap();
    subjects
}

/// People from one number to another, what they owe to each subject, and what the units' counts are then.
async fn fill(core: &Core, from: usize, to: usize, subjects: &[Subject]) {
    let numbers = format!("WITH RECURSIVE n(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM n WHERE n < {})", to - 1);
    let person = "'00000000-0000-7000-8000-' || CAST(100000000000 + n AS text)";
    let unit = format!("'00000000-0000-7000-9000-' || CAST(100000000000 + n % {UNITS} AS text)");
    let mut statements = vec![format!(
        "{numbers} INSERT INTO people (id, staff_no, name, sort_key, post, unit_id, joined_on, version) \
         SELECT {person}, 'R' || CAST(n AS text), '人' || CAST(n AS text), '{EDITION}R' || CAST(n AS text), '', {unit}, \
         '2000-01-01', 1 FROM n"
    )];
    let columns = Figure::ALL.iter().map(|figure| figure.as_str()).collect::<Vec<_>>().join(", ");
    for subject in subjects {
        let kind = if subject.exam { "exam" } else { "programme" };
        // Of twenty, one is exempt and one did nothing; of the others one in five failed at first.
        let mut values = String::new();
        for (place, figure) in Figure::ALL.iter().enumerate() {
            let case = match (figure.as_str(), subject.exam) {
                ("on_roster", _) => "1",
                ("exempt", _) => "CASE WHEN n % 20 = 0 THEN 1 ELSE 0 END",
                ("expected", _) => "CASE WHEN n % 20 = 0 THEN 0 ELSE 1 END",
                ("absent", true) => "CASE WHEN n % 20 = 1 THEN 1 ELSE 0 END",
                ("participated" | "completed" | "completed_due", false)
                | ("sat" | "first_sat" | "sittings" | "passed", true) => "CASE WHEN n % 20 > 1 THEN 1 ELSE 0 END",
                ("first_passed", true) => "CASE WHEN n % 20 > 1 AND n % 5 > 0 THEN 1 ELSE 0 END",
                ("excellent", true) => "CASE WHEN n % 20 = 7 THEN 1 ELSE 0 END",
                ("points", true) => "CASE WHEN n % 20 > 1 THEN 5000 + n % 5000 ELSE 0 END",
                _ => "0",
            };
            write!(values, "{}{case}", if place == 0 { "" } else { ", " }).unwrap();
        }
        statements.push(format!(
            "{numbers} INSERT INTO obligations (subject_kind, subject_id, person_id, unit_id, categories, {columns}) \
             SELECT '{kind}', '{}', {person}, {unit}, CASE WHEN n % 3 = 0 THEN 'civil_servant' ELSE 'other' END, \
             {values} FROM n",
            subject.id
        ));
        let sums: Vec<String> =
            Figure::ALL.iter().map(|figure| format!("CAST(SUM({}) AS bigint)", figure.as_str())).collect();
        statements.push(format!("DELETE FROM tally_counts WHERE subject_id = '{}'", subject.id));
        for category in ["''", "categories"] {
            statements.push(format!(
                "INSERT INTO tally_counts (subject_kind, subject_id, unit_id, category, {columns}) \
                 SELECT subject_kind, subject_id, unit_id, {category}, {} FROM obligations WHERE subject_id = '{}' \
                 GROUP BY subject_kind, subject_id, unit_id{}",
                sums.join(", "),
                subject.id,
                if category == "''" { "" } else { ", categories" }
            ));
        }
        // Of another tree: the server makes the sums anew.
        statements.push(format!("DELETE FROM tally_reckonings WHERE subject_id = '{}'", subject.id));
        statements.push(format!(
            "INSERT INTO tally_reckonings (subject_id, tree, moves) VALUES ('{}', -1, {to})",
            subject.id
        ));
    }
    for statement in statements {
        core.db
            .tx("bench.fill", |tx| {
                let statement = statement.clone();
                Box::pin(async move {
                    if tx.get_database_backend() == DbBackend::Sqlite {
                        tx.execute_unprepared("PRAGMA cache_size = -400000").await?;
                    }
                    tx.execute_unprepared(&statement).await?;
                    Ok::<_, Fault>(())
                })
            })
            .await
            .unwrap();
    }
}

fn programme_of(core: &Core, year: i32, by: AccountId) -> programme::Model {
    let id: ProgrammeId = core.id();
    programme::Model {
        id,
        year,
        title: format!("{year} 年计划"),
        unit_id: unit_id(0).parse().unwrap(),
        audience: "{}".to_owned(),
        required_hours: None,
        credits_left_early: false,
        credits_delegated: false,
        status: ProgrammeStatus::Closed,
        published_at: Some(core.now()),
        closed_at: Some(core.now()),
        due_stated_on: None,
        amended_to: 0,
        version: 1,
        created_by: by,
        created_at: core.now(),
    }
}

fn annual_exam(core: &Core, year: i32, by: AccountId) -> exam::Model {
    let id: ExamId = core.id();
    exam::Model {
        id,
        title: format!("{year} 年考试"),
        kind: ExamKind::Annual,
        year,
        unit_id: unit_id(0).parse().unwrap(),
        bank_ids: List(Vec::new()),
        opens_at: core.now(),
        closes_at: core.now(),
        latest_start_seconds: None,
        duration_seconds: 3600,
        grace_seconds: 30,
        pass_points: Points::whole(60),
        excellence_points: Some(Points::whole(90)),
        attempts_allowed: 1,
        attempt_scoring: AttemptScoring::Highest,
        audience: "{}".to_owned(),
        release: Release::OnClose,
        show_key: ShowKey::Never,
        balance: None,
        beacon_rule: None,
        beacon: None,
        beacon_source: None,
        seal_number: None,
        seal_entry_id: None,
        counted_at: Some(core.now()),
        makes_up_exam_id: None,
        contact: String::new(),
        objection_days: 0,
        regrades: 0,
        status: ExamStatus::Released,
        secret: None,
        manifest: None,
        manifest_digest: None,
        commitment: None,
        sealed_at: Some(core.now()),
        paused_at: None,
        paused_ms: 0,
        closed_at: Some(core.now()),
        released_at: Some(core.now()),
        version: 1,
        created_by: by,
        created_at: core.now(),
    }
}
