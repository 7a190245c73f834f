//! Obligations and the counts of units.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text};

use crate::columns::{one_of, pk_auto_big};

/// Obligations and the counts of units.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("obligations")
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("person_id"))
                    .col(text("unit_id"))
                    .col(text("categories"))
                    .col(big_integer("on_roster"))
                    .col(big_integer("exempt"))
                    .col(big_integer("exempt_late"))
                    .col(big_integer("expected"))
                    .col(big_integer("participated"))
                    .col(big_integer("completed"))
                    .col(big_integer("completed_due"))
                    .col(big_integer("sat"))
                    .col(big_integer("pending"))
                    .col(big_integer("deferred"))
                    .col(big_integer("absent"))
                    .col(big_integer("passed"))
                    .col(big_integer("first_sat"))
                    .col(big_integer("first_passed"))
                    .col(big_integer("excellent"))
                    .col(big_integer("blank"))
                    .col(big_integer("sittings"))
                    .col(big_integer("points"))
                    .primary_key(Index::create().col("subject_kind").col("subject_id").col("person_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_obligations_person_id")
                            .from("obligations", "person_id")
                            .to("people", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_obligations_unit_id")
                            .from("obligations", "unit_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_obligations_subject_id_unit_id")
                    .table("obligations")
                    .col("subject_id")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_obligations_person_id").table("obligations").col("person_id").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tally_deltas")
                    .col(pk_auto_big("id"))
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .col(big_integer("moved"))
                    .col(big_integer("on_roster"))
                    .col(big_integer("exempt"))
                    .col(big_integer("exempt_late"))
                    .col(big_integer("expected"))
                    .col(big_integer("participated"))
                    .col(big_integer("completed"))
                    .col(big_integer("completed_due"))
                    .col(big_integer("sat"))
                    .col(big_integer("pending"))
                    .col(big_integer("deferred"))
                    .col(big_integer("absent"))
                    .col(big_integer("passed"))
                    .col(big_integer("first_sat"))
                    .col(big_integer("first_passed"))
                    .col(big_integer("excellent"))
                    .col(big_integer("blank"))
                    .col(big_integer("sittings"))
                    .col(big_integer("points"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tally_counts")
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .col(big_integer("on_roster"))
                    .col(big_integer("exempt"))
                    .col(big_integer("exempt_late"))
                    .col(big_integer("expected"))
                    .col(big_integer("participated"))
                    .col(big_integer("completed"))
                    .col(big_integer("completed_due"))
                    .col(big_integer("sat"))
                    .col(big_integer("pending"))
                    .col(big_integer("deferred"))
                    .col(big_integer("absent"))
                    .col(big_integer("passed"))
                    .col(big_integer("first_sat"))
                    .col(big_integer("first_passed"))
                    .col(big_integer("excellent"))
                    .col(big_integer("blank"))
                    .col(big_integer("sittings"))
                    .col(big_integer("points"))
                    .primary_key(Index::create().col("subject_kind").col("subject_id").col("unit_id").col("category"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_tally_counts_unit_id").table("tally_counts").col("unit_id").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tally_sums")
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .col(big_integer("on_roster"))
                    .col(big_integer("exempt"))
                    .col(big_integer("exempt_late"))
                    .col(big_integer("expected"))
                    .col(big_integer("participated"))
                    .col(big_integer("completed"))
                    .col(big_integer("completed_due"))
                    .col(big_integer("sat"))
                    .col(big_integer("pending"))
                    .col(big_integer("deferred"))
                    .col(big_integer("absent"))
                    .col(big_integer("passed"))
                    .col(big_integer("first_sat"))
                    .col(big_integer("first_passed"))
                    .col(big_integer("excellent"))
                    .col(big_integer("blank"))
                    .col(big_integer("sittings"))
                    .col(big_integer("points"))
                    .primary_key(Index::create().col("subject_id").col("category").col("unit_id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tally_reckonings")
                    .col(text("subject_id").primary_key())
                    .col(big_integer("tree"))
                    .col(big_integer("moves"))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tally_reckonings").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_sums").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_counts").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_deltas").to_owned()).await?;
        manager.drop_table(Table::drop().table("obligations").to_owned()).await?;
        Ok(())
    }
}
