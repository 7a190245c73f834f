//! A transaction a use case: named, retried on passing faults, never with anything but the database inside.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::RngExt;
use sea_orm::{
    AccessMode, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tracing::Instrument;

use super::{Db, Fault, Faulty};
use crate::kernel::metrics::METRICS;

/// How often a transaction is tried before its passing fault is given to the caller.
const TRIES: u32 = 6;

/// The future of a transaction's body: `Box::pin(async move { … })`.
pub type Work<'a, T, E> = BoxFuture<'a, Result<T, E>>;

impl Db {
    /// Runs `body` as one transaction and commits it if it gives `Ok`.
    ///
    /// The body may run again, so it must not send mail, touch files or count anything outside. On SQLite it
    /// begins with the write lock, so that it cannot find out halfway that somebody else holds it.
    pub async fn tx<T, E, F>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        F: for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Send + Sync,
        E: From<DbErr> + Faulty,
    {
        let span = tracing::debug_span!("tx", name);
        async {
            let mut tried = 1;
            loop {
                match self.once(&body).await {
                    Err(error) if tried < TRIES && error.fault().is_some_and(Fault::is_transient) => {
                        tracing::debug!(name, tried, "trying a transaction again");
                        METRICS.retried(name);
                        pause(tried).await;
                        tried += 1;
                    }
                    other => return other,
                }
            }
        }
        .instrument(span)
        .await
    }

    async fn once<T, E, F>(&self, body: &F) -> Result<T, E>
    where
        F: for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Send + Sync,
        E: From<DbErr>,
    {
        let tx = self.begin().await?;
        match body(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first fault is the one to tell of; a connection that broke rolls back by itself.
                if let Err(second) = tx.rollback().await {
                    tracing::warn!(error = %second, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// A transaction that only reads, and for which all is as it was when it first read. It ends with the value.
    #[allow(clippy::disallowed_methods, reason = "the one place that begins transactions")]
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, Fault> {
        let options = match self.backend() {
            // Every transaction of SQLite is one.
            DbBackend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                ..TransactionOptions::default()
            },
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        Ok(self.read().begin_with_options(options).await?)
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that begins transactions")]
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write().begin_with_options(options).await
    }
}

/// Waits longer each time, and by chance, so that two rivals don't meet again.
#[allow(clippy::disallowed_methods, reason = "jitter decides nothing that anybody could see")]
pub(super) async fn pause(tried: u32) {
    let cap = 5_u64 << tried.min(6);
    let jitter = rand::rng().random_range(1..=cap);
    tokio::time::sleep(Duration::from_millis(jitter)).await;
}
