//! Queries over banks, questions and versions.

use std::collections::HashMap;

use entity::bank::bank;
use entity::bank::question::{self, QuestionStatus};
use entity::bank::question_version;
use entity::id::{BankId, QuestionId, UnitId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef,
};

use super::import::fold::{law, plain};
use super::model::{BankFilter, QuestionFilter, QuestionSummary, QuestionVersion};
use super::search::{Grams, text_of};
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};
use crate::tree;

mod bulk;
mod keys;
mod versions;

pub(super) use bulk::{Texted, laws, on_law, regroup, set_statuses, stems};
pub(super) use keys::{note_keys, seen_by, seers};
use versions::row;
pub(super) use versions::{pool, stock, topics, version, versions};

/// How many ids one statement asks for: well below what either database binds.
const IDS_AT_ONCE: usize = 5_000;

pub(super) async fn insert_bank(conn: &impl ConnectionTrait, row: bank::Model) -> Result<(), Fault> {
    bank::Entity::insert(row.into_active_model()).exec_without_returning(conn).await?;
    Ok(())
}

pub(super) async fn bank(conn: &impl ConnectionTrait, id: BankId) -> Result<Option<bank::Model>, Fault> {
    Ok(bank::Entity::find_by_id(id).one(conn).await?)
}

/// Gives a bank what is changed of it, unless it is no longer in this version; whether it was done.
pub(super) async fn change_bank(
    conn: &impl ConnectionTrait,
    read: &bank::Model,
    changed: &bank::Model,
) -> Result<bool, Fault> {
    let change = bank::ActiveModel {
        title: Set(changed.title.clone()),
        review_required: Set(changed.review_required),
        version: Set(changed.version),
        ..Default::default()
    };
    let done = bank::Entity::update_many()
        .set(change)
        .filter(bank::Column::Id.eq(read.id))
        .filter(bank::Column::Version.eq(read.version))
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Deletes a bank; a fault of reference if anything rests on it.
pub(super) async fn delete_bank(conn: &impl ConnectionTrait, id: BankId) -> Result<(), Fault> {
    bank::Entity::delete_by_id(id).exec(conn).await?;
    Ok(())
}

/// Deletes a question with its versions, unless it is no longer as it was read; whether it was done. A fault of
/// reference if anything rests on it.
pub(super) async fn delete_question(conn: &impl ConnectionTrait, read: &question::Model) -> Result<bool, Fault> {
    let versions = question_version::Entity::delete_many();
    versions.filter(question_version::Column::QuestionId.eq(read.id)).exec(conn).await?;
    let done = question::Entity::delete_many()
        .filter(question::Column::Id.eq(read.id))
        .filter(question::Column::Status.eq(read.status))
        .filter(question::Column::Version.eq(read.version))
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The banks of these subtrees that the filter wants, oldest first.
pub(super) async fn banks_within(
    conn: &impl ConnectionTrait,
    tops: &[UnitId],
    filter: &BankFilter,
    page: &PageRequest,
) -> Result<Page<bank::Model>, Fault> {
    let mut query = bank::Entity::find()
        .filter(bank::Column::UnitId.in_subquery(tree::within(tops)))
        .order_by_asc(bank::Column::Id)
        .limit(page.limit + 1);
    if let Some(unit) = filter.unit_id {
        query = query.filter(bank::Column::UnitId.eq(unit));
    }
    if let Some(text) = &filter.q {
        let title = Expr::expr(Func::lower(bank::Column::Title.into_expr()));
        query = query.filter(title.like(containing(&text.to_lowercase())));
    }
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
    let question = |v: &QuestionVersion| question::ActiveModel {
        id: Set(v.question_id),
        bank_id: Set(bank),
        status: Set(status),
        kind: Set(v.content.kind),
        created_at: Set(v.created_at),
        ..told(v)
    };
    insert_all(conn, versions.iter().map(question).collect(), false).await?;
    let rows = versions.iter().map(|v| Ok(row(v)?.into_active_model())).collect::<Result<_, Fault>>()?;
    insert_all::<question_version::ActiveModel>(conn, rows, false).await
}

/// What a question repeats of its newest version, to be found by.
fn told(newest: &QuestionVersion) -> question::ActiveModel {
    let (search, article) = (text_of(&newest.content), plain(&newest.citation.article));
    let mut told = question::ActiveModel {
        version: Set(newest.version),
        topic: Set(newest.topic.clone()),
        difficulty: Set(newest.difficulty),
        group_key: Set(newest.group.clone()),
        law: Set(law(&newest.citation.law)),
        law_name: Set(newest.citation.law.clone()),
        law_version: Set(newest.citation.law_version.clone()),
        author_id: Set(newest.author_id),
        ..Default::default()
    };
    for (column, bits) in GRAMS.into_iter().zip(Grams::of_question(&search, &article).0) {
        told.set(column, bits.into());
    }
    question::ActiveModel { search: Set(search), article: Set(article), ..told }
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
    let change = question::ActiveModel { status: Set(QuestionStatus::Draft), ..told(newest) };
    let done = question::Entity::update_many()
        .set(change)
        .filter(question::Column::Id.eq(read.id))
        .filter(question::Column::Status.eq(read.status))
        .filter(question::Column::Version.eq(read.version))
        .exec(conn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Where the [`Grams`] of a question are kept.
const GRAMS: [question::Column; 8] = [
    question::Column::Grams0,
    question::Column::Grams1,
    question::Column::Grams2,
    question::Column::Grams3,
    question::Column::Grams4,
    question::Column::Grams5,
    question::Column::Grams6,
    question::Column::Grams7,
];

/// Few questions have all characters and pairs of a text; only those are looked at.
fn having(text: &str) -> Condition {
    let wanted = GRAMS.into_iter().zip(Grams::of(text).0).filter(|(_, bits)| *bits != 0);
    wanted.fold(Condition::all(), |all, (column, bits)| {
        all.add(Expr::col((question::Entity, column)).bit_and(bits).eq(bits))
    })
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
    // First which questions, then what they say: asked at once, SQLite reads and sorts a whole bank for a page of it.
    let mut query = question::Entity::find()
        .select_only()
        .column(question::Column::Id)
        .order_by_asc(question::Column::Id)
        .limit(page.limit + 1);
    if let Some(bank) = filter.bank_id {
        if ids_within(conn, tops, &[bank]).await?.is_empty() {
            return Ok(Page { items: Vec::new(), next_cursor: None });
        }
        query = query.filter(question::Column::BankId.eq(bank));
    } else {
        let banks = sea_orm::sea_query::Query::select()
            .column(bank::Column::Id)
            .from(bank::Entity)
            .and_where(bank::Column::UnitId.in_subquery(tree::within(tops)))
            .to_owned();
        query = query.filter(question::Column::BankId.in_subquery(banks));
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
    if let Some(text) = &filter.law {
        query = query.filter(question::Column::Law.eq(law(text)));
    }
    if let Some(text) = &filter.article {
        let text = plain(text);
        query = query.filter(having(&text)).filter(question::Column::Article.like(containing(&text)));
    }
    if let Some(group) = &filter.group {
        query = query.filter(question::Column::GroupKey.eq(group));
    }
    if let Some(text) = filter.q.as_deref().map(plain).filter(|text| !text.is_empty()) {
        query = query.filter(having(&text)).filter(question::Column::Search.like(containing(&text)));
    }
    if let Some(after) = &page.after {
        query = query.filter(question::Column::Id.gt(after));
    }
    let ids: Vec<QuestionId> = query.into_tuple().all(conn).await?;
    Ok(Page::cut(summaries(conn, &ids).await?, page, |q: &QuestionSummary| q.id.to_string()))
}

/// These questions as lists show them, in their order.
pub(super) async fn summaries(conn: &impl ConnectionTrait, ids: &[QuestionId]) -> Result<Vec<QuestionSummary>, Fault> {
    let mut found = HashMap::new();
    for part in ids.chunks(IDS_AT_ONCE) {
        let rows = question::Entity::find()
            .join(JoinType::InnerJoin, newest())
            .filter(question::Column::Id.is_in(part.iter().copied()))
            .select_also(question_version::Entity)
            .all(conn)
            .await?;
        found.extend(rows.into_iter().filter_map(|(q, v)| Some((q.id, summary(&q, v?)))));
    }
    Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
}

/// A pattern for texts with `text` in them, its own wildcards taken literally.
fn containing(text: &str) -> LikeExpr {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{literal}%")).escape('\\')
}

fn summary(question: &question::Model, version: question_version::Model) -> QuestionSummary {
    QuestionSummary {
        id: question.id,
        bank_id: question.bank_id,
        status: question.status,
        version: version.version,
        kind: version.kind,
        topic: version.topic,
        difficulty: version.difficulty,
        group: question.group_key.clone(),
        stem: version.stem,
        law: version.law,
        law_version: version.law_version,
        article: version.article,
        author_id: version.author_id,
    }
}
