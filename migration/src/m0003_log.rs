//! The log: its entries, and the tree over them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null};

use crate::columns::{one_of, pk_auto_big};

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
                    .col(pk_auto_big("seq"))
                    .col(text("id").unique_key())
                    .col(big_integer_null("idx").unique_key())
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
        for column in ["at", "actor", "action", "subject", "unit_id"] {
            let name = format!("ix_log_entries_{column}");
            manager.create_index(Index::create().name(name).table("log_entries").col(column).to_owned()).await?;
        }
        // The few entries that have no index yet are found without a look at the many that have.
        manager
            .create_index(
                Index::create()
                    .name("ix_log_entries_unnumbered")
                    .table("log_entries")
                    .col("seq")
                    .and_where(Expr::col("idx").is_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("log_leaves")
                    .col(big_integer("idx").primary_key())
                    .col(text("entry_id").unique_key())
                    .col(text("hash"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("log_nodes")
                    .col(integer("level"))
                    .col(big_integer("idx"))
                    .col(text("hash"))
                    .primary_key(Index::create().col("level").col("idx"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("log_heads")
                    .col(big_integer("size").primary_key())
                    .col(text("root"))
                    .col(big_integer("at"))
                    .col(text("public_key"))
                    .col(text("signature"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("log_checks")
                    .col(pk_auto_big("id"))
                    .col(text_null("asked_by"))
                    .col(big_integer("asked_at"))
                    .col(text_null("worker"))
                    .col(big_integer_null("beat_at"))
                    .col(big_integer("checked"))
                    .col(big_integer("entries"))
                    .col(big_integer_null("done_at"))
                    .col(text_null("verdict"))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["log_checks", "log_heads", "log_nodes", "log_leaves", "log_entries"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
