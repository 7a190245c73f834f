//! The people of a unit as a snapshot saw them, kept under its own digest: snapshots between which nothing changed share it.

use sea_orm::entity::prelude::*;

/// A row of `sheets`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sheets")]
pub struct Model {
    /// SHA-256 of the text, hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// A line a person.
    pub text: String,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
