//! Exams, attempts and saves.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, integer, integer_null, text, text_null};

use crate::columns::one_of;

/// Exams, attempts and saves.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("exams")
                    .col(text("id").primary_key())
                    .col(text("title"))
                    .col(text("kind").check(one_of("kind", &["qualification", "annual", "mock"])))
                    .col(integer("year"))
                    .col(text("unit_id"))
                    .col(text("bank_ids"))
                    .col(big_integer("opens_at"))
                    .col(big_integer("closes_at"))
                    .col(integer_null("latest_start_seconds"))
                    .col(integer("duration_seconds"))
                    .col(integer("grace_seconds"))
                    .col(big_integer("pass_points"))
                    .col(big_integer_null("excellence_points"))
                    .col(integer("attempts_allowed"))
                    .col(text("attempt_scoring").check(one_of("attempt_scoring", &["highest", "latest"])))
                    .col(text("audience"))
                    .col(text("release").check(one_of("release", &["on_submit", "on_close", "manual"])))
                    .col(text("show_key").check(one_of("show_key", &["never", "after_close"])))
                    .col(text_null("makes_up_exam_id"))
                    .col(text_null("balance"))
                    .col(text_null("beacon_rule"))
                    .col(text("contact"))
                    .col(integer("objection_days"))
                    .col(
                        text("status")
                            .check(one_of("status", &["draft", "sealed", "open", "paused", "closed", "released"])),
                    )
                    .col(text_null("secret"))
                    .col(text_null("beacon"))
                    .col(text_null("beacon_source"))
                    .col(integer_null("seal_number"))
                    .col(text_null("seal_entry_id"))
                    .col(big_integer_null("counted_at"))
                    .col(integer("regrades"))
                    .col(text_null("manifest"))
                    .col(text_null("manifest_digest"))
                    .col(text_null("commitment"))
                    .col(big_integer_null("sealed_at"))
                    .col(big_integer_null("paused_at"))
                    .col(big_integer("paused_ms"))
                    .col(big_integer_null("closed_at"))
                    .col(big_integer_null("released_at"))
                    .col(integer("version"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create().name("fk_exams_unit_id").from("exams", "unit_id").to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exams_makes_up_exam_id")
                            .from("exams", "makes_up_exam_id")
                            .to("exams", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exams_created_by")
                            .from("exams", "created_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_exams_year_unit_id").table("exams").col("year").col("unit_id").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_exams_status_closes_at")
                    .table("exams")
                    .col("status")
                    .col("closes_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_exams_makes_up_exam_id").table("exams").col("makes_up_exam_id").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exam_sections")
                    .col(text("exam_id"))
                    .col(integer("position"))
                    .col(text("title"))
                    .col(text("kind").check(one_of("kind", &["single", "multiple", "judgement"])))
                    .col(text("topics"))
                    .col(text("difficulties"))
                    .col(integer("count"))
                    .col(big_integer("points_each"))
                    .col(text("scoring").check(one_of("scoring", &["all_or_nothing", "partial_no_wrong", "net"])))
                    .primary_key(Index::create().col("exam_id").col("position"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_sections_exam_id")
                            .from("exam_sections", "exam_id")
                            .to("exams", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exam_pool")
                    .col(text("exam_id"))
                    .col(text("question_id"))
                    .col(integer("version"))
                    .col(integer_null("sittings"))
                    .col(big_integer_null("points"))
                    .col(big_integer_null("max_points"))
                    .primary_key(Index::create().col("exam_id").col("question_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_pool_exam_id")
                            .from("exam_pool", "exam_id")
                            .to("exams", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_pool_question_id")
                            .from("exam_pool", "question_id")
                            .to("questions", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_exam_pool_question_id").table("exam_pool").col("question_id").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("attempts")
                    .col(text("id").primary_key())
                    .col(text("exam_id"))
                    .col(text("person_id"))
                    .col(integer("number"))
                    .col(text("state").check(one_of("state", &["running", "submitted", "graded", "voided"])))
                    .col(text("lease"))
                    .col(text_null("device"))
                    .col(big_integer("started_at"))
                    .col(big_integer("deadline"))
                    .col(big_integer("due_at"))
                    .col(big_integer_null("paused_at"))
                    .col(big_integer("paused_ms"))
                    .col(big_integer("extra_ms"))
                    .col(big_integer_null("submitted_at"))
                    .col(boolean("by_server"))
                    .col(integer("k"))
                    .col(text("paper_digest"))
                    .col(big_integer_null("points"))
                    .col(big_integer("max_points"))
                    .col(integer("answered"))
                    .col(text_null("void_kind").check(one_of("void_kind", &["technical", "misconduct"])))
                    .col(text_null("responses"))
                    // Last, for it is long: what stands before it is read without the pages that it runs over to.
                    .col(text("items"))
                    .foreign_key(
                        ForeignKey::create().name("fk_attempts_exam_id").from("attempts", "exam_id").to("exams", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attempts_person_id")
                            .from("attempts", "person_id")
                            .to("people", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_attempts_state_due_at")
                    .table("attempts")
                    .col("state")
                    .col("due_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_attempts_person_id").table("attempts").col("person_id").to_owned())
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_attempts_number")
                    .table("attempts")
                    .col("exam_id")
                    .col("person_id")
                    .col("number")
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("saves")
                    .col(text("attempt_id"))
                    .col(integer("position"))
                    .col(integer("seq"))
                    .col(text("response"))
                    .col(big_integer("at"))
                    .primary_key(Index::create().col("attempt_id").col("position").col("seq"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_saves_attempt_id")
                            .from("saves", "attempt_id")
                            .to("attempts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exam_allowances")
                    .col(text("exam_id"))
                    .col(text("person_id"))
                    .col(integer("extra_seconds"))
                    .col(integer("extra_attempts"))
                    .col(big_integer_null("admit_until"))
                    .col(boolean("exempt"))
                    .primary_key(Index::create().col("exam_id").col("person_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_allowances_exam_id")
                            .from("exam_allowances", "exam_id")
                            .to("exams", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_allowances_person_id")
                            .from("exam_allowances", "person_id")
                            .to("people", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("exam_amendments")
                    .col(text("id").primary_key())
                    .col(text("exam_id"))
                    .col(text("kind").check(one_of(
                        "kind",
                        &[
                            "schedule",
                            "extension",
                            "pause",
                            "resume",
                            "close",
                            "addition",
                            "candidate",
                            "void",
                            "reopen",
                        ],
                    )))
                    .col(text_null("person_id"))
                    .col(text_null("unit_id"))
                    .col(text_null("attempt_id"))
                    .col(text("data"))
                    .col(text("reason"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_amendments_exam_id")
                            .from("exam_amendments", "exam_id")
                            .to("exams", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_exam_amendments_created_by")
                            .from("exam_amendments", "created_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_exam_amendments_exam_id").table("exam_amendments").col("exam_id").to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("exam_amendments").to_owned()).await?;
        manager.drop_table(Table::drop().table("exam_allowances").to_owned()).await?;
        manager.drop_table(Table::drop().table("saves").to_owned()).await?;
        manager.drop_table(Table::drop().table("attempts").to_owned()).await?;
        manager.drop_table(Table::drop().table("exam_pool").to_owned()).await?;
        manager.drop_table(Table::drop().table("exam_sections").to_owned()).await?;
        manager.drop_table(Table::drop().table("exams").to_owned()).await?;
        Ok(())
    }
}
