//! How often something changed of what tokens are worth.

use std::collections::HashMap;

use entity::auth::turn;
use entity::id::AccountId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::auth::turns::slot_of;
use crate::db::Fault;

/// Lets every instance know that something changed of what the tokens of this account are worth. Whatever ends a token
/// before its time, or changes the account or its grants, calls this in its transaction.
pub(in crate::auth) async fn raise_turn(conn: &impl ConnectionTrait, account: AccountId) -> Result<(), Fault> {
    let row = turn::ActiveModel { slot: Set(slot_of(account)), turn: Set(1) };
    let mut raise = OnConflict::column(turn::Column::Slot);
    raise.value(turn::Column::Turn, Expr::col((turn::Entity, turn::Column::Turn)).add(1));
    turn::Entity::insert(row).on_conflict(raise).exec_without_returning(conn).await?;
    Ok(())
}

/// The turns of all slots that ever had one.
pub(in crate::auth) async fn turns(conn: &impl ConnectionTrait) -> Result<HashMap<i32, i64>, Fault> {
    Ok(turn::Entity::find().all(conn).await?.into_iter().map(|row| (row.slot, row.turn)).collect())
}
