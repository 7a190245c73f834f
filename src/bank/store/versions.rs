//! Versions with all that they hold, and what exams take of them.

use entity::bank::question::{self, QuestionStatus};
use entity::bank::question_version::{self, Difficulty, QuestionKind};
use entity::id::{BankId, QuestionId};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};

use super::super::content::Content;
use super::super::model::{Citation, QuestionVersion, StockItem, TopicCount};
use super::{IDS_AT_ONCE, newest};
use crate::db::Fault;

/// One version. Its group stands with the question.
pub(in crate::bank) async fn version(
    conn: &impl ConnectionTrait,
    id: QuestionId,
    version: i32,
) -> Result<Option<QuestionVersion>, Fault> {
    let row = question_version::Entity::find_by_id((id, version)).one(conn).await?;
    row.map(|row| read(row, None)).transpose()
}

/// The newest versions of the approved questions of these banks, by id.
pub(in crate::bank) async fn pool(
    conn: &impl ConnectionTrait,
    banks: &[BankId],
) -> Result<Vec<QuestionVersion>, Fault> {
    let rows = question::Entity::find()
        .join(JoinType::InnerJoin, newest())
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .filter(question::Column::Status.eq(QuestionStatus::Approved))
        .select_also(question_version::Entity)
        .all(conn)
        .await?;
    let whole = |(question, version): (question::Model, Option<question_version::Model>)| {
        version.map(|version| read(version, question.group_key))
    };
    let mut pool = rows.into_iter().filter_map(whole).collect::<Result<Vec<_>, _>>()?;
    // Not by the database, whose order of text is a setting: a manifest wants them bytewise.
    pool.sort_by_key(|v| v.question_id);
    Ok(pool)
}

/// These versions, by id and number, without their groups.
pub(in crate::bank) async fn versions(
    conn: &impl ConnectionTrait,
    wanted: &[(QuestionId, i32)],
) -> Result<Vec<QuestionVersion>, Fault> {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::new();
    for wanted in wanted.chunks(IDS_AT_ONCE) {
        let rows = question_version::Entity::find()
            .filter(question_version::Column::QuestionId.is_in(wanted.iter().map(|(id, _)| *id)))
            .all(conn)
            .await?;
        let rows = rows.into_iter().filter(|v| wanted.binary_search(&(v.question_id, v.version)).is_ok());
        found.extend(rows.map(|row| read(row, None)).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by_key(|v| (v.question_id, v.version));
    Ok(found)
}

/// What feasibility asks of the approved questions of these banks.
pub(in crate::bank) async fn stock(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<StockItem>, Fault> {
    let rows: Vec<(QuestionKind, String, Difficulty, Option<String>)> = question::Entity::find()
        .select_only()
        .column(question::Column::Kind)
        .column(question::Column::Topic)
        .column(question::Column::Difficulty)
        .column(question::Column::GroupKey)
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .filter(question::Column::Status.eq(QuestionStatus::Approved))
        .order_by_asc(question::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(kind, topic, difficulty, group)| StockItem { kind, topic, difficulty, group }).collect())
}

/// How many approved questions these banks hold of each topic, kind and difficulty.
pub(in crate::bank) async fn topics(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<TopicCount>, Fault> {
    let rows: Vec<(String, QuestionKind, Difficulty, i64)> = question::Entity::find()
        .select_only()
        .column(question::Column::Topic)
        .column(question::Column::Kind)
        .column(question::Column::Difficulty)
        .column_as(question::Column::Id.count(), "count")
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .filter(question::Column::Status.eq(QuestionStatus::Approved))
        .group_by(question::Column::Topic)
        .group_by(question::Column::Kind)
        .group_by(question::Column::Difficulty)
        .into_tuple()
        .all(conn)
        .await?;
    let count = |(topic, kind, difficulty, count): (_, _, _, i64)| TopicCount {
        topic,
        kind,
        difficulty,
        count: count.unsigned_abs(),
    };
    let mut counts: Vec<TopicCount> = rows.into_iter().map(count).collect();
    counts.sort_by(|a, b| (&a.topic, a.kind, a.difficulty).cmp(&(&b.topic, b.kind, b.difficulty)));
    Ok(counts)
}

/// A version as it is kept.
pub(super) fn row(version: &QuestionVersion) -> Result<question_version::Model, Fault> {
    let bad = |e| bad(version.question_id, &e);
    Ok(question_version::Model {
        question_id: version.question_id,
        version: version.version,
        kind: version.content.kind,
        topic: version.topic.clone(),
        difficulty: version.difficulty,
        stem: version.content.stem.clone(),
        options: serde_json::to_string(&version.content.options).map_err(bad)?,
        answer: serde_json::to_string(&version.content.answer).map_err(bad)?,
        explanation: version.explanation.clone(),
        law: version.citation.law.clone(),
        article: version.citation.article.clone(),
        law_version: version.citation.law_version.clone(),
        verified_on: version.citation.verified_on,
        salt: version.salt.to_hex(),
        digest: version.content.digest(&version.salt).to_string(),
        author_id: version.author_id,
        created_at: version.created_at,
    })
}

/// A version from what is kept. One whose content is no longer that of its digest was changed behind the program's
/// back; no exam may ask it and nobody should trust its key.
fn read(row: question_version::Model, group: Option<String>) -> Result<QuestionVersion, Fault> {
    let id = row.question_id;
    let content = Content {
        kind: row.kind,
        stem: row.stem,
        options: serde_json::from_str(&row.options).map_err(|e| bad(id, &e))?,
        answer: serde_json::from_str(&row.answer).map_err(|e| bad(id, &e))?,
    };
    let salt = row.salt.parse().map_err(|e| bad(id, &e))?;
    if content.digest(&salt).to_string() != row.digest {
        return Err(bad(id, &"its content is not that of its digest"));
    }
    Ok(QuestionVersion {
        question_id: id,
        version: row.version,
        topic: row.topic,
        difficulty: row.difficulty,
        group,
        content,
        salt,
        explanation: row.explanation,
        citation: Citation {
            law: row.law,
            article: row.article,
            law_version: row.law_version,
            verified_on: row.verified_on,
        },
        author_id: row.author_id,
        created_at: row.created_at,
    })
}

fn bad(id: QuestionId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("a version of question {id}: {why}")).into()
}
