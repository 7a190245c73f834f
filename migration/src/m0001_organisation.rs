//! Units, people and rosters.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text, text_null};

use crate::columns::one_of;

/// Units, people and rosters.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("units")
                    .col(text("id").primary_key())
                    .col(text_null("parent_id"))
                    .col(text("code").unique_key())
                    .col(text("name"))
                    .col(text("kind").check(one_of("kind", &["group", "unit"])))
                    .col(integer("position"))
                    .col(text("active_from"))
                    .col(text_null("active_to"))
                    .col(integer("version"))
                    .foreign_key(
                        ForeignKey::create().name("fk_units_parent_id").from("units", "parent_id").to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_units_parent_id").table("units").col("parent_id").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("unit_ancestors")
                    .col(text("unit_id"))
                    .col(text("ancestor_id"))
                    .col(integer("depth"))
                    .primary_key(Index::create().col("unit_id").col("ancestor_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_unit_ancestors_unit_id")
                            .from("unit_ancestors", "unit_id")
                            .to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_unit_ancestors_ancestor_id")
                            .from("unit_ancestors", "ancestor_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_unit_ancestors_ancestor_id")
                    .table("unit_ancestors")
                    .col("ancestor_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("people")
                    .col(text("id").primary_key())
                    .col(text("staff_no").unique_key())
                    .col(text("name"))
                    .col(text("post"))
                    .col(text("unit_id"))
                    .col(text("joined_on"))
                    .col(text_null("departed_on"))
                    .col(integer("version"))
                    .foreign_key(
                        ForeignKey::create().name("fk_people_unit_id").from("people", "unit_id").to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_people_unit_id").table("people").col("unit_id").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("person_categories")
                    .col(text("person_id"))
                    .col(text("category").check(one_of(
                        "category",
                        &["leading_official", "civil_servant", "enforcement_officer", "enforcement_auxiliary", "other"],
                    )))
                    .col(text("from_on"))
                    .col(text_null("to_on"))
                    .primary_key(Index::create().col("person_id").col("category").col("from_on"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_person_categories_person_id")
                            .from("person_categories", "person_id")
                            .to("people", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("roster_rows")
                    .col(text("subject_kind").check(one_of("subject_kind", &["programme", "session", "exam"])))
                    .col(text("subject_id"))
                    .col(text("person_id"))
                    .col(text("person_name"))
                    .col(text("unit_id"))
                    .col(text("post"))
                    .col(text("categories"))
                    .col(big_integer("frozen_at"))
                    .primary_key(Index::create().col("subject_kind").col("subject_id").col("person_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_roster_rows_person_id")
                            .from("roster_rows", "person_id")
                            .to("people", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_roster_rows_unit_id")
                            .from("roster_rows", "unit_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_roster_rows_subject_id_unit_id")
                    .table("roster_rows")
                    .col("subject_id")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_roster_rows_person_id").table("roster_rows").col("person_id").to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("roster_rows").to_owned()).await?;
        manager.drop_table(Table::drop().table("person_categories").to_owned()).await?;
        manager.drop_table(Table::drop().table("people").to_owned()).await?;
        manager.drop_table(Table::drop().table("unit_ancestors").to_owned()).await?;
        manager.drop_table(Table::drop().table("units").to_owned()).await?;
        Ok(())
    }
}
