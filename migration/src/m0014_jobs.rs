//! Long work and what it made.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, integer, text, text_null};

use crate::columns::one_of;

/// Long work and what it made.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let states = ["waiting", "running", "done", "failed", "cancelled"];
        manager
            .create_table(
                Table::create()
                    .table("jobs")
                    .col(text("id").primary_key())
                    .col(text("kind"))
                    .col(text("request"))
                    .col(text("account_id"))
                    .col(text("unit_id"))
                    .col(text("state").check(one_of("state", &states)))
                    .col(big_integer("done"))
                    .col(big_integer("total"))
                    .col(integer("turn"))
                    .col(big_integer_null("claimed_until"))
                    .col(text("file_name"))
                    .col(big_integer("size"))
                    .col(text_null("error"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("finished_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(
                        ForeignKey::create().name("fk_jobs_account_id").from("jobs", "account_id").to("accounts", "id"),
                    )
                    .foreign_key(ForeignKey::create().name("fk_jobs_unit_id").from("jobs", "unit_id").to("units", "id"))
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("ix_jobs_account_id", vec!["account_id", "id"]),
            ("ix_jobs_state", vec!["state", "id"]),
            ("ix_jobs_expires_at", vec!["expires_at"]),
        ] {
            let mut index = Index::create().name(name).table("jobs").to_owned();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("job_parts")
                    .col(text("job_id"))
                    .col(integer("number"))
                    .col(blob("bytes"))
                    .primary_key(Index::create().col("job_id").col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_job_parts_job_id")
                            .from("job_parts", "job_id")
                            .to("jobs", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("job_parts").to_owned()).await?;
        manager.drop_table(Table::drop().table("jobs").to_owned()).await
    }
}
