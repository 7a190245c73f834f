//! How many persons came to sessions of a kind in a year, counted beside the request path.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text};

use crate::columns::{one_of, pk_auto_big};
use crate::m0004_study::KINDS;

/// Who came together, and what is to be counted anew.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("turnouts")
                    .col(pk_auto_big("id"))
                    .col(integer("year"))
                    .col(text("kind").check(one_of("kind", KINDS)))
                    .col(text("units"))
                    .col(big_integer("persons"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_turnouts_year_kind").table("turnouts").col("year").col("kind").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("turnout_marks")
                    .col(pk_auto_big("id"))
                    .col(integer("year"))
                    .col(text("kind").check(one_of("kind", KINDS)))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("turnout_marks").to_owned()).await?;
        manager.drop_table(Table::drop().table("turnouts").to_owned()).await
    }
}
