//! The disk is full, and later has room again.

use std::sync::Arc;
use std::time::Duration;

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
        tokio::time::sleep(Duration::from_millis(500)).await;
        // The journal may grow a little more, and then no more.
        let journal = std::fs::metadata(ground.file("kaofa.db-wal")).unwrap().len();
        let (told, kept) = (record.refusals(), record.count());
        server.limit_files(Some(journal + 64 * 1024));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(record.refusals() > told, "nobody was told to wait in round {round}");
        // Who only reads is served.
        let mut reader = Client::alone(ground.address(), &record);
        let exam = format!("/api/v1/exams/{}/manifest", ground.hall.exams[0]);
        let read = reader.send(&request("GET", &exam, &ground.hall.coordinator, "")).await.unwrap();
        assert_eq!(read.0, 200, "{}", read.1);
        server.limit_files(None);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(server.is_running(), "the server ended with its disk");
        assert!(record.count() > kept + 64, "it does not go on in round {round}: {} and {kept}", record.count());
    }
    load.stop().await;
    server.stop();
    assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
}
