//! The use cases of study.

mod amending;
mod check_in;
mod closing;
mod correcting;
mod drafting;
mod importing;
mod leave;
mod ledger;
mod life;
mod mine;
mod planning;
mod programme;
mod progress;
mod recording;
mod session;
mod standing;
mod tick;

use std::collections::HashMap;
use std::sync::Arc;

use entity::auth::grant::Role;
use entity::id::{ProgrammeId, SessionId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use entity::study::session as session_row;
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::guess::Guesses;
use super::store;
use crate::auth::{Caller, Denied};
use crate::core::Core;
use crate::db::{Fault, Rejected, Writer, faulty};
use crate::files::{Unreadable, WriteError};
use crate::http::{Code, Problem};
use crate::kernel::field::Invalid;
use crate::log::{Actor, Entry};
use crate::org::{Org, OrgError};
use crate::tree;
use check_in::{Arrival, Checked};

pub use programme::{close_with_year, open_programmes, programmes_in, programmes_up_to};
pub use session::open_sessions;
pub use standing::{facts_of, figures_of, programme_facts};

/// Those who see how people attended, each within their own units.
const WATCHERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];
/// Those who call a roll, each within their own units.
const CALLERS: &[Role] = &[Role::Coordinator, Role::Liaison];

/// What can go wrong with study.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It is not far enough, or too far, for this.
    #[error("the state does not allow it")]
    WrongState,
    /// These are still open.
    #[error("still open: {0}")]
    StillOpen(String),
    /// The code, key or ticket is not, or no longer, taken.
    #[error("the code is not taken")]
    CodeInvalid,
    /// The code or key was right, but is too old.
    #[error("the code has expired")]
    CodeExpired,
    /// The code, key or ticket of another session.
    #[error("the code of another session")]
    CodeOfAnother,
    /// The ticket is too old.
    #[error("the ticket has expired")]
    TicketExpired,
    /// The ticket of another browser.
    #[error("somebody else's ticket")]
    TicketForeign,
    /// Checking out before checking in.
    #[error("not checked in")]
    NotCheckedIn,
    /// Nobody checks out of this session.
    #[error("no check-out here")]
    NoCheckOut,
    /// Study elsewhere lacks its evidence.
    #[error("evidence is wanted")]
    EvidenceRequired,
    /// Somebody is on the roster already.
    #[error("already on the roster")]
    AlreadyOnRoster,
    /// A request waits for its decision already.
    #[error("already asked")]
    AlreadyAsked,
    /// A file that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Somebody changed it meanwhile.
    #[error("changed meanwhile")]
    Stale,
    /// Check-in has not opened yet or has closed; whom to ask.
    #[error("check-in is not open")]
    CheckInClosed(String),
    /// The caller is not on the roster; whom to ask.
    #[error("not on the roster")]
    NotOnRoster(String),
    /// Too many wrong codes; so many seconds to wait.
    #[error("too many wrong codes, wait {0} s")]
    TooManyTries(u64),
    /// Too much is waiting to be written.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(StudyError);

impl From<OrgError> for StudyError {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => denied.into(),
            OrgError::Invalid(invalid) => invalid.into(),
            OrgError::Fault(fault) => fault.into(),
        }
    }
}

