//! The monitor of an exam that 3,000 sit: what it takes of the processor beside their saves.

use std::time::{Duration, Instant};

use super::save::Saving;
use super::{Measure, make_exam, started_in};
use crate::press::{Pressed, paced};
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "watch", sitting: None, run: |stage| Box::pin(run(stage)) };

/// How many sit.
const CANDIDATES: usize = 3_000;
/// How many connections they save over, and how often each: a hundred saves a second, so each saves every half a minute.
const CONNECTIONS: usize = 100;
const EVERY: Duration = Duration::from_secs(1);
/// For how long it is measured.
const LONG: Duration = Duration::from_secs(30);
/// What it may take, in thousandths of a core.
const AIM: u128 = 50;

async fn run(stage: &Stage) -> Vec<Row> {
    let share = stage.hall.candidates.len().div_ceil(stage.hall.units.len()).max(1);
    let units = &stage.hall.units[..CANDIDATES.div_ceil(share).min(stage.hall.units.len())];
    let exam = stage.refurnish(async |services| make_exam(services, &stage.hall, units, None, 50).await).await;
    let running = started_in(stage, &exam.to_string(), units.len() * share).await;
    let chunk = running.len().div_ceil(CONNECTIONS);
    let saving =
        |round: usize| running.chunks(chunk).map(|chunk| Saving::from(chunk, 1_000 * round)).collect::<Vec<_>>();
    let (warm, ()) = paced(stage, saving(0), EVERY, tokio::time::sleep(Duration::from_secs(5))).await;
    assert_eq!(warm.errors, 0, "{:?}", warm.first_error);
    let (alone, ()) = paced(stage, saving(1), EVERY, tokio::time::sleep(LONG)).await;
    let (watched, events) = paced(stage, saving(2), EVERY, watch(stage, &exam.to_string())).await;
    let more = |of: fn(&Pressed) -> Duration| {
        let per_mille = |pressed: &Pressed| of(pressed).as_micros() * 1000 / pressed.elapsed.as_micros().max(1);
        per_mille(&watched).saturating_sub(per_mille(&alone))
    };
    let (server, database) = (more(|pressed| pressed.server), more(|pressed| pressed.database));
    let percent = |mille: u128| format!("{}.{} %", mille / 10, mille % 10);
    let missed = if server + database > AIM { percent(server + database) } else { String::new() };
    vec![Row {
        what: format!("monitor of {} candidates who save 100 times a second, one watcher", running.len()),
        figure: format!(
            "{} of a core (server {}, database {}), {events} events",
            percent(server + database),
            percent(server),
            percent(database)
        ),
        aim: "5 % of a core".to_owned(),
        missed,
        errors: Some(alone.errors + watched.errors),
        ..Row::default()
    }]
}

/// Watches for so long and gives how many events there were.
async fn watch(stage: &Stage, exam: &str) -> usize {
    let url = format!("http://{}/api/v1/exams/{exam}/monitor", stage.address());
    let asked = reqwest::Client::new().get(url).bearer_auth(&stage.hall.coordinator).send();
    let mut stream = asked.await.unwrap();
    assert_eq!(stream.status(), 200);
    let (until, mut events) = (Instant::now() + LONG, 0);
    while let Ok(piece) = tokio::time::timeout_at(until.into(), stream.chunk()).await {
        let piece = piece.unwrap().expect("the stream goes on");
        events += piece.windows(6).filter(|six| six.ends_with(b"\n\n")).count();
    }
    assert!(events > 0, "nothing was told");
    events
}
