//! A one-time code by which an account gets a password of its owner's; only its keyed hash is kept.

use sea_orm::entity::prelude::*;

use crate::id::AccountId;
use crate::instant::Instant;

/// The code of an account. It has one at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activation_codes")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// HMAC-SHA-256 of the account and the code, lower-case hex.
    pub code_hash: String,
    /// It is good until this moment.
    pub expires_at: Instant,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
