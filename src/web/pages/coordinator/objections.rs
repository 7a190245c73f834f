//! Objections about an exam: the list, and deciding them one by one.

use askama::Template;
use entity::id::{ExamId, ObjectionId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::exams::manages;
use super::parts::{filter, filter_form, page_of, words};
use crate::exam::{Exam, Objection, ObjectionFilter, ObjectionState};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/objections.html")]
struct ObjectionsPage {
    v: View,
    f: Form,
    exam: Exam,
    states: Options,
    rows: Vec<Objection>,
    next: Option<String>,
    filtered: bool,
    manages: bool,
}

impl ObjectionsPage {
    fn decide(&self, objection: &Objection) -> String {
        format!("/exams/{}/objections/{}/decide", self.exam.id, objection.id)
    }

    /// Where what it is about is marked otherwise.
    fn regrade(&self, objection: &Objection) -> Option<String> {
        let query = [("item", objection.item.clone()?), ("objection", objection.id.to_string())];
        Some(format!("/exams/{}/regrade?{}", self.exam.id, serde_urlencoded::to_string(query).unwrap_or_default()))
    }
}

/// The colour of a state.
fn tone(state: &ObjectionState) -> &'static str {
    match state {
        ObjectionState::Open => "warn",
        ObjectionState::Upheld => "ok",
        ObjectionState::Rejected => "",
    }
}

/// The list, oldest first.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, ExamId(id));
    let exam = visitor.services.exams.exam(caller, id).await?;
    let asked = ObjectionFilter { state: filter(v, "state") };
    let found = visitor.services.objections.of_exam(caller, id, asked, &page_of(v, 50)?).await?;
    page(&ObjectionsPage {
        f: filter_form(v, "objections-", &["state"]),
        states: words(v, "objection-state-", ObjectionState::ALL),
        manages: manages(&visitor, &exam).await,
        rows: found.items,
        next: found.next_cursor,
        filtered: asked.state.is_some(),
        exam,
        v: visitor.view,
    })
}

/// Decides one.
#[handler]
pub(in crate::web) async fn decide(visitor: Visitor, Path((id, objection)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let (decision, reason) = (sent.value("decision"), sent.value("reason"));
    visitor.services.objections.decide(&visitor.caller, ObjectionId(objection), decision, reason).await?;
    Ok(go_to(&format!("/exams/{id}/objections?done=objection_decided")))
}
