//! The database goes away under load and comes back.

use std::sync::Arc;

use rig::Cluster;

use crate::check::faults;
use crate::ground::{Ground, hall_of};
use crate::load::Load;
use crate::record::Record;
use crate::rounds;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_restarted_under_load() {
    let cluster = Cluster::start(&[]);
    let ground = Ground::postgres(&cluster.create("kaofa", None), &hall_of(rounds(600, 20_000))).await;
    let record = Arc::new(Record::default());
    let mut server = ground.start();
    let load = Load::start(&ground.hall, &[ground.address()], 32, &record);
    for _ in 0..rounds(2, 10) {
        record.grows_by(200).await;
        cluster.restart();
        assert!(server.is_running(), "the server ended with its database");
    }
    record.grows_by(200).await;
    load.stop().await;
    assert!(record.refusals() > 0, "nobody was told to wait");
    server.stop();
    assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
}
