//! Obligations and the counts of units.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

use crate::columns::{one_of, pk_auto_big};

/// What is counted, in every table of it: of a person, of a change, of a unit, of a subtree.
const FIGURES: [&str; 18] = [
    "on_roster",
    "exempt",
    "exempt_late",
    "expected",
    "participated",
    "completed",
    "completed_due",
    "sat",
    "pending",
    "deferred",
    "absent",
    "passed",
    "first_sat",
    "first_passed",
    "excellent",
    "blank",
    "sittings",
    "points",
];

/// The same table with every figure.
fn with_figures(mut create: TableCreateStatement) -> TableCreateStatement {
    for figure in FIGURES {
        create.col(big_integer(figure));
    }
    create
}

/// Obligations and the counts of units.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(with_figures(
                Table::create()
                    .table("obligations")
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("person_id"))
                    .col(text("unit_id"))
                    .col(text("categories"))
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
            ))
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
            .create_table(with_figures(
                Table::create()
                    .table("tally_deltas")
                    .col(pk_auto_big("id"))
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .to_owned(),
            ))
            .await?;
        manager
            .create_table(with_figures(
                Table::create()
                    .table("tally_counts")
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "exam"])))
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .primary_key(Index::create().col("subject_id").col("category").col("unit_id"))
                    .to_owned(),
            ))
            .await?;
        manager
            .create_index(
                Index::create().name("ix_tally_counts_unit_id").table("tally_counts").col("unit_id").to_owned(),
            )
            .await?;
        manager
            .create_table(with_figures(
                Table::create()
                    .table("tally_sums")
                    .col(text("subject_id"))
                    .col(text("unit_id"))
                    .col(text("category"))
                    .primary_key(Index::create().col("subject_id").col("category").col("unit_id"))
                    .to_owned(),
            ))
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
        manager
            .create_table(
                Table::create()
                    .table("tally_moves")
                    .col(pk_auto_big("id"))
                    .col(text("subject_id"))
                    .col(text_null("person_id"))
                    .col(text_null("unit_id"))
                    .col(text("categories"))
                    .col(big_integer_null("place"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_tally_moves_subject_id_place")
                    .table("tally_moves")
                    .col("subject_id")
                    .col("place")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tally_moves").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_reckonings").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_sums").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_counts").to_owned()).await?;
        manager.drop_table(Table::drop().table("tally_deltas").to_owned()).await?;
        manager.drop_table(Table::drop().table("obligations").to_owned()).await?;
        Ok(())
    }
}
