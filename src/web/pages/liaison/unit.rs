//! The liaison's start: what runs, who is lacking, and the roster.

use askama::Template;
use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::auth::Role;
use crate::exam::{Candidate, Exam, ExamFilter, ExamStatus, ExamSummary};
use crate::http::Problem;
use crate::kernel::page::{MAX_LIMIT, PageRequest};
use crate::org::{PeopleFilter, Person};
use crate::study::{Session, SessionFilter, SessionStatus, StudyError, Summary};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// A session with the figures of the reader's units.
struct Running {
    session: Session,
    summary: Summary,
}

/// An exam with those of the reader's units who are to sit it.
struct Sitting {
    exam: ExamSummary,
    expected: usize,
    missing: usize,
}

#[derive(Template)]
#[template(path = "liaison/unit.html")]
struct UnitPage {
    v: View,
    name: String,
    running: Vec<Running>,
    coming: Vec<Session>,
    sittings: Vec<Sitting>,
    people: Vec<Person>,
    next_cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "liaison/missing.html")]
struct MissingPage {
    v: View,
    exam: Exam,
    expected: usize,
    missing: Vec<Candidate>,
}

/// The page that the address asks for.
fn asked(view: &View, limit: u64) -> Result<PageRequest, Problem> {
    Ok(PageRequest::new(Some(limit), view.query("cursor").as_deref()).map_err(StudyError::from)?)
}

/// The start of a liaison.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let (caller, services) = (&visitor.caller, &visitor.services);
    let units = services.org.subtree(caller, &[Role::Liaison]).await?;
    let name = units.first().map(|unit| unit.name.clone()).unwrap_or_default();
    let (mut running, mut coming) = (Vec::new(), Vec::new());
    let first = PageRequest::default();
    for status in [SessionStatus::Published, SessionStatus::Running] {
        let filter = SessionFilter { status: Some(status), ..SessionFilter::default() };
        for session in services.study.sessions(caller, &filter, &first).await?.items {
            if session.times.opens_at <= visitor.view.now {
                let summary = services.study.summary(caller, session.id).await?;
                running.push(Running { session, summary });
            } else {
                coming.push(session);
            }
        }
    }
    let mut sittings = Vec::new();
    let filter = ExamFilter { year: Some(visitor.view.calendar.year(visitor.view.now)), ..ExamFilter::default() };
    for exam in services.exams.exams(caller, &filter, &first).await?.items {
        if exam.exam.status == ExamStatus::Draft {
            continue;
        }
        let candidates = candidates(&visitor, exam.exam.id).await?;
        if !candidates.is_empty() {
            let missing = candidates.iter().filter(|c| c.state.is_none()).count();
            sittings.push(Sitting { exam, expected: candidates.len(), missing });
        }
    }
    let people = PeopleFilter { q: visitor.view.query("q").filter(|q| !q.is_empty()), ..PeopleFilter::default() };
    let people = services.org.people(caller, &people, &asked(&visitor.view, 100)?).await?;
    let mut view = visitor.view;
    view.unit.clone_from(&name);
    page(&UnitPage { v: view, name, running, coming, sittings, people: people.items, next_cursor: people.next_cursor })
}

/// Who of the reader's units has not started an exam.
#[handler]
pub(in crate::web) async fn show_exam(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let id = ExamId(id);
    let exam = visitor.services.exams.exam(&visitor.caller, id).await?;
    let candidates = candidates(&visitor, id).await?;
    let expected = candidates.len();
    let missing = candidates.into_iter().filter(|c| c.state.is_none()).collect();
    page(&MissingPage { v: visitor.view, exam, expected, missing })
}

/// Everybody of the reader's units on an exam's roster.
async fn candidates(visitor: &Visitor, exam: ExamId) -> Result<Vec<Candidate>, Problem> {
    let mut found = Vec::new();
    let mut request = PageRequest { limit: MAX_LIMIT, after: None };
    loop {
        let part = visitor.services.exams.candidates(&visitor.caller, exam, None, &request).await?;
        found.extend(part.items);
        let Some(cursor) = part.next_cursor else { break };
        request = PageRequest::new(Some(MAX_LIMIT), Some(&cursor)).map_err(StudyError::from)?;
    }
    Ok(found)
}
