//! What is due, in order of time, and how far the year has come.

use askama::Template;
use entity::instant::{Instant, Millis};
use poem::handler;

use super::super::exam::{Entry, Times};
use crate::exam::{ExamStatus, OwnExam};
use crate::study::{AttendanceStatus, OwnProgress, RequirementProgress, Session, SessionStatus};
use crate::web::view::{Page, Plain, View, page};
use crate::web::visitor::Visitor;

/// A session that comes or runs.
pub(in crate::web) struct SessionDue {
    session: Session,
    /// Check-in is open now and the reader has not checked in.
    open: bool,
    running: bool,
}

impl SessionDue {
    fn new(session: Session, now: Instant) -> Self {
        let waiting = session.own.is_none_or(|own| own.checked_in_at.is_none() && may_come(own.status));
        let begun = matches!(session.status, SessionStatus::Published | SessionStatus::Running);
        Self {
            open: begun && waiting && session.times.is_open(now),
            running: begun && session.times.opens_at <= now,
            session,
        }
    }
}

/// Whether somebody of this status has not come yet.
pub(super) fn may_come(status: AttendanceStatus) -> bool {
    matches!(status, AttendanceStatus::Pending | AttendanceStatus::OnLeave | AttendanceStatus::Absent)
}

/// An exam that comes, is open or was sat.
pub(in crate::web) struct ExamDue {
    own: OwnExam,
    times: Times,
    items: i32,
    entry: Entry,
}

impl ExamDue {
    fn whole_minutes(seconds: impl Plain<i64>) -> i64 {
        let seconds = seconds.plain();
        if seconds >= 60 { seconds - seconds % 60 } else { seconds }
    }
}

/// One thing on the list.
pub(in crate::web) enum Due {
    /// A session.
    Session(Box<SessionDue>),
    /// An exam.
    Exam(Box<ExamDue>),
}

impl Due {
    /// By when something is to be done.
    fn at(&self) -> Instant {
        match self {
            Self::Session(due) => due.session.starts_at,
            Self::Exam(due) => match due.entry {
                Entry::NotYet => due.times.opens_at(),
                Entry::Running(left) => due.times.running_until.unwrap_or(Instant(left)),
                Entry::Full | Entry::Short(_) | Entry::Paused | Entry::TooLate | Entry::NoneLeft => {
                    due.times.closes_at()
                }
            },
        }
    }

    /// It happens at this moment, and the reader is wanted.
    fn is_now(&self) -> bool {
        match self {
            Self::Session(due) => due.running,
            Self::Exam(due) => matches!(due.entry, Entry::Running(_)),
        }
    }
}

#[derive(Template)]
#[template(path = "official/tasks.html")]
struct TasksPage {
    v: View,
    due: Vec<Due>,
    /// Exams of this year that are over for the reader.
    done: Vec<OwnExam>,
    progress: Vec<OwnProgress>,
    year: i32,
}

impl TasksPage {
    fn running(&self) -> usize {
        self.due.iter().filter(|due| due.is_now()).count()
    }

    /// What is owed, in whole per cent of the hours; for a bar beside the figures.
    fn percent(progress: &OwnProgress) -> i64 {
        let owed = progress.required_hours.map_or(0, |hours| hours.0);
        if owed > 0 { (progress.hours.0 * 100 / owed).clamp(0, 100) } else { 0 }
    }

    fn meter(progress: &OwnProgress) -> &'static str {
        if progress.completed { "ok" } else { "" }
    }

    fn lacking(progress: &OwnProgress) -> Vec<&RequirementProgress> {
        progress.requirements.iter().filter(|r| !r.met()).collect()
    }
}

/// The start of an official.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let (caller, services, view) = (visitor.caller, visitor.services, visitor.view);
    caller.person()?;
    let now = view.now;
    let year = view.calendar.year(now);
    let sessions = services.study.my_sessions(&caller).await?;
    let mut due: Vec<Due> = sessions
        .into_iter()
        .filter(|s| matches!(s.status, SessionStatus::Published | SessionStatus::Running))
        .map(|s| Due::Session(Box::new(SessionDue::new(s, now))))
        .collect();
    let mut done = Vec::new();
    for own in services.exams.my_exams(&caller).await? {
        let mut times = Times::of(&own);
        if own.running.is_some() {
            let attempts = services.attempts.own(&caller, own.exam.id).await?;
            let running = attempts.into_iter().find(|(attempt, _)| Some(attempt.id) == own.running);
            times.running_until = running.map(|(attempt, _)| attempt.deadline);
        }
        let entry = match times.entry(now) {
            Entry::Full | Entry::Short(_) | Entry::NotYet | Entry::Paused if own.attempts_left < 1 => Entry::NoneLeft,
            entry => entry,
        };
        let over = matches!(own.exam.status, ExamStatus::Closed | ExamStatus::Released);
        if over || matches!(entry, Entry::TooLate | Entry::NoneLeft) {
            if own.exam.year == year || now - own.exam.times.closes_at < Millis::seconds(90 * 24 * 3600) {
                done.push(own);
            }
            continue;
        }
        let sections = services.exams.exam(&caller, own.exam.id).await?.blueprint.sections;
        let items = sections.iter().map(|s| s.count).sum();
        due.push(Due::Exam(Box::new(ExamDue { own, times, items, entry })));
    }
    due.sort_by_key(|due| (!due.is_now(), due.at()));
    let progress = services.study.my_progress(&caller, year).await?;
    page(&TasksPage { v: view, due, done, progress, year })
}
