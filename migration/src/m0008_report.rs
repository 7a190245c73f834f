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
        past(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["past_rows", "past_years", "year_closings", "snapshot_sheets", "sheets", "snapshots"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Years before Kaofa.
async fn past(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("past_years")
                .col(text("id").primary_key())
                .col(integer("year"))
                .col(text("unit_id"))
                .col(text("study_id"))
                .col(text("exam_id"))
                .col(text("source"))
                .col(text("file_digest"))
                .col(text("imported_by"))
                .col(big_integer("imported_at"))
                .col(text_null("open_key").unique_key())
                .col(big_integer_null("withdrawn_at"))
                .col(text_null("withdrawn_by"))
                .col(text_null("withdraw_reason"))
                .foreign_key(
                    ForeignKey::create().name("fk_past_years_unit_id").from("past_years", "unit_id").to("units", "id"),
                )
                .foreign_key(
                    ForeignKey::create()
                        .name("fk_past_years_imported_by")
                        .from("past_years", "imported_by")
                        .to("accounts", "id"),
                )
                .to_owned(),
        )
        .await?;
    let study = ["completed", "participated", "missed", "exempt"];
    let exam = ["excellent", "passed", "passed_later", "failed", "absent", "exempt"];
    manager
        .create_table(
            Table::create()
                .table("past_rows")
                .col(text("past_year_id"))
                .col(text("person_id"))
                .col(text("unit_id"))
                .col(text("name"))
                .col(text("categories"))
                .col(text_null("study").check(one_of("study", &study)))
                .col(text_null("exam").check(one_of("exam", &exam)))
                .col(big_integer_null("points"))
                .col(integer("row"))
                .primary_key(Index::create().col("past_year_id").col("person_id"))
                .foreign_key(
                    ForeignKey::create()
                        .name("fk_past_rows_past_year_id")
                        .from("past_rows", "past_year_id")
                        .to("past_years", "id"),
                )
                .foreign_key(
                    ForeignKey::create()
                        .name("fk_past_rows_person_id")
                        .from("past_rows", "person_id")
                        .to("people", "id"),
                )
                .to_owned(),
        )
        .await
}
