//! Banks, and reading what they hold.

use std::collections::HashMap;
use std::sync::Arc;

use entity::bank::bank;
use entity::bank::key_view::SeenHow;
use entity::bank::question::QuestionStatus;
use entity::id::{BankId, PersonId, QuestionId};
use entity::instant::Instant;
use entity::log::Outcome;
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;
use tokio::sync::Semaphore;

use super::model::{
    BankFilter, BankRow, NewBank, QuestionCounts, QuestionFilter, QuestionSummary, QuestionVersion, QuestionView,
    StockItem, TopicCount,
};
use super::store;
use crate::auth::{self, Caller, Denied, MANAGERS, Scope};
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::files::{Unreadable, WriteError};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};

mod acts;
mod changing;
mod exporting;
mod groups;
mod importing;
mod keys;
mod laws;
mod writing;

pub use importing::{ImportSource, QuestionFile};

/// What can go wrong with a bank.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The question's status does not allow it.
    #[error("the question is {0}")]
    WrongState(QuestionStatus),
    /// Whoever wrote the newest version would approve it.
    #[error("the author of a question cannot approve it")]
    OwnWork,
    /// Somebody changed it meanwhile.
    #[error("it was changed meanwhile")]
    Stale,
    /// The caller is to sit an exam that uses the bank, and its key is not out.
    #[error("the keys of this bank are withheld from its candidates")]
    KeyWithheld,
    /// A file that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Something rests on it.
    #[error("something rests on it: {0}")]
    InUse(&'static str),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(BankError);

impl From<BankError> for Problem {
    fn from(error: BankError) -> Self {
        match error {
            BankError::Denied(denied) => denied.into(),
            BankError::Invalid(invalid) => invalid.into(),
            BankError::WrongState(_) => Self::new(Code::WrongState),
            BankError::OwnWork => Self::new(Code::OwnWork),
            BankError::Stale => Self::new(Code::Stale),
            BankError::KeyWithheld => Self::new(Code::KeyWithheld),
            BankError::Unreadable(unreadable) => Invalid::from(unreadable).into(),
            BankError::Write(error) => {
                tracing::error!(%error, "a file of questions cannot be made");
                Self::new(Code::Internal)
            }
            BankError::InUse(what) => Self::new(Code::StillOpen).about(what),
            BankError::Fault(fault) => fault.into(),
        }
    }
}

/// Who must not see keys: those who are to sit an exam over a bank. The bank knows no exams, so it is told.
pub trait KeyGuard: Send + Sync + std::fmt::Debug {
    /// Whether somebody is on the roster of an exam over this bank that is sealed and not released.
    fn withholds<'a>(
        &'a self,
        conn: &'a DatabaseConnection,
        person: PersonId,
        bank: BankId,
    ) -> BoxFuture<'a, Result<bool, Fault>>;
}

/// The slice's service.
#[derive(Debug, Clone)]
pub struct Bank {
    core: Core,
    guard: Arc<dyn KeyGuard>,
    /// One file at a time is worked on: reading one takes a processor and some memory.
    files: Arc<Semaphore>,
}

impl Bank {
    /// On this core, with those who keep keys from candidates.
    #[must_use]
    pub fn new(core: Core, guard: Arc<dyn KeyGuard>) -> Self {
        Self { core, guard, files: Arc::new(Semaphore::new(1)) }
    }

