//! Holding the database against the record.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::exam::attempt::{self, AttemptState};
use entity::exam::save;
use entity::id::{AttemptId, ExamId};
use entity::log;
use kaofa::db::Db;
use kaofa::log::Trust;
use sea_orm::Statement;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::ground::Ground;
use crate::record::{Book, Record};

/// How many faults are told of.
const ENOUGH: usize = 20;

/// Everything that is not as it must be: acknowledged answers that are lost, answers that nobody gave, papers, hand-ins,
/// marks, log and database that are not whole. Empty if all is well. No server should be writing.
pub(crate) async fn faults(ground: &Ground, record: &Record) -> Vec<String> {
    let db = Db::open_to_read(ground.program.database_url()).await.expect("the database opens");
    let mut faults = record.complaints();
    let exams: Vec<ExamId> = ground.hall.exams.iter().map(|id| id.parse().unwrap()).collect();
    let rows = attempt::Entity::find().filter(attempt::Column::ExamId.is_in(exams)).all(db.read()).await.unwrap();
    let saves = saves(db.read()).await;
    let entries = entries(db.read()).await;
    let mut books = record.books();
    let mut seats = HashSet::new();
    let none = Vec::new();
    for row in &rows {
        let saves = saves.get(&row.id).unwrap_or(&none);
        let book = books.remove(&row.id.to_string());
        let mut fault = |what: String| faults.push(format!("{}: {what}", row.id));
        if !seats.insert((row.exam_id, row.person_id, row.number)) {
            fault("a second attempt of one number".to_owned());
        }
        against_the_book(row, saves, &book.unwrap_or_default(), &mut fault);
        against_the_log(row, saves, entries.get(&row.id.to_string()).map_or(&[], Vec::as_slice), &mut fault);
    }
    faults.extend(books.into_keys().map(|attempt| format!("{attempt}: lost, the whole attempt")));
    let verdict = kaofa::log::verify(db.read(), Trust::default()).await.unwrap();
    faults.extend(verdict.findings.iter().map(|finding| format!("the log: {finding}")));
    if db.backend() == DbBackend::Sqlite {
        faults.extend(sqlite_faults(db.read()).await);
    }
    db.close().await.unwrap();
    faults.truncate(ENOUGH);
    faults
}

/// What the client knows.
fn against_the_book(row: &attempt::Model, saves: &[save::Model], book: &Book, fault: &mut impl FnMut(String)) {
    // An attempt whose start was never answered has no book worth the name.
    if !book.paper.is_empty() && (book.paper != row.paper_digest || book.person != row.person_id.to_string()) {
        fault("the paper or the candidate changed".to_owned());
    }
    let there: BTreeMap<_, _> = saves.iter().map(|s| ((s.position, s.seq), s.response.as_str())).collect();
    for key in &book.kept {
        match there.get(key) {
            None => fault(format!("lost the acknowledged answer {key:?}")),
            Some(response) if *response != book.sent[key] => fault(format!("changed the answer {key:?}")),
            Some(_) => {}
        }
    }
    for (key, response) in &there {
        if book.sent.get(key).map(String::as_str) != Some(response) {
            fault(format!("an answer that nobody gave: {key:?}"));
        }
    }
    if let Some(at) = &book.submitted_at {
        if row.state != AttemptState::Graded || row.submitted_at.map(|t| t.to_string()).as_ref() != Some(at) {
            fault(format!("handed in at {at}, but it is {:?} since {:?}", row.state, row.submitted_at));
        }
    } else if row.state != AttemptState::Running && !book.submitting && !row.by_server {
        fault("handed in by nobody".to_owned());
    }
}

/// What the log says of it: handed in once, with exactly the saves that are there, and marked by them.
fn against_the_log(row: &attempt::Model, saves: &[save::Model], entries: &[Value], fault: &mut impl FnMut(String)) {
    if row.state == AttemptState::Running {
        if !entries.is_empty() || row.submitted_at.is_some() || row.points.is_some() {
            fault("half handed in".to_owned());
        }
        return;
    }
    let [entry] = entries else { return fault(format!("{} hand-ins in the log", entries.len())) };
    if entry["saves"] != json!(saves.len()) || entry["history"] != json!(digest(saves)) {
        fault(format!("{} saves, but it was handed in with {}", saves.len(), entry["saves"]));
    }
    // Ordered by number, so the last of each position counts.
    let answers: HashMap<i32, &str> = saves.iter().map(|s| (s.position, s.response.as_str())).collect();
    let answered = answers.values().filter(|response| !response.is_empty()).count();
    if usize::try_from(row.answered) != Ok(answered) || row.points.is_none() {
        fault(format!("{answered} answers, marked as {}", row.answered));
    }
}

/// Saves by attempt, each in the order of position and number.
async fn saves(conn: &DatabaseConnection) -> HashMap<AttemptId, Vec<save::Model>> {
    let ordered = save::Entity::find().order_by_asc(save::Column::AttemptId).order_by_asc(save::Column::Position);
    let mut saves: HashMap<AttemptId, Vec<save::Model>> = HashMap::new();
    for row in ordered.order_by_asc(save::Column::Seq).all(conn).await.unwrap() {
        saves.entry(row.attempt_id).or_default().push(row);
    }
    saves
}

/// The data of every hand-in in the log, by attempt.
async fn entries(conn: &DatabaseConnection) -> HashMap<String, Vec<Value>> {
    let mut entries: HashMap<String, Vec<Value>> = HashMap::new();
    for row in log::Entity::find().filter(log::Column::Action.eq("exam.submit")).all(conn).await.unwrap() {
        let attempt = row.subject.trim_start_matches("attempt:").to_owned();
        entries.entry(attempt).or_default().push(serde_json::from_str(&row.data).unwrap());
    }
    entries
}

/// The digest of a history as `exam::attempt` states it, worked out anew.
fn digest(saves: &[save::Model]) -> String {
    let text: Vec<String> = (saves.iter())
        .map(|s| {
            let response = json!(s.response);
            format!(r#"{{"at":{},"position":{},"response":{response},"seq":{}}}"#, s.at.0, s.position, s.seq)
        })
        .collect();
    hex::encode(Sha256::digest(format!("[{}]", text.join(","))))
}

async fn sqlite_faults(conn: &DatabaseConnection) -> Vec<String> {
    let mut faults = Vec::new();
    for (pragma, well) in [("integrity_check", Some("ok")), ("foreign_key_check", None)] {
        let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
        for row in conn.query_all_raw(statement).await.unwrap() {
            let said: String = row.try_get_by_index(0).unwrap();
            if Some(said.as_str()) != well {
                faults.push(format!("{pragma}: {said}"));
            }
        }
    }
    faults
}
