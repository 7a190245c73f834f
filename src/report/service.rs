//! Reports, and the closing of years.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;

use entity::auth::grant::Role;
use entity::id::UnitId;
use sea_orm::ConnectionTrait;

use crate::auth::{Caller, Denied, READERS, meant_unit};
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::files::WriteError;
use crate::http::{Code, Problem};
use crate::kernel::field::{Fields, Invalid};
use crate::org::{Org, OrgError};
use crate::study::{Study, StudyError};
use crate::tree;

mod compare;
mod files;
mod jobs;
mod paragraph;
mod past;
mod people;
mod persons;
mod rates;
mod sheets;
mod snapshots;
mod verify;
mod years;

pub use files::{FileOrder, ReportFile, What};
pub use paragraph::{Paragraph, Part};
pub use past::PastFile;
pub use verify::{Fails, RecordFinding, verify_records};

/// Those who freeze, close and open years again, and check records.
const AUDITORS: &[Role] = &[Role::Auditor];

/// The first year of which anything can be asked.
const FIRST_YEAR: i32 = 1949;

/// What can go wrong with reports and years.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The year cannot be closed: the titles of what is still open.
    #[error("still open: {}", .0.join(", "))]
    StillOpen(Vec<String>),
    /// The year is closed already.
    #[error("the year is closed already")]
    AlreadyClosed,
    /// The year is not closed for that very unit.
    #[error("the year is not closed for that unit")]
    NotClosed,
    /// So many rows are too many for an answer.
    #[error("{0} rows are too many for an answer")]
    TooManyRows(i64),
    /// The file cannot be had: its job has not made it.
    #[error("the file is not there")]
    NoFile,
    /// Whoever asked for the file wants it no more, or somebody else makes it now.
    #[error("the job is no longer this turn's")]
    Abandoned,
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(ReportError);

impl From<OrgError> for ReportError {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => denied.into(),
            OrgError::Invalid(invalid) => invalid.into(),
            OrgError::Fault(fault) => fault.into(),
        }
    }
}

impl From<StudyError> for ReportError {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Denied(denied) => denied.into(),
            StudyError::Invalid(invalid) => invalid.into(),
            StudyError::Fault(fault) => fault.into(),
            // What is only read has no state that could be wrong.
            _ => Denied::NotFound.into(),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::StillOpen(titles) => Self::new(Code::StillOpen).about(titles.join("、")),
            ReportError::AlreadyClosed | ReportError::NotClosed | ReportError::NoFile | ReportError::Abandoned => {
                Self::new(Code::WrongState)
            }
            ReportError::TooManyRows(rows) => Self::new(Code::AnswerTooLarge).about(rows),
            ReportError::Write(error) => {
                tracing::error!(%error, "a file cannot be written");
                Self::new(Code::Internal)
            }
            ReportError::Denied(denied) => denied.into(),
            ReportError::Invalid(invalid) => invalid.into(),
            ReportError::Fault(fault) => fault.into(),
        }
    }
}

/// The slice's service.
#[derive(Debug)]
pub struct Reports {
    core: Core,
    org: Arc<Org>,
    study: Arc<Study>,
    /// How many different people stand on rosters.
    persons: persons::Persons,
    /// The month whose snapshots this instance has seen taken.
    month: AtomicI32,
    /// Checking reads all there is: one after another.
    verifying: tokio::sync::Mutex<()>,
}

impl Reports {
    /// Over a core, the organisation and its study.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, study: Arc<Study>) -> Self {
        Self {
            persons: persons::Persons::new(core.clone()),
            core,
            org,
            study,
            month: AtomicI32::new(0),
            verifying: tokio::sync::Mutex::default(),
        }
    }

    /// The tops of the caller's reach as a reader of figures, none below another.
    pub async fn tops(&self, caller: &Caller) -> Result<Vec<UnitId>, ReportError> {
        let scope = caller.scope(READERS, self.core.now())?;
        Ok(tree::tops(self.core.db.read(), &scope.0).await?)
    }

    /// The unit that is asked for, if the caller may read its figures; without one the top of their reach. Who has
    /// several tops must name one.
    async fn top(&self, caller: &Caller, asked: Option<UnitId>) -> Result<UnitId, ReportError> {
        meant_unit(self.core.db.read(), caller, READERS, asked, self.core.now()).await
    }

    /// Notes a year of which nothing can be asked.
    fn check_year(&self, fields: &mut Fields, year: i32) {
        fields.within("year", year, FIRST_YEAR, self.core.today().year().saturating_add(1));
    }
}

/// A unit with everything below it, each before those below it.
async fn nodes(conn: &impl ConnectionTrait, top: UnitId) -> Result<Vec<tree::Node>, ReportError> {
    let nodes = tree::subtree(conn, top).await?;
    if nodes.is_empty() { Err(Denied::NotFound.into()) } else { Ok(nodes) }
}
