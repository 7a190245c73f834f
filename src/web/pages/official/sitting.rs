//! The way into an exam: waiting room and exam room.

use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::super::exam::{Entry, RoomPage, Section, Times, WaitingPage};
use crate::auth::Denied;
use crate::bank::Kind;
use crate::exam::{ExamError, ExamStatus, OwnExam, SectionPlan};
use crate::http::Problem;
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
    let mut times = Times::of(&own.exam.times);
    if own.running.is_some() {
        let attempts = visitor.services.attempts.own(&visitor.caller, own.exam.id).await?;
        let running = attempts.into_iter().find(|(attempt, _)| Some(attempt.id) == own.running);
        times.running_until = running.map(|(attempt, _)| attempt.deadline);
    }
    // It closes by itself, perhaps before its time: nothing is left to enter then.
    if matches!(own.exam.status, ExamStatus::Closed | ExamStatus::Released) {
        times.closes_at = times.closes_at.min(visitor.view.now);
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
        v: visitor.view,
    })
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
        Entry::NotYet | Entry::TooLate | Entry::NoneLeft => false,
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
