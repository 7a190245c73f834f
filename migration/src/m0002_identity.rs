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
                    .col(text_null("password_hash"))
                    .col(text_null("person_id").unique_key())
                    .col(boolean("must_change_password"))
                    .col(big_integer_null("disabled_at"))
                    .col(integer("version"))
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
        for column in ["account_id", "unit_id", "role"] {
            let name = format!("ix_grants_{column}");
            manager.create_index(Index::create().name(name).table("grants").col(column).to_owned()).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("tokens")
                    .col(text("token_hash").primary_key())
                    .col(text("account_id"))
                    .col(big_integer("created_at"))
                    .col(big_integer("seen_at"))
                    .col(big_integer("ends_at"))
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
            .create_index(Index::create().name("ix_tokens_ends_at").table("tokens").col("ends_at").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("activation_codes")
                    .col(text("account_id").primary_key())
                    .col(text("code_hash"))
                    .col(big_integer("expires_at"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_activation_codes_account_id")
                            .from("activation_codes", "account_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("auth_tries")
                    .col(text("key").primary_key())
                    .col(text_null("account_id"))
                    .col(integer("tries"))
                    .col(big_integer_null("locked_until"))
                    .col(big_integer("last_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_auth_tries_account_id")
                            .from("auth_tries", "account_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("token_turns")
                    .col(integer("slot").primary_key())
                    .col(big_integer("turn"))
                    .to_owned(),
            )
            .await?;
        for column in ["account_id", "last_at"] {
            let name = format!("ix_auth_tries_{column}");
            manager.create_index(Index::create().name(name).table("auth_tries").col(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("token_turns").to_owned()).await?;
        manager.drop_table(Table::drop().table("auth_tries").to_owned()).await?;
        manager.drop_table(Table::drop().table("activation_codes").to_owned()).await?;
        manager.drop_table(Table::drop().table("tokens").to_owned()).await?;
        manager.drop_table(Table::drop().table("grants").to_owned()).await?;
        manager.drop_table(Table::drop().table("accounts").to_owned()).await?;
        Ok(())
    }
}
