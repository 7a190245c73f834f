//! Saving one answer, by 3,000 candidates over 256 connections.

use std::time::Duration;

use super::{CONNECTIONS, Measure, Running, exam_of, started};
use crate::Database;
use crate::press::{Pressed, Script, for_a_while};
use crate::report::{Row, each, millis, thousands};
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "save", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

/// How many candidates save in turn.
const CANDIDATES: usize = 3_000;

async fn run(stage: &Stage) -> Vec<Row> {
    let running = started(stage, MEASURE.name, CANDIDATES).await;
    let share = running.len().div_ceil(CONNECTIONS);
    let scripts = running.chunks(share).map(Saving::new).collect();
    let pressed = for_a_while(stage, scripts).await;
    let aim = if stage.database == Database::Sqlite { 15_000 } else { 10_000 };
    let what = format!("save, {CANDIDATES} candidates, 256 connections");
    vec![Row::of(&what, &pressed, Some((aim, Some(50))))]
}

/// How many candidates save in turn where saves keep their pace beside something else.
pub(super) const STEADY: usize = 2_560;
/// How often each of the connections saves then: a thousand saves a second.
pub(super) const EVERY: Duration = Duration::from_millis(256);

/// A round of saves that keep their pace. Each has sequence numbers of its own, so that every save is a new one.
pub(super) fn steady(running: &[Running], round: usize) -> Vec<Saving> {
    let share = running.len().div_ceil(CONNECTIONS);
    running.chunks(share).map(|chunk| Saving::from(chunk, 1_000 * round)).collect()
}

/// How such a round went: 99 of 100 should take 200 ms at most.
pub(super) fn kept_pace(what: &str, pressed: &Pressed) -> Row {
    if let Some(error) = &pressed.first_error {
        eprintln!("{what}: {} errors, the first: {error}", pressed.errors);
    }
    let figure =
        format!("{} saves, longest stall {} ms", thousands(u128::from(pressed.done)), millis(pressed.latency.max()));
    let mut row = Row::within(what.to_owned(), figure, &pressed.latency, pressed.errors, 200);
    row.cpu = Some([pressed.server, pressed.database, pressed.generator].map(|cpu| each(cpu, pressed.done)));
    row
}

/// Saves of some candidates in turn, each going through the positions again and again.
pub(super) struct Saving {
    candidates: Vec<Running>,
    turn: usize,
    /// What all sequence numbers are above.
    floor: usize,
    current: Vec<u8>,
}

impl Saving {
    pub(super) fn new(candidates: &[Running]) -> Self {
        Self::from(candidates, 0)
    }

    /// With sequence numbers above that.
    pub(super) fn from(candidates: &[Running], floor: usize) -> Self {
        Self { candidates: candidates.to_vec(), turn: 0, floor, current: Vec::new() }
    }
}

impl Script for Saving {
    fn next(&mut self) -> Option<&[u8]> {
        let candidate = &self.candidates[self.turn % self.candidates.len()];
        let nth = self.turn / self.candidates.len();
        self.turn += 1;
        let (position, seq) = (nth % candidate.options.len() + 1, nth / candidate.options.len() + 1);
        self.current = candidate.save(position, u32::try_from(self.floor + seq).unwrap());
        Some(&self.current)
    }

    fn answered(&mut self, status: u16, _: &[u8]) -> bool {
        status == 200
    }
}
