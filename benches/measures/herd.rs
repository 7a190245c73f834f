//! The start bell: 3,000 candidates within one second, each on a new connection to a server that remembers nothing yet.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rig::Wire;
use tokio::task::{JoinSet, LocalSet};

use super::{Measure, exam_of, start};
use crate::report::{Row, millis};
use crate::stage::Stage;

pub(super) const MEASURE: Measure =
    Measure { name: "herd", sitting: Some(exam_of(50)), run: |stage| Box::pin(run(stage)) };

const CANDIDATES: u32 = 3_000;
const WITHIN: Duration = Duration::from_secs(1);
/// When the last of them should have their paper.
const AIM: Duration = Duration::from_secs(2);

async fn run(stage: &Stage) -> Vec<Row> {
    stage.restart();
    let (exam, address) = (stage.exam(MEASURE.name).to_owned(), stage.address());
    let count = usize::try_from(CANDIDATES).unwrap().min(stage.hall.candidates.len());
    let used = stage.server().cpu;
    let (mut latency, mut errors) = (Histogram::<u64>::new(3).unwrap(), 0);
    let bell = Instant::now() + Duration::from_millis(50);
    let local = LocalSet::new();
    let last = local
        .run_until(async {
            let mut herd = JoinSet::new();
            for (n, candidate) in (0..).zip(&stage.hall.candidates[..count]) {
                let (at, request) = (bell + WITHIN * n / CANDIDATES, start(&exam, &candidate.token));
                herd.spawn_local(async move {
                    tokio::time::sleep_until(at.into()).await;
                    let status = async {
                        let mut wire = Wire::connect(address).await?;
                        Ok::<_, std::io::Error>(wire.exchange(&request).await?.status)
                    };
                    let status = status.await;
                    (at.elapsed(), status)
                });
            }
            while let Some(ended) = herd.join_next().await {
                let (took, status) = ended.unwrap();
                latency.record(u64::try_from(took.as_micros()).unwrap()).unwrap();
                if !matches!(status, Ok(200)) {
                    eprintln!("herd: {status:?}");
                    errors += 1;
                }
            }
            bell.elapsed()
        })
        .await;
    let quantile = |q| latency.value_at_quantile(q);
    let cpu = stage.server().cpu.saturating_sub(used);
    vec![Row {
        what: format!("{count} candidates start within one second, each on a new connection, the server just started"),
        figure: format!(
            "all have their paper {} ms after the bell; {} ms of server CPU",
            last.as_millis(),
            cpu.as_millis()
        ),
        latency: Some([quantile(0.5), quantile(0.95), quantile(0.99), latency.max()].map(millis)),
        errors: Some(errors),
        aim: format!("each within {} s, no error", AIM.as_secs()),
        memory: Some(stage.server().resident),
        missed: if latency.max() > 2_000_000 || errors > 0 { "yes".to_owned() } else { String::new() },
        ..Row::default()
    }]
}