impl From<StudyError> for Problem {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Denied(denied) => denied.into(),
            StudyError::Invalid(invalid) => invalid.into(),
            StudyError::WrongState => Self::new(Code::WrongState),
            StudyError::StillOpen(what) => Self::new(Code::StillOpen).about(what),
            StudyError::CodeInvalid => Self::new(Code::CodeInvalid),
            StudyError::CodeExpired => Self::new(Code::CodeExpired),
            StudyError::CodeOfAnother => Self::new(Code::CodeOfAnotherSession),
            StudyError::TicketExpired => Self::new(Code::TicketExpired),
            StudyError::TicketForeign => Self::new(Code::TicketForeign),
            StudyError::NotCheckedIn => Self::new(Code::NotCheckedIn),
            StudyError::NoCheckOut => Self::new(Code::NoCheckOut),
            StudyError::EvidenceRequired => Self::new(Code::EvidenceRequired),
            StudyError::AlreadyOnRoster => Self::new(Code::AlreadyOnRoster),
            StudyError::AlreadyAsked => Self::new(Code::AlreadyAsked),
            StudyError::Unreadable(unreadable) => Invalid::from(unreadable).into(),
            StudyError::Write(error) => {
                tracing::error!(%error, "a list of who came cannot be made");
                Self::new(Code::Internal)
            }
            StudyError::Stale => Self::new(Code::Stale),
            StudyError::CheckInClosed(contact) => Self::new(Code::CheckInClosed).about(contact),
            StudyError::NotOnRoster(contact) => Self::new(Code::NotOnRoster).about(contact),
            StudyError::TooManyTries(seconds) => Self::new(Code::TooManyRequests).retry_after(seconds),
            StudyError::Rejected(rejected) => rejected.into(),
            StudyError::Fault(fault) => fault.into(),
        }
    }
}

/// The slice's service.
pub struct Study {
    core: Core,
    org: Arc<Org>,
    check_ins: Writer<Arrival, Checked>,
    guesses: Mutex<Guesses>,
    /// A herd that finds a session not yet opened lets one open it.
    opening: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Study {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Study")
    }
}

impl Study {
    /// Over a core. Starts the writer of check-ins, so it wants a runtime.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>) -> Self {
        let check_ins = check_in::writer(&core.db);
        Self { core, org, check_ins, guesses: Mutex::default(), opening: tokio::sync::Mutex::default() }
    }

    /// Takes no more check-ins and returns when those that have queued are written.
    pub async fn close(&self) {
        self.check_ins.close().await;
    }

    fn entry(&self, actor: &Actor, action: &'static str, subject: String, unit: UnitId, data: Value) -> Entry {
        Entry {
            id: self.core.uuid(),
            at: self.core.now(),
            actor: actor.clone(),
            action,
            subject,
            unit: Some(unit),
            data,
            outcome: Outcome::Done,
        }
    }

    /// The hosts of a session, that which it belongs to first.
    async fn hosts_of(
        conn: &impl ConnectionTrait,
        rows: &[session_row::Model],
    ) -> Result<HashMap<SessionId, Vec<UnitId>>, Fault> {
        let ids: Vec<SessionId> = rows.iter().map(|row| row.id).collect();
        let mut hosts = store::hosts(conn, &ids).await?;
        for row in rows {
            hosts.entry(row.id).or_default().sort_by_key(|unit| *unit != row.unit_id);
        }
        Ok(hosts)
    }

    /// A session, for a coordinator of one of its hosts or of a unit above.
    async fn managed(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: SessionId,
    ) -> Result<session_row::Model, StudyError> {
        let now = self.core.now();
        let row = store::session(conn, id).await?.ok_or(Denied::NotFound)?;
        let hosts = store::hosts(conn, &[id]).await?.remove(&id).unwrap_or_default();
        if holds_any(conn, &hosts, &caller.scope(&[Role::Coordinator], now)?.0).await? {
            return Ok(row);
        }
        // Who may know of it is refused, to others it does not exist.
        let reach = self.session_reach(conn, caller).await?;
        let known = store::session_within(conn, id, &reach).await?.is_some();
        Err(if known { Denied::Forbidden } else { Denied::NotFound }.into())
    }
}

/// Whether one of these units lies at or below one of `tops`.
async fn holds_any(conn: &impl ConnectionTrait, units: &[UnitId], tops: &[UnitId]) -> Result<bool, Fault> {
    for unit in units {
        if tree::is_within(conn, *unit, tops).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The subtrees over which a caller holds one of these roles; none if none.
fn tops(caller: &Caller, roles: &[Role], now: Instant) -> Vec<UnitId> {
    caller.scope(roles, now).map(|scope| scope.0).unwrap_or_default()
}

fn session_subject(id: SessionId) -> String {
    format!("session:{id}")
}

fn programme_subject(id: ProgrammeId) -> String {
    format!("programme:{id}")
}
