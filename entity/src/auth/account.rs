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
    /// Argon2id in PHC form; none while the account waits to be activated.
    pub password_hash: Option<String>,
    /// The person on a roster that it belongs to; no two accounts belong to one person.
    pub person_id: Option<PersonId>,
    /// The password was chosen by somebody else and must be replaced.
    pub must_change_password: bool,
    /// Nobody can use it since this moment.
    pub disabled_at: Option<Instant>,
    /// Counts the changes of the account and of its grants.
    pub version: i32,
    /// When it was made.
    pub created_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
