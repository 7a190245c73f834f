//! A category that a person holds for a time.

use sea_orm::entity::prelude::*;

use crate::id::PersonId;
use crate::instant::Day;
use crate::org::person::Category;

/// A row of `person_categories`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_categories")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: Category,
    /// The first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_on: Day,
    /// The first day no more.
    pub to_on: Option<Day>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
