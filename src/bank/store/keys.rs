//! Queries over who has seen which key.

use entity::bank::key_view::{self, SeenHow};
use entity::id::{AccountId, QuestionId};
use entity::instant::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};

use crate::db::{Fault, insert_all};

/// Notes that an account has seen the keys of these versions; what was noted before stays.
pub(in crate::bank) async fn note_keys(
    tx: &impl ConnectionTrait,
    account: AccountId,
    versions: &[(QuestionId, i32)],
    how: SeenHow,
    at: Instant,
) -> Result<(), Fault> {
    let row = |(question_id, version): &(QuestionId, i32)| {
        let row = key_view::Model { question_id: *question_id, version: *version, account_id: account, how, at };
        row.into_active_model()
    };
    insert_all::<key_view::ActiveModel>(tx, versions.iter().map(row).collect(), true).await
}

/// Whether an account has seen a key.
pub(in crate::bank) async fn seen_by(
    conn: &impl ConnectionTrait,
    account: AccountId,
    (question, version): (QuestionId, i32),
) -> Result<bool, Fault> {
    Ok(key_view::Entity::find_by_id((question, version, account)).count(conn).await? > 0)
}

/// Who has seen the keys of a question, by version and time.
pub(in crate::bank) async fn seers(
    conn: &impl ConnectionTrait,
    question: QuestionId,
) -> Result<Vec<key_view::Model>, Fault> {
    Ok(key_view::Entity::find()
        .filter(key_view::Column::QuestionId.eq(question))
        .order_by_asc(key_view::Column::Version)
        .order_by_asc(key_view::Column::At)
        .order_by_asc(key_view::Column::AccountId)
        .all(conn)
        .await?)
}
