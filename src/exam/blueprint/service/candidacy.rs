//! Who is to sit an exam over a bank, for the bank, which keeps its keys from them.

use entity::exam::exam::ExamStatus;
use entity::id::{BankId, PersonId};
use futures_util::future::BoxFuture;
use sea_orm::DatabaseConnection;

use super::super::store;
use crate::bank::KeyGuard;
use crate::db::Fault;

/// Keeps the keys of a bank from those on the roster of an exam over it that is sealed and not released.
#[derive(Debug, Clone, Copy, Default)]
pub struct Candidacy;

/// Where an exam has a roster, and its key is not out.
const UNRELEASED: &[ExamStatus] = &[ExamStatus::Sealed, ExamStatus::Open, ExamStatus::Paused, ExamStatus::Closed];

impl KeyGuard for Candidacy {
    fn withholds<'a>(
        &'a self,
        conn: &'a DatabaseConnection,
        person: PersonId,
        bank: BankId,
    ) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let banks = store::banks_to_sit(conn, person, UNRELEASED).await?;
            Ok(banks.iter().any(|banks| banks.contains(&bank)))
        })
    }
}
