//! One candidate of an exam, and what can be done for them; late candidates.

use askama::Template;
use entity::id::{ExamId, PersonId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::super::amendments::{Line, Names, lines};
use super::exam_day::changeable;
use super::exams::manages;
use super::parts::{filter_form, minutes, unit_options, units, words};
use crate::auth::MANAGERS;
use crate::exam::attempt::AttemptError;
use crate::exam::{AttemptState, Candidate, CandidateChange, Exam, ExamStatus, Given, VoidKind};
use crate::http::Problem;
use crate::kernel::field::Fields;
use crate::kernel::page::PageRequest;
use crate::org::{PeopleFilter, Person};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/candidate.html")]
struct CandidatePage {
    v: View,
    /// What they are allowed.
    f: Form,
    exam: Exam,
    candidate: Candidate,
    manages: bool,
    changes: Vec<Line>,
    voids: Options,
}

impl CandidatePage {
    async fn new(visitor: &Visitor, f: Option<Form>, id: ExamId, person: PersonId) -> Result<Self, Problem> {
        let (services, caller, v) = (&visitor.services, &visitor.caller, &visitor.view);
        let exam = services.exams.exam(caller, id).await?;
        let candidate = services.exams.candidate(caller, id, person).await?;
        let mut amendments = Vec::new();
        let mut page = PageRequest::new(Some(200), None)?;
        loop {
            let found = services.conduct.amendments(caller, id, &page).await?;
            amendments.extend(found.items.into_iter().filter(|a| a.person_id == Some(person)));
            let Some(next) = found.next_cursor else { break };
            page = PageRequest::new(Some(200), Some(&next))?;
        }
        let f = f.unwrap_or_else(|| {
            let allowed = candidate.allowed;
            Form::new("allow-", v)
                .set("extra_seconds", allowed.extra.0 / 60_000)
                .set("extra_attempts", allowed.attempts)
                .set("admit_until", allowed.admit_until.map(|at| v.control(at)).unwrap_or_default())
        });
        Ok(Self {
            manages: manages(visitor, &exam).await,
            changes: lines(v, amendments, &Names::default()),
            voids: words(v, "void-", VoidKind::ALL),
            f,
            exam,
            candidate,
            v: v.clone(),
        })
    }

    fn act(&self, act: &str) -> String {
        format!("/exams/{}/candidates/{}/{act}", self.exam.id, self.candidate.person_id)
    }

    fn may_allow(&self) -> bool {
        self.manages && changeable(self.exam.status)
    }

    /// Their newest attempt is one that can be voided.
    fn may_void(&self) -> bool {
        self.manages && self.candidate.state.is_some_and(|state| state != AttemptState::Voided)
    }

    fn may_reopen(&self) -> bool {
        let handed_in = matches!(self.candidate.state, Some(AttemptState::Submitted | AttemptState::Graded));
        self.manages && handed_in && matches!(self.exam.status, ExamStatus::Open | ExamStatus::Closed)
    }
}

/// One candidate.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>) -> Page {
    page(&CandidatePage::new(&visitor, None, id.into(), person.into()).await?)
}

