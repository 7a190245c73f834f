//! Queries over many questions at once.

use entity::bank::question::{self, QuestionStatus};
use entity::bank::question_version;
use entity::id::{BankId, QuestionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};

use super::super::import::fold::law;
use super::super::model::{LawCount, QuestionSummary};
use super::{IDS_AT_ONCE, newest, summary};
use crate::db::Fault;

/// Gives questions another status, unless one of them is no longer as it was read; whether it was done to all. Those that
/// were read must have the same status.
pub(in crate::bank) async fn set_statuses(
    conn: &impl ConnectionTrait,
    read: &[&question::Model],
    from: QuestionStatus,
    to: QuestionStatus,
) -> Result<bool, Fault> {
    let mut done = 0;
    for part in read.chunks(IDS_AT_ONCE) {
        let change = question::ActiveModel { status: Set(to), ..Default::default() };
        let result = question::Entity::update_many()
            .set(change)
            .filter(question::Column::Id.is_in(part.iter().map(|q| q.id)))
            .filter(question::Column::Status.eq(from))
            .exec(conn)
            .await?;
        done += result.rows_affected;
    }
    Ok(u64::try_from(read.len()) == Ok(done))
}

/// Puts questions into a group, or takes them out of theirs.
pub(in crate::bank) async fn regroup(
    conn: &impl ConnectionTrait,
    ids: &[QuestionId],
    group: Option<&str>,
) -> Result<(), Fault> {
    for part in ids.chunks(IDS_AT_ONCE) {
        question::Entity::update_many()
            .col_expr(question::Column::GroupKey, Expr::value(group.map(str::to_owned)))
            .filter(question::Column::Id.is_in(part.iter().copied()))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// The laws of a bank's questions that are not retired, each in each version.
pub(in crate::bank) async fn laws(conn: &impl ConnectionTrait, bank: BankId) -> Result<Vec<LawCount>, Fault> {
    let rows: Vec<(String, String, i64)> = question::Entity::find()
        .select_only()
        .column(question::Column::LawName)
        .column(question::Column::LawVersion)
        .column_as(question::Column::Id.count(), "count")
        .filter(question::Column::BankId.eq(bank))
        .filter(question::Column::Status.ne(QuestionStatus::Retired))
        .group_by(question::Column::LawName)
        .group_by(question::Column::LawVersion)
        .into_tuple()
        .all(conn)
        .await?;
    let count = |(law, law_version, count): (_, _, i64)| LawCount { law, law_version, questions: count.unsigned_abs() };
    let mut laws: Vec<LawCount> = rows.into_iter().map(count).collect();
    laws.sort_by(|a, b| (&a.law, &a.law_version).cmp(&(&b.law, &b.law_version)));
    Ok(laws)
}

/// The questions of a bank on a law that are not retired, oldest first.
pub(in crate::bank) async fn on_law(
    conn: &impl ConnectionTrait,
    bank: BankId,
    name: &str,
) -> Result<Vec<(question::Model, QuestionSummary)>, Fault> {
    let rows = question::Entity::find()
        .join(JoinType::InnerJoin, newest())
        .filter(question::Column::BankId.eq(bank))
        .filter(question::Column::Law.eq(law(name)))
        .filter(question::Column::Status.ne(QuestionStatus::Retired))
        .order_by_asc(question::Column::Id)
        .select_also(question_version::Entity)
        .all(conn)
        .await?;
    let whole = |(q, v): (question::Model, Option<question_version::Model>)| {
        let shown = summary(&q, v?);
        Some((q, shown))
    };
    Ok(rows.into_iter().filter_map(whole).collect())
}

/// A question as far as likeness asks for it.
#[derive(Debug, Clone)]
pub(in crate::bank) struct Texted {
    pub(in crate::bank) id: QuestionId,
    pub(in crate::bank) version: i32,
    pub(in crate::bank) group: Option<String>,
    pub(in crate::bank) search: String,
}

/// The texts of a bank's questions that are not retired, the newest `most` of them.
pub(in crate::bank) async fn stems(conn: &impl ConnectionTrait, bank: BankId, most: u64) -> Result<Vec<Texted>, Fault> {
    let rows: Vec<(QuestionId, i32, Option<String>, String)> = question::Entity::find()
        .select_only()
        .columns([
            question::Column::Id,
            question::Column::Version,
            question::Column::GroupKey,
            question::Column::Search,
        ])
        .filter(question::Column::BankId.eq(bank))
        .filter(question::Column::Status.ne(QuestionStatus::Retired))
        .order_by_desc(question::Column::Id)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, version, group, search)| Texted { id, version, group, search }).collect())
}
