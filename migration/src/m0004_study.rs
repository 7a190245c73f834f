//! Programmes, sessions and attendance.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, integer_null, text, text_null};

use crate::columns::one_of;

/// Programmes, sessions and attendance.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("programmes")
                    .col(text("id").primary_key())
                    .col(integer("year"))
                    .col(text("title"))
                    .col(text("unit_id"))
                    .col(text("audience"))
                    .col(big_integer_null("required_hours"))
                    .col(text("status").check(one_of("status", &["draft", "published", "closed"])))
                    .col(big_integer_null("published_at"))
                    .col(big_integer_null("closed_at"))
                    .col(text_null("due_stated_on"))
                    .col(integer("version"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_programmes_unit_id")
                            .from("programmes", "unit_id")
                            .to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_programmes_created_by")
                            .from("programmes", "created_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_programmes_year_unit_id")
                    .table("programmes")
                    .col("year")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("programme_requirements")
                    .col(text("programme_id"))
                    .col(integer("position"))
                    .col(text("kind").check(one_of(
                        "kind",
                        &[
                            "collective_study",
                            "seminar",
                            "court_hearing",
                            "review_hearing",
                            "duty_report",
                            "outreach",
                            "training",
                            "external",
                        ],
                    )))
                    .col(integer("count"))
                    .col(text_null("due_on"))
                    .primary_key(Index::create().col("programme_id").col("position"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_programme_requirements_programme_id")
                            .from("programme_requirements", "programme_id")
                            .to("programmes", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(text("id").primary_key())
                    .col(text("title"))
                    .col(text("kind").check(one_of(
                        "kind",
                        &[
                            "collective_study",
                            "seminar",
                            "court_hearing",
                            "review_hearing",
                            "duty_report",
                            "outreach",
                            "training",
                            "external",
                        ],
                    )))
                    .col(integer("year"))
                    .col(text("unit_id"))
                    .col(big_integer("starts_at"))
                    .col(big_integer("ends_at"))
                    .col(text("place"))
                    .col(big_integer("credit_hours"))
                    .col(text("audience"))
                    .col(integer("opens_before_seconds"))
                    .col(integer("late_after_seconds"))
                    .col(integer("closes_after_seconds"))
                    .col(text_null("programme_id"))
                    .col(text("contact"))
                    .col(
                        text("status")
                            .check(one_of("status", &["draft", "published", "running", "closed", "cancelled"])),
                    )
                    .col(text("code_secret"))
                    .col(integer_null("invited"))
                    .col(big_integer_null("published_at"))
                    .col(big_integer_null("frozen_at"))
                    .col(big_integer_null("closed_at"))
                    .col(integer("version"))
                    .col(text("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create().name("fk_sessions_unit_id").from("sessions", "unit_id").to("units", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_sessions_programme_id")
                            .from("sessions", "programme_id")
                            .to("programmes", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_sessions_created_by")
                            .from("sessions", "created_by")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_sessions_starts_at").table("sessions").col("starts_at").to_owned())
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_sessions_year_unit_id")
                    .table("sessions")
                    .col("year")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("ix_sessions_status").table("sessions").col("status").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("session_hosts")
                    .col(text("session_id"))
                    .col(text("unit_id"))
                    .primary_key(Index::create().col("session_id").col("unit_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_session_hosts_session_id")
                            .from("session_hosts", "session_id")
                            .to("sessions", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_session_hosts_unit_id")
                            .from("session_hosts", "unit_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("session_invited_units")
                    .col(text("session_id"))
                    .col(text("unit_id"))
                    .primary_key(Index::create().col("session_id").col("unit_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_session_invited_units_session_id")
                            .from("session_invited_units", "session_id")
                            .to("sessions", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_session_invited_units_unit_id")
                            .from("session_invited_units", "unit_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_session_invited_units_unit_id")
                    .table("session_invited_units")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_session_hosts_unit_id").table("session_hosts").col("unit_id").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("attendance")
                    .col(text("session_id"))
                    .col(text("person_id"))
                    .col(text("unit_id"))
                    .col(text("status").check(one_of(
                        "status",
                        &["pending", "present", "late", "left_early", "on_leave", "absent", "made_up", "delegated"],
                    )))
                    .col(big_integer_null("checked_in_at"))
                    .col(text_null("method").check(one_of("method", &["code", "qr", "roll_call", "correction"])))
                    .col(text_null("reason"))
                    .col(integer("version"))
                    .primary_key(Index::create().col("session_id").col("person_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attendance_session_id")
                            .from("attendance", "session_id")
                            .to("sessions", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attendance_person_id")
                            .from("attendance", "person_id")
                            .to("people", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_attendance_unit_id")
                            .from("attendance", "unit_id")
                            .to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_attendance_person_id").table("attendance").col("person_id").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_attendance_session_id_unit_id")
                    .table("attendance")
                    .col("session_id")
                    .col("unit_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("credits")
                    .col(text("session_id"))
                    .col(text("person_id"))
                    .col(integer("year"))
                    .col(text("kind").check(one_of(
                        "kind",
                        &[
                            "collective_study",
                            "seminar",
                            "court_hearing",
                            "review_hearing",
                            "duty_report",
                            "outreach",
                            "training",
                            "external",
                        ],
                    )))
                    .col(big_integer("hours"))
                    .col(text_null("programme_id"))
                    .primary_key(Index::create().col("session_id").col("person_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_credits_session_id")
                            .from("credits", "session_id")
                            .to("sessions", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_credits_person_id")
                            .from("credits", "person_id")
                            .to("people", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_credits_person_id_year")
                    .table("credits")
                    .col("person_id")
                    .col("year")
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("credits").to_owned()).await?;
        manager.drop_table(Table::drop().table("attendance").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_invited_units").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_hosts").to_owned()).await?;
        manager.drop_table(Table::drop().table("sessions").to_owned()).await?;
        manager.drop_table(Table::drop().table("programme_requirements").to_owned()).await?;
        manager.drop_table(Table::drop().table("programmes").to_owned()).await?;
        Ok(())
    }
}
