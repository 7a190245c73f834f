//! Group commit: whatever has queued is committed as one transaction, and only then answered.
//!
//! A commit costs a flush of the disk or a round trip, however much it holds. One writer that takes all that
//! came in during the last commit pays it once for many: the busier the hall, the larger the batch.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseTransaction, DbBackend};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::tx::pause;
use super::{Db, Fault};
use crate::kernel::metrics::{METRICS, WriterMetrics};

/// How many operations one transaction takes at most.
const BATCH: usize = 512;
/// How often a batch is tried before it is split.
const TRIES: u32 = 4;
/// How many batches PostgreSQL commits side by side.
const POSTGRES_LANES: usize = 3;

/// Carries out a batch inside one transaction: one answer for each operation, in their order.
///
/// An operation that is refused by a rule is an answer; an `Err` undoes the whole batch, which is then split until
/// the operation that cannot be written stands alone.
pub type Apply<O, A> =
    dyn for<'a> Fn(&'a DatabaseTransaction, &'a [O]) -> BoxFuture<'a, Result<Vec<A>, Fault>> + Send + Sync;

/// Why an operation has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Rejected {
    /// The queue is full: come again in a moment.
    #[error("too much is waiting to be written")]
    QueueFull,
    /// The writer is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// The database would not take it.
    #[error(transparent)]
    Fault(#[from] Fault),
}

type Waiting<O, A> = (O, oneshot::Sender<Result<A, Fault>>);

/// What must stay in order: operations of one key are carried out as they were queued.
pub type Key<O> = fn(&O) -> u64;

/// A queue before the database for one kind of hot operation.
pub struct Writer<O, A> {
    /// One that all lanes take from, or one a lane where there is a key.
    queues: parking_lot::Mutex<Vec<mpsc::Sender<Waiting<O, A>>>>,
    key: Option<Key<O>>,
    lanes: parking_lot::Mutex<Vec<JoinHandle<()>>>,
    metrics: WriterMetrics,
}

impl<O, A> std::fmt::Debug for Writer<O, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl<O, A> Writer<O, A>
where
    O: Send + Sync + 'static,
    A: Send + 'static,
{
    /// Starts it with room for `room` waiting operations. Where there are several lanes, operations may overtake each
    /// other.
    #[must_use]
    pub fn spawn(db: &Db, name: &'static str, room: usize, apply: &Arc<Apply<O, A>>) -> Self {
        let (sender, receiver) = mpsc::channel(room);
        let receiver = Arc::new(Mutex::new(receiver));
        let lanes = (0..lanes_of(db)).map(|_| start(db, name, &receiver, apply)).collect();
        Self {
            queues: parking_lot::Mutex::new(vec![sender]),
            key: None,
            lanes: parking_lot::Mutex::new(lanes),
            metrics: METRICS.writer(name),
        }
    }

    /// The same, with operations of one key in their order: each lane has its share of the keys and of the room.
    #[must_use]
    pub fn spawn_keyed(db: &Db, name: &'static str, room: usize, key: Key<O>, apply: &Arc<Apply<O, A>>) -> Self {
        let share = (room / lanes_of(db)).max(1);
        let (senders, lanes) = (0..lanes_of(db))
            .map(|_| {
                let (sender, receiver) = mpsc::channel(share);
                (sender, start(db, name, &Arc::new(Mutex::new(receiver)), apply))
            })
            .unzip();
        Self {
            queues: parking_lot::Mutex::new(senders),
            key: Some(key),
            lanes: parking_lot::Mutex::new(lanes),
            metrics: METRICS.writer(name),
        }
    }

    /// Queues an operation and waits until its transaction has been committed.
    pub async fn submit(&self, operation: O) -> Result<A, Rejected> {
        let sender = self.queue_of(&operation).ok_or(Rejected::Stopping)?;
        let (answer, wait) = oneshot::channel();
        // Counted before a lane can take it.
        self.metrics.queue.inc();
        sender.try_send((operation, answer)).map_err(|error| {
            self.metrics.queue.dec();
            match error {
                mpsc::error::TrySendError::Full(_) => Rejected::QueueFull,
                mpsc::error::TrySendError::Closed(_) => Rejected::Stopping,
            }
        })?;
        drop(sender);
        Ok(wait.await.map_err(|_dropped| Rejected::Stopping)??)
    }

    /// The queue of an operation; none once the writer is closed.
    fn queue_of(&self, operation: &O) -> Option<mpsc::Sender<Waiting<O, A>>> {
        let queues = self.queues.lock();
        let count = u64::try_from(queues.len()).unwrap_or(u64::MAX);
        let at = self.key.map_or(0, |key| key(operation)).checked_rem(count)?;
        queues.get(usize::try_from(at).ok()?).cloned()
    }

    /// Takes nothing more, writes what has queued, and returns when all of it is committed.
    pub async fn close(&self) {
        self.queues.lock().clear();
        let lanes = std::mem::take(&mut *self.lanes.lock());
        for lane in lanes {
            if let Err(error) = lane.await {
                tracing::error!(%error, "a writer's lane ended badly");
            }
        }
    }
}

