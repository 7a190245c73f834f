//! Nobody is logged out while they sit an exam.

use entity::id::PersonId;
use entity::instant::Instant;
use futures_util::future::BoxFuture;

use super::super::store;
use super::Attempts;
use crate::auth::Vigil;
use crate::db::Fault;

impl Vigil for Attempts {
    fn since(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Instant>, Fault>> {
        Box::pin(async move { store::sitting_since(self.core.db.read(), person).await })
    }
}
