//! Closed years and snapshots.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null};

use crate::columns::one_of;

/// Closed years and snapshots.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("snapshots")
                    .col(text("id").primary_key())
                    .col(integer("year"))
                    .col(text("unit_id"))
                    .col(text("kind").check(one_of("kind", &["closing", "manual", "monthly", "imported"])))
                    .col(text("note"))
                    .col(text_null("month_key").unique_key())
                    .col(text("body"))
                    .col(text("digest"))
                    .col(text("facts_digest"))
                    .col(text_null("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_snapshots_unit_id")
                            .from("snapshots", "unit_id")
                            .to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_snapshots_created_by")
                            .from("snapshots", "created_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_snapshots_year_unit_id")
                    .table("snapshots")
                    .col("year")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create().table("sheets").col(text("digest").primary_key()).col(text("text")).to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("snapshot_sheets")
                    .col(text("snapshot_id"))
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("digest"))
                    .primary_key(
                        Index::create().col("snapshot_id").col("subject_kind").col("subject_id").col("unit_id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_snapshot_sheets_snapshot_id")
                            .from("snapshot_sheets", "snapshot_id")
                            .to("snapshots", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("year_closings")
                    .col(text("id").primary_key())
                    .col(integer("year"))
                    .col(text("unit_id"))
                    .col(text("snapshot_id"))
                    .col(text("closed_by"))
                    .col(big_integer("closed_at"))
                    .col(text("reason"))
                    .col(text_null("open_key").unique_key())
                    .col(big_integer_null("reopened_at"))
                    .col(text_null("reopened_by"))
                    .col(text_null("reopen_reason"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_year_closings_unit_id")
                            .from("year_closings", "unit_id")
                            .to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_year_closings_snapshot_id")
                            .from("year_closings", "snapshot_id")
                            .to("snapshots", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_year_closings_closed_by")
                            .from("year_closings", "closed_by")
                            .to("accounts", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_year_closings_reopened_by")
                            .from("year_closings", "reopened_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_year_closings_year_unit_id")
                    .table("year_closings")
                    .col("year")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("year_closings").to_owned()).await?;
        manager.drop_table(Table::drop().table("snapshot_sheets").to_owned()).await?;
        manager.drop_table(Table::drop().table("sheets").to_owned()).await?;
        manager.drop_table(Table::drop().table("snapshots").to_owned()).await?;
        Ok(())
    }
}
