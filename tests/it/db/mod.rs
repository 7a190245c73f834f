//! The two doors to write and what is said when they don't open, on both databases.

mod fault;
mod tx;
mod writer;

use entity::id::UnitId;
use entity::instant::Day;
use entity::org::unit::{self, UnitKind};
use kaofa::db::{Db, Fault};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use crate::harness::TestServer;

/// A row to write, of a table that has a unique column and a reference.
fn row(server: &TestServer, code: &str, parent_id: Option<UnitId>) -> unit::Model {
    unit::Model {
        id: server.services.core.id(),
        parent_id,
        code: code.to_owned(),
        name: code.to_owned(),
        sort_key: code.to_owned(),
        kind: UnitKind::Unit,
        position: 0,
        active_from: Day::new(2026, 1, 1).unwrap(),
        active_to: None,
        merged_into_id: None,
        version: 1,
    }
}

async fn insert(conn: &impl ConnectionTrait, row: unit::Model) -> Result<(), Fault> {
    unit::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

/// The codes of all units, sorted.
async fn codes(db: &Db) -> Vec<String> {
    let mut codes: Vec<String> =
        unit::Entity::find().all(db.read()).await.unwrap().into_iter().map(|u| u.code).collect();
    codes.sort();
    codes
}
