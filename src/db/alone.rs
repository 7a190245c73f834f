//! Work that one instance does at a time.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};

use super::Fault;
use crate::kernel::digest::sha256;

/// Whether this transaction, until its end, is the only one of that name. If not, somebody else is at the work.
///
/// On PostgreSQL it takes an advisory lock; on SQLite a transaction that writes is alone anyway. What the last one wrote
/// is seen from the next statement on.
pub async fn alone(tx: &DatabaseTransaction, name: &str) -> Result<bool, Fault> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let digest = sha256(&[b"kaofa lock ", name.as_bytes()]);
    let key = i64::from_be_bytes(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"));
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let row = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()])).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false))
}
