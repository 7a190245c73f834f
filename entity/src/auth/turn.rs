//! How often something changed of what the tokens of some accounts are worth.
//!
//! Accounts are dealt into slots by their ids. Whoever ends a token, or changes what an account is or may do, raises its
//! slot's number in the same transaction; so a few small rows tell every instance which of the tokens that it remembers
//! it has to look up again.

use sea_orm::entity::prelude::*;

/// A row of `token_turns`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_turns")]
pub struct Model {
    /// The slot; one that is not there has never changed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slot: i32,
    /// How often something changed, from 1.
    pub turn: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
