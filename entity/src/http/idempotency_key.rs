//! A key by which a client may send a request again without its being carried out twice.

use sea_orm::entity::prelude::*;

use crate::instant::Instant;

/// A key in use, until it is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// A digest of the account and the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// A digest of the request that first came with it.
    pub fingerprint: String,
    /// The run that carries the request out.
    pub claim: String,
    /// Until when that run is taken to be alive.
    pub claimed_until: Instant,
    /// What was changed, as `kind:id`; written in the transaction of the change.
    pub subject: Option<String>,
    /// The answer's status, once there is one.
    pub status: Option<i32>,
    /// The answer's headers and body, encrypted.
    pub answer: Option<Vec<u8>>,
    /// When it is forgotten.
    pub expires_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
