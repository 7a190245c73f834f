//! Several instances on one database.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rig::free_port;

use crate::check::faults;
use crate::client::Client;
use crate::ground::{Ground, hall_of, on_postgres};
use crate::load::Load;
use crate::record::Record;
use crate::rounds;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_go_back_and_forth_between_two() {
    on_postgres(&hall_of(rounds(600, 20_000)), |ground: Ground| async move {
        let record = Arc::new(Record::default());
        let mut here = ground.start();
        let port = free_port();
        let there = ground.program.start(port);
        let addresses = [ground.address(), SocketAddr::from((Ipv4Addr::LOCALHOST, port))];

        // A device that lost its attempt at one is refused at the other from that moment on.
        let (mut one, mut two) = (Client::alone(addresses[0], &record), Client::alone(addresses[1], &record));
        let (candidate, exam) = (ground.hall.candidates.last().unwrap(), &ground.hall.exams[0]);
        let first = one.start(exam, candidate).await.unwrap();
        assert_eq!(two.save(&candidate.token, &first, (1, 1), 0).await.unwrap().0, 200);
        let second = two.start(exam, candidate).await.unwrap();
        assert_eq!(second.attempt, first.attempt);
        let refused = one.save(&candidate.token, &first, (1, 2), 0).await.unwrap();
        assert_eq!((refused.0, &refused.1["code"]), (409, &"taken_over".into()), "{}", refused.1);
        assert_eq!(one.save(&candidate.token, &second, (1, 3), 1).await.unwrap().0, 200);
        let (a, b) = tokio::join!(one.submit(&candidate.token, &second), two.submit(&candidate.token, &second));
        assert_eq!((a.unwrap().0, b.unwrap().0), (200, 200));

        let load = Load::start(&ground.hall, &addresses, 32, &record);
        for _ in 0..rounds(1, 10) {
            record.grows_by(200).await;
            // One of them dies; the other goes on alone.
            here.kill();
            record.grows_by(200).await;
            here = ground.start();
        }
        load.stop().await;
        here.stop();
        there.stop();
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
    })
    .await;
}
