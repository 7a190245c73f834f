//! Many rows in few statements.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, Iterable};

use super::Fault;

/// PostgreSQL takes 65,535 binds in a statement, SQLite 32,766.
const BINDS: usize = 30_000;

/// Inserts all rows, as many in a statement as its binds allow. Rows whose key exists are left alone when `ignore` is
/// set, and are a fault otherwise.
pub async fn insert_all<A>(conn: &impl ConnectionTrait, rows: Vec<A>, ignore: bool) -> Result<(), Fault>
where
    A: ActiveModelTrait + Send,
{
    insert(conn, rows, ignore.then(|| OnConflict::new().do_nothing().to_owned())).await
}

/// Inserts all rows, as many in a statement as its binds allow; of those whose `key` exists, these columns are changed. The
/// rows must differ in their keys.
pub async fn upsert_all<A>(
    conn: &impl ConnectionTrait,
    rows: Vec<A>,
    key: &[<A::Entity as EntityTrait>::Column],
    change: &[<A::Entity as EntityTrait>::Column],
) -> Result<(), Fault>
where
    A: ActiveModelTrait + Send,
{
    let conflict = OnConflict::columns(key.iter().copied()).update_columns(change.iter().copied()).to_owned();
    insert(conn, rows, Some(conflict)).await
}

async fn insert<A>(conn: &impl ConnectionTrait, rows: Vec<A>, conflict: Option<OnConflict>) -> Result<(), Fault>
where
    A: ActiveModelTrait + Send,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let chunk = (BINDS / columns).max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut insert = A::Entity::insert_many(rows.by_ref().take(chunk));
        if let Some(conflict) = &conflict {
            insert = insert.on_conflict(conflict.clone());
        }
        insert.exec_without_returning(conn).await?;
    }
    Ok(())
}
