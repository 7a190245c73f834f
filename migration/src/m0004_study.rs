//! Programmes, sessions and attendance.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, boolean, integer, integer_null, text, text_null};

use crate::columns::one_of;

/// The kinds of sessions.
pub(crate) const KINDS: &[&str] = &[
    "collective_study",
    "seminar",
    "court_hearing",
    "review_hearing",
    "duty_report",
    "outreach",
    "training",
    "external",
];
/// How somebody attended.
const STATUSES: &[&str] = &["pending", "present", "late", "left_early", "on_leave", "absent", "made_up", "delegated"];
/// How that was recorded.
const METHODS: &[&str] = &["code", "qr", "roll_call", "import", "leave", "correction"];

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
                    .col(boolean("credits_left_early"))
                    .col(boolean("credits_delegated"))
                    .col(text("status").check(one_of("status", &["draft", "published", "closed"])))
                    .col(big_integer_null("published_at"))
                    .col(big_integer_null("closed_at"))
                    .col(text_null("due_stated_on"))
                    .col(big_integer("amended_to"))
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
                    .col(text("kind").check(one_of("kind", KINDS)))
                    .col(integer("count"))
                    .col(text("per").check(one_of("per", &["person", "unit"])))
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
                    .col(text("kind").check(one_of("kind", KINDS)))
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
                    .col(boolean("require_check_out"))
                    .col(text_null("programme_id"))
                    .col(text_null("series_id"))
                    .col(text("contact"))
                    .col(
                        text("status")
                            .check(one_of("status", &["draft", "published", "running", "closed", "cancelled"])),
                    )
                    .col(text("code_secret"))
                    .col(integer_null("audience_count"))
                    .col(integer_null("enterprises"))
                    .col(text_null("evidence_id"))
                    .col(boolean("entered_afterwards"))
                    .col(big_integer_null("first_starts_at"))
                    .col(text_null("reschedule_reason"))
                    .col(text_null("cancel_reason"))
                    .col(big_integer_null("reopened_at"))
                    .col(integer_null("invited"))
                    .col(big_integer_null("published_at"))
                    .col(big_integer_null("frozen_at"))
                    .col(big_integer_null("closed_at"))
                    .col(big_integer("changed_at"))
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
                    .col(text("status").check(one_of("status", STATUSES)))
                    .col(big_integer_null("checked_in_at"))
                    .col(big_integer_null("checked_out_at"))
                    .col(text_null("method").check(one_of("method", METHODS)))
                    .col(text_null("reason"))
                    .col(text_null("delegate_person_id"))
                    .col(text_null("studied"))
                    .col(text_null("confirmed_by"))
                    .col(text_null("evidence_id"))
                    .col(text_null("added_reason"))
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
                    .col(text("kind").check(one_of("kind", KINDS)))
                    .col(big_integer("hours"))
                    .col(text("basis").check(one_of("basis", &["full", "left_early", "delegated"])))
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
        evidence(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("calendar_feeds").to_owned()).await?;
        manager.drop_table(Table::drop().table("unit_credits").to_owned()).await?;
        manager.drop_table(Table::drop().table("leave_requests").to_owned()).await?;
        manager.drop_table(Table::drop().table("earlier_attendance").to_owned()).await?;
        manager.drop_table(Table::drop().table("credits").to_owned()).await?;
        manager.drop_table(Table::drop().table("attendance").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_invited_units").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_presenters").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_hosts").to_owned()).await?;
        manager.drop_table(Table::drop().table("sessions").to_owned()).await?;
        manager.drop_table(Table::drop().table("session_series").to_owned()).await?;
        manager.drop_table(Table::drop().table("attachments").to_owned()).await?;
        manager.drop_table(Table::drop().table("programme_requirements").to_owned()).await?;
        manager.drop_table(Table::drop().table("programmes").to_owned()).await?;
        Ok(())
    }
}