fn lanes_of(db: &Db) -> usize {
    match db.backend() {
        DbBackend::Postgres => POSTGRES_LANES,
        _ => 1,
    }
}

fn start<O, A>(
    db: &Db,
    name: &'static str,
    queue: &Arc<Mutex<mpsc::Receiver<Waiting<O, A>>>>,
    apply: &Arc<Apply<O, A>>,
) -> JoinHandle<()>
where
    O: Send + Sync + 'static,
    A: Send + 'static,
{
    tokio::spawn(lane(db.clone(), name, Arc::clone(queue), Arc::clone(apply)))
}

async fn lane<O, A>(
    db: Db,
    name: &'static str,
    queue: Arc<Mutex<mpsc::Receiver<Waiting<O, A>>>>,
    apply: Arc<Apply<O, A>>,
) where
    O: Send + Sync + 'static,
    A: Send + 'static,
{
    let metrics = METRICS.writer(name);
    loop {
        let mut batch = Vec::new();
        let taken = queue.lock().await.recv_many(&mut batch, BATCH).await;
        if taken == 0 {
            return;
        }
        metrics.taken(taken);
        let (operations, answers): (Vec<O>, Vec<_>) = batch.into_iter().unzip();
        tracing::trace!(name, size = operations.len(), "committing a batch");
        let results = commit(&db, &apply, &operations).await;
        for (answer, result) in answers.into_iter().zip(results) {
            // Nobody waits any more when the client has gone; what was written stays written.
            let _ = answer.send(result);
        }
    }
}

/// Commits the operations together; on a lasting fault in halves, down to the one that is at fault.
fn commit<'a, O, A>(
    db: &'a Db,
    apply: &'a Arc<Apply<O, A>>,
    operations: &'a [O],
) -> BoxFuture<'a, Vec<Result<A, Fault>>>
where
    O: Send + Sync + 'static,
    A: Send + 'static,
{
    Box::pin(async move {
        let mut tried = 1;
        let fault = loop {
            match once(db, apply, operations).await {
                Ok(answers) => return answers.into_iter().map(Ok).collect(),
                Err(fault) if fault.is_transient() && tried < TRIES => {
                    pause(tried).await;
                    tried += 1;
                }
                Err(fault) => break fault,
            }
        };
        // An outage strikes every part alike: splitting would only ask a broken database again and again.
        if operations.len() <= 1 || fault.is_outage() {
            return operations.iter().map(|_| Err(fault.clone())).collect();
        }
        let (left, right) = operations.split_at(operations.len() / 2);
        let mut results = commit(db, apply, left).await;
        results.extend(commit(db, apply, right).await);
        results
    })
}

async fn once<O, A>(db: &Db, apply: &Arc<Apply<O, A>>, operations: &[O]) -> Result<Vec<A>, Fault>
where
    O: Send + Sync + 'static,
    A: Send + 'static,
{
    let tx = db.begin().await?;
    match apply(&tx, operations).await {
        Ok(answers) => {
            debug_assert_eq!(answers.len(), operations.len(), "one answer an operation");
            tx.commit().await?;
            Ok(answers)
        }
        Err(fault) => {
            if let Err(second) = tx.rollback().await {
                tracing::warn!(error = %second, "a batch could not be rolled back");
            }
            Err(fault)
        }
    }
}
