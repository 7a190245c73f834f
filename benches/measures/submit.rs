//! Handing in a paper of 50 items, all of them answered.

use super::{Batch, CONNECTIONS, Measure, Running, exam_of, sent, started};
use crate::press::to_the_end;
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "submit", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

/// How many hand in.
const CANDIDATES: usize = 8_000;

async fn run(stage: &Stage) -> Vec<Row> {
    let running = started(stage, MEASURE.name, CANDIDATES).await;
    sent(stage, &running.iter().map(Running::save_all).collect::<Vec<_>>()).await;
    let requests: Vec<Vec<u8>> = running.iter().map(Running::submit).collect();
    let pressed = to_the_end(stage, Batch::over(CONNECTIONS, &requests)).await;
    vec![Row::of("submit, 50 items answered, graded at once, 256 connections", &pressed, Some((4_000, None)))]
}
