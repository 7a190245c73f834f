//! Queries over closings and snapshots.

use std::collections::HashMap;

use entity::id::{AccountId, ClosingId, SnapshotId, SubjectId, UnitId};
use entity::instant::Instant;
use entity::log;
use entity::org::roster_row::SubjectKind;
use entity::report::{closing, sheet, snapshot, snapshot_sheet};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::db::{Fault, insert_all};
use crate::tally::Subject;
use crate::tree;

mod past;

pub(super) use past::*;

/// The key under which a year can be closed once for a unit.
pub(super) fn open_key(year: i32, unit: UnitId) -> String {
    format!("{year} {unit}")
}

/// Every act of closing for this unit or one above it, opened again or not, the newest first.
pub(super) async fn closings_over(conn: &impl ConnectionTrait, unit: UnitId) -> Result<Vec<closing::Model>, Fault> {
    Ok(closing::Entity::find()
        .filter(closing::Column::UnitId.in_subquery(tree::above(&[unit])))
        .order_by_desc(closing::Column::ClosedAt)
        .order_by_desc(closing::Column::Id)
        .all(conn)
        .await?)
}

/// The closings up to a year that stand, for the unit, those above it and those below it.
pub(super) async fn standing(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    until: i32,
) -> Result<Vec<closing::Model>, Fault> {
    Ok(in_force()
        .filter(closing::Column::Year.lte(until))
        .filter(
            Condition::any()
                .add(closing::Column::UnitId.in_subquery(tree::within(&[unit])))
                .add(closing::Column::UnitId.in_subquery(tree::above(&[unit]))),
        )
        .all(conn)
        .await?)
}

/// The closing of a year for a unit that stands: its own one or one above it.
pub(super) async fn closing_over(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    year: i32,
) -> Result<Option<closing::Model>, Fault> {
    Ok(in_force()
        .filter(closing::Column::Year.eq(year))
        .filter(closing::Column::UnitId.in_subquery(tree::above(&[unit])))
        .one(conn)
        .await?)
}

fn in_force() -> Select<closing::Entity> {
    closing::Entity::find().filter(closing::Column::ReopenedAt.is_null())
}

