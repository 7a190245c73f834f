//! Starting: a paper of 50 items drawn from 2,000, with all checks, in one answer.

use super::{Batch, CONNECTIONS, Measure, exam_of, start};
use crate::press::to_the_end;
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "start", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

/// The hall that has started before the clock is set going.
const BEFORE: usize = 500;

async fn run(stage: &Stage) -> Vec<Row> {
    let exam = stage.exam(MEASURE.name);
    let requests: Vec<Vec<u8>> = stage.hall.candidates.iter().map(|c| start(exam, &c.token)).collect();
    let (before, rest) = requests.split_at(BEFORE.min(requests.len() / 2));
    super::sent(stage, before).await;
    let pressed = to_the_end(stage, Batch::over(CONNECTIONS, rest)).await;
    let memory = stage.server();
    let open = Row {
        what: format!("memory with {} open attempts of 50 items", requests.len()),
        figure: format!("{} MB, at most {} MB", memory.resident / 1_000_000, memory.peak / 1_000_000),
        memory: Some(memory.resident),
        aim: "200 MB for 10,000".to_owned(),
        missed: if memory.peak > 200_000_000 {
            format!("{} MB at most", memory.peak / 1_000_000)
        } else {
            String::new()
        },
        ..Row::default()
    };
    vec![Row::of("start, 50 items drawn from 2,000, 256 connections", &pressed, Some((4_000, None))), open]
}
