//! A hall under way: clients that start, save, change devices and hand in, one candidate after another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rig::Hall;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::record::Record;

/// How many answers a candidate gives: to ten questions, some of them several times.
const SAVES: usize = 36;

/// Clients that go on until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    /// So many clients, each of which knows all of the addresses.
    pub(crate) fn start(hall: &Hall, addresses: &[SocketAddr], clients: usize, record: &Arc<Record>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (next, hall) = (Arc::new(AtomicUsize::new(0)), Arc::new(hall.clone()));
        let client = |_| {
            let (mut client, hall, next) =
                (Client::new(addresses, record, &stop), Arc::clone(&hall), Arc::clone(&next));
            async move { while sit(&mut client, &hall, next.fetch_add(1, Ordering::Relaxed)).await.is_some() {} }
        };
        Self { clients: (0..clients).map(client).collect(), stop }
    }

    /// Stops them; what is under way stays without an answer.
    pub(crate) async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
    }
}

/// A candidate's whole exam; nothing once there is nobody left or the load was stopped.
async fn sit(client: &mut Client, hall: &Hall, number: usize) -> Option<()> {
    let candidate = hall.candidates.get(number)?;
    let mut desk = client.start(&hall.exams[0], candidate).await?;
    for n in 0..SAVES {
        if n == SAVES / 2 {
            // Another device.
            desk = client.start(&hall.exams[0], candidate).await?;
        }
        let place = i32::try_from(n % desk.options.len() + 1).unwrap();
        let seq = i32::try_from(n / desk.options.len() + 1).unwrap();
        let (status, body) = client.save(&candidate.token, &desk, (place, seq), n + number).await?;
        if status != 200 {
            client.record.complain(format!("save: {status} {body}"));
        }
    }
    // Some papers are left lying.
    if !number.is_multiple_of(4) {
        let (status, body) = client.submit(&candidate.token, &desk).await?;
        if status != 200 {
            client.record.complain(format!("submit: {status} {body}"));
        }
    }
    Some(())
}
