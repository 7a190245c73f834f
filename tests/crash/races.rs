//! Things that meet: the same save again and out of order, two starts, a hand-in with a save and with the server's own.

use std::sync::Arc;
use std::time::Duration;

use rig::{Plan, Sitting, request};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::check::faults;
use crate::client::{Client, Desk};
use crate::ground::hall_of;
use crate::record::Record;
use crate::{both_databases, rounds};

/// An exam that ends a few seconds after the hall was furnished.
fn short(people: usize) -> Plan {
    Plan { people, units: 1, empty_units: 0, questions: 40, exams: vec![Sitting { items: 10, closes_in: 9, grace: 1 }] }
}

both_databases! {
    async fn a_save_comes_three_times_and_out_of_order(hall_of(rounds(8, 200)), ground: Ground) {
        let record = Arc::new(Record::default());
        let server = ground.start();
        for candidate in &ground.hall.candidates {
            let desk = Client::alone(ground.address(), &record).start(&ground.hall.exams[0], candidate).await.unwrap();
            let mut sending = JoinSet::new();
            for seq in [3, 1, 2, 5, 4].into_iter().cycle().take(15) {
                let (mut client, desk) = (Client::alone(ground.address(), &record), desk.clone());
                let token = candidate.token.clone();
                sending.spawn(async move {
                    let option = usize::try_from(seq).unwrap();
                    client.save(&token, &desk, (1, seq), option).await.unwrap()
                });
            }
            while let Some(answer) = sending.join_next().await {
                let (status, body) = answer.unwrap();
                assert_eq!(status, 200, "{body}");
            }
            let again = Client::alone(ground.address(), &record).start(&ground.hall.exams[0], candidate).await.unwrap();
            assert_eq!((&again.saved[0]["seq"], again.saved.as_array().unwrap().len()), (&5.into(), 1));
            assert_eq!(again.saved[0]["response"][0], desk.options[0][5 % 4]);
        }
        server.stop();
        assert_eq!(record.count(), ground.hall.candidates.len() * 5);
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
    }

    async fn two_starts_at_one_instant_are_one_attempt(hall_of(rounds(24, 600)), ground: Ground) {
        let record = Arc::new(Record::default());
        let server = ground.start();
        for pair in ground.hall.candidates.chunks(8) {
            let mut starting = JoinSet::new();
            for candidate in pair.iter().flat_map(|c| [c.clone(), c.clone(), c.clone()]) {
                let (mut client, exam) = (Client::alone(ground.address(), &record), ground.hall.exams[0].clone());
                starting.spawn(async move {
                    let desk = client.start(&exam, &candidate).await.unwrap();
                    (candidate, desk)
                });
            }
            let started: Vec<(rig::Candidate, Desk)> = starting.join_all().await;
            for candidate in pair {
                let desks: Vec<&Desk> = started.iter().filter(|(c, _)| c == candidate).map(|(_, desk)| desk).collect();
                assert!(desks.iter().all(|d| d.attempt == desks[0].attempt && d.options == desks[0].options));
                // One of the devices has it, the others have lost it.
                let mut held = 0;
                for (seq, desk) in (1..).zip(&desks) {
                    let mut client = Client::alone(ground.address(), &record);
                    match client.save(&candidate.token, desk, (1, seq), 0).await.unwrap() {
                        (200, _) => held += 1,
                        (409, body) => assert_eq!(body["code"], "taken_over"),
                        (status, body) => panic!("{status} {body}"),
                    }
                }
                assert_eq!(held, 1);
            }
        }
        server.stop();
        assert_eq!(record.books().len(), ground.hall.candidates.len());
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
    }

    async fn a_hand_in_meets_a_save(hall_of(rounds(40, 1000)), ground: Ground) {
        let record = Arc::new(Record::default());
        let server = ground.start();
        let mut kept = [0, 0];
        for (n, candidate) in ground.hall.candidates.iter().enumerate() {
            let mut devices = [(); 3].map(|()| Client::alone(ground.address(), &record));
            let desk = devices[0].start(&ground.hall.exams[0], candidate).await.unwrap();
            assert_eq!(devices[0].save(&candidate.token, &desk, (1, 1), n).await.unwrap().0, 200);
            let [one, two, three] = &mut devices;
            let pause = async |after: usize| tokio::time::sleep(Duration::from_micros(200 * u64::try_from(after).unwrap())).await;
            let (saved, submitted, again) = tokio::join!(
                async { pause(n % 5).await; one.save(&candidate.token, &desk, (2, 1), n).await.unwrap() },
                async { pause(2).await; two.submit(&candidate.token, &desk).await.unwrap() },
                async { pause(4).await; three.submit(&candidate.token, &desk).await.unwrap() },
            );
            assert_eq!((submitted.0, again.0), (200, 200), "{} {}", submitted.1, again.1);
            assert_eq!(submitted.1["submitted_at"], again.1["submitted_at"]);
            match saved {
                (200, _) => kept[0] += 1,
                (409, body) => { assert_eq!(body["code"], "attempt_closed"); kept[1] += 1; }
                (status, body) => panic!("{status} {body}"),
            }
        }
        server.stop();
        // Whichever came first: what the hand-in says of the saves is what is there.
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new(), "{kept:?}");
    }

    async fn a_hand_in_meets_the_servers_own(short(rounds(60, 600)), ground: Ground) {
        let record = Arc::new(Record::default());
        let server = ground.start();
        // Two instances hand in what is overdue; on SQLite there is one.
        let other = ground.program.database_url().starts_with("postgres").then(|| ground.program.start(rig::free_port()));
        let mut sitting = JoinSet::new();
        for (n, candidate) in ground.hall.candidates.iter().cloned().enumerate() {
            let (mut client, exam) = (Client::alone(ground.address(), &record), ground.hall.exams[0].clone());
            sitting.spawn(async move {
                let desk = client.start(&exam, &candidate).await.unwrap();
                // Answers until the server takes no more: past the deadline and its grace.
                let mut seq = 0;
                let refused = loop {
                    seq += 1;
                    let (status, body) = client.save(&candidate.token, &desk, (1, seq), n).await.unwrap();
                    if status != 200 {
                        break body;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                };
                assert_eq!(refused["code"], "attempt_closed", "{refused}");
                // One second later the server hands in by itself; this comes before, with it or after it.
                tokio::time::sleep(Duration::from_millis(700 + u64::try_from(n).unwrap() * 15)).await;
                let (status, body) = client.submit(&candidate.token, &desk).await.unwrap();
                assert_eq!(status, 200, "{body}");
                body["submitted_at"].clone()
            });
        }
        let at: Vec<Value> = sitting.join_all().await;
        assert!(at.iter().all(|t| t.is_string() && *t == at[0]), "not all at the closing: {at:?}");
        server.stop();
        if let Some(other) = other {
            other.stop();
        }
        assert_eq!(faults(&ground, &record).await, Vec::<String>::new());
    }

    async fn a_clients_clock_plays_no_part(hall_of(3), ground: Ground) {
        let record = Arc::new(Record::default());
        let server = ground.start();
        let clocks = ["Mon, 01 Jan 2024 00:00:00 GMT", "", "Tue, 01 Jan 2030 00:00:00 GMT"];
        let mut seen = Vec::new();
        for (candidate, clock) in ground.hall.candidates.iter().zip(clocks) {
            let mut client = Client::alone(ground.address(), &record);
            let path = format!("/api/v1/exams/{}/attempts", ground.hall.exams[0]);
            let mut start = String::from_utf8(request("POST", &path, &candidate.token, "")).unwrap();
            start.insert_str(start.len() - 2, &format!("date: {clock}\r\n"));
            let (status, body) = client.send(start.as_bytes()).await.unwrap();
            assert_eq!(status, 200, "{body}");
            seen.push((body["deadline"].clone(), body["server_time"].clone()));
        }
        // All of them end with the exam, whatever they believe the time to be; and they are told the server's.
        assert!(seen.iter().all(|(deadline, now)| *deadline == seen[0].0 && now.as_str() < deadline.as_str()), "{seen:?}");
        server.stop();
    }
}
