//! A roster that was frozen: whom it meant, and whether changes of it are still proposed.

use sea_orm::entity::prelude::*;

use crate::id::SubjectId;
use crate::instant::Instant;
use crate::org::roster_row::SubjectKind;

/// A row of `frozen_rosters`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "frozen_rosters")]
pub struct Model {
    /// Programme or exam.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// Which one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: SubjectId,
    /// Whom it meant, as JSON.
    pub audience: String,
    /// When it was frozen.
    pub frozen_at: Instant,
    /// From when on nothing is proposed any more.
    pub closed_at: Option<Instant>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
