//! 变动待确认: what moves mean for rosters that are frozen, decided one by one.

use std::collections::HashMap;

use askama::Template;
use entity::id::SubjectId;
use entity::org::roster_row::SubjectKind;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{filter, filter_form, page_of, unit_options, units, words};
use crate::auth::{MANAGERS, READERS};
use crate::http::Problem;
use crate::org::{Change, ChangeFilter, ChangeKind, ChangeState};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/changes.html")]
struct ChangesPage {
    v: View,
    f: Form,
    units: Options,
    states: Options,
    changes: Vec<Change>,
    titles: HashMap<SubjectId, String>,
    next: Option<String>,
    may_decide: bool,
}

impl ChangesPage {
    fn title(&self, change: &Change) -> String {
        self.titles.get(&change.subject_id).cloned().unwrap_or_default()
    }

    fn path(&self, change: &Change) -> String {
        format!("/people/changes/{}", change.id)
    }

    fn waits(&self, change: &Change) -> bool {
        self.may_decide && change.state == ChangeState::Proposed
    }

    fn joins(&self, change: &Change) -> bool {
        change.kind == ChangeKind::Joins
    }
}

/// The list: those that wait, or in another state.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let asked = ChangeFilter { state: filter(v, "state"), unit_id: filter(v, "unit_id"), subject_id: None };
    let found = visitor.services.org.changes(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let choices = units(&visitor, READERS).await?;
    page(&ChangesPage {
        f: filter_form(v, "changes-", &["unit_id", "state"]),
        units: unit_options(&choices),
        states: words(v, "changes-state-", ChangeState::ALL),
        titles: titles(&visitor, &found.items).await,
        changes: found.items,
        next: found.next_cursor,
        may_decide: visitor.caller.has(MANAGERS, v.now),
        v: visitor.view,
    })
}

/// What the rosters are of; nothing where the reader may not look at it.
async fn titles(visitor: &Visitor, changes: &[Change]) -> HashMap<SubjectId, String> {
    let mut titles = HashMap::new();
    for change in changes {
        if titles.contains_key(&change.subject_id) {
            continue;
        }
        let title = match change.subject_kind {
            SubjectKind::Programme => {
                let found = visitor.services.study.programme(&visitor.caller, change.subject_id.0.into()).await;
                found.map(|programme| programme.title).ok()
            }
            SubjectKind::Exam => {
                let found = visitor.services.exams.exam(&visitor.caller, change.subject_id.0.into()).await;
                found.map(|exam| exam.blueprint.title).ok()
            }
            SubjectKind::Session => None,
        };
        titles.insert(change.subject_id, title.unwrap_or_default());
    }
    titles
}

/// Confirms or refuses one.
#[handler]
pub(in crate::web) async fn decide(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let approve = sent.value("approve") == "yes";
    let mut fields = crate::kernel::field::Fields::new();
    let reason = if approve {
        fields.optional_line("reason", sent.value("reason"), 200)
    } else {
        fields.line("reason", sent.value("reason"), 200)
    };
    fields.check().map_err(Problem::from)?;
    visitor.services.org.decide_change(&visitor.caller, id.into(), approve, &reason).await?;
    let done = if approve { "change_confirmed" } else { "change_refused" };
    Ok(go_to(&format!("/people/changes?done={done}")))
}
