//! The disk is full, and later has room again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rig::request;

use crate::check::faults;
use crate::client::Client;
use crate::ground::{Ground, hall_of};
use crate::load::Load;
use crate::record::Record;
use crate::rounds;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_loses_nothing() {
    let ground = Ground::sqlite(&hall_of(rounds(600, 20_000))).await;
    let record = Arc::new(Record::default());
    let mut server = ground.start();
    let load = Load::start(&ground.hall, &[ground.address()], 32, &record);
    for round in 0..rounds(2, 10) {
        record.grows_by(200).await;
        // The journal may grow a little more, and then no more.
        let (journal, told) = (std::fs::metadata(ground.file("kaofa.db-wal")).unwrap().len(), record.refusals());
        server.limit_files(Some(journal + 64 * 1024));
        let begun = Instant::now();
        while record.refusals() < told + 32 {
            assert!(begun.elapsed() < Duration::from_mins(1), "nobody was told to wait in round {round}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Who only reads is served.
        let mut reader = Client::alone(ground.address(), &record);
        let exam = format!("/api/v1/exams/{}/manifest", ground.hall.exams[0]);
        let read = reader.send(&request("GET", &exam, &ground.hall.coordinator, "")).await.unwrap();
        assert_eq!(read.0, 200, "{}", read.1);
        server.limit_files(None);
        record.grows_by(200).await;
        assert!(server.is_running(), "the server ended with its disk");
    }
    load.stop().await;
    server.stop();
    assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
}
