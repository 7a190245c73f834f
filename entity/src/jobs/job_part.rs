//! A part of the file that a job made.

use sea_orm::entity::prelude::*;

use crate::id::JobId;

/// A row of `job_parts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_parts")]
pub struct Model {
    /// Of which job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    /// Its place, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
