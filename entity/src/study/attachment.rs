//! A file that proves something: leave, study elsewhere, study made up.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttachmentId, UnitId};
use crate::instant::Instant;

/// A row of `attachments`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    /// The name of the file.
    pub name: String,
    /// What kind of file, as MIME says it.
    pub media_type: String,
    /// How many bytes.
    pub size: i32,
    /// SHA-256 of the bytes, hex.
    pub digest: String,
    /// The bytes.
    pub content: Vec<u8>,
    /// Whose people may read it besides the one who sent it; nobody's until it is used.
    pub unit_id: Option<UnitId>,
    /// Who sent it.
    pub sent_by: AccountId,
    /// When.
    pub sent_at: Instant,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