pub(super) async fn insert_snapshot(tx: &impl ConnectionTrait, row: snapshot::Model) -> Result<(), Fault> {
    snapshot::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(super) async fn insert_closing(tx: &impl ConnectionTrait, row: closing::Model) -> Result<(), Fault> {
    closing::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Opens a year again. `None` if it is not closed for that very unit.
pub(super) async fn reopen(
    tx: &impl ConnectionTrait,
    year: i32,
    unit: UnitId,
    (by, at, reason): (AccountId, Instant, String),
) -> Result<Option<ClosingId>, Fault> {
    let key = open_key(year, unit);
    let Some(found) = closing::Entity::find().filter(closing::Column::OpenKey.eq(&key)).one(tx).await? else {
        return Ok(None);
    };
    let change = closing::ActiveModel {
        open_key: Set(None),
        reopened_at: Set(Some(at)),
        reopened_by: Set(Some(by)),
        reopen_reason: Set(Some(reason)),
        ..Default::default()
    };
    let done = closing::Entity::update_many()
        .set(change)
        .filter(closing::Column::Id.eq(found.id))
        .filter(closing::Column::ReopenedAt.is_null())
        .exec(tx)
        .await?;
    Ok((done.rows_affected > 0).then_some(found.id))
}

pub(super) async fn snapshot(conn: &impl ConnectionTrait, id: SnapshotId) -> Result<Option<snapshot::Model>, Fault> {
    Ok(snapshot::Entity::find_by_id(id).one(conn).await?)
}

/// Every snapshot of a unit, of one year or all, the newest first.
pub(super) async fn snapshots(
    conn: &impl ConnectionTrait,
    unit: UnitId,
    year: Option<i32>,
) -> Result<Vec<snapshot::Model>, Fault> {
    let mut query = snapshot::Entity::find().filter(snapshot::Column::UnitId.eq(unit));
    if let Some(year) = year {
        query = query.filter(snapshot::Column::Year.eq(year));
    }
    Ok(query.order_by_desc(snapshot::Column::CreatedAt).order_by_desc(snapshot::Column::Id).all(conn).await?)
}

/// The ids of all snapshots, the oldest first.
pub(super) async fn all_snapshots(conn: &impl ConnectionTrait) -> Result<Vec<SnapshotId>, Fault> {
    Ok(snapshot::Entity::find()
        .select_only()
        .column(snapshot::Column::Id)
        .order_by_asc(snapshot::Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Whether the snapshot of a month was taken.
pub(super) async fn month_is_taken(conn: &impl ConnectionTrait, key: &str) -> Result<bool, Fault> {
    let found: Option<SnapshotId> = snapshot::Entity::find()
        .select_only()
        .column(snapshot::Column::Id)
        .filter(snapshot::Column::MonthKey.eq(key))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// Keeps sheets, each once, and where each stands behind a snapshot.
pub(super) async fn insert_sheets(
    tx: &impl ConnectionTrait,
    mut sheets: Vec<sheet::Model>,
    places: Vec<snapshot_sheet::Model>,
) -> Result<(), Fault> {
    sheets.sort_unstable_by(|a, b| a.digest.cmp(&b.digest));
    sheets.dedup_by(|a, b| a.digest == b.digest);
    insert_all(tx, sheets.into_iter().map(IntoActiveModel::into_active_model).collect(), true).await?;
    insert_all(tx, places.into_iter().map(IntoActiveModel::into_active_model).collect(), false).await
}

/// The sheets behind a snapshot: of what, of which unit, the digest and the text under it.
pub(super) async fn sheets_of(
    conn: &impl ConnectionTrait,
    id: SnapshotId,
) -> Result<Vec<(Subject, UnitId, String, Option<String>)>, Fault> {
    let rows: Vec<(SubjectKind, SubjectId, UnitId, String)> = snapshot_sheet::Entity::find()
        .select_only()
        .columns([
            snapshot_sheet::Column::SubjectKind,
            snapshot_sheet::Column::SubjectId,
            snapshot_sheet::Column::UnitId,
            snapshot_sheet::Column::Digest,
        ])
        .filter(snapshot_sheet::Column::SnapshotId.eq(id))
        .into_tuple()
        .all(conn)
        .await?;
    let mut texts: HashMap<String, String> = HashMap::new();
    let digests: Vec<&String> = rows.iter().map(|(.., digest)| digest).collect();
    for digests in digests.chunks(1_000) {
        let found =
            sheet::Entity::find().filter(sheet::Column::Digest.is_in(digests.iter().copied())).all(conn).await?;
        texts.extend(found.into_iter().map(|row| (row.digest, row.text)));
    }
    let placed = rows.into_iter().map(|(kind, id, unit, digest)| {
        let text = texts.get(&digest).cloned();
        (Subject { kind, id }, unit, digest, text)
    });
    Ok(placed.collect())
}

/// The entries of the log about these things that were written after one of them, the newest first.
pub(super) async fn entries_about(
    conn: &impl ConnectionTrait,
    subjects: &[String],
    after: i64,
) -> Result<Vec<log::Model>, Fault> {
    Ok(log::Entity::find()
        .filter(log::Column::Subject.is_in(subjects.iter().cloned()))
        .filter(log::Column::Seq.gt(after))
        .order_by_desc(log::Column::Seq)
        .limit(50)
        .all(conn)
        .await?)
}

/// The data of the newest entry of an act upon each of these things.
pub(super) async fn last_told(
    conn: &impl ConnectionTrait,
    action: &str,
    subjects: &[String],
) -> Result<HashMap<String, String>, Fault> {
    let rows: Vec<(String, String)> = log::Entity::find()
        .select_only()
        .columns([log::Column::Subject, log::Column::Data])
        .filter(log::Column::Subject.is_in(subjects.iter().cloned()))
        .filter(log::Column::Action.eq(action))
        .order_by_asc(log::Column::Seq)
        .into_tuple()
        .all(conn)
        .await?;
    // In the order of the log: the newest stays.
    Ok(rows.into_iter().collect())
}
