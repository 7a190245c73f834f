//! Writing an entry.

use entity::id::{AccountId, EntryId, UnitId};
use entity::instant::Instant;
use entity::log::{self, Outcome};
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Fault, insert_all};

/// Who did it, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account; nobody when the server acts by itself.
    pub account: Option<AccountId>,
    /// The client's address.
    pub address: Option<String>,
}

impl Actor {
    /// The server itself: a deadline passed, a year's tally was folded.
    pub const SYSTEM: Self = Self { account: None, address: None };
}

/// What the log is to keep.
#[derive(Debug, Clone)]
pub struct Entry {
    /// A new id.
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What, as `slice.act`.
    pub action: &'static str,
    /// To what, as `kind:id`.
    pub subject: String,
    /// The unit it concerns.
    pub unit: Option<UnitId>,
    /// What changed; integers, text, lists and objects, no personal data beyond ids.
    pub data: Value,
    /// Whether it was carried out.
    pub outcome: Outcome,
}

/// Writes an entry. Call it in the transaction of the act, so that neither is there without the other.
pub async fn append(tx: &impl ConnectionTrait, entry: Entry) -> Result<(), Fault> {
    append_all(tx, vec![entry]).await
}

/// Writes the entries of an act upon many things.
pub async fn append_all(tx: &impl ConnectionTrait, entries: Vec<Entry>) -> Result<(), Fault> {
    let rows = entries
        .into_iter()
        .map(|entry| log::ActiveModel {
            id: Set(EntryId(entry.id)),
            at: Set(entry.at),
            actor: Set(entry.actor.account.map_or_else(|| "system".to_owned(), |a| a.to_string())),
            action: Set(entry.action.to_owned()),
            subject: Set(entry.subject),
            unit_id: Set(entry.unit),
            data: Set(entry.data.to_string()),
            address: Set(entry.actor.address),
            outcome: Set(entry.outcome),
        })
        .collect();
    insert_all(tx, rows, false).await
}
