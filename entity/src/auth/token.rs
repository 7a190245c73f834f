//! An opaque token in use; only its hash is kept.

use sea_orm::entity::prelude::*;

use crate::id::AccountId;
use crate::instant::Instant;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    /// SHA-256 of the token, lower-case hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// When it was given out.
    pub created_at: Instant,
    /// When it was used, noted once a minute at most.
    pub seen_at: Instant,
    /// It ends at this moment, however much it is used.
    pub ends_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
