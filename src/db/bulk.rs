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
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let chunk = (BINDS / columns).max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut insert = A::Entity::insert_many(rows.by_ref().take(chunk));
        if ignore {
            insert = insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        }
        insert.exec_without_returning(conn).await?;
    }
    Ok(())
}
