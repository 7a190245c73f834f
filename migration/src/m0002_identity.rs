//! Accounts, grants and tokens.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, integer, text, text_null};

use crate::columns::one_of;

/// Accounts, grants and tokens.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("accounts")
                    .col(text("id").primary_key())
                    .col(text("username").unique_key())
                    .col(text("display_name"))
                    .col(text("password_hash"))
                    .col(text_null("person_id"))
                    .col(boolean("must_change_password"))
                    .col(integer("failed_attempts"))
                    .col(big_integer_null("locked_until"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_accounts_person_id")
                            .from("accounts", "person_id")
                            .to("people", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_accounts_person_id").table("accounts").col("person_id").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("grants")
                    .col(text("id").primary_key())
                    .col(text("account_id"))
                    .col(text("role").check(one_of(
                        "role",
                        &[
                            "official",
                            "liaison",
                            "coordinator",
                            "auditor",
                            "system_admin",
                            "security_admin",
                            "audit_admin",
                        ],
                    )))
                    .col(text("unit_id"))
                    .col(big_integer_null("valid_until"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_grants_account_id")
                            .from("grants", "account_id")
                            .to("accounts", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create().name("fk_grants_unit_id").from("grants", "unit_id").to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_grants_account_id").table("grants").col("account_id").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tokens")
                    .col(text("token_hash").primary_key())
                    .col(text("account_id"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_tokens_account_id")
                            .from("tokens", "account_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_tokens_account_id").table("tokens").col("account_id").to_owned())
            .await?;
        manager
            .create_index(Index::create().name("ix_tokens_expires_at").table("tokens").col("expires_at").to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tokens").to_owned()).await?;
        manager.drop_table(Table::drop().table("grants").to_owned()).await?;
        manager.drop_table(Table::drop().table("accounts").to_owned()).await?;
        Ok(())
    }
}
