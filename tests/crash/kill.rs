//! kill -9 under load.

use std::sync::Arc;

use crate::check::faults;
use crate::client::Client;
use crate::ground::{Ground, hall_of};
use crate::liar::lie;
use crate::load::Load;
use crate::record::Record;
use crate::{both_databases, rounds};

/// How many clients press at once.
const CLIENTS: usize = 32;

both_databases! {
    async fn what_was_acknowledged_outlives_every_kill(hall_of(rounds(600, 30_000)), ground: Ground) {
        let record = Arc::new(Record::default());
        let mut server = ground.start();
        let load = Load::start(&ground.hall, &[ground.address()], CLIENTS, &record);
        for round in 0..rounds(3, 20) {
            // Not always at the same point of a batch.
            record.grows_by(200 + 37 * round).await;
            server.kill();
            server = ground.start();
        }
        // It goes on as if nothing had happened.
        record.grows_by(200).await;
        load.stop().await;
        server.kill();
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());

        // What was left lying is whole too: it is resumed with what was saved, and handed in.
        let server = ground.start();
        let mut client = Client::alone(ground.address(), &record);
        let mut resumed = 0;
        for (attempt, book) in record.books().into_iter().filter(|(_, b)| b.submitted_at.is_none()).take(40) {
            let candidate = ground.hall.candidates.iter().find(|c| c.person == book.person).unwrap();
            if book.submitting {
                continue;
            }
            let desk = client.start(&ground.hall.exams[0], candidate).await.unwrap();
            assert_eq!(desk.attempt, attempt);
            for (position, seq) in &book.kept {
                let saved = desk.saved.as_array().unwrap().iter().find(|s| s["position"] == *position).unwrap();
                assert!(saved["seq"].as_i64() >= Some((*seq).into()), "{attempt}: {position}/{seq} of {}", desk.saved);
            }
            assert_eq!(client.submit(&candidate.token, &desk).await.unwrap().0, 200);
            resumed += 1;
        }
        assert!(resumed > 0, "every paper was handed in: the load does not leave any lying");
        server.stop();
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
    }
}

/// The test above can fail: before a server that acknowledges what it has not committed, it finds what was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_before_the_commit_is_found_out() {
    let ground = Ground::sqlite(&hall_of(200)).await;
    let record = Arc::new(Record::default());
    let server = ground.start();
    let liar = lie(ground.address()).await;
    let load = Load::start(&ground.hall, &[liar], CLIENTS, &record);
    record.grows_by(300).await;
    server.kill();
    load.stop().await;
    let faults = faults(&ground, &record).await;
    assert!(faults.iter().any(|f| f.contains("lost the acknowledged answer")), "nothing was lost: {faults:?}");
}
