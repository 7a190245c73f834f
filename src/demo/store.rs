//! The mark by which a database is known to hold the demonstration and nothing else.

use entity::demonstration;
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::db::Fault;
use crate::tree;

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing yet.
    Nothing,
    /// The demonstration, begun at least.
    Demonstration,
    /// Somebody's own district.
    SomethingElse,
}

/// Looks what the database holds.
pub(super) async fn look(conn: &impl ConnectionTrait) -> Result<Holds, Fault> {
    if demonstration::Entity::find_by_id(1).one(conn).await?.is_some() {
        return Ok(Holds::Demonstration);
    }
    let empty = tree::children(conn, None).await?.is_empty();
    Ok(if empty { Holds::Nothing } else { Holds::SomethingElse })
}

/// Marks an empty database.
pub(super) async fn begin(tx: &impl ConnectionTrait, at: Instant) -> Result<(), Fault> {
    let row = demonstration::ActiveModel { id: Set(1), begun_at: Set(at), filled_at: Set(None) };
    demonstration::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that everything is there.
pub(super) async fn finish(tx: &impl ConnectionTrait, at: Instant) -> Result<(), Fault> {
    let change = demonstration::ActiveModel { filled_at: Set(Some(at)), ..Default::default() };
    demonstration::Entity::update_many().set(change).exec(tx).await?;
    Ok(())
}
