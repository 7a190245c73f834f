//! Queries over entries and the tree.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use entity::id::EntryId;
use entity::log::{self, Outcome, head, leaf, node};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::entry::{Entry, Written, data_text};
use super::head::SignedHead;
use crate::db::{Fault, insert_all};
use crate::http;
use crate::kernel::digest::Digest;
use crate::kernel::merkle::Subtree;

/// Writes an entry. Call it in the transaction of the act, so that neither is there without the other.
pub async fn append(tx: &impl ConnectionTrait, entry: Entry) -> Result<(), Fault> {
    append_all(tx, vec![entry]).await
}

/// Writes the entries of an act upon many things. They are numbered in this order.
pub async fn append_all(tx: &impl ConnectionTrait, entries: Vec<Entry>) -> Result<(), Fault> {
    // The request that made the change may be sent again: what it did stands in the same transaction as this entry.
    if let Some(done) = entries.iter().find(|entry| entry.outcome == Outcome::Done) {
        http::mark(tx, &done.subject).await?;
    }
    append_part(tx, entries).await
}

/// Writes the entries of a part of a longer act, whose last part is written with [`append_all`]: until then a request that
/// is sent again is carried out again, from where it was broken off.
pub async fn append_part(tx: &impl ConnectionTrait, entries: Vec<Entry>) -> Result<(), Fault> {
    let rows = entries
        .into_iter()
        .map(|entry| log::ActiveModel {
            seq: NotSet,
            id: Set(EntryId(entry.id)),
            idx: Set(None),
            at: Set(entry.at),
            actor: Set(entry.actor.text()),
            action: Set(entry.action.to_owned()),
            subject: Set(entry.subject),
            unit_id: Set(entry.unit),
            data: Set(data_text(entry.data)),
            address: Set(entry.actor.address),
            outcome: Set(entry.outcome),
        })
        .collect();
    insert_all(tx, rows, false).await
}

fn written() -> sea_orm::Select<log::Entity> {
    log::Entity::find().select_only().columns([
        log::Column::Id,
        log::Column::Idx,
        log::Column::At,
        log::Column::Actor,
        log::Column::Action,
        log::Column::Subject,
        log::Column::UnitId,
        log::Column::Data,
        log::Column::Address,
        log::Column::Outcome,
    ])
}

/// The entries without an index that were inserted first.
pub(super) async fn unnumbered(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Written>, Fault> {
    let query = written().filter(log::Column::Idx.is_null()).order_by_asc(log::Column::Seq).limit(limit);
    Ok(query.into_model().all(conn).await?)
}

pub(super) async fn count_unnumbered(conn: &impl ConnectionTrait) -> Result<u64, Fault> {
    Ok(log::Entity::find().filter(log::Column::Idx.is_null()).count(conn).await?)
}

/// The entries of these places.
pub(super) async fn entries(conn: &impl ConnectionTrait, places: &Range<u64>) -> Result<Vec<Written>, Fault> {
    let query =
        written().filter(log::Column::Idx.gte(int(places.start)?)).filter(log::Column::Idx.lt(int(places.end)?));
    Ok(query.order_by_asc(log::Column::Idx).into_model().all(conn).await?)
}

pub(super) async fn entry(conn: &impl ConnectionTrait, id: EntryId) -> Result<Option<Written>, Fault> {
    Ok(written().filter(log::Column::Id.eq(id)).into_model().one(conn).await?)
}

/// How many places are taken, judging by the entries and their leaves alone.
pub(super) async fn count_numbered(conn: &impl ConnectionTrait) -> Result<u64, Fault> {
    let entry = log::Entity::find().select_only().column_as(log::Column::Idx.max(), "idx");
    let leaf = leaf::Entity::find().select_only().column_as(leaf::Column::Idx.max(), "idx");
    let entry: Option<Option<i64>> = entry.into_tuple().one(conn).await?;
    let leaf: Option<Option<i64>> = leaf.into_tuple().one(conn).await?;
    let last = Ord::max(entry.flatten(), leaf.flatten());
    last.map_or(Ok(0), |last| place(last.saturating_add(1)))
}

/// A leaf as it stands in the database.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Leaf {
    pub(super) idx: i64,
    pub(super) entry_id: String,
    pub(super) hash: String,
}

