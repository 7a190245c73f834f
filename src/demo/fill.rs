//! Filling an empty database, or going on with one that was begun: the order of things, and the clock.

use std::sync::Arc;

use chrono::NaiveTime;
use entity::instant::{Day, Instant};

use super::ground::{self, Ground};
use super::store::{self, Holds};
use super::{present, year};
use crate::auth::AuthError;
use crate::bank::BankError;
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::exam::ExamError;
use crate::exam::attempt::AttemptError;
use crate::kernel::clock::{Clock, ManualClock};
use crate::kernel::field::Invalid;
use crate::log::Actor;
use crate::org::OrgError;
use crate::report::ReportError;
use crate::study::StudyError;
use crate::tally;
use crate::web::Services;

/// The first year of the demonstration.
const FIRST_YEAR: i32 = 2019;
/// The accounts that share the demonstration's password.
pub const SHOWN: [&str; 7] = ["official", "liaison", "coordinator", "auditor", "sysadmin", "secadmin", "logadmin"];

/// Those of them who study and sit exams, and have left today's to whoever looks at the demonstration.
pub(super) const CANDIDATES: [&str; 2] = ["official", "liaison"];

/// Is told what is being done, in a few words.
pub type Progress = dyn Fn(&str) + Send + Sync;

/// Why the demonstration could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database is somebody's own.
    #[error("the database holds something else than the demonstration; give --demo one of its own")]
    SomethingElse,
    /// What was filled earlier is not what was expected.
    #[error("the demonstration lacks {0}; remove its database and start again")]
    Inconsistent(&'static str),
    /// Accounts.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Units and people.
    #[error(transparent)]
    Org(#[from] OrgError),
    /// Questions.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Programmes and sessions.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Exams.
    #[error(transparent)]
    Exam(#[from] ExamError),
    /// Attempts.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// Years.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Something that the demonstration made up is not valid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(DemoError);

/// The services under the demonstration's clock, and the ground on which everything happens.
pub(super) struct Stage<'a> {
    /// The services.
    pub(super) services: Services,
    /// The clock that they go by.
    pub(super) clock: Arc<ManualClock>,
    /// Units, people, accounts, bank.
    pub(super) ground: Ground,
    /// The moment at which the demonstration is shown.
    pub(super) now: Instant,
    /// Is told what is being done.
    pub(super) say: &'a Progress,
}

impl Stage<'_> {
    /// Sets the clock, and lets happen what has come due by then.
    pub(super) async fn set(&self, at: Instant) -> Result<(), DemoError> {
        self.clock.set(at);
        self.services.study.tick().await?;
        self.services.exams.tick().await?;
        self.services.attempts.tick().await?;
        self.services.statistics.tick().await?;
        Ok(())
    }

    /// A wall time of a day in the district.
    pub(super) fn at(&self, year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Result<Instant, DemoError> {
        let day = Day::new(year, month, day).ok_or(DemoError::Inconsistent("a day"))?;
        let time = NaiveTime::from_hms_opt(hour, minute, 0).ok_or(DemoError::Inconsistent("an hour"))?;
        Ok(self.services.core.settings.calendar.at(day, time))
    }
}

/// Fills the database, or goes on where it was left. Afterwards a session is running and an exam is open, and the shown
/// accounts have this password.
///
/// `compose` makes the services over a core whose clock the demonstration sets.
pub async fn fill(
    core: &Core,
    password: &str,
    compose: impl Fn(Core) -> Services,
    say: &Progress,
) -> Result<(), DemoError> {
    let now = core.now();
    let known = match store::look(core.db.read()).await? {
        Holds::SomethingElse => return Err(DemoError::SomethingElse),
        Holds::Demonstration => true,
        Holds::Nothing => {
            core.db.tx("demo.begin", |tx| Box::pin(store::begin(tx, now))).await?;
            false
        }
    };
    let clock = Arc::new(ManualClock::new(now));
    let services = compose(Core { clock: Arc::<ManualClock>::clone(&clock), ..core.clone() });
    let filled = play(&services, clock, password, known, now, say).await;
    services.study.close().await;
    services.attempts.close().await;
    filled?;
    tally::fold(core).await?;
    core.db.tx("demo.finish", |tx| Box::pin(store::finish(tx, now))).await?;
    Ok(())
}

async fn play(
    services: &Services,
    clock: Arc<ManualClock>,
    password: &str,
    known: bool,
    now: Instant,
    say: &Progress,
) -> Result<(), DemoError> {
    let calendar = services.core.settings.calendar;
    let hash = services.auth.hash(password).await;
    if !known {
        let start = Day::new(FIRST_YEAR - 1, 12, 3).ok_or(DemoError::Inconsistent("a day"))?;
        clock.set(calendar.at(start, NaiveTime::MIN));
    }
    say("单位、人员、题库 · units, people, questions");
    let ground = ground::lay(services, &hash).await?;
    let stage = Stage { services: services.clone(), clock: Arc::clone(&clock), ground, now, say };
    for year in FIRST_YEAR..=calendar.year(now) {
        year::live(&stage, year).await?;
        tally::fold(&services.core).await?;
    }
    stage.set(now).await?;
    present::arrange(&stage).await?;
    if known {
        for username in SHOWN {
            let caller = services.auth.act_as(username).await?;
            services.auth.reset_password(&Actor::SYSTEM, caller.account.id, &hash, false).await?;
        }
    }
    debug_assert_eq!(clock.now(), now, "the demonstration ends in the present");
    Ok(())
}
