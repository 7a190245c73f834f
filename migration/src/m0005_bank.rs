//! Banks and questions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, text, text_null};

use crate::columns::one_of;

/// Banks and questions.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("banks")
                    .col(text("id").primary_key())
                    .col(text("unit_id"))
                    .col(text("title"))
                    .col(boolean("review_required"))
                    .col(integer("version"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create().name("fk_banks_unit_id").from("banks", "unit_id").to("units", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager.create_index(Index::create().name("ix_banks_unit_id").table("banks").col("unit_id").to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table("questions")
                    .col(text("id").primary_key())
                    .col(text("bank_id"))
                    .col(text("status").check(one_of("status", &["draft", "submitted", "approved", "retired"])))
                    .col(integer("version"))
                    .col(text("kind").check(one_of("kind", &["single", "multiple", "judgement"])))
                    .col(text("topic"))
                    .col(text("difficulty").check(one_of("difficulty", &["easy", "medium", "hard"])))
                    .col(text_null("group_key"))
                    .col(text("law"))
                    .col(text("law_name"))
                    .col(text("law_version"))
                    .col(text("article"))
                    .col(text("search"))
                    .col(big_integer("grams0"))
                    .col(big_integer("grams1"))
                    .col(big_integer("grams2"))
                    .col(big_integer("grams3"))
                    .col(big_integer("grams4"))
                    .col(big_integer("grams5"))
                    .col(big_integer("grams6"))
                    .col(big_integer("grams7"))
                    .col(text("author_id"))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_questions_bank_id")
                            .from("questions", "bank_id")
                            .to("banks", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_questions_author_id")
                            .from("questions", "author_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_questions_bank_id_status")
                    .table("questions")
                    .col("bank_id")
                    .col("status")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("question_versions")
                    .col(text("question_id"))
                    .col(integer("version"))
                    .col(text("kind").check(one_of("kind", &["single", "multiple", "judgement"])))
                    .col(text("topic"))
                    .col(text("difficulty").check(one_of("difficulty", &["easy", "medium", "hard"])))
                    .col(text("stem"))
                    .col(text("options"))
                    .col(text("answer"))
                    .col(text("explanation"))
                    .col(text("law"))
                    .col(text("article"))
                    .col(text("law_version"))
                    .col(text("verified_on"))
                    .col(text("salt"))
                    .col(text("digest"))
                    .col(text("author_id"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("question_id").col("version"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_question_versions_question_id")
                            .from("question_versions", "question_id")
                            .to("questions", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_question_versions_author_id")
                            .from("question_versions", "author_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        // What a search looks at before it looks at a question: in the order in which lists go, and narrow.
        manager
            .create_index(
                Index::create()
                    .name("ix_questions_bank_id_id_grams")
                    .table("questions")
                    .col("bank_id")
                    .col("id")
                    .col("grams0")
                    .col("grams1")
                    .col("grams2")
                    .col("grams3")
                    .col("grams4")
                    .col("grams5")
                    .col("grams6")
                    .col("grams7")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_questions_bank_id_law")
                    .table("questions")
                    .col("bank_id")
                    .col("law")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("key_views")
                    .col(text("question_id"))
                    .col(integer("version"))
                    .col(text("account_id"))
                    .col(text("how").check(one_of("how", &["wrote", "read", "exported"])))
                    .col(big_integer("at"))
                    .primary_key(Index::create().col("question_id").col("version").col("account_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_key_views_question_id")
                            .from("key_views", "question_id")
                            .to("questions", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("fk_key_views_account_id")
                            .from("key_views", "account_id")
                            .to("accounts", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("ix_key_views_account_id").table("key_views").col("account_id").to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("key_views").to_owned()).await?;
        manager.drop_table(Table::drop().table("question_versions").to_owned()).await?;
        manager.drop_table(Table::drop().table("questions").to_owned()).await?;
        manager.drop_table(Table::drop().table("banks").to_owned()).await?;
        Ok(())
    }
}
