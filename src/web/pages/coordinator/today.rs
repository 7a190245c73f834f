//! Today: what is running, what is coming, and what waits to be decided.

use askama::Template;
use poem::handler;

use super::questions::banks;
use super::sessions::day_of;
use crate::auth::MANAGERS;
use crate::bank::BankRow;
use crate::exam::{ExamBrief, ExamFilter, ExamStatus};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::study::{Programme, ProgrammeFilter, ProgrammeStatus, Session, SessionFilter, SessionStatus};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/today.html")]
struct TodayPage {
    v: View,
    /// Running or today, in order of time.
    sessions: Vec<Session>,
    /// Open ones first, then those that are sealed and come next.
    exams: Vec<ExamBrief>,
    waiting: Vec<Waiting>,
}

/// Something that waits for the reader.
struct Waiting {
    address: String,
    title: String,
    /// The name of the text that says what is to be done.
    what: &'static str,
    n: u64,
}

impl Waiting {
    fn one(address: String, title: String, what: &'static str) -> Self {
        Self { address, title, what, n: 1 }
    }
}

impl TodayPage {
    fn over(&self, session: &Session) -> bool {
        session.status == SessionStatus::Running && session.ends_at <= self.v.now
    }
}

/// The page.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    visitor.caller.scope(MANAGERS, visitor.view.now).map_err(Problem::from)?;
    let sessions = sessions(&visitor).await?;
    let (exams, unreleased) = exams(&visitor).await?;
    let mut waiting = unreleased;
    waiting.extend(drafts(&visitor).await?);
    let doubted = visitor.services.objections.waiting(&visitor.caller).await?;
    waiting.extend(doubted.into_iter().map(|exam| Waiting {
        address: format!("/exams/{}/objections?state=open", exam.exam_id),
        title: exam.title,
        what: "today-objections",
        n: exam.open,
    }));
    let review = |bank: BankRow| Waiting {
        address: format!("/questions?bank_id={}&status=submitted", bank.id),
        n: bank.questions.submitted,
        title: bank.title,
        what: "today-review",
    };
    let reviewed = banks(&visitor).await?.into_iter().filter(|bank| bank.questions.submitted > 0);
    waiting.extend(reviewed.map(review));
    page(&TodayPage { v: visitor.view, sessions, exams, waiting })
}

async fn sessions(visitor: &Visitor) -> Result<Vec<Session>, Problem> {
    let (study, caller, page) = (&visitor.services.study, &visitor.caller, PageRequest::default());
    let (from, to) = day_of(&visitor.view, visitor.view.now);
    let running = SessionFilter { status: Some(SessionStatus::Running), ..SessionFilter::default() };
    let today = SessionFilter { from: Some(from), to: Some(to), ..SessionFilter::default() };
    let mut found = study.sessions(caller, &running, &page).await?.items;
    let others = study.sessions(caller, &today, &page).await?.items;
    let known: Vec<_> = found.iter().map(|s| s.id).collect();
    found.extend(others.into_iter().filter(|s| !known.contains(&s.id) && s.status != SessionStatus::Draft));
    found.sort_by_key(|s| (s.starts_at, s.id));
    Ok(found)
}

/// Exams that are open or come next, and those that wait for their release.
async fn exams(visitor: &Visitor) -> Result<(Vec<ExamBrief>, Vec<Waiting>), Problem> {
    let mut shown = Vec::new();
    for status in [ExamStatus::Open, ExamStatus::Paused, ExamStatus::Sealed] {
        let mut some = some_exams(visitor, status).await?;
        some.sort_by_key(|exam| (exam.times.closes_at, exam.id));
        shown.extend(some);
    }
    let mut waiting = Vec::new();
    for (status, what) in [(ExamStatus::Closed, "today-release"), (ExamStatus::Draft, "today-seal")] {
        let some = some_exams(visitor, status).await?;
        waiting
            .extend(some.into_iter().map(|exam| Waiting::one(format!("/exams/{}/manage", exam.id), exam.title, what)));
    }
    Ok((shown, waiting))
}

async fn some_exams(visitor: &Visitor, status: ExamStatus) -> Result<Vec<ExamBrief>, Problem> {
    let asked = ExamFilter { status: Some(status), ..ExamFilter::default() };
    let found = visitor.services.exams.exams(&visitor.caller, &asked, &PageRequest::default()).await?;
    Ok(found.items.into_iter().map(|summary| summary.exam).collect())
}

/// Drafts that wait to be published.
async fn drafts(visitor: &Visitor) -> Result<Vec<Waiting>, Problem> {
    let (study, caller, page) = (&visitor.services.study, &visitor.caller, PageRequest::default());
    let programmes = ProgrammeFilter { year: None, status: Some(ProgrammeStatus::Draft) };
    let programme = |p: Programme| Waiting::one(format!("/programmes/{}", p.id), p.title, "today-publish-programme");
    let mut waiting: Vec<Waiting> =
        study.programmes(caller, &programmes, &page).await?.items.into_iter().map(programme).collect();
    let sessions = SessionFilter { status: Some(SessionStatus::Draft), ..SessionFilter::default() };
    let session = |s: Session| Waiting::one(format!("/sessions/{}", s.id), s.title, "today-publish-session");
    waiting.extend(study.sessions(caller, &sessions, &page).await?.items.into_iter().map(session));
    Ok(waiting)
}
