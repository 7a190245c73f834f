//! Reading a sealed exam with all that its papers hold.

use std::str::FromStr;
use std::sync::Arc;

use entity::exam::{exam, section};
use entity::id::{ExamId, QuestionId};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::model::{SealedExam, SealedSection};
use crate::bank::Bank;
use crate::db::Fault;
use crate::exam::draw::{Manifest, Sealed, Secret};
use crate::kernel::digest::Digest;

pub(super) async fn load(
    conn: &impl ConnectionTrait,
    id: ExamId,
    manifest_digest: &str,
) -> Result<Arc<SealedExam>, Fault> {
    let row: Option<(Option<String>, Option<String>, Option<String>)> = exam::Entity::find_by_id(id)
        .select_only()
        .columns([exam::Column::Manifest, exam::Column::Secret, exam::Column::Beacon])
        .filter(exam::Column::ManifestDigest.eq(manifest_digest))
        .into_tuple()
        .one(conn)
        .await?;
    let Some((Some(manifest), Some(secret), beacon)) = row else {
        return Err(Fault::Busy(Arc::new(DbErr::RecordNotFound(format!("exam {id} with that seal")))));
    };
    let manifest: Manifest = serde_json::from_str(&manifest).map_err(|e| bad(id, &e))?;
    let secret = Digest::from_str(&secret).map(|s| Secret::from_bytes(*s.as_bytes())).map_err(|e| bad(id, &e))?;
    let wanted: Vec<(QuestionId, i32)> =
        manifest.pool.iter().map(|i| version_of(&i.item)).collect::<Option<_>>().ok_or_else(|| bad(id, &"its pool"))?;
    let versions = Bank::versions(conn, &wanted).await?;
    let sections = section::Entity::find()
        .filter(section::Column::ExamId.eq(id))
        .order_by_asc(section::Column::Position)
        .all(conn)
        .await?
        .into_iter()
        .map(|row| SealedSection::new(row.title, row.points_each, row.scoring))
        .collect();
    let draw = Sealed::new(manifest, &secret, beacon.as_deref()).map_err(|e| bad(id, &e))?;
    if draw.manifest_digest().to_string() != manifest_digest {
        return Err(bad(id, &"its manifest is not that of its digest"));
    }
    Ok(Arc::new(SealedExam::new(id, draw, sections, versions).map_err(|e| bad(id, &e))?))
}

/// The question and version that an item names.
fn version_of(item: &str) -> Option<(QuestionId, i32)> {
    let (question, version) = item.split_once('@')?;
    Some((question.parse().ok()?, version.parse().ok()?))
}

fn bad(id: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("the sealed exam {id}: {why}")).into()
}
