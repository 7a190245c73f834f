use std::sync::Arc;

use entity::exam::attempt::AttemptState;
use entity::id::{AttemptId, ExamId, LeaseId};
use entity::instant::Instant;
use poem_openapi::types::ParseFromJSON;
use uuid::Uuid;

use super::super::model::Seat;
use super::super::views::{Attempt, Saved};
use super::*;
use crate::bank::Kind;
use crate::exam::grading::Response as Answered;
use crate::exam::sealed::fixtures;

fn attempt() -> Attempt {
    Attempt {
        id: AttemptId(Uuid::from_u128(5)),
        exam_id: ExamId(Uuid::from_u128(1)),
        person_id: fixtures::person(),
        number: 1,
        state: AttemptState::Running,
        device: Some("\"一号\"机".into()),
        started_at: Instant(0),
        deadline: Instant(60_000),
        paused: false,
        submitted_at: None,
        by_server: false,
        void_kind: None,
        paper_digest: "0".repeat(64),
    }
}

fn desk() -> Desk {
    let seat = Seat { exam: ExamId(Uuid::from_u128(1)), person: fixtures::person(), sheet: fixtures::sheet() };
    let saved = |position, kind, response| Saved { position, seq: 2, kind, response };
    Desk {
        seat: Arc::new(seat),
        saved: vec![
            saved(1, Kind::Single, Answered::Blank),
            saved(3, Kind::Multiple, Answered::Options(["x3".to_owned(), "x1".to_owned()].into())),
            saved(4, Kind::Judgement, Answered::Truth(false)),
        ],
    }
}

/// What is put together by hand has the declared shape and loses nothing on the way through it.
fn has_its_shape<T: ParseFromJSON + ToJSON>(assembled: &Assembled<T>) -> Value {
    let written: Value = serde_json::from_str(&assembled.text).unwrap();
    let shaped = T::parse_from_json(Some(written.clone())).unwrap_or_else(|e| panic!("{}", e.into_message()));
    let Some(Value::Object(mut again)) = shaped.to_json() else { panic!("no object") };
    again.retain(|name, value| !value.is_null() || written.get(name).is_some());
    assert_eq!(Value::Object(again), written);
    written
}

#[test]
fn a_sitting_has_its_shape() {
    let started =
        Started { attempt: attempt(), lease: LeaseId(Uuid::from_u128(6)), desk: desk(), server_time: Instant(1) };
    let written = has_its_shape(&Assembled::<SittingDto>::from(started));
    assert_eq!(written["saved"][0]["response"], Value::Array(Vec::new()));
    assert_eq!(written["saved"][1]["response"], serde_json::json!(["x1", "x3"]));
    assert_eq!(written["saved"][2]["response"], false);
    assert_eq!(written["server_time"], "1970-01-01T00:00:00.001Z");
}

#[test]
fn an_attempt_has_its_shape() {
    let running = Viewed { attempt: attempt(), desk: Some(desk()), answered: None, server_time: Instant(1) };
    assert!(has_its_shape(&Assembled::<AttemptDto>::from(running))["sections"].is_array());
    let over = Viewed { attempt: attempt(), desk: None, answered: Some(3), server_time: Instant(1) };
    let written = has_its_shape(&Assembled::<AttemptDto>::from(over));
    assert_eq!((&written["device"], written.get("sections")), (&Value::from("\"一号\"机"), None));
    assert_eq!(written["answered"], 3);
}
