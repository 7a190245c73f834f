//! Queries over seals and the papers drawn from them.

use std::collections::HashMap;

use entity::exam::exam::{self, ExamStatus};
use entity::exam::{attempt, pool_item};
use entity::id::{AttemptId, EntryId, ExamId, PersonId, QuestionId};
use entity::instant::Instant;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use super::super::model::{Beacon, Observed, Seal, SealedManifest};
use super::update;
use crate::db::{Fault, insert_all};
use crate::exam::draw::Balance;

/// How many ids one statement names at most.
const CHUNK: usize = 4_000;

/// When an exam opens by itself: never while the value of its beacon is not recorded.
pub(in crate::exam) fn opening(row: &exam::Model) -> Instant {
    if row.beacon_rule.is_some() && row.beacon.is_none() { Instant(i64::MAX) } else { row.opens_at }
}

/// What the seal of an exam published.
pub(super) fn seal_of(row: &exam::Model) -> Option<Seal> {
    let (manifest_digest, commitment) = row.manifest_digest.clone().zip(row.commitment.clone())?;
    let beacon = row.beacon.clone().zip(row.beacon_source.clone());
    let beacon = beacon.map(|(value, source)| Beacon { value, source });
    Some(Seal { at: row.sealed_at?, manifest_digest, commitment, number: row.seal_number?, beacon })
}

/// The balance of an exam.
pub(super) fn balance_of(row: &exam::Model) -> Result<Option<Balance>, Fault> {
    let read = |text: &String| {
        serde_json::from_str(text).map_err(|e| Fault::from(DbErr::Type(format!("the balance of exam {}: {e}", row.id))))
    };
    row.balance.as_ref().map(read).transpose()
}

/// As it is kept.
pub(super) fn balance_text(balance: &Balance) -> String {
    serde_json::to_string(balance).expect("three numbers are always JSON")
}

/// What a seal fixes and what it publishes.
pub(in super::super) struct Sealing {
    /// The secret, hex.
    pub(in super::super) secret: String,
    /// The manifest with its digest and commitment.
    pub(in super::super) sealed: SealedManifest,
    /// Whether it has opened and stays so.
    pub(in super::super) opens: bool,
    /// The rule for the beacon, which a further seal may change.
    pub(in super::super) beacon_rule: Option<String>,
    /// The questions that can be drawn.
    pub(in super::super) pool: Vec<(QuestionId, i32)>,
    /// The log's entry of it.
    pub(in super::super) entry: EntryId,
}

/// Seals a draft, or an exam that nobody has started again, unless it was changed meanwhile; whether it was done. What
/// was sealed before is forgotten here; the log keeps it.
pub(in super::super) async fn seal(
    tx: &impl ConnectionTrait,
    read: &exam::Model,
    sealing: Sealing,
) -> Result<bool, Fault> {
    let Seal { at, manifest_digest, commitment, number, beacon: _ } = sealing.sealed.seal;
    let change = exam::ActiveModel {
        // One that has opened and waits for another beacon now is no longer open.
        status: if sealing.opens { NotSet } else { Set(ExamStatus::Sealed) },
        beacon_rule: Set(sealing.beacon_rule),
        secret: Set(Some(sealing.secret)),
        beacon: Set(None),
        beacon_source: Set(None),
        seal_number: Set(Some(number)),
        seal_entry_id: Set(Some(sealing.entry)),
        manifest: Set(Some(sealing.sealed.manifest)),
        manifest_digest: Set(Some(manifest_digest)),
        commitment: Set(Some(commitment)),
        sealed_at: Set(Some(at)),
        version: Set(read.version + 1),
        ..Default::default()
    };
    if !update(tx, read, change).await? {
        return Ok(false);
    }
    pool_item::Entity::delete_many().filter(pool_item::Column::ExamId.eq(read.id)).exec(tx).await?;
    let row = |&(question_id, version): &(QuestionId, i32)| pool_item::ActiveModel {
        exam_id: Set(read.id),
        question_id: Set(question_id),
        version: Set(version),
        sittings: Set(None),
        points: Set(None),
        max_points: Set(None),
    };
    insert_all(tx, sealing.pool.iter().map(row).collect(), false).await?;
    Ok(true)
}

