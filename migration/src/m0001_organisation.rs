//! Units, people and rosters.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null};

use crate::columns::{one_of, pk_auto_big};

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
                    .col(text("sort_key"))
                    .col(text("kind").check(one_of("kind", &["group", "unit"])))
                    .col(integer("position"))
                    .col(text("active_from"))
                    .col(text_null("active_to"))
                    .col(text_null("merged_into_id"))
                    .col(integer("version"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_units_merged_into_id")
                            .from("units", "merged_into_id")
                            .to("units", "id"),
                    )
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
                    .name("ix_unit_ancestors_ancestor_id_depth_unit_id")
                    .table("unit_ancestors")
                    .col("ancestor_id")
                    .col("depth")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create().table("tree_changes").col(pk_auto_big("number")).col(text_null("unit_id")).to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("people")
                    .col(text("id").primary_key())
                    .col(text("staff_no").unique_key())
                    .col(text("name"))
                    .col(text("sort_key").unique_key())
                    .col(text("post"))
                    .col(text_null("id_number"))
                    .col(text_null("id_number_hash").unique_key())
                    .col(text_null("phone"))
                    .col(text_null("phone_hash"))
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
            .create_index(Index::create().name("ix_people_phone_hash").table("people").col("phone_hash").to_owned())
            .await?;
        postings(manager).await?;
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
                    // The subject first: its id tells its kind, and people are looked up by both ids alone.
                    .primary_key(Index::create().col("subject_id").col("person_id").col("subject_kind"))
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
        changes(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["roster_amendments", "roster_changes", "frozen_rosters"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table("roster_rows").to_owned()).await?;
        manager.drop_table(Table::drop().table("person_departures").to_owned()).await?;
        manager.drop_table(Table::drop().table("person_postings").to_owned()).await?;
        manager.drop_table(Table::drop().table("person_categories").to_owned()).await?;
        manager.drop_table(Table::drop().table("people").to_owned()).await?;
        manager.drop_table(Table::drop().table("tree_changes").to_owned()).await?;
        manager.drop_table(Table::drop().table("unit_ancestors").to_owned()).await?;
        manager.drop_table(Table::drop().table("units").to_owned()).await?;
        Ok(())
    }
}

/// Where somebody was from when to when, and how they left.
async fn postings(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("person_postings")
                .col(text("person_id"))
                .col(text("from_on"))
                .col(text("unit_id"))
                .col(text_null("to_on"))
                .col(text("kind").check(one_of("kind", &["member", "seconded"])))
                .col(text("reason"))
                .primary_key(Index::create().col("person_id").col("from_on"))
                .foreign_key(&mut foreign("person_postings", "person_id", "people"))
                .foreign_key(&mut foreign("person_postings", "unit_id", "units"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create().name("ix_person_postings_unit_id").table("person_postings").col("unit_id").to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("person_departures")
                .col(text("id").primary_key())
                .col(text("person_id"))
                .col(text("unit_id"))
                .col(text("kind").check(one_of("kind", &["retired", "resigned", "died", "seconded"])))
                .col(text("effective_on"))
                .col(text_null("counted_unit_id"))
                .col(text("reason"))
                .col(big_integer("recorded_at"))
                .foreign_key(&mut foreign("person_departures", "person_id", "people"))
                .foreign_key(&mut foreign("person_departures", "unit_id", "units"))
                .foreign_key(&mut foreign("person_departures", "counted_unit_id", "units"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("ix_person_departures_person_id")
                .table("person_departures")
                .col("person_id")
                .to_owned(),
        )
        .await
}

/// What rosters were frozen, what changes of them were proposed, and which were made.
async fn changes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let kinds = one_of("subject_kind", &["programme", "session", "exam"]);
    manager
        .create_table(
            Table::create()
                .table("frozen_rosters")
                .col(text("subject_kind").check(kinds.clone()))
                .col(text("subject_id"))
                .col(text("audience"))
                .col(big_integer("frozen_at"))
                .col(big_integer_null("closed_at"))
                .primary_key(Index::create().col("subject_kind").col("subject_id"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("roster_changes")
                .col(pk_auto_big("number"))
                .col(text("id").unique_key())
                .col(text("subject_kind").check(kinds.clone()))
                .col(text("subject_id"))
                .col(text("person_id"))
                .col(text("unit_id"))
                .col(text("kind").check(one_of("kind", &["joins", "leaves"])))
                .col(text("from_on"))
                .col(
                    text("source").check(one_of("source", &["transfer", "departure", "entry", "categories", "import"])),
                )
                .col(text("reason"))
                .col(text("state").check(one_of("state", &["proposed", "confirmed", "refused"])))
                .col(big_integer("proposed_at"))
                .col(text_null("decided_by"))
                .col(big_integer_null("decided_at"))
                .col(text("decision"))
                .foreign_key(&mut foreign("roster_changes", "person_id", "people"))
                .foreign_key(&mut foreign("roster_changes", "unit_id", "units"))
                .to_owned(),
        )
        .await?;
    for (name, columns) in [
        ("ix_roster_changes_unit_id_state", ["unit_id", "state"]),
        ("ix_roster_changes_person_id_subject_id", ["person_id", "subject_id"]),
    ] {
        let mut index = Index::create();
        index.name(name).table("roster_changes");
        for column in columns {
            index.col(column);
        }
        manager.create_index(index).await?;
    }
    manager
        .create_table(
            Table::create()
                .table("roster_amendments")
                .col(pk_auto_big("number"))
                .col(text("id").unique_key())
                .col(text("subject_kind").check(kinds))
                .col(text("subject_id"))
                .col(text("person_id"))
                .col(text("kind").check(one_of("kind", &["joins", "leaves"])))
                .col(text("from_on"))
                .col(text("person_name"))
                .col(text("unit_id"))
                .col(text("post"))
                .col(text("categories"))
                .col(text("reason"))
                .col(text_null("change_id"))
                .col(big_integer("made_at"))
                .col(text_null("effect").check(one_of("effect", &["made", "passed_over"])))
                .foreign_key(&mut foreign("roster_amendments", "person_id", "people"))
                .foreign_key(&mut foreign("roster_amendments", "unit_id", "units"))
                .foreign_key(&mut foreign("roster_amendments", "change_id", "roster_changes"))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("ix_roster_amendments_effect_subject_kind_from_on")
                .table("roster_amendments")
                .col("effect")
                .col("subject_kind")
                .col("from_on")
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("ix_roster_amendments_subject_id_person_id")
                .table("roster_amendments")
                .col("subject_id")
                .col("person_id")
                .to_owned(),
        )
        .await
}

fn foreign(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{table}_{column}")).from(table, column).to(to, "id").to_owned()
}
