//! The herd at a door: 2,000 people who are logged in scan the code of one session within ten seconds, each phone on a
//! connection of its own: it opens the code's address, is sent on, and sees that it was counted.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use entity::instant::Millis;
use hdrhistogram::Histogram;
use kaofa::kernel::clock::{Clock as _, SystemClock};
use rig::Wire;
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use super::Measure;
use crate::report::{Row, each};
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "scan", sitting: None, run: |stage| Box::pin(run(stage)) };

const PEOPLE: u32 = 2_000;
const WITHIN: Duration = Duration::from_secs(10);
/// What 99 of 100 should take at most, in milliseconds.
const AIM: u64 = 200;
/// How often the screen at the door asks for its code.
const SCREEN: Duration = Duration::from_secs(1);

async fn run(stage: &Stage) -> Vec<Row> {
    let count = usize::try_from(PEOPLE).unwrap().min(stage.hall.candidates.len());
    let session = session(stage, count).await;
    let (address, used) = (stage.address(), stage.server().cpu);
    let (mut latency, mut errors) = (Histogram::<u64>::new(3).unwrap(), 0);
    let local = LocalSet::new();
    local
        .run_until(async {
            let key = Rc::new(RefCell::new(key_of(stage, &session).await));
            let over = Rc::new(Cell::new(false));
            let bell = Instant::now() + Duration::from_millis(50);
            let mut herd = JoinSet::new();
            for (n, candidate) in (0..).zip(&stage.hall.candidates[..count]) {
                let (at, token) = (bell + WITHIN * n / PEOPLE, candidate.token.clone());
                let (key, session) = (Rc::clone(&key), session.clone());
                herd.spawn_local(async move {
                    tokio::time::sleep_until(at.into()).await;
                    let key = key.borrow().clone();
                    let came = phone(address, &session, &key, &token).await;
                    (at.elapsed(), came)
                });
            }
            let screen = async {
                while !over.get() {
                    let new = key_of(stage, &session).await;
                    key.replace(new);
                    tokio::time::sleep(SCREEN).await;
                }
            };
            let door = async {
                while let Some(ended) = herd.join_next().await {
                    let (took, came) = ended.unwrap();
                    latency.record(u64::try_from(took.as_micros()).unwrap()).unwrap();
                    if let Err(error) = came {
                        eprintln!("scan: {error}");
                        errors += 1;
                    }
                }
                over.set(true);
            };
            tokio::join!(screen, door);
        })
        .await;
    let cpu = stage.server().cpu.saturating_sub(used);
    let summary = stage.ask("GET", &format!("/api/v1/sessions/{session}/summary"), "").await;
    let counted = summary["present"].as_u64().unwrap() + summary["late"].as_u64().unwrap();
    let mut row = Row::within(
        format!("{count} people who are logged in scan one code within 10 s, three requests each on a new connection"),
        format!("{counted} counted"),
        &latency,
        errors,
        AIM,
    );
    row.cpu = Some([each(cpu, u64::from(PEOPLE)), 0, 0]);
    row.memory = Some(stage.server().resident);
    if counted != u64::try_from(count).unwrap() {
        row.missed = format!("{} {counted} counted", row.missed);
    }
    vec![row]
}

/// A session that takes check-ins now, of the first so many people of the hall.
async fn session(stage: &Stage, count: usize) -> String {
    let share = stage.hall.candidates.len().div_ceil(stage.hall.units.len());
    let units = &stage.hall.units[..count.div_ceil(share)];
    let starts_at = SystemClock.now() + Millis::seconds(900);
    let body = json!({
        "title": "集中学法", "kind": "collective_study", "host_unit_ids": [stage.hall.root],
        "starts_at": starts_at.to_string(), "ends_at": (starts_at + Millis::seconds(5400)).to_string(),
        "place": "礼堂", "credit_hours": 2, "audience": { "unit_ids": units },
        "check_in": { "opens_before_seconds": 3600, "late_after_seconds": 900, "closes_after_seconds": 3600 },
    });
    let session = stage.ask("POST", "/api/v1/sessions", &body.to_string()).await;
    let id = session["id"].as_str().unwrap().to_owned();
    let published = stage.ask("POST", &format!("/api/v1/sessions/{id}/publish"), "").await;
    assert_eq!(published["status"], "running", "{published}");
    id
}

/// The key in the code that the screen shows at this moment.
async fn key_of(stage: &Stage, session: &str) -> String {
    let code = stage.ask("GET", &format!("/api/v1/sessions/{session}/check-in-code"), "").await;
    code["url"].as_str().and_then(|url| url.split_once("?k=")).unwrap().1.to_owned()
}

/// What a phone does.
async fn phone(address: SocketAddr, session: &str, key: &str, token: &str) -> io::Result<()> {
    let wrong = |what: String| io::Error::other(what);
    let mut wire = Wire::connect(address).await?;
    let mut cookies = format!("kaofa={token}");
    let get = |path: &str, cookies: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: kaofa\r\naccept-language: zh-CN\r\ncookie: {cookies}\r\n\r\n")
            .into_bytes()
    };
    let opened = wire.exchange(&get(&format!("/c/{session}?k={key}"), &cookies)).await?;
    if opened.status != 303 {
        return Err(wrong(format!("{} {}", opened.status, opened.text())));
    }
    for cookie in opened.headers("set-cookie") {
        cookies.push_str("; ");
        cookies.push_str(cookie.split(';').next().unwrap_or_default());
    }
    let arrived = wire.exchange(&get(&format!("/checkin/{session}/arrived"), &cookies)).await?;
    let page = format!("/checkin/{session}");
    if arrived.status != 303 || arrived.headers("location") != [page.as_str()] {
        return Err(wrong(format!("{} {:?}", arrived.status, arrived.headers("location"))));
    }
    let seen = wire.exchange(&get(&page, &cookies)).await?;
    if seen.status == 200 { Ok(()) } else { Err(wrong(format!("{} {}", seen.status, seen.text()))) }
}
