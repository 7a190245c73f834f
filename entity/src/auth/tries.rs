//! Tries of a password or a code that have not succeeded, by the name that was typed, whether or not there is such an
//! account: so that a lock says nothing about that.

use sea_orm::entity::prelude::*;

use crate::id::AccountId;
use crate::instant::Instant;

/// The tries upon one name.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "auth_tries")]
pub struct Model {
    /// HMAC-SHA-256 of what was tried and of the name, lower-case hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The account of that name, if there is one.
    pub account_id: Option<AccountId>,
    /// How many since the last success or lock.
    pub tries: i32,
    /// No try before this moment.
    pub locked_until: Option<Instant>,
    /// When the last one came.
    pub last_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