pub(super) async fn leaves(conn: &impl ConnectionTrait, places: &Range<u64>) -> Result<Vec<Leaf>, Fault> {
    Ok(leaf::Entity::find()
        .filter(leaf::Column::Idx.gte(int(places.start)?))
        .filter(leaf::Column::Idx.lt(int(places.end)?))
        .order_by_asc(leaf::Column::Idx)
        .into_model()
        .all(conn)
        .await?)
}

/// The hashes of leaves and inner nodes. One that is not there, or is no hash, is left out.
pub(super) async fn hashes(
    conn: &impl ConnectionTrait,
    subtrees: &[Subtree],
) -> Result<HashMap<Subtree, Digest>, Fault> {
    let mut found = HashMap::new();
    let leaves: Vec<i64> = subtrees.iter().filter(|s| s.level == 0).map(|s| int(s.index)).collect::<Result<_, _>>()?;
    if !leaves.is_empty() {
        for leaf in leaf::Entity::find().filter(leaf::Column::Idx.is_in(leaves)).all(conn).await? {
            keep(&mut found, 0, leaf.idx, &leaf.hash)?;
        }
    }
    let mut wanted = Condition::any();
    for subtree in subtrees.iter().filter(|s| s.level > 0) {
        wanted = wanted.add(node::Column::Level.eq(subtree.level).and(node::Column::Idx.eq(int(subtree.index)?)));
    }
    keep_nodes(conn, wanted, &mut found).await?;
    Ok(found)
}

/// The inner nodes that the leaves of these places complete.
pub(super) async fn nodes(conn: &impl ConnectionTrait, places: &Range<u64>) -> Result<HashMap<Subtree, Digest>, Fault> {
    let mut wanted = Condition::any();
    for level in 1..u64::BITS {
        let (first, end) = (places.start >> level, places.end >> level);
        if first < end {
            let within = node::Column::Idx.gte(int(first)?).and(node::Column::Idx.lt(int(end)?));
            wanted = wanted.add(node::Column::Level.eq(level).and(within));
        }
    }
    let mut found = HashMap::new();
    keep_nodes(conn, wanted, &mut found).await?;
    Ok(found)
}

async fn keep_nodes(
    conn: &impl ConnectionTrait,
    wanted: Condition,
    found: &mut HashMap<Subtree, Digest>,
) -> Result<(), Fault> {
    if wanted.is_empty() {
        return Ok(());
    }
    for node in node::Entity::find().filter(wanted).all(conn).await? {
        let level = u32::try_from(node.level).map_err(|_negative| broken("a node's level is negative"))?;
        keep(found, level, node.idx, &node.hash)?;
    }
    Ok(())
}

fn keep(found: &mut HashMap<Subtree, Digest>, level: u32, index: i64, hash: &str) -> Result<(), Fault> {
    if let Ok(hash) = hash.parse() {
        found.insert(Subtree { level, index: place(index)? }, hash);
    }
    Ok(())
}

/// What a batch adds to the tree.
pub(super) struct Growth {
    /// The entries' ids, in the order of their places.
    pub(super) ids: Vec<EntryId>,
    /// The full subtrees that they complete.
    pub(super) subtrees: Vec<(Subtree, Digest)>,
    /// The head over all.
    pub(super) head: SignedHead,
}

