//! Units, people and their rosters: one use case a function.

use entity::auth::grant::Role;
use entity::id::UnitId;
use entity::instant::Day;
use entity::log::Outcome;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::sealing::{Sealing, Unsealable};
use crate::auth::Denied;
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::files::{Unreadable, WriteError};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, Invalid};
use crate::log::{Actor, Entry};

mod audience;
mod changes;
mod exports;
mod former;
mod imports;
mod moves;
mod people;
mod turn;
mod unit_files;
mod units;

pub use changes::amend_roster;
pub use former::{Former, KnownPerson, category_of, enter_former, known_people, taken_numbers, tight_name};
pub use imports::ImportFile;

/// Those who may read a unit's roster.
const ROSTER_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];
/// Those who may read the tree: everybody sees the part below their grants.
const EVERYBODY: &[Role] = Role::ALL;
/// Those who make and change units.
const BUILDERS: &[Role] = &[Role::SystemAdmin];
/// Those who enter, change and move people.
const KEEPERS: &[Role] = &[Role::Coordinator];

/// What can go wrong when units and people are read or entered.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
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
faulty!(OrgError);

impl From<OrgError> for Problem {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => denied.into(),
            OrgError::Invalid(invalid) => invalid.into(),
            OrgError::Fault(fault) => fault.into(),
        }
    }
}

/// What can go wrong when units, people and rosters are changed, or brought in and out as files.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed it meanwhile")]
    Stale,
    /// Something depends on it, or is still in the way.
    #[error("something depends on it")]
    InUse,
    /// It was decided, or has left, already.
    #[error("its state does not allow this")]
    WrongState,
    /// A file that is no table.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A number that is kept cannot be opened.
    #[error("a number that is kept cannot be opened with this installation's key")]
    Unsealable,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(AmendError);

impl From<OrgError> for AmendError {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => Self::Denied(denied),
            OrgError::Invalid(invalid) => Self::Invalid(invalid),
            OrgError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<Unsealable> for AmendError {
    fn from(_: Unsealable) -> Self {
        Self::Unsealable
    }
}

impl From<AmendError> for Problem {
    fn from(error: AmendError) -> Self {
        match error {
            AmendError::Denied(denied) => denied.into(),
            AmendError::Invalid(invalid) => invalid.into(),
            AmendError::Stale => Self::new(Code::Stale),
            AmendError::InUse => Self::new(Code::InUse),
            AmendError::WrongState => Self::new(Code::WrongState),
            AmendError::Unreadable(unreadable) => Invalid::from(unreadable).into(),
            AmendError::Write(_) | AmendError::Unsealable => {
                tracing::error!(%error, "a use case of the organisation failed");
                Self::new(Code::Internal)
            }
            AmendError::Fault(fault) => fault.into(),
        }
    }
}

/// The slice's service.
#[derive(Debug)]
pub struct Org {
    core: Core,
    sealing: Sealing,
    /// Large files are read one at a time, so that many at once cannot take all memory.
    files: Semaphore,
    /// The day of which this instance knows that lists show it.
    turned: Mutex<Option<Day>>,
}

impl Org {
    /// Over a core.
    #[must_use]
    pub fn new(core: Core) -> Self {
        let sealing = Sealing::new(&core.keys);
        Self { core, sealing, files: Semaphore::new(1), turned: Mutex::default() }
    }

    /// A line of the log about a person or unit.
    fn entry(&self, actor: Actor, action: &'static str, subject: String, unit: Option<UnitId>, data: Value) -> Entry {
        let (id, at) = (self.core.uuid(), self.core.now());
        Entry { id, at, actor, action, subject, unit, data, outcome: Outcome::Done }
    }
}

/// A reference that a caller may not follow looks like one that leads nowhere.
fn hidden(field: &str, denied: OrgError) -> OrgError {
    match denied {
        OrgError::Denied(Denied::NotFound) => Invalid::one(field, FieldCode::UnknownReference).into(),
        other => other,
    }
}
