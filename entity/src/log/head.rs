//! The signed heads of the log.

use sea_orm::entity::prelude::*;

use crate::instant::Instant;

/// A row of `log_heads`: what the installation has signed, once a batch.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_heads")]
pub struct Model {
    /// How many entries the log had.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// The root over them, in hex.
    pub root: String,
    /// When it was signed.
    pub at: Instant,
    /// The Ed25519 key that checks the signature, in hex.
    pub public_key: String,
    /// The signature, in hex.
    pub signature: String,
}

/// No relations: what is hashed outlives what it speaks of.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
