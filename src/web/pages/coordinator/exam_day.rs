//! What a coordinator does to a sealed exam: another schedule, more time, a pause, an early end.

use askama::Template;
use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{joined, minutes, moment, unit_options, units};
use crate::auth::MANAGERS;
use crate::exam::{Exam, ExamStatus, ExtensionInput, Given, ScheduleInput};
use crate::http::{Code, Problem};
use crate::kernel::field::{Fields, Invalid};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/exam_schedule.html")]
struct SchedulePage {
    v: View,
    f: Form,
    exam: Exam,
}

impl SchedulePage {
    /// The opening is past and stays.
    fn begun(&self) -> bool {
        self.exam.status != ExamStatus::Sealed
    }
}

/// The form by which a sealed exam gets another schedule.
#[handler]
pub(in crate::web) async fn show_schedule(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    if !changeable(exam.status) {
        return Err(Problem::new(Code::WrongState));
    }
    let (v, times) = (&visitor.view, exam.blueprint.times);
    let latest = times.latest_start_seconds.map(|s| (s / 60).to_string()).unwrap_or_default();
    let f = Form::new("amend-", v)
        .set("opens_at", v.control(times.opens_at))
        .set("closes_at", v.control(times.closes_at))
        .set("latest_start_seconds", latest)
        .set("duration_seconds", times.duration_seconds / 60)
        .set("grace_seconds", times.grace_seconds);
    page(&SchedulePage { f, exam, v: visitor.view })
}

/// Changes it. What was not touched stays to the millisecond.
#[handler]
pub(in crate::web) async fn change_schedule(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let id = ExamId(id);
    let exam = visitor.services.exams.exam(&visitor.caller, id).await?;
    let (v, times) = (&visitor.view, exam.blueprint.times);
    let mut fields = Fields::new();
    let at = |fields: &mut Fields, name: &str, kept| {
        (sent.value(name) != v.control(kept)).then(|| moment(&visitor, &sent, fields, name))
    };
    let opens_at = if sent.value("opens_at").is_empty() { None } else { at(&mut fields, "opens_at", times.opens_at) };
    let closes_at = at(&mut fields, "closes_at", times.closes_at);
    let shown = times.latest_start_seconds.map(|s| (s / 60).to_string()).unwrap_or_default();
    let latest = minutes(&sent, &mut fields, "latest_start_seconds");
    let schedule = ScheduleInput {
        opens_at,
        closes_at,
        latest_start_seconds: match latest {
            _ if sent.value("latest_start_seconds").trim() == shown => Given::Kept,
            None => Given::Gone,
            Some(seconds) => Given::Now(seconds),
        },
        duration_seconds: minutes(&sent, &mut fields, "duration_seconds"),
        grace_seconds: sent.number(&mut fields, "grace_seconds"),
    };
    let done = match fields.check() {
        Ok(()) => {
            let done = visitor.services.conduct.amend(&visitor.caller, id, &schedule, sent.value("reason")).await;
            done.map_err(Problem::from).map_err(|p| renamed(p, "schedule."))
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(go_to(&format!("/exams/{id}/manage?done=amended"))),
        Err(problem) => {
            let f = Form::new("amend-", v).refuse(&sent, &problem);
            page_with(problem.code.status(), &SchedulePage { f, exam, v: visitor.view.clone() })
        }
    }
}

/// The fields of a request under the names that they have in the form.
fn renamed(mut problem: Problem, before: &str) -> Problem {
    for error in &mut problem.errors {
        if let Some(rest) = error.field.strip_prefix(before) {
            error.field = rest.to_owned();
        }
    }
    problem
}

/// Whether acts are possible at all.
pub(super) fn changeable(status: ExamStatus) -> bool {
    matches!(status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused)
}

#[derive(Template)]
#[template(path = "coordinator/exam_extend.html")]
struct ExtendPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
}

/// The form by which everybody, or a unit, gets more time.
#[handler]
pub(in crate::web) async fn show_extend(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let units = unit_options(&units(&visitor, MANAGERS).await?);
    page(&ExtendPage { f: Form::new("extend-", &visitor.view), exam, units, v: visitor.view })
}

/// Gives it.
#[handler]
pub(in crate::web) async fn extend(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let id = ExamId(id);
    let mut fields = Fields::new();
    let seconds = sent.number::<i32>(&mut fields, "seconds").map(|n| n.saturating_mul(60));
    let unit = sent.value("unit_id").to_owned();
    let input = ExtensionInput {
        unit_id: Some(unit).filter(|unit| !unit.is_empty()),
        person_ids: Vec::new(),
        seconds: seconds.unwrap_or_default(),
        reason: sent.value("reason").to_owned(),
    };
    let read: Result<(), Invalid> = joined(fields, Ok(()));
    let done = match read {
        Ok(()) => {
            let done = visitor.services.conduct.extend(&visitor.caller, id, &input).await;
            done.map_err(Problem::from).map_err(|p| renamed(p, "scope."))
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/exams/{id}/manage?done=extended"))),
        Err(problem) => {
            let exam = visitor.services.exams.exam(&visitor.caller, id).await?;
            let units = unit_options(&units(&visitor, MANAGERS).await?);
            let f = Form::new("extend-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &ExtendPage { f, exam, units, v: visitor.view.clone() })
        }
    }
}

/// Stops the clock.
#[handler]
pub(in crate::web) async fn pause(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    visitor.services.conduct.pause(&visitor.caller, id.into(), sent.value("reason")).await?;
    Ok(go_to(&format!("/exams/{id}/manage?done=paused")))
}

/// Lets it go on.
#[handler]
pub(in crate::web) async fn resume(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    visitor.services.conduct.resume(&visitor.caller, id.into(), sent.value("reason")).await?;
    Ok(go_to(&format!("/exams/{id}/manage?done=resumed")))
}

/// Ends the exam early.
#[handler]
pub(in crate::web) async fn end(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    visitor.services.conduct.close(&visitor.caller, id.into(), sent.value("reason")).await?;
    Ok(go_to(&format!("/exams/{id}/manage?done=ended")))
}
