//! Column shapes that several steps share.

use sea_orm_migration::prelude::*;

/// A `CHECK` that a text column holds one of these words.
pub(crate) fn one_of(column: &'static str, words: &[&'static str]) -> SimpleExpr {
    Expr::col(column).is_in(words.iter().copied())
}

/// A number that the database counts up by itself.
pub(crate) fn pk_auto_big(column: &'static str) -> ColumnDef {
    ColumnDef::new(column).big_integer().not_null().auto_increment().primary_key().to_owned()
}
