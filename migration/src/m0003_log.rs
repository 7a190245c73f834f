//! The log.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null};

use crate::columns::one_of;

/// The log.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("log_entries")
                    .col(text("id").primary_key())
                    .col(big_integer("at"))
                    .col(text("actor"))
                    .col(text("action"))
                    .col(text("subject"))
                    .col(text_null("unit_id"))
                    .col(text("data"))
                    .col(text_null("address"))
                    .col(text("outcome").check(one_of("outcome", &["done", "refused"])))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_log_entries_at").table("log_entries").col("at").to_owned())
            .await?;
        manager
            .create_index(Index::create().name("ix_log_entries_subject").table("log_entries").col("subject").to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("log_entries").to_owned()).await?;
        Ok(())
    }
}
