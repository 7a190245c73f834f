//! The way into an exam: waiting room and exam room.

use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::super::amendments::{Line, Names, lines};
use super::super::exam::{Entry, RoomPage, Section, Times, WaitingPage};
use crate::auth::Denied;
use crate::bank::Kind;
use crate::exam::{ExamError, OwnExam, SectionPlan};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::web::view::{Page, go_to, page};
use crate::web::visitor::Visitor;

/// The exam on whose roster the reader stands, and its sections; to anybody else there is none.
async fn own(visitor: &Visitor, id: ExamId) -> Result<(OwnExam, Vec<SectionPlan>), Problem> {
    let (caller, exams) = (&visitor.caller, &visitor.services.exams);
    let found = exams.my_exams(caller).await?.into_iter().find(|own| own.exam.id == id);
    let own = found.ok_or(ExamError::Denied(Denied::NotFound))?;
    Ok((own, exams.exam(caller, id).await?.blueprint.sections))
}

/// When it can be sat, with the attempt that is running.
async fn times(visitor: &Visitor, own: &OwnExam) -> Result<Times, Problem> {
    let mut times = Times::of(own);
    if own.running.is_some() {
        let attempts = visitor.services.attempts.own(&visitor.caller, own.exam.id).await?;
        let running = attempts.into_iter().find(|(attempt, _)| Some(attempt.id) == own.running);
        times.running_until = running.map(|(attempt, _)| attempt.deadline);
    }
    Ok(times)
}

/// How a section is scored, where there is something to say.
fn scoring(section: &SectionPlan) -> Option<entity::exam::section::Scoring> {
    (section.kind == Kind::Multiple).then_some(section.scoring)
}

/// The waiting room.
#[handler]
pub(in crate::web) async fn wait(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let id = ExamId(id);
    let (own, plans) = own(&visitor, id).await?;
    let times = times(&visitor, &own).await?;
    let sections = plans.iter().map(|s| Section {
        title: s.title.clone(),
        count: s.count,
        points_each: s.points_each.to_string(),
        scoring: scoring(s),
    });
    page(&WaitingPage {
        exam: id,
        title: own.exam.title,
        times,
        sections: sections.collect(),
        items: plans.iter().map(|s| s.count).sum(),
        max_points: own.max_points.to_string(),
        pass_points: own.exam.pass_points.to_string(),
        attempts_left: own.attempts_left,
        contact: own.exam.contact,
        changes: changes(&visitor, id).await?,
        v: visitor.view,
    })
}

/// What was changed since the exam was sealed that concerns the reader.
async fn changes(visitor: &Visitor, id: ExamId) -> Result<Vec<Line>, Problem> {
    let page = PageRequest::new(Some(50), None)?;
    let found = visitor.services.conduct.amendments(&visitor.caller, id, &page).await?.items;
    let person = visitor.caller.account.person_id;
    let own: Vec<_> = found.into_iter().filter(|a| a.person_id.is_none() || a.person_id == person).collect();
    let units: Vec<_> = own.iter().filter_map(|a| a.unit_id).collect();
    let names = Names { units: visitor.services.org.unit_names(&units).await?, ..Names::default() };
    Ok(lines(&visitor.view, own, &names))
}

/// The exam room. Whoever has nothing to enter, or has less than the whole time and has not said that they know, waits.
#[handler]
pub(in crate::web) async fn room(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let id = ExamId(id);
    let (own, plans) = own(&visitor, id).await?;
    let times = times(&visitor, &own).await?;
    let enters = match times.entry(visitor.view.now) {
        Entry::Running(_) => true,
        Entry::Full => own.attempts_left > 0,
        Entry::Short(_) => own.attempts_left > 0 && visitor.view.query("sure").is_some(),
        Entry::NotYet | Entry::Paused | Entry::TooLate | Entry::NoneLeft => false,
    };
    if !enters {
        return Ok(go_to(&format!("/exams/{id}")));
    }
    page(&RoomPage {
        exam: id,
        title: own.exam.title,
        scoring: plans.iter().map(scoring).collect(),
        contact: own.exam.contact,
        back: "/tasks".to_owned(),
        v: visitor.view,
    })
}
