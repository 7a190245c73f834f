//! Opening a database and bringing it to the newest step.

use std::sync::Arc;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use crate::kernel::metrics::METRICS;

/// How many readers SQLite gets, and how many connections PostgreSQL.
const SQLITE_READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 24;
/// How many rows SQLite's thread reads ahead of whoever takes them: each time that it has to wait costs a change of threads.
const ROWS: usize = 1024;

/// The number of the lock that PostgreSQL gives to whoever migrates; any would do that nobody else uses.
const MIGRATION_LOCK: i64 = 0x006b_616f_6661_6d69;

/// A database, open and migrated. Cheap to clone.
///
/// SQLite has one connection that writes and a pool that reads; PostgreSQL one pool for both.
#[derive(Debug, Clone)]
pub struct Db {
    write: DatabaseConnection,
    read: DatabaseConnection,
}

/// Why a database could not be opened, in one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("KAOFA_DATABASE_URL: `{0}` is neither sqlite:… nor postgres://…")]
    Scheme(String),
    /// Every connection would see a database of its own.
    #[error("KAOFA_DATABASE_URL: SQLite needs a file; a database in memory is not supported")]
    Memory,
    /// The folder of a SQLite file cannot be made.
    #[error("KAOFA_DATABASE_URL: the folder `{folder}` cannot be made: {cause}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It could not be reached or written.
    #[error("KAOFA_DATABASE_URL: the database `{url}` cannot be used: {cause}")]
    Connect {
        /// The address without its password.
        url: String,
        /// What the driver said.
        cause: DbErr,
    },
    /// It holds a step that this program does not know.
    #[error("the database comes from a newer version of kaofa (it holds the step `{0}`); start that version instead")]
    Newer(String),
    /// It lacks steps, and was opened to be read alone.
    #[error("the database is not at the newest step of this version of kaofa; `kaofa migrate` brings it there")]
    NotCurrent,
    /// A step failed.
    #[error("the database could not be brought to the newest step: {0}")]
    Migrate(DbErr),
}

impl Db {
    /// Opens it, makes it if it is a SQLite file that does not exist, and migrates it.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let connect = |cause| OpenError::Connect { url: redacted(url), cause };
        let db = if let Some(path) = url.strip_prefix("sqlite:") {
            make_folder(path)?;
            let write = Database::connect(sqlite(url, 1, false)).await.map_err(connect)?;
            // The first connection makes the file and sets its journal; only then can readers open it.
            write.ping().await.map_err(connect)?;
            // A file or disk that may only be read opens without complaint: it shows when somebody wants to write.
            let probe = "PRAGMA user_version = 0";
            write.execute_unprepared(probe).await.map_err(connect)?;
            let read = Database::connect(sqlite(url, SQLITE_READERS, true)).await.map_err(connect)?;
            Self { write, read }
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            first_contact(url).await.map_err(connect)?;
            let pool = Database::connect(postgres(url)).await.map_err(connect)?;
            Self { write: pool.clone(), read: pool }
        } else {
            return Err(OpenError::Scheme(redacted(url)));
        };
        db.migrate().await?;
        Ok(db)
    }

    /// Opens one that exists so as to read it alone: nothing is made, migrated or written.
    pub async fn open_to_read(url: &str) -> Result<Self, OpenError> {
        let connect = |cause| OpenError::Connect { url: redacted(url), cause };
        let options = if url.starts_with("sqlite:") {
            sqlite(url, SQLITE_READERS, true)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres(url)
        } else {
            return Err(OpenError::Scheme(redacted(url)));
        };
        let pool = Database::connect(options).await.map_err(connect)?;
        let db = Self { write: pool.clone(), read: pool };
        if !db.has_history().await.map_err(connect)? || !db.is_current().await.unwrap_or(false) {
            return Err(OpenError::NotCurrent);
        }
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
        if self.has_history().await.map_err(OpenError::Migrate)? {
            let applied = Migrator::get_migration_models(&self.write).await.map_err(OpenError::Migrate)?;
            if let Some(newer) = applied.iter().find(|m| !known.contains(&m.version)) {
                return Err(OpenError::Newer(newer.version.clone()));
            }
            if applied.len() == known.len() {
                return Ok(());
            }
        }
        self.step_up().await.map_err(OpenError::Migrate)
    }

    /// All steps that lack, in one transaction that only one instance has at a time: those that start together wait, and
    /// find nothing left to do.
    async fn step_up(&self) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            let sql = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
            tx.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        }
        Migrator::up(&tx, None).await?;
        tx.commit().await
    }

    async fn has_history(&self) -> Result<bool, DbErr> {
        let sql = match self.backend() {
            DbBackend::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
            _ => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
        };
        let row = self.write.query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        Ok(row.is_some())
    }

    /// For reading. What it gives may be a moment old while a transaction commits.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    pub(super) fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Notes how many connections are in use.
    pub fn note_connections(&self) {
        let busy = |size: u32, idle: usize| usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(idle);
        if self.backend() == DbBackend::Sqlite {
            for (name, conn) in [("write", &self.write), ("read", &self.read)] {
                let pool = conn.get_sqlite_connection_pool();
                METRICS.pool(name, busy(pool.size(), pool.num_idle()), pool.num_idle());
            }
        } else {
            let pool = self.read.get_postgres_connection_pool();
            METRICS.pool("all", busy(pool.size(), pool.num_idle()), pool.num_idle());
        }
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), super::Fault> {
        Ok(self.read.ping().await?)
    }

    /// Whether it answers and holds every step that this program knows.
    pub async fn is_current(&self) -> Result<bool, super::Fault> {
        // A step that this program does not know is an error here, and no less a reason not to serve.
        Ok(Migrator::get_pending_migrations_read_only(&self.read).await?.is_empty())
    }

    /// Closes it after what runs has ended.
    pub async fn close(self) -> Result<(), super::Fault> {
        self.read.close().await?;
        Ok(self.write.close().await?)
    }
}

/// Makes the folder in which a SQLite file is to lie.
fn make_folder(path: &str) -> Result<(), OpenError> {
    let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path.contains(":memory:") {
        return Err(OpenError::Memory);
    }
    let Some(folder) = std::path::Path::new(path).parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|cause| OpenError::Folder { folder: folder.display().to_string(), cause })
}

fn sqlite(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        // A file does not hang up.
        .test_before_acquire(false)
        .map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_clean(connection))))
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .create_if_missing(!read_only)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(512)
                .row_buffer_size(ROWS)
                .pragma("mmap_size", "268435456")
                .pragma("temp_store", "memory");
            if read_only {
                options.pragma("query_only", "on")
            } else {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("wal_autocheckpoint", "4000")
            }
        });
    options
}

/// Whether a connection that comes back is in no transaction any more; otherwise it is closed.
///
/// When the disk is full SQLite undoes a transaction by itself. The driver's own ROLLBACK finds none then and fails, and
/// the driver would take every transaction from there on for a part of that one: it would acknowledge them and never
/// commit.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback may still be queued; this waits behind it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Connects once: a pool would only say that it waited in vain, this says why.
async fn first_contact(url: &str) -> Result<(), DbErr> {
    let said = |error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)));
    let options: PgConnectOptions = url.parse().map_err(said)?;
    options.connect().await.map_err(said)?.close().await.map_err(said)
}

fn postgres(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false);
    options
}

/// The address of a database without what stands between `:` and `@`.
#[must_use]
pub fn redacted(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}
