//! Results: of every exam, and one in full.

use askama::Template;
use entity::id::AttemptId;
use entity::instant::Instant;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::exam::attempt::{AttemptResult, ItemResult, Marking};
use crate::exam::grading::Response;
use crate::exam::{ExamStatus, NewObjection, Objection, ObjectionState, OwnExam};
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
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
    /// How many questions the paper holds.
    items: i32,
    objections: Vec<Objection>,
    /// Objections are taken now, and until when.
    open: bool,
    until: Option<Instant>,
    f: Form,
}

impl ResultPage {
    async fn new(visitor: &Visitor, id: AttemptId, f: Form) -> Result<Self, Problem> {
        let (services, caller) = (&visitor.services, &visitor.caller);
        let result = services.attempts.result(caller, id).await?;
        let exam = services.exams.exam(caller, result.attempt.exam_id).await?;
        let (open, until) = services.objections.window(caller, id).await?;
        let own = caller.account.person_id == Some(result.attempt.person_id);
        let objections = if own { services.objections.of_attempt(caller, id).await? } else { Vec::new() };
        Ok(Self {
            v: visitor.view.clone(),
            title: exam.blueprint.title,
            pass_points: exam.blueprint.pass_points.to_string(),
            items: exam.blueprint.sections.iter().map(|s| s.count).sum(),
            result,
            objections,
            open,
            until,
            f,
        })
    }

    /// A response by the letters of the options as they stood on the paper.
    fn words(&self, item: &ItemResult, response: &Response) -> String {
        match response {
            Response::Blank => self.v.t("result-no-answer").to_string(),
            Response::Truth(truth) => self.v.word("truth-", truth).to_string(),
            Response::Options(ids) => ('A'..='Z')
                .zip(&item.options)
                .filter(|(_, (id, _))| ids.contains(id))
                .map(|(letter, _)| letter)
                .collect(),
        }
    }

    /// What is right, after all corrections.
    fn right(&self, item: &ItemResult) -> String {
        match item.marking {
            Marking::FullMarks => self.v.t("result-full-marks").to_string(),
            Marking::Dropped => self.v.t("result-dropped").to_string(),
            Marking::Key => {
                let keys = std::iter::once(&item.key).chain(&item.also_accepted);
                let words: Vec<String> = keys.map(|key| self.words(item, key)).collect();
                words.join(&format!(" {} ", self.v.t("result-or")))
            }
        }
    }

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
    page(&ResultPage::new(&visitor, AttemptId(id), Form::new("objection-", &visitor.view)).await?)
}

/// Questions an item of it, or its score.
#[handler]
pub(in crate::web) async fn object(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let (id, position) = (AttemptId(id), sent.value("position").trim());
    let mut fields = Fields::new();
    let position = fields.parse_optional("position", Some(position), FieldCode::Invalid);
    let new = NewObjection { item: None, position, text: sent.value("text").to_owned() };
    let done = match fields.check() {
        Ok(()) => visitor.services.objections.raise(&visitor.caller, id, &new).await.map_err(Problem::from),
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(go_to(&format!("/results/{id}?done=objected"))),
        Err(problem) => {
            let f = Form::new("objection-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &ResultPage::new(&visitor, id, f).await?)
        }
    }
}

/// The colour of an objection's state.
fn tone_of(state: ObjectionState) -> &'static str {
    match state {
        ObjectionState::Open => "warn",
        ObjectionState::Upheld => "ok",
        ObjectionState::Rejected => "",
    }
}
