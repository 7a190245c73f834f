//! Calendars: their addresses, and what is in them.

use std::sync::Arc;

use entity::id::{PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::calendar::{self, Item, Kind};
use super::store;
use crate::auth::{AccountRow, Auth, AuthError, Caller, Denied};
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::exam::{ExamError, Exams, OwnExam};
use crate::http::Problem;
use crate::log::{self, Entry};
use crate::org::{Org, OrgError, Person};
use crate::study::{Attended, OwnProgress, Session, SessionStatus, Study, StudyError};

/// How far a calendar looks back.
const BACK: Millis = Millis(400 * 24 * 3600 * 1000);

/// What can go wrong at a desk.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Accounts.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// People.
    #[error(transparent)]
    Org(#[from] OrgError),
    /// Sessions.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Exams.
    #[error(transparent)]
    Exam(#[from] ExamError),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(DeskError);

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Denied(denied) => denied.into(),
            DeskError::Auth(auth) => auth.into(),
            DeskError::Org(org) => org.into(),
            DeskError::Study(study) => study.into(),
            DeskError::Exam(exam) => exam.into(),
            DeskError::Fault(fault) => fault.into(),
        }
    }
}

/// The address of a calendar, without its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// When it was made.
    pub created_at: Instant,
}

/// A new address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    /// What a calendar program subscribes to. It is told once.
    pub url: String,
    /// The secret in it.
    pub token: String,
}

/// The desk's service.
#[derive(Debug)]
pub struct Desk {
    core: Core,
    org: Arc<Org>,
    auth: Arc<Auth>,
    study: Arc<Study>,
    exams: Arc<Exams>,
}

/// Somebody's file of a year (个人学法档案).
#[derive(Debug)]
pub struct Record {
    /// Who.
    pub person: Person,
    /// The year.
    pub year: i32,
    /// The sessions on whose roster they stand, in order of time.
    pub sessions: Vec<Attended>,
    /// How far they have come with the year's programmes.
    pub progress: Vec<OwnProgress>,
    /// The year's exams on whose roster they stand, as they see them.
    pub exams: Vec<OwnExam>,
}

impl Desk {
    /// Over a core and the slices whose things lie here.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, auth: Arc<Auth>, study: Arc<Study>, exams: Arc<Exams>) -> Self {
        Self { core, org, auth, study, exams }
    }

    /// The caller's address, if they have one.
    pub async fn feed(&self, caller: &Caller) -> Result<Option<Feed>, DeskError> {
        let found = store::feed_of(self.core.db.read(), caller.account.id).await?;
        Ok(found.map(|created_at| Feed { created_at }))
    }

    /// Makes an address for the caller's calendar; the one before is worth nothing from now on.
    pub async fn make_feed(&self, caller: &Caller) -> Result<NewFeed, DeskError> {
        caller.person()?;
        let token = self.core.secret::<24>();
        self.replace(caller, Some(digest(&token)), "desk.make_calendar").await?;
        Ok(NewFeed { url: format!("{}/api/v1/calendar.ics?token={token}", self.core.settings.public_url), token })
    }

    /// Ends the caller's address.
    pub async fn end_feed(&self, caller: &Caller) -> Result<(), DeskError> {
        self.replace(caller, None, "desk.end_calendar").await
    }

    async fn replace(&self, caller: &Caller, hash: Option<String>, action: &'static str) -> Result<(), DeskError> {
        let (now, account) = (self.core.now(), caller.account.id);
        let unit: Option<UnitId> = caller.account.grants.first().map(|grant| grant.unit_id);
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: caller.actor(),
            action,
            subject: format!("account:{account}"),
            unit,
            data: json!({}),
            outcome: Outcome::Done,
        };
        self.core
            .db
            .tx("desk.replace_calendar", |tx| {
                let (hash, entry) = (hash.clone(), entry.clone());
                Box::pin(async move {
                    let made = hash.is_some();
                    if store::replace_feed(tx, account, hash, now).await? || made {
                        log::append(tx, entry).await?;
                    }
                    Ok::<_, DeskError>(())
                })
            })
            .await
    }

    /// The calendar behind an address: the sessions and exams of its owner, those of the last 400 days and all to come.
    pub async fn calendar(&self, token: &str) -> Result<String, DeskError> {
        let account = store::account_of(self.core.db.read(), &digest(token)).await?.ok_or(Denied::NotFound)?;
        let caller = self.auth.act_as_account(account).await?;
        let since = self.core.now() - BACK;
        let sessions = self.study.my_calendar(&caller, since).await?;
        let exams = self.exams.my_exams(&caller).await?;
        let exams = exams.into_iter().filter(|own| own.exam.times.closes_at >= since);
        let items: Vec<Item> = sessions.into_iter().map(of_session).chain(exams.map(of_exam)).collect();
        Ok(calendar::render(&items, self.core.settings.calendar, &self.core.settings.public_url))
    }
}

impl Desk {
    /// Somebody's file of a year: for themself, and for those who read the roster of their present unit.
    pub async fn record(&self, caller: &Caller, person: PersonId, year: Option<i32>) -> Result<Record, DeskError> {
        let who = self.org.person(caller, person).await?;
        let year = year.unwrap_or_else(|| self.core.settings.calendar.year(self.core.now()));
        let (sessions, progress) = self.study.record(person, year).await?;
        // Exams show what their candidate may see by now, whoever reads the file.
        let account = AccountRow { person_id: Some(person), grants: Vec::new(), ..caller.account.as_ref().clone() };
        let candidate = Caller { account: Arc::new(account), ..caller.clone() };
        let exams = self.exams.my_exams(&candidate).await?;
        let exams = exams.into_iter().filter(|own| own.exam.year == year).collect();
        Ok(Record { person: who, year, sessions, progress, exams })
    }
}

/// What is kept of the secret in an address.
fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(format!("kaofa calendar {token}")))
}

fn of_session(session: Session) -> Item {
    Item {
        kind: Kind::Session,
        id: session.id.to_string(),
        cancelled: session.status == SessionStatus::Cancelled,
        moved: session.rescheduled(),
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        changed_at: session.changed_at,
        version: session.version,
        title: session.title,
        place: session.place,
        contact: session.contact,
        reason: session.cancel_reason.or(session.reschedule_reason).unwrap_or_default(),
    }
}

fn of_exam(own: OwnExam) -> Item {
    let exam = own.exam;
    Item {
        kind: Kind::Exam,
        id: exam.id.to_string(),
        cancelled: false,
        moved: false,
        starts_at: exam.times.opens_at,
        ends_at: exam.times.closes_at,
        changed_at: exam.times.opens_at,
        version: exam.version,
        title: exam.title,
        place: String::new(),
        contact: String::new(),
        reason: String::new(),
    }
}