/// Changes what they are allowed.
#[handler]
pub(in crate::web) async fn allow(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let (id, person) = (ExamId(id), PersonId(person));
    let mut fields = Fields::new();
    let admit_until = if sent.value("admit_until").is_empty() {
        None
    } else {
        sent.instant(&mut fields, "admit_until", visitor.view.calendar)
    };
    let before = visitor.services.exams.candidate(&visitor.caller, id, person).await?.allowed.admit_until;
    let same = sent.value("admit_until") == before.map(|at| visitor.view.control(at)).unwrap_or_default();
    let change = CandidateChange {
        extra_seconds: minutes(&sent, &mut fields, "extra_seconds"),
        extra_attempts: sent.number(&mut fields, "extra_attempts"),
        admit_until: match admit_until {
            _ if same => Given::Kept,
            None => Given::Gone,
            Some(at) => Given::Now(at.to_string()),
        },
        reason: sent.value("reason").to_owned(),
    };
    let done = match fields.check() {
        Ok(()) => {
            let done = visitor.services.conduct.allow(&visitor.caller, id, person, &change).await;
            done.map_err(Problem::from)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(go_to(&format!("/exams/{id}/candidates/{person}?done=allowed"))),
        Err(problem) => {
            let f = Form::new("allow-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &CandidatePage::new(&visitor, Some(f), id, person).await?)
        }
    }
}

/// Their newest attempt.
async fn newest(visitor: &Visitor, id: Uuid, person: Uuid) -> Result<entity::id::AttemptId, Problem> {
    let candidate = visitor.services.exams.candidate(&visitor.caller, id.into(), person.into()).await?;
    let denied = || AttemptError::Denied(crate::auth::Denied::NotFound);
    Ok(candidate.attempt_id.ok_or_else(denied)?)
}

/// Voids their newest attempt.
#[handler]
pub(in crate::web) async fn void(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let attempt = newest(&visitor, id, person).await?;
    let (kind, reason) = (sent.value("kind"), sent.value("reason"));
    visitor.services.attempts.void(&visitor.caller, attempt, kind, reason).await?;
    Ok(go_to(&format!("/exams/{id}/candidates/{person}?done=voided")))
}

/// Lets it go on.
#[handler]
pub(in crate::web) async fn reopen(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let attempt = newest(&visitor, id, person).await?;
    let mut fields = Fields::new();
    let seconds = sent.number::<i32>(&mut fields, "minutes").map(|n| n.saturating_mul(60));
    let seconds = fields.finish(seconds)?;
    visitor.services.attempts.reopen(&visitor.caller, attempt, seconds, sent.value("reason")).await?;
    Ok(go_to(&format!("/exams/{id}/candidates/{person}?done=attempt_reopened")))
}

#[derive(Template)]
#[template(path = "coordinator/candidates_add.html")]
struct AddPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
    people: Vec<Person>,
    searched: bool,
    more: bool,
}

impl AddPage {
    async fn new(visitor: &Visitor, f: Form, id: ExamId) -> Result<Self, Problem> {
        let (services, v) = (&visitor.services, &visitor.view);
        let exam = services.exams.exam(&visitor.caller, id).await?;
        let q = Some(f.value("q").trim().to_owned()).filter(|q| !q.is_empty());
        let unit_id = f.value("unit_id").parse().ok();
        let searched = q.is_some() || unit_id.is_some();
        let (mut people, mut more) = (Vec::new(), false);
        if searched {
            let asked = PeopleFilter { unit_id, subtree: true, category: None, q };
            let found = services.org.people(&visitor.caller, &asked, &PageRequest::new(Some(50), None)?).await?;
            more = found.next_cursor.is_some();
            people = found.items;
        }
        let units = unit_options(&units(visitor, MANAGERS).await?);
        Ok(Self { v: v.clone(), f, exam, units, people, searched, more })
    }
}

/// The form by which people come onto the roster late: a search, and boxes to tick.
#[handler]
pub(in crate::web) async fn show_add(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let f = filter_form(&visitor.view, "add-", &["unit_id", "q"]);
    page(&AddPage::new(&visitor, f, id.into()).await?)
}

/// Puts them onto it.
#[handler]
pub(in crate::web) async fn add(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let id = ExamId(id);
    let people: Vec<String> = sent.all("person_ids").map(str::to_owned).collect();
    let reason = sent.value("reason");
    match visitor.services.conduct.add(&visitor.caller, id, &people, reason).await.map_err(Problem::from) {
        Ok(_) => Ok(go_to(&format!("/exams/{id}/candidates?done=added"))),
        Err(problem) => {
            let f = Form::new("add-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &AddPage::new(&visitor, f, id).await?)
        }
    }
}
