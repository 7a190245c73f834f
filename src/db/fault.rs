//! What can go wrong with a database, as the rest of the program needs to know it.

use std::sync::Arc;

use sea_orm::sqlx::{self, error::ErrorKind};
use sea_orm::{DbErr, RuntimeErr};

/// A database fault.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// Another transaction was in the way; the same again may succeed.
    #[error("the database was busy: {0}")]
    Busy(Arc<DbErr>),
    /// A unique constraint was broken; the constraint's or columns' names as the database gives them.
    #[error("a unique constraint was broken: {0}")]
    Unique(String),
    /// A row refers to one that does not exist, or is still referred to.
    #[error("a reference was broken: {0}")]
    Reference(String),
    /// No connection, or it broke.
    #[error("the database is out of reach: {0}")]
    Unreachable(Arc<DbErr>),
    /// No room left to write.
    #[error("the database has no room left: {0}")]
    Full(Arc<DbErr>),
    /// Anything else: a mistake of the program or of the schema.
    #[error("the database refused: {0}")]
    Other(Arc<DbErr>),
}

impl Fault {
    /// Whether the same transaction may succeed when it is run again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// Whether it is for the operator to mend, and worth trying again later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unreachable(_) | Self::Full(_))
    }

    /// Whether a unique constraint over this column was broken.
    #[must_use]
    pub fn breaks_unique(&self, table: &str, column: &str) -> bool {
        // SQLite says `table.column`, PostgreSQL the constraint's name, `table_column_key`.
        matches!(self, Self::Unique(names)
            if names.contains(&format!("{table}.{column}")) || names.contains(&format!("{table}_{column}")))
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        let driver = match &error {
            DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e))
            | DbErr::Conn(RuntimeErr::SqlxError(e)) => Some(e.clone()),
            _ => None,
        };
        let error = Arc::new(error);
        match driver.as_deref() {
            Some(sqlx::Error::Database(e)) => of_database(e.as_ref(), error),
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
            ) => Self::Unreachable(error),
            _ if matches!(*error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => Self::Unreachable(error),
            _ => Self::Other(error),
        }
    }
}

fn of_database(e: &dyn sqlx::error::DatabaseError, error: Arc<DbErr>) -> Fault {
    match e.kind() {
        ErrorKind::UniqueViolation => {
            return Fault::Unique(e.constraint().map_or_else(|| e.message().to_owned(), str::to_owned));
        }
        ErrorKind::ForeignKeyViolation => return Fault::Reference(e.message().to_owned()),
        _ => {}
    }
    let code = e.code().unwrap_or_default().into_owned();
    // SQLite gives its extended result code as a number, PostgreSQL an SQLSTATE of five characters.
    match code.as_str() {
        "40001" | "40P01" | "55P03" => return Fault::Busy(error),
        "53100" => return Fault::Full(error),
        // A standby, or a server that was told to take nothing.
        "25006" => return Fault::Unreachable(error),
        _ if code.len() == 5 && ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
            return Fault::Unreachable(error);
        }
        _ => {}
    }
    match code.parse::<u32>().map(|c| c & 0xff) {
        Ok(5 | 6) if code.len() < 5 => Fault::Busy(error),
        Ok(13) if code.len() < 5 => Fault::Full(error),
        Ok(8 | 10 | 11 | 14 | 26) if code.len() < 5 => Fault::Unreachable(error),
        _ => Fault::Other(error),
    }
}

/// An error of a slice that may be a database fault underneath.
pub trait Faulty {
    /// The fault, if it is one.
    fn fault(&self) -> Option<&Fault>;
}

impl Faulty for Fault {
    fn fault(&self) -> Option<&Fault> {
        Some(self)
    }
}

/// Makes a slice's error enum with a variant `Fault(Fault)` usable in [`super::Db::tx`].
#[macro_export]
macro_rules! faulty {
    ($error:ty) => {
        impl From<sea_orm::DbErr> for $error {
            fn from(error: sea_orm::DbErr) -> Self {
                Self::Fault(error.into())
            }
        }
        impl $crate::db::Faulty for $error {
            fn fault(&self) -> Option<&$crate::db::Fault> {
                match self {
                    Self::Fault(fault) => Some(fault),
                    _ => None,
                }
            }
        }
    };
}
pub use faulty;
