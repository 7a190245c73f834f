//! Queries over banks, questions and versions.

use std::collections::HashMap;

use entity::bank::bank;
use entity::bank::question::{self, QuestionStatus};
use entity::bank::question_version::{self, Difficulty, QuestionKind};
use entity::id::{BankId, QuestionId, UnitId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};

use super::content::Content;
use super::model::{Citation, QuestionFilter, QuestionSummary, QuestionVersion, StockItem, TopicCount};
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

/// How many ids one statement asks for: well below what either database binds.
const IDS_AT_ONCE: usize = 5_000;

pub(super) async fn insert_bank(conn: &impl ConnectionTrait, row: bank::Model) -> Result<(), Fault> {
    bank::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn bank(conn: &impl ConnectionTrait, id: BankId) -> Result<Option<bank::Model>, Fault> {
    Ok(bank::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn banks(conn: &impl ConnectionTrait, ids: &[BankId]) -> Result<Vec<bank::Model>, Fault> {
    Ok(bank::Entity::find().filter(bank::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// The banks of these subtrees, oldest first.
pub(super) async fn banks_within(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    page: &PageRequest,
) -> Result<Page<bank::Model>, Fault> {
    let mut query = bank::Entity::find()
        .filter(bank::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(bank::Column::Id)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(bank::Column::Id.gt(after));
    }
    Ok(Page::cut(query.all(conn).await?, page, |b| b.id.to_string()))
}

/// Which of these banks lie in these subtrees.
pub(super) async fn ids_within(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    ids: &[BankId],
) -> Result<Vec<BankId>, Fault> {
    Ok(bank::Entity::find()
        .select_only()
        .column(bank::Column::Id)
        .filter(bank::Column::Id.is_in(ids.iter().copied()))
        .filter(bank::Column::UnitId.in_subquery(tree::within(tops)))
        .into_tuple()
        .all(conn)
        .await?)
}

/// How many questions of each bank have each status.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    banks: &[BankId],
) -> Result<Vec<(BankId, QuestionStatus, i64)>, Fault> {
    Ok(question::Entity::find()
        .select_only()
        .column(question::Column::BankId)
        .column(question::Column::Status)
        .column_as(question::Column::Id.count(), "count")
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .group_by(question::Column::BankId)
        .group_by(question::Column::Status)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Questions with their first versions, all of the same status.
pub(super) async fn insert_questions(
    conn: &impl ConnectionTrait,
    bank: BankId,
    status: QuestionStatus,
    versions: &[QuestionVersion],
) -> Result<(), Fault> {
    let question = |v: &QuestionVersion| question::Model {
        id: v.question_id,
        bank_id: bank,
        status,
        version: v.version,
        kind: v.content.kind,
        topic: v.topic.clone(),
        difficulty: v.difficulty,
        author_id: v.author_id,
        created_at: v.created_at,
    };
    insert_all(conn, versions.iter().map(|v| question(v).into_active_model()).collect(), false).await?;
    let rows = versions.iter().map(|v| Ok(row(v)?.into_active_model())).collect::<Result<_, Fault>>()?;
    insert_all::<question_version::ActiveModel>(conn, rows, false).await
}

pub(super) async fn insert_version(conn: &impl ConnectionTrait, version: &QuestionVersion) -> Result<(), Fault> {
    question_version::Entity::insert(row(version)?.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn questions(
    conn: &impl ConnectionTrait,
    ids: &[QuestionId],
) -> Result<HashMap<QuestionId, question::Model>, Fault> {
    let mut found = HashMap::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let rows = question::Entity::find().filter(question::Column::Id.is_in(ids.iter().copied())).all(conn).await?;
        found.extend(rows.into_iter().map(|q| (q.id, q)));
    }
    Ok(found)
}

/// Makes `status` the question's, unless it is no longer as it was read; whether it was done.
pub(super) async fn set_status(
    conn: &impl ConnectionTrait,
    read: &question::Model,
    status: QuestionStatus,
) -> Result<bool, Fault> {
    let change = question::ActiveModel { status: Set(status), ..Default::default() };
    let done = question::Entity::update_many()
        .set(change)
        .filter(question::Column::Id.eq(read.id))
        .filter(question::Column::Status.eq(read.status))
        .filter(question::Column::Version.eq(read.version))
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Makes `newest` the version that counts, as a draft, unless another came before; whether it was done.
pub(super) async fn set_newest(
    conn: &impl ConnectionTrait,
    read: &question::Model,
    newest: &QuestionVersion,
) -> Result<bool, Fault> {
    let change = question::ActiveModel {
        status: Set(QuestionStatus::Draft),
        version: Set(newest.version),
        topic: Set(newest.topic.clone()),
        difficulty: Set(newest.difficulty),
        author_id: Set(newest.author_id),
        ..Default::default()
    };
    let done = question::Entity::update_many()
        .set(change)
        .filter(question::Column::Id.eq(read.id))
        .filter(question::Column::Status.eq(read.status))
        .filter(question::Column::Version.eq(read.version))
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// From a question to its newest version.
fn newest() -> RelationDef {
    question::Entity::belongs_to(question_version::Entity)
        .from((question::Column::Id, question::Column::Version))
        .to((question_version::Column::QuestionId, question_version::Column::Version))
        .into()
}

/// The questions of these subtrees' banks that the filter wants, oldest first.
pub(super) async fn list(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &QuestionFilter,
    page: &PageRequest,
) -> Result<Page<QuestionSummary>, Fault> {
    let banks = sea_orm::sea_query::Query::select()
        .column(bank::Column::Id)
        .from(bank::Entity)
        .and_where(bank::Column::UnitId.in_subquery(tree::within(tops)))
        .to_owned();
    let mut query = question::Entity::find()
        .join(JoinType::InnerJoin, newest())
        .filter(question::Column::BankId.in_subquery(banks))
        .order_by_asc(question::Column::Id)
        .limit(page.limit + 1);
    if let Some(bank) = filter.bank_id {
        query = query.filter(question::Column::BankId.eq(bank));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(question::Column::Kind.eq(kind));
    }
    if let Some(topic) = &filter.topic {
        query = query.filter(question::Column::Topic.eq(topic));
    }
    if let Some(status) = filter.status {
        query = query.filter(question::Column::Status.eq(status));
    }
    if let Some(text) = &filter.q {
        // The two databases see capitals differently in LIKE, so neither gets to see any.
        let stem = Expr::expr(Func::lower(question_version::Column::Stem.into_expr()));
        query = query.filter(stem.like(containing(&text.to_lowercase())));
    }
    if let Some(after) = &page.after {
        query = query.filter(question::Column::Id.gt(after));
    }
    let rows = query.select_also(question_version::Entity).all(conn).await?;
    let summaries = rows.into_iter().filter_map(|(q, v)| v.map(|v| summary(q, v))).collect();
    Ok(Page::cut(summaries, page, |q: &QuestionSummary| q.id.to_string()))
}

/// A pattern for texts with `text` in them, its own wildcards taken literally.
fn containing(text: &str) -> LikeExpr {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{literal}%")).escape('\\')
}

fn summary(question: question::Model, version: question_version::Model) -> QuestionSummary {
    QuestionSummary {
        id: question.id,
        bank_id: question.bank_id,
        status: question.status,
        version: version.version,
        kind: version.kind,
        topic: version.topic,
        difficulty: version.difficulty,
        group: version.group_key,
        stem: version.stem,
        law: version.law,
        article: version.article,
        author_id: version.author_id,
    }
}

/// One version.
pub(super) async fn version(
    conn: &impl ConnectionTrait,
    id: QuestionId,
    version: i32,
) -> Result<Option<QuestionVersion>, Fault> {
    question_version::Entity::find_by_id((id, version)).one(conn).await?.map(read).transpose()
}

/// The newest versions of the approved questions of these banks, by id.
pub(super) async fn pool(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<QuestionVersion>, Fault> {
    let rows = question_version::Entity::find()
        .join(JoinType::InnerJoin, newest().rev())
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .filter(question::Column::Status.eq(QuestionStatus::Approved))
        .all(conn)
        .await?;
    let mut pool = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // Not by the database, whose order of text is a setting: a manifest wants them bytewise.
    pool.sort_by_key(|v| v.question_id);
    Ok(pool)
}

/// These versions, by id and number.
pub(super) async fn versions(
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
        found.extend(rows.map(read).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by_key(|v| (v.question_id, v.version));
    Ok(found)
}

/// What feasibility asks of the approved questions of these banks.
pub(super) async fn stock(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<StockItem>, Fault> {
    let rows: Vec<(QuestionKind, String, Difficulty, Option<String>)> = question::Entity::find()
        .select_only()
        .column(question::Column::Kind)
        .column(question::Column::Topic)
        .column(question::Column::Difficulty)
        .column(question_version::Column::GroupKey)
        .join(JoinType::InnerJoin, newest())
        .filter(question::Column::BankId.is_in(banks.iter().copied()))
        .filter(question::Column::Status.eq(QuestionStatus::Approved))
        .order_by_asc(question::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(kind, topic, difficulty, group)| StockItem { kind, topic, difficulty, group }).collect())
}

/// How many approved questions these banks hold of each topic, kind and difficulty.
pub(super) async fn topics(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<TopicCount>, Fault> {
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
fn row(version: &QuestionVersion) -> Result<question_version::Model, Fault> {
    let json = |text: Result<String, serde_json::Error>| text.map_err(|e| bad(version.question_id, &e));
    Ok(question_version::Model {
        question_id: version.question_id,
        version: version.version,
        kind: version.content.kind,
        topic: version.topic.clone(),
        difficulty: version.difficulty,
        group_key: version.group.clone(),
        stem: version.content.stem.clone(),
        options: json(serde_json::to_string(&version.content.options))?,
        answer: json(serde_json::to_string(&version.content.answer))?,
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
fn read(row: question_version::Model) -> Result<QuestionVersion, Fault> {
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
        group: row.group_key,
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