/// Records the value of a beacon, unless the exam was changed meanwhile; whether it was done.
pub(in super::super) async fn beacon(
    tx: &impl ConnectionTrait,
    read: &exam::Model,
    beacon: &Beacon,
) -> Result<bool, Fault> {
    let change = exam::ActiveModel {
        beacon: Set(Some(beacon.value.clone())),
        beacon_source: Set(Some(beacon.source.clone())),
        version: Set(read.version + 1),
        ..Default::default()
    };
    update(tx, read, change).await
}

/// Whether anybody ever started an exam, voided attempts included.
pub(in super::super) async fn ever_started(conn: &impl ConnectionTrait, exam: ExamId) -> Result<bool, Fault> {
    let any = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::ExamId.eq(exam))
        .limit(1)
        .into_tuple::<AttemptId>()
        .one(conn)
        .await?;
    Ok(any.is_some())
}

/// The manifest of a sealed exam.
pub(in super::super) async fn manifest(
    conn: &impl ConnectionTrait,
    id: ExamId,
) -> Result<Option<SealedManifest>, Fault> {
    let row = exam::Entity::find_by_id(id).one(conn).await?;
    Ok(row.and_then(|row| Some(SealedManifest { seal: seal_of(&row)?, manifest: row.manifest? })))
}

/// What goes before the papers of a draw file, the log's proof aside: manifest, secret, beacon, and the seal's entry.
pub(in super::super) async fn draw_head(
    conn: &impl ConnectionTrait,
    id: ExamId,
) -> Result<Option<(String, String, Option<String>, EntryId)>, Fault> {
    let row = exam::Entity::find_by_id(id).one(conn).await?;
    Ok(row.and_then(|row| Some((row.manifest?, row.secret?, row.beacon, row.seal_entry_id?))))
}

/// Whose attempt, and the how manyth of theirs.
pub(in super::super) type PaperId = (PersonId, i32);

/// Every attempt ever started in an exam, in no order.
pub(in super::super) async fn paper_ids(conn: &impl ConnectionTrait, exam: ExamId) -> Result<Vec<PaperId>, Fault> {
    Ok(attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::PersonId, attempt::Column::Number])
        .filter(attempt::Column::ExamId.eq(exam))
        .into_tuple()
        .all(conn)
        .await?)
}

/// A paper as it was given out.
#[derive(Debug, FromQueryResult)]
pub(in super::super) struct Papers {
    /// Whose.
    pub(in super::super) person_id: PersonId,
    /// Which attempt.
    pub(in super::super) number: i32,
    /// The number of the draw that was taken.
    pub(in super::super) k: i32,
    /// Items and order of options, JSON.
    pub(in super::super) items: String,
    /// The digest.
    pub(in super::super) paper_digest: String,
}

/// All papers of these people in an exam, in no order.
pub(in super::super) async fn papers(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    people: &[PersonId],
) -> Result<Vec<Papers>, Fault> {
    Ok(attempt::Entity::find()
        .select_only()
        .columns([
            attempt::Column::PersonId,
            attempt::Column::Number,
            attempt::Column::K,
            attempt::Column::Items,
            attempt::Column::PaperDigest,
        ])
        .filter(attempt::Column::ExamId.eq(exam))
        .filter(attempt::Column::PersonId.is_in(people.iter().copied()))
        .into_model()
        .all(conn)
        .await?)
}

/// What was observed of these questions in exams that have been counted, version by version.
pub(in super::super) async fn observed(
    conn: &impl ConnectionTrait,
    questions: &[QuestionId],
) -> Result<HashMap<(QuestionId, i32), Observed>, Fault> {
    let mut found: HashMap<(QuestionId, i32), Observed> = HashMap::new();
    for ids in questions.chunks(CHUNK) {
        let rows = pool_item::Entity::find()
            .filter(pool_item::Column::QuestionId.is_in(ids.iter().copied()))
            .filter(pool_item::Column::Sittings.gt(0))
            .all(conn)
            .await?;
        for row in rows {
            let sum = found.entry((row.question_id, row.version)).or_default();
            sum.sittings += i64::from(row.sittings.unwrap_or_default());
            sum.points += row.points.unwrap_or_default().0;
            sum.max_points += row.max_points.unwrap_or_default().0;
        }
    }
    Ok(found)
}
