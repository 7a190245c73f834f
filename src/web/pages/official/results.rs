//! Results: of every exam, and one in full.

use askama::Template;
use entity::id::AttemptId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::exam::attempt::AttemptResult;
use crate::exam::{ExamStatus, OwnExam};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "official/results.html")]
struct ResultsPage {
    v: View,
    exams: Vec<OwnExam>,
}

#[derive(Template)]
#[template(path = "official/result.html")]
struct ResultPage {
    v: View,
    title: String,
    pass_points: String,
    result: AttemptResult,
}

impl ResultPage {
    fn state(&self) -> &'static str {
        if self.result.outcome.passed { "passed" } else { "failed" }
    }
}

/// The state of an exam for its candidate, as a word of the texts `result-…`.
pub(super) fn state(own: &OwnExam) -> &'static str {
    let over = matches!(own.exam.status, ExamStatus::Closed | ExamStatus::Released);
    match (&own.result, own.state, own.running) {
        (Some(result), ..) if result.passed => "passed",
        (Some(_), ..) => "failed",
        (None, _, Some(_)) => "running",
        (None, Some(_), None) => "waiting",
        (None, None, None) if over => "absent",
        (None, None, None) => "open",
    }
}

/// The colour that goes with it.
pub(super) fn tone(own: &OwnExam) -> &'static str {
    match state(own) {
        "passed" => "ok",
        "failed" | "absent" => "bad",
        "running" => "info",
        _ => "",
    }
}

/// Every exam of the reader, the newest first.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    visitor.caller.person()?;
    let exams = visitor.services.exams.my_exams(&visitor.caller).await?;
    page(&ResultsPage { v: visitor.view, exams })
}

/// What one attempt came to.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let result = visitor.services.attempts.result(&visitor.caller, AttemptId(id)).await?;
    let exam = visitor.services.exams.exam(&visitor.caller, result.attempt.exam_id).await?;
    page(&ResultPage {
        v: visitor.view,
        title: exam.blueprint.title,
        pass_points: exam.blueprint.pass_points.to_string(),
        result,
    })
}