/// Gives entries their places and keeps the tree and the head over them. The places are those up to the head's size.
pub(super) async fn grow(tx: &impl ConnectionTrait, growth: Growth) -> Result<(), Fault> {
    let Growth { ids, subtrees, head } = growth;
    let numbered = ids.len();
    let count = u64::try_from(numbered).map_err(|_large| broken("a batch is too large"))?;
    let first = int(head.size.checked_sub(count).ok_or_else(|| broken("a batch is larger than the log"))?)?;
    let (mut leaves, mut nodes) = (Vec::new(), Vec::new());
    let mut ids = ids.into_iter();
    for (Subtree { level, index }, hash) in subtrees {
        let (idx, hash) = (Set(int(index)?), Set(hash.to_string()));
        if level == 0 {
            let entry_id = Set(ids.next().ok_or_else(|| broken("a leaf without an entry"))?);
            leaves.push(leaf::ActiveModel { idx, entry_id, hash });
        } else {
            let level = i32::try_from(level).map_err(|_large| broken("a tree of impossible height"))?;
            nodes.push(node::ActiveModel { level: Set(level), idx, hash });
        }
    }
    insert_all(tx, leaves, false).await?;
    insert_all(tx, nodes, false).await?;
    let place = Query::select()
        .column((leaf::Entity, leaf::Column::Idx))
        .from(leaf::Entity)
        .and_where(Expr::col((leaf::Entity, leaf::Column::EntryId)).equals((log::Entity, log::Column::Id)))
        .to_owned();
    let placed = Query::select()
        .column(leaf::Column::EntryId)
        .from(leaf::Entity)
        .and_where(leaf::Column::Idx.gte(first))
        .to_owned();
    let done = log::Entity::update_many()
        .col_expr(log::Column::Idx, SimpleExpr::SubQuery(None, Box::new(place.into())))
        // None of them has a place yet. Said plainly, SQLite would look through all that wait for theirs.
        .filter(Func::coalesce([Expr::col(log::Column::Idx), Expr::val(-1)]).eq(-1))
        .filter(log::Column::Id.in_subquery(placed))
        .exec(tx)
        .await?;
    if done.rows_affected != count {
        return Err(broken("the entries of a batch changed while they were numbered"));
    }
    let head = head::Model {
        size: int(head.size)?,
        root: head.root.to_string(),
        at: head.at,
        public_key: head.public_key.to_string(),
        signature: head.signature.to_string(),
    };
    head::Entity::insert(head.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// The newest head.
pub(super) async fn last_head(conn: &impl ConnectionTrait) -> Result<Option<SignedHead>, Fault> {
    head::Entity::find().order_by_desc(head::Column::Size).one(conn).await?.as_ref().map(signed).transpose()
}

/// The head of exactly that size.
pub(super) async fn head_of(conn: &impl ConnectionTrait, size: u64) -> Result<Option<SignedHead>, Fault> {
    head::Entity::find_by_id(int(size)?).one(conn).await?.as_ref().map(signed).transpose()
}

/// The heads signed when the log's last place was among these, oldest first.
pub(super) async fn heads(conn: &impl ConnectionTrait, places: &Range<u64>) -> Result<Vec<SignedHead>, Fault> {
    let query = head::Entity::find()
        .filter(head::Column::Size.gt(int(places.start)?))
        .filter(head::Column::Size.lte(int(places.end)?))
        .order_by_asc(head::Column::Size);
    query.all(conn).await?.iter().map(signed).collect()
}

fn signed(row: &head::Model) -> Result<SignedHead, Fault> {
    let unreadable = || broken(&format!("the head signed for {} entries cannot be read", row.size));
    Ok(SignedHead {
        size: place(row.size)?,
        root: row.root.parse().map_err(|_bad| unreadable())?,
        at: row.at,
        public_key: row.public_key.parse().map_err(|_bad| unreadable())?,
        signature: row.signature.parse().map_err(|_bad| unreadable())?,
    })
}

/// The stored tree is not one that this program wrote.
pub(super) fn broken(what: &str) -> Fault {
    Fault::Other(Arc::new(DbErr::Custom(format!("the log is broken: {what}; see `kaofa verify log`"))))
}

fn int(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_large| broken("a place past 2^63"))
}

pub(super) fn place(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_negative| broken("a place before the first"))
}
