//! Tries of passwords and codes.

use entity::auth::tries;
use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::db::Fault;

/// How many tries in a row lock a name, and for how long. After [`FORGOTTEN`] without one the count begins anew.
pub(in crate::auth) const LIMIT: i32 = 5;
const LOCK: Millis = Millis(15 * 60 * 1000);
const FORGOTTEN: Millis = Millis(24 * 3600 * 1000);

/// What becomes of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Try {
    /// It may be made. If it is the last one and fails, the name is locked.
    Taken {
        /// Whether it is the last one.
        last: bool,
    },
    /// None before this moment.
    Locked(Instant),
}

/// Takes a try before its outcome is known, so that many at once are no more than [`LIMIT`].
pub(in crate::auth) async fn take(
    conn: &impl ConnectionTrait,
    key: &str,
    account: Option<AccountId>,
    now: Instant,
) -> Result<Try, Fault> {
    let stale = Condition::any()
        .add(tries::Column::LastAt.lte(now - FORGOTTEN))
        // A lock that is over; one that is not is not counted on.
        .add(tries::Column::LockedUntil.is_not_null());
    let next: Expr =
        CaseStatement::new().case(stale, Expr::value(1)).finally(Expr::col(tries::Column::Tries).add(1)).into();
    let locked: Expr = CaseStatement::new()
        .case(Condition::all().add(next.clone().gte(LIMIT)), Expr::value(Some(now + LOCK)))
        .finally(Expr::value(Option::<Instant>::None))
        .into();
    // Another instance may put the row there between the update and the insert.
    for _ in 0..3 {
        let counted = tries::Entity::update_many()
            .col_expr(tries::Column::Tries, next.clone())
            .col_expr(tries::Column::LockedUntil, locked.clone())
            .col_expr(tries::Column::LastAt, Expr::value(now))
            .filter(tries::Column::Key.eq(key))
            .filter(Condition::any().add(tries::Column::LockedUntil.is_null()).add(tries::Column::LockedUntil.lte(now)))
            .exec(conn)
            .await?;
        let row = tries::Entity::find_by_id(key).one(conn).await?;
        match row {
            Some(row) if counted.rows_affected > 0 => return Ok(Try::Taken { last: row.tries >= LIMIT }),
            Some(tries::Model { locked_until: Some(until), .. }) if now < until => return Ok(Try::Locked(until)),
            _ => {}
        }
        let first = tries::ActiveModel {
            key: Set(key.to_owned()),
            account_id: Set(account),
            tries: Set(1),
            locked_until: Set(None),
            last_at: Set(now),
        };
        let nothing = OnConflict::column(tries::Column::Key).do_nothing().to_owned();
        let put = tries::Entity::insert(first).on_conflict(nothing).exec_without_returning(conn).await?;
        if put > 0 {
            return Ok(Try::Taken { last: false });
        }
    }
    Ok(Try::Locked(now + Millis(1000)))
}

/// Forgets the tries upon a name.
pub(in crate::auth) async fn forgive(conn: &impl ConnectionTrait, keys: &[String]) -> Result<(), Fault> {
    for keys in keys.chunks(5_000) {
        let query = tries::Entity::delete_many().filter(tries::Column::Key.is_in(keys.iter().map(String::as_str)));
        query.exec(conn).await?;
    }
    Ok(())
}

/// Forgets what has been quiet for long: names that somebody made up must not fill the disk.
pub(in crate::auth) async fn forget(conn: &impl ConnectionTrait, now: Instant) -> Result<(), Fault> {
    tries::Entity::delete_many().filter(tries::Column::LastAt.lt(now - FORGOTTEN)).exec(conn).await?;
    Ok(())
}

/// Until when accounts are locked; those that are not are left out.
pub(in crate::auth) async fn locks(
    conn: &impl ConnectionTrait,
    accounts: &[AccountId],
    now: Instant,
) -> Result<Vec<(AccountId, Instant)>, Fault> {
    let rows = tries::Entity::find()
        .filter(tries::Column::AccountId.is_in(accounts.iter().copied()))
        .filter(tries::Column::LockedUntil.gt(now))
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.account_id?, row.locked_until?))).collect())
}
