//! A candidate's device: it sends a request again until it is answered, as the page does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rig::{Wire, request};
use serde_json::Value;

use crate::record::Record;

/// How long an answer may take before the client gives up on the connection.
const PATIENCE: Duration = Duration::from_secs(40);

/// One device, which knows every instance of the service and goes from one to the next with each request.
pub(crate) struct Client {
    wires: Vec<(SocketAddr, Option<Wire>)>,
    turn: usize,
    stop: Arc<AtomicBool>,
    pub(crate) record: Arc<Record>,
}

/// Where a paper stands on its device.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) attempt: String,
    pub(crate) lease: String,
    /// For each position the ids of its options.
    pub(crate) options: Vec<Vec<String>>,
    pub(crate) saved: Value,
}

impl Client {
    pub(crate) fn new(addresses: &[SocketAddr], record: &Arc<Record>, stop: &Arc<AtomicBool>) -> Self {
        let wires = addresses.iter().map(|address| (*address, None)).collect();
        Self { wires, turn: 0, stop: Arc::clone(stop), record: Arc::clone(record) }
    }

    /// One that nobody will stop.
    pub(crate) fn alone(address: SocketAddr, record: &Arc<Record>) -> Self {
        Self::new(&[address], record, &Arc::default())
    }

    /// Sends it until there is an answer; nothing once the load has been stopped.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Option<(u16, Value)> {
        while !self.stop.load(Ordering::Relaxed) {
            self.turn = (self.turn + 1) % self.wires.len();
            match tokio::time::timeout(PATIENCE, self.once(request)).await {
                Ok(Ok((503, wait, body))) => {
                    self.record.refused();
                    if wait.is_none() {
                        self.record.complain(format!("503 without Retry-After: {body}"));
                    }
                    // A person waits longer; a test has no time.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(Ok((status, _, body))) => return Some((status, body)),
                Ok(Err(_broken)) => tokio::time::sleep(Duration::from_millis(10)).await,
                Err(_late) => {
                    self.wires[self.turn].1 = None;
                    self.record.complain(format!("no answer within {PATIENCE:?}"));
                }
            }
        }
        None
    }

    async fn once(&mut self, request: &[u8]) -> std::io::Result<(u16, Option<u64>, Value)> {
        let (address, wire) = &mut self.wires[self.turn];
        let mut open = match wire.take() {
            Some(wire) => wire,
            None => Wire::connect(*address).await?,
        };
        let answer = open.exchange(request).await?;
        let body = serde_json::from_slice(answer.body).unwrap_or(Value::Null);
        let answer = (answer.status, answer.retry_after, body);
        *wire = Some(open);
        Ok(answer)
    }

    /// Starts or resumes, and notes the paper.
    pub(crate) async fn start(&mut self, exam: &str, candidate: &rig::Candidate) -> Option<Desk> {
        let path = format!("/api/v1/exams/{exam}/attempts");
        let (status, body) = self.send(&request("POST", &path, &candidate.token, "")).await?;
        if status != 200 {
            self.record.complain(format!("start: {status} {body}"));
            return None;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = body["sections"].as_array().into_iter().flatten().filter_map(|s| s["items"].as_array()).flatten();
        let options = |item: &Value| item["options"].as_array().into_iter().flatten().map(|o| text(&o["id"])).collect();
        let desk = Desk {
            attempt: text(&body["id"]),
            lease: text(&body["lease"]),
            options: items.map(options).collect(),
            saved: body["saved"].clone(),
        };
        self.record.started(&desk.attempt, &candidate.person, &text(&body["paper_digest"]));
        Some(desk)
    }

    /// Saves one response and notes what becomes of it. Gives the status.
    pub(crate) async fn save(
        &mut self,
        token: &str,
        desk: &Desk,
        (position, seq): (i32, i32),
        option: usize,
    ) -> Option<(u16, Value)> {
        let options = &desk.options[usize::try_from(position - 1).unwrap()];
        let response = &options[option % options.len()];
        self.record.sends(&desk.attempt, (position, seq), response);
        let body = format!(
            r#"{{"lease":"{}","saves":[{{"position":{position},"seq":{seq},"response":["{response}"]}}]}}"#,
            desk.lease
        );
        let path = format!("/api/v1/attempts/{}/answers", desk.attempt);
        let (status, body) = self.send(&request("PUT", &path, token, &body)).await?;
        if status == 200 {
            self.record.acknowledged(&desk.attempt, (position, seq));
            let counts = |s: &Value| s["position"] == position && s["seq"].as_i64() >= Some(seq.into());
            if !body["saved"].as_array().is_some_and(|saved| saved.iter().any(counts)) {
                self.record.complain(format!("{}: saved {position}/{seq}, but it says {body}", desk.attempt));
            }
        }
        Some((status, body))
    }

    /// Hands in and notes the answer. Gives the status.
    pub(crate) async fn submit(&mut self, token: &str, desk: &Desk) -> Option<(u16, Value)> {
        self.record.submits(&desk.attempt);
        let path = format!("/api/v1/attempts/{}/submit", desk.attempt);
        let body = format!(r#"{{"lease":"{}"}}"#, desk.lease);
        let (status, body) = self.send(&request("POST", &path, token, &body)).await?;
        if status == 200 {
            self.record.submitted(&desk.attempt, body["submitted_at"].as_str().unwrap_or_default());
        }
        Some((status, body))
    }
}
