//! The reader's own record of a year: sessions with their hours, and exams. It is made to be printed.

use askama::Template;
use chrono::NaiveTime;
use entity::instant::Day;
use entity::points::Hours;
use poem::handler;

use super::results;
use crate::exam::OwnExam;
use crate::http::Problem;
use crate::kernel::page::{MAX_LIMIT, PageRequest};
use crate::org::Person;
use crate::study::{OwnProgress, Session, SessionFilter};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "official/record.html")]
struct RecordPage {
    v: View,
    person: Person,
    year: i32,
    sessions: Vec<Session>,
    exams: Vec<OwnExam>,
    progress: Vec<OwnProgress>,
}

impl RecordPage {
    fn hours(&self) -> Hours {
        self.sessions.iter().map(Session::earned).sum()
    }

    fn this_year(&self) -> i32 {
        self.v.calendar.year(self.v.now)
    }
}

/// One year; this one unless another is asked for.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let person = visitor.services.org.person(&visitor.caller, visitor.caller.person()?).await?;
    let asked = visitor.view.query("year").and_then(|year| year.parse().ok());
    let this = visitor.view.calendar.year(visitor.view.now);
    let year = asked.filter(|year| (2000..=this).contains(year)).unwrap_or(this);
    let sessions = sessions(&visitor, year).await?;
    let exams = visitor.services.exams.my_exams(&visitor.caller).await?;
    let exams = exams.into_iter().filter(|own| own.exam.year == year).collect();
    let progress = visitor.services.study.my_progress(&visitor.caller, year).await?;
    page(&RecordPage { v: visitor.view, person, year, sessions, exams, progress })
}

/// The sessions of a year on whose roster the reader stands.
async fn sessions(visitor: &Visitor, year: i32) -> Result<Vec<Session>, Problem> {
    let start = |year| Day::new(year, 1, 1).map(|day| visitor.view.calendar.at(day, NaiveTime::MIN));
    let filter = SessionFilter { from: start(year), to: start(year + 1), ..SessionFilter::default() };
    let mut found = Vec::new();
    let mut request = PageRequest { limit: MAX_LIMIT, after: None };
    loop {
        let part = visitor.services.study.sessions(&visitor.caller, &filter, &request).await?;
        found.extend(part.items.into_iter().filter(|session| session.own.is_some()));
        let Some(cursor) = part.next_cursor else { break };
        request = PageRequest::new(Some(MAX_LIMIT), Some(&cursor)).map_err(crate::study::StudyError::from)?;
    }
    Ok(found)
}
