//! What happens after an exam: objections and regrades; and who was last heard of while it runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, integer, integer_null, text, text_null};

use crate::columns::one_of;

/// Objections, regrades, contacts.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn reference(name: &str, from: (&'static str, &'static str), to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from(from.0, from.1).to(to, "id").to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("objections")
                    .col(text("id").primary_key())
                    .col(text("exam_id"))
                    .col(text("attempt_id"))
                    .col(text("person_id"))
                    .col(text("item"))
                    .col(integer_null("position"))
                    .col(text("body"))
                    .col(text("state").check(one_of("state", &["open", "upheld", "rejected"])))
                    .col(text("answer"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .col(text_null("decided_by"))
                    .col(big_integer_null("decided_at"))
                    .foreign_key(&mut reference("fk_objections_exam_id", ("objections", "exam_id"), "exams"))
                    .foreign_key(&mut reference("fk_objections_attempt_id", ("objections", "attempt_id"), "attempts"))
                    .foreign_key(&mut reference("fk_objections_created_by", ("objections", "created_by"), "accounts"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_objections_item")
                    .table("objections")
                    .col("attempt_id")
                    .col("item")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_objections_exam_id_state")
                    .table("objections")
                    .col("exam_id")
                    .col("state")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exam_regrades")
                    .col(text("id").primary_key())
                    .col(text("exam_id"))
                    .col(integer("number"))
                    .col(text("item"))
                    .col(
                        text("action")
                            .check(one_of("action", &["correct_key", "also_accept", "full_marks", "drop_item"])),
                    )
                    .col(text("response"))
                    .col(boolean("never_lower"))
                    .col(text("reason"))
                    .col(text("objections"))
                    .col(integer("papers"))
                    .col(integer("rises"))
                    .col(integer("falls"))
                    .col(integer("newly_passed"))
                    .col(integer("no_longer_passed"))
                    .col(integer("sat"))
                    .col(integer("passed"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(&mut reference("fk_exam_regrades_exam_id", ("exam_regrades", "exam_id"), "exams"))
                    .foreign_key(&mut reference(
                        "fk_exam_regrades_created_by",
                        ("exam_regrades", "created_by"),
                        "accounts",
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_exam_regrades_number")
                    .table("exam_regrades")
                    .col("exam_id")
                    .col("number")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("regraded_attempts")
                    .col(text("regrade_id"))
                    .col(text("attempt_id"))
                    .col(text("person_id"))
                    .col(big_integer("before"))
                    .col(big_integer("after"))
                    .primary_key(Index::create().col("regrade_id").col("person_id").col("attempt_id"))
                    .foreign_key(&mut reference(
                        "fk_regraded_attempts_regrade_id",
                        ("regraded_attempts", "regrade_id"),
                        "exam_regrades",
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("attempt_contacts")
                    .col(text("attempt_id").primary_key())
                    .col(text("exam_id"))
                    .col(big_integer("at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_attempt_contacts_exam_id").table("attempt_contacts").col("exam_id").to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["attempt_contacts", "regraded_attempts", "exam_regrades", "objections"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
