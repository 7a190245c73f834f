//! Group reading: what many ask for at one moment is read together.
//!
//! A query costs a pool, a thread or a round trip, however little it asks for. When a hall starts at once, thousands ask
//! the same of different rows: whoever comes while a read is under way goes with the next one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Fault;

/// How many keys one read names at most, and how many may wait for the next.
const BATCH: usize = 512;
const ROOM: usize = 16_384;
/// How many reads go on side by side, so that a slow one does not hold up all others.
const LANES: usize = 2;

/// Reads what belongs to these keys, each of which is there once; a key to which nothing belongs is left out.
pub type Read<K, V> = dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, Fault>> + Send + Sync;

type Asking<K, V> = (K, oneshot::Sender<Result<Option<V>, Fault>>);

/// Those who ask for one kind of thing.
pub struct Gather<K, V> {
    queue: mpsc::Sender<Asking<K, V>>,
}

impl<K, V> std::fmt::Debug for Gather<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<K, V> Gather<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Starts it; call it within the runtime. It ends when it is dropped.
    #[must_use]
    pub fn spawn(read: &Arc<Read<K, V>>) -> Self {
        let (queue, asking) = mpsc::channel(ROOM);
        let asking = Arc::new(Mutex::new(asking));
        for _ in 0..LANES {
            tokio::spawn(lane(Arc::clone(&asking), Arc::clone(read)));
        }
        Self { queue }
    }

    /// What belongs to a key, as it stands at some moment after this was called.
    pub async fn get(&self, key: K) -> Result<Option<V>, Fault> {
        let ended = || Fault::Unreachable(Arc::new(DbErr::Custom("nobody reads any more".to_owned())));
        let (answer, wait) = oneshot::channel();
        self.queue.send((key, answer)).await.map_err(|_gone| ended())?;
        wait.await.map_err(|_gone| ended())?
    }
}

async fn lane<K, V>(asking: Arc<Mutex<mpsc::Receiver<Asking<K, V>>>>, read: Arc<Read<K, V>>)
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    loop {
        let mut asked = Vec::new();
        if asking.lock().await.recv_many(&mut asked, BATCH).await == 0 {
            return;
        }
        let mut waiting: HashMap<K, Vec<oneshot::Sender<_>>> = HashMap::with_capacity(asked.len());
        for (key, answer) in asked {
            waiting.entry(key).or_default().push(answer);
        }
        let found = read(waiting.keys().cloned().collect()).await;
        for (key, answers) in waiting {
            let found = found.as_ref().map(|found| found.get(&key).cloned()).map_err(Fault::clone);
            for answer in answers {
                // Who has gone needs no answer.
                let _ = answer.send(found.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn who_asks_together_is_answered_by_few_reads() {
        let reads = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&reads);
        let read: Arc<Read<u32, u32>> = Arc::new(move |keys| {
            counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(keys.into_iter().filter(|k| k % 2 == 0).map(|k| (k, k * 10)).collect())
            })
        });
        let gather = Gather::spawn(&read);
        let got = join_all((0..300).map(|n| gather.get(n % 100))).await;
        for (n, got) in (0..300).zip(got) {
            let key = n % 100;
            assert_eq!(got.unwrap(), (key % 2 == 0).then_some(key * 10));
        }
        assert!(reads.load(Ordering::Relaxed) <= 4, "{reads:?} reads");
    }

    #[tokio::test]
    async fn a_fault_is_everybodys() {
        let read: Arc<Read<u32, u32>> = Arc::new(|_| Box::pin(async { Err(Fault::Unique("n".to_owned())) }));
        let gather = Gather::spawn(&read);
        for got in join_all((0..10).map(|n| gather.get(n))).await {
            assert!(matches!(got, Err(Fault::Unique(_))));
        }
    }
}