    /// Makes a bank for a unit. By a coordinator of the unit or above.
    pub async fn create_bank(&self, caller: &Caller, new: NewBank) -> Result<BankRow, BankError> {
        let now = self.core.now();
        let row = bank::Model {
            id: self.core.id(),
            unit_id: new.unit_id,
            title: new.title,
            review_required: new.review_required,
            version: 1,
            created_at: now,
        };
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: caller.actor(),
            action: "bank.create",
            subject: format!("bank:{}", row.id),
            unit: Some(row.unit_id),
            data: json!({ "title": row.title, "review_required": row.review_required }),
            outcome: Outcome::Done,
        };
        self.core
            .db
            .tx("bank.create", |tx| {
                let (caller, row, entry) = (caller.clone(), row.clone(), entry.clone());
                Box::pin(async move {
                    let allowed = auth::authorise(tx, &caller, MANAGERS, row.unit_id, now).await;
                    named("unit_id", allowed)?;
                    store::insert_bank(tx, row).await?;
                    Ok::<_, BankError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(bank_row(row, QuestionCounts::default()))
    }

    /// The banks within the caller's reach, oldest first.
    pub async fn banks(
        &self,
        caller: &Caller,
        filter: &BankFilter,
        page: &PageRequest,
    ) -> Result<Page<BankRow>, BankError> {
        let scope = caller.scope(MANAGERS, self.core.now())?;
        let conn = self.core.db.read();
        let banks = store::banks_within(conn, &scope.0, filter, page).await?;
        let ids: Vec<BankId> = banks.items.iter().map(|b| b.id).collect();
        let counts = counts(conn, &ids).await?;
        Ok(banks.map(|b| {
            let counts = counts.get(&b.id).copied().unwrap_or_default();
            bank_row(b, counts)
        }))
    }

    /// One bank.
    pub async fn bank(&self, caller: &Caller, id: BankId) -> Result<BankRow, BankError> {
        let conn = self.core.db.read();
        let bank = managed(conn, caller, id, self.core.now()).await?;
        let counts = counts(conn, &[id]).await?;
        Ok(bank_row(bank, counts.get(&id).copied().unwrap_or_default()))
    }

    /// The questions within the caller's reach that the filter wants, oldest first, without their keys.
    pub async fn questions(
        &self,
        caller: &Caller,
        filter: &QuestionFilter,
        page: &PageRequest,
    ) -> Result<Page<QuestionSummary>, BankError> {
        let now = self.core.now();
        let scope = caller.scope(MANAGERS, now)?;
        let conn = self.core.db.read();
        if let Some(bank) = filter.bank_id {
            managed(conn, caller, bank, now).await?;
        }
        Ok(store::list(conn, &scope.0, filter, page).await?)
    }

    /// A question with its key. For coordinators of its bank's unit or above who are not to sit an exam over it; who has
    /// seen it is kept.
    pub async fn question(&self, caller: &Caller, id: QuestionId) -> Result<QuestionView, BankError> {
        let view = self.view(caller, id).await?;
        self.note_keys(caller, view.bank_id, &[(id, view.newest.version)], SeenHow::Read).await?;
        Ok(view)
    }

    async fn view(&self, caller: &Caller, id: QuestionId) -> Result<QuestionView, BankError> {
        let conn = self.core.db.read();
        let question = store::questions(conn, &[id]).await?.remove(&id).ok_or(Denied::NotFound)?;
        managed(conn, caller, question.bank_id, self.core.now()).await?;
        self.check_keys(caller, question.bank_id).await?;
        let mut newest = store::version(conn, id, question.version).await?.ok_or(Denied::NotFound)?;
        newest.group = question.group_key;
        Ok(QuestionView { bank_id: question.bank_id, status: question.status, newest })
    }

    /// What these banks offer a blueprint: approved questions by topic, kind and difficulty.
    pub async fn offer(&self, caller: &Caller, banks: &[BankId]) -> Result<Vec<TopicCount>, BankError> {
        let now = self.core.now();
        let conn = self.core.db.read();
        for bank in banks {
            managed(conn, caller, *bank, now).await?;
        }
        Ok(store::topics(conn, banks).await?)
    }
}

/// What exams take from here, inside their own transactions and after their own authorisation.
impl Bank {
    /// Which of these banks lie within a scope; an exam may use no others.
    pub async fn within(conn: &impl ConnectionTrait, scope: &Scope, ids: &[BankId]) -> Result<Vec<BankId>, Fault> {
        store::ids_within(conn, &scope.0, ids).await
    }

    /// All that an exam over these banks may draw: the newest version of every approved question, sorted by question
    /// as a manifest wants it (draw.md). Its digest is `content.digest(&salt)`; a version whose content is not that of
    /// the digest it was written with is a fault.
    pub async fn pool(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<QuestionVersion>, Fault> {
        store::pool(conn, banks).await
    }

    /// These versions, sorted by question and number: the content of sealed items. One that does not exist is left out.
    pub async fn versions(
        conn: &impl ConnectionTrait,
        wanted: &[(QuestionId, i32)],
    ) -> Result<Vec<QuestionVersion>, Fault> {
        store::versions(conn, wanted).await
    }

    /// What feasibility needs to know of the same questions as [`Bank::pool`], one row a question.
    pub async fn stock(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<StockItem>, Fault> {
        store::stock(conn, banks).await
    }

    /// The same questions counted by topic, kind and difficulty, in that order.
    pub async fn topics(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<Vec<TopicCount>, Fault> {
        store::topics(conn, banks).await
    }
}

/// A bank that the caller manages.
async fn managed(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    id: BankId,
    now: Instant,
) -> Result<bank::Model, BankError> {
    // Who manages nothing learns nothing, not even whether the bank exists.
    caller.scope(MANAGERS, now)?;
    let bank = store::bank(conn, id).await?.ok_or(Denied::NotFound)?;
    auth::authorise::<BankError>(conn, caller, MANAGERS, bank.unit_id, now).await?;
    Ok(bank)
}

/// What a request's field refers to, out of the caller's reach or not there at all, is that field's fault.
fn named<T>(field: &str, found: Result<T, BankError>) -> Result<T, BankError> {
    match found {
        Err(BankError::Denied(Denied::NotFound)) => Err(Invalid::one(field, FieldCode::UnknownReference).into()),
        other => other,
    }
}

async fn counts(conn: &impl ConnectionTrait, banks: &[BankId]) -> Result<HashMap<BankId, QuestionCounts>, Fault> {
    let mut counts: HashMap<BankId, QuestionCounts> = HashMap::new();
    for (bank, status, count) in store::counts(conn, banks).await? {
        let counts = counts.entry(bank).or_default();
        let place = match status {
            QuestionStatus::Draft => &mut counts.draft,
            QuestionStatus::Submitted => &mut counts.submitted,
            QuestionStatus::Approved => &mut counts.approved,
            QuestionStatus::Retired => &mut counts.retired,
        };
        *place = count.unsigned_abs();
    }
    Ok(counts)
}

fn bank_row(bank: bank::Model, questions: QuestionCounts) -> BankRow {
    BankRow {
        id: bank.id,
        unit_id: bank.unit_id,
        title: bank.title,
        review_required: bank.review_required,
        version: bank.version,
        created_at: bank.created_at,
        questions,
    }
}
