//! Exemption and deferral.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, boolean_null, text, text_null};

use crate::columns::one_of;

/// Exemption and deferral.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn reference(name: &str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from("exemptions", column).to(to, "id").to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("exemptions")
                    .col(text("id").primary_key())
                    .col(text("exam_id"))
                    .col(text("person_id"))
                    .col(text("unit_id"))
                    .col(text("kind").check(one_of("kind", &["exempt", "deferred"])))
                    .col(text("ground"))
                    .col(text_null("attachment_id"))
                    .col(text("asked_by"))
                    .col(big_integer("asked_at"))
                    .col(boolean_null("supported"))
                    .col(text("opinion"))
                    .col(text_null("opinion_by"))
                    .col(big_integer_null("opinion_at"))
                    .col(text("state").check(one_of("state", &["pending", "approved", "refused"])))
                    .col(text("decision"))
                    .col(text_null("decided_by"))
                    .col(big_integer_null("decided_at"))
                    .col(boolean("late"))
                    .foreign_key(&mut reference("fk_exemptions_exam_id", "exam_id", "exams"))
                    .foreign_key(&mut reference("fk_exemptions_person_id", "person_id", "people"))
                    .foreign_key(&mut reference("fk_exemptions_unit_id", "unit_id", "units"))
                    .foreign_key(&mut reference("fk_exemptions_attachment_id", "attachment_id", "attachments"))
                    .foreign_key(&mut reference("fk_exemptions_asked_by", "asked_by", "accounts"))
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("ix_exemptions_exam_id_person_id", ["exam_id", "person_id"]),
            ("ix_exemptions_state_unit_id", ["state", "unit_id"]),
        ] {
            let mut index = Index::create().name(name).table("exemptions").to_owned();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("exemptions").to_owned()).await
    }
}
