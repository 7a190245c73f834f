//! Somebody who can log in.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, PersonId};
use crate::instant::Instant;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// What is typed to log in; lower case, unique.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// The person on a roster that it belongs to.
    pub person_id: Option<PersonId>,
    /// The password was chosen by somebody else and must be replaced.
    pub must_change_password: bool,
    /// Failures since the last success.
    pub failed_attempts: i32,
    /// No log-in before this moment.
    pub locked_until: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
