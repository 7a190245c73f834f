//! One whole candidate: start, an answer to each of 20 questions, hand in.

use std::time::Duration;

use super::{Measure, Running, exam_of, start};
use crate::press::{Script, to_the_end};
use crate::report::{Row, each, millis};
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "candidate", sitting: Some(exam_of(20)), run: |stage| Box::pin(run(stage)) };

const CANDIDATES: usize = 2_000;
const CONNECTIONS: usize = 64;
/// What a whole candidate may cost.
const AIM: Duration = Duration::from_millis(5);

async fn run(stage: &Stage) -> Vec<Row> {
    let exam = stage.exam(MEASURE.name);
    let candidates = &stage.hall.candidates[..CANDIDATES.min(stage.hall.candidates.len())];
    let scripts = candidates.chunks(candidates.len().div_ceil(CONNECTIONS)).map(|chunk| Whole {
        starts: chunk.iter().map(|c| (c.token.clone(), start(exam, &c.token))).collect::<Vec<_>>().into_iter(),
        running: None,
        step: Step::HandIn,
        token: String::new(),
        current: Vec::new(),
    });
    let pressed = to_the_end(stage, scripts.collect()).await;
    let count = u64::try_from(candidates.len()).unwrap();
    let (server, database) = (each(pressed.server, count), each(pressed.database, count));
    let whole = |micros: u128| millis(u64::try_from(micros).unwrap());
    let missed =
        if server + database > AIM.as_micros() { format!("{} ms", whole(server + database)) } else { String::new() };
    let cost = Row {
        what: "one whole candidate, 20 questions: start, 20 saves, submit".to_owned(),
        figure: format!(
            "{} ms of CPU (server {}, database {})",
            whole(server + database),
            whole(server),
            whole(database)
        ),
        aim: format!("{} ms of CPU", AIM.as_millis()),
        missed,
        ..Row::default()
    };
    vec![cost, Row::of("its requests, 64 connections", &pressed, None)]
}

/// Candidates one after the other.
struct Whole {
    starts: std::vec::IntoIter<(String, Vec<u8>)>,
    running: Option<Running>,
    step: Step,
    token: String,
    current: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Start,
    Save(usize),
    HandIn,
}

impl Script for Whole {
    fn next(&mut self) -> Option<&[u8]> {
        self.step = match (self.step, &self.running) {
            (Step::Start, Some(_)) => Step::Save(1),
            (Step::Save(n), Some(running)) if n < running.options.len() => Step::Save(n + 1),
            (Step::Save(_), Some(_)) => Step::HandIn,
            _ => Step::Start,
        };
        self.current = match (self.step, &self.running) {
            (Step::Save(position), Some(running)) => running.save(position, 1),
            (Step::HandIn, Some(running)) => running.submit(),
            _ => {
                let (token, request) = self.starts.next()?;
                self.token = token;
                request
            }
        };
        Some(&self.current)
    }

    fn answered(&mut self, status: u16, body: &[u8]) -> bool {
        if self.step == Step::Start {
            self.running = Running::read(&self.token, body);
        }
        status == 200
    }
}
