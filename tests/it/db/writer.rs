//! Group commit: one transaction for what has queued, one answer for each, and nobody suffers for another.

use std::sync::Arc;

use entity::org::unit;
use futures_util::future::join_all;
use kaofa::db::{Apply, Fault, Key, Rejected, Writer};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{codes, insert, row};
use crate::harness::{Backend, TestServer};

/// The codes of each batch that was carried out, in the order of their transactions.
type Batches = Arc<Mutex<Vec<Vec<String>>>>;

/// A writer that inserts units, waits for a permit before each batch, and answers with the code.
fn inserting(gate: &Arc<Semaphore>, batches: &Batches) -> Arc<Apply<unit::Model, String>> {
    let (gate, batches) = (Arc::clone(gate), Arc::clone(batches));
    Arc::new(move |tx, rows: &[unit::Model]| {
        let (gate, batches) = (Arc::clone(&gate), Arc::clone(&batches));
        Box::pin(async move {
            gate.acquire().await.expect("never closed").forget();
            batches.lock().push(rows.iter().map(|r| r.code.clone()).collect());
            for row in rows {
                insert(tx, row.clone()).await?;
            }
            Ok(rows.iter().map(|r| r.code.clone()).collect())
        })
    })
}

fn writer(
    server: &TestServer,
    room: usize,
    gate: &Arc<Semaphore>,
    batches: &Batches,
) -> Arc<Writer<unit::Model, String>> {
    Arc::new(Writer::spawn(&server.services.core.db, "test", room, &inserting(gate, batches)))
}

/// Submits a row in a task of its own and waits until it has queued or been taken.
async fn submit(
    writer: &Arc<Writer<unit::Model, String>>,
    row: unit::Model,
) -> tokio::task::JoinHandle<Result<String, Rejected>> {
    let writer = Arc::clone(writer);
    let task = tokio::spawn(async move { writer.submit(row).await });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    task
}

both_databases! {
    async fn what_queues_is_committed_together_and_in_order(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(0)), Batches::default());
        let writer = writer(&server, 64, &gate, &batches);
        // As many batches as are committed side by side stand before the gate; the rest queues behind them.
        let lanes = if server.backend == Backend::Sqlite { 1 } else { 3 };
        let mut tasks = Vec::new();
        for n in 0..lanes + 10 {
            tasks.push(submit(&writer, row(&server, &format!("{n:02}"), None)).await);
        }
        gate.add_permits(100);
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().unwrap(), format!("{n:02}"));
        }
        let batches = batches.lock().clone();
        assert_eq!(batches.len(), lanes + 1, "{batches:?}");
        assert_eq!(batches.last().unwrap().len(), 10);
        assert!(batches.last().unwrap().is_sorted(), "{batches:?}");
        assert_eq!(codes(&server.services.core.db).await.len(), lanes + 10);
    }

    async fn operations_of_one_key_keep_their_order(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(0)), Batches::default());
        let apply = inserting(&gate, &batches);
        let key: Key<unit::Model> = |row| row.code.bytes().next().map_or(0, u64::from);
        let writer = Arc::new(Writer::spawn_keyed(&server.services.core.db, "test", 96, key, &apply));
        let mut tasks = Vec::new();
        for n in 0..24 {
            let key = char::from(b'a' + n % 4);
            tasks.push(submit(&writer, row(&server, &format!("{key}{n:02}"), None)).await);
        }
        gate.add_permits(100);
        for result in join_all(tasks).await {
            result.unwrap().unwrap();
        }
        let batches = batches.lock().clone();
        for key in 'a'..='d' {
            let codes: Vec<_> = batches.iter().flatten().filter(|code| code.starts_with(key)).collect();
            assert!(codes.len() == 6 && codes.is_sorted(), "{batches:?}");
            // On PostgreSQL too a key has one lane.
            let together = batches.iter().filter(|batch| batch.iter().any(|code| code.starts_with(key))).count();
            assert!(together <= 2, "{batches:?}");
        }
    }

    async fn only_the_operation_at_fault_fails(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(0)), Batches::default());
        let writer = writer(&server, 64, &gate, &batches);
        let mut tasks = Vec::new();
        for code in ["a", "b", "c", "d", "b", "e", "f", "g"] {
            tasks.push(submit(&writer, row(&server, code, None)).await);
        }
        gate.add_permits(100);
        let results = join_all(tasks).await;
        let failed: Vec<_> = results.into_iter().filter_map(|r| r.unwrap().err()).collect();
        assert!(matches!(failed.as_slice(), [Rejected::Fault(Fault::Unique(_))]), "{failed:?}");
        assert_eq!(codes(&server.services.core.db).await, ["a", "b", "c", "d", "e", "f", "g"]);
    }

    async fn an_answer_comes_after_the_commit(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(100)), Batches::default());
        let writer = writer(&server, 64, &gate, &batches);
        for code in ["a", "b", "c"] {
            writer.submit(row(&server, code, None)).await.unwrap();
            assert!(codes(&server.services.core.db).await.contains(&code.to_owned()));
        }
    }

    async fn a_full_queue_says_so_at_once(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(0)), Batches::default());
        let writer = writer(&server, 2, &gate, &batches);
        let lanes = if server.backend == Backend::Sqlite { 1 } else { 3 };
        let mut tasks = Vec::new();
        for n in 0..lanes + 2 {
            tasks.push(submit(&writer, row(&server, &n.to_string(), None)).await);
        }
        let refused = writer.submit(row(&server, "late", None)).await;
        assert!(matches!(refused, Err(Rejected::QueueFull)), "{refused:?}");
        gate.add_permits(100);
        for result in join_all(tasks).await {
            result.unwrap().unwrap();
        }
    }

    async fn closing_writes_what_has_queued(server: TestServer) {
        let (gate, batches) = (Arc::new(Semaphore::new(0)), Batches::default());
        let writer = writer(&server, 64, &gate, &batches);
        let mut tasks = Vec::new();
        for code in ["a", "b", "c", "d", "e"] {
            tasks.push(submit(&writer, row(&server, code, None)).await);
        }
        let closing = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { writer.close().await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let late = writer.submit(row(&server, "late", None)).await;
        assert!(matches!(late, Err(Rejected::Stopping)), "{late:?}");
        gate.add_permits(100);
        closing.await.unwrap();
        for result in join_all(tasks).await {
            result.unwrap().unwrap();
        }
        assert_eq!(codes(&server.services.core.db).await, ["a", "b", "c", "d", "e"]);
    }
}