fn key(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{table}_{column}")).from(table, column).to(to, "id").to_owned()
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(format!("ix_{table}_{}", columns.join("_"))).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Series, presenters, leave, what proves something, what stood there before, what counts for units, and calendars.
async fn evidence(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("session_series")
                .col(text("id").primary_key())
                .col(text("rule"))
                .col(text("created_by"))
                .col(big_integer("created_at"))
                .foreign_key(&mut key("session_series", "created_by", "accounts"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("session_presenters")
                .col(text("session_id"))
                .col(text("person_id"))
                .col(text("form").check(one_of("form", &["oral", "written"])))
                .primary_key(Index::create().col("session_id").col("person_id"))
                .foreign_key(&mut key("session_presenters", "session_id", "sessions"))
                .foreign_key(&mut key("session_presenters", "person_id", "people"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("attachments")
                .col(text("id").primary_key())
                .col(text("name"))
                .col(text("media_type"))
                .col(integer("size"))
                .col(text("digest"))
                .col(blob("content"))
                .col(text_null("unit_id"))
                .col(text("sent_by"))
                .col(big_integer("sent_at"))
                .foreign_key(&mut key("attachments", "unit_id", "units"))
                .foreign_key(&mut key("attachments", "sent_by", "accounts"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("leave_requests")
                .col(text("id").primary_key())
                .col(text("session_id"))
                .col(text("person_id"))
                .col(text("unit_id"))
                .col(text("reason"))
                .col(text_null("attachment_id"))
                .col(boolean("afterwards"))
                .col(text("state").check(one_of("state", &["pending", "approved", "refused"])))
                .col(text("asked_by"))
                .col(big_integer("asked_at"))
                .col(text_null("decided_by"))
                .col(big_integer_null("decided_at"))
                .col(text("decision"))
                .foreign_key(&mut key("leave_requests", "session_id", "sessions"))
                .foreign_key(&mut key("leave_requests", "person_id", "people"))
                .foreign_key(&mut key("leave_requests", "unit_id", "units"))
                .foreign_key(&mut key("leave_requests", "attachment_id", "attachments"))
                .foreign_key(&mut key("leave_requests", "asked_by", "accounts"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("earlier_attendance")
                .col(text("session_id"))
                .col(text("person_id"))
                .col(integer("version"))
                .col(text("status").check(one_of("status", STATUSES)))
                .col(big_integer_null("checked_in_at"))
                .col(big_integer_null("checked_out_at"))
                .col(text_null("method").check(one_of("method", METHODS)))
                .col(text_null("reason"))
                .col(text_null("delegate_person_id"))
                .col(big_integer("changed_at"))
                .col(text_null("changed_by"))
                .primary_key(Index::create().col("session_id").col("person_id").col("version"))
                .foreign_key(&mut key("earlier_attendance", "session_id", "sessions"))
                .foreign_key(&mut key("earlier_attendance", "person_id", "people"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("unit_credits")
                .col(text("session_id"))
                .col(text("unit_id"))
                .col(integer("year"))
                .col(text("kind").check(one_of("kind", KINDS)))
                .col(text_null("programme_id"))
                .col(boolean("counts"))
                .col(integer("expected"))
                .col(integer("attended"))
                .primary_key(Index::create().col("session_id").col("unit_id"))
                .foreign_key(&mut key("unit_credits", "session_id", "sessions"))
                .foreign_key(&mut key("unit_credits", "unit_id", "units"))
                .to_owned(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("calendar_feeds")
                .col(text("token_hash").primary_key())
                .col(text("account_id"))
                .col(big_integer("created_at"))
                .foreign_key(&mut key("calendar_feeds", "account_id", "accounts"))
                .to_owned(),
        )
        .await?;
    manager.create_index(index("sessions", &["series_id"])).await?;
    manager.create_index(index("leave_requests", &["session_id", "state"])).await?;
    manager.create_index(index("leave_requests", &["person_id"])).await?;
    manager.create_index(index("leave_requests", &["state", "asked_at"])).await?;
    manager.create_index(index("unit_credits", &["unit_id", "year"])).await?;
    manager.create_index(index("unit_credits", &["year", "kind"])).await?;
    manager.create_index(index("credits", &["year", "kind", "person_id"])).await?;
    manager.create_index(index("calendar_feeds", &["account_id"])).await?;
    Ok(())
}
