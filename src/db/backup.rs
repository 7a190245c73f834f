//! A copy of a database that is being served.

use std::path::Path;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{DbErr, RuntimeErr};

use super::Fault;

fn fault(error: sqlx::Error) -> Fault {
    Fault::from(DbErr::Query(RuntimeErr::SqlxError(std::sync::Arc::new(error))))
}

/// Writes what a SQLite database holds at this moment into a new file, compact and whole, while others go on reading and
/// writing: `VACUUM INTO` reads within one snapshot, so every transaction is in the copy entirely or not at all.
pub async fn copy_sqlite(url: &str, to: &Path) -> Result<(), Fault> {
    let options: SqliteConnectOptions = url.parse().map_err(fault)?;
    let options = options.create_if_missing(false).busy_timeout(std::time::Duration::from_secs(30));
    let mut connection = options.connect().await.map_err(fault)?;
    let done = sqlx::query("VACUUM INTO ?").bind(to.display().to_string()).execute(&mut connection).await;
    connection.close().await.map_err(fault)?;
    done.map(|_| ()).map_err(fault)
}

/// What SQLite finds wrong with a file: broken pages, indexes that do not fit their tables, references that lead nowhere.
/// Nothing if it is sound.
pub async fn check_sqlite(file: &Path) -> Result<Vec<String>, Fault> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.map_err(fault)?;
    let mut found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.map_err(fault)?;
    found.retain(|line| line != "ok");
    let broken = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check";
    let tables: Vec<String> = sqlx::query_scalar(broken).fetch_all(&mut connection).await.map_err(fault)?;
    found.extend(tables.into_iter().map(|table| format!("rows of {table} refer to rows that are not there")));
    connection.close().await.map_err(fault)?;
    Ok(found)
}
