//! Exemption and deferral: asking, the unit's opinion, the decision, and the form that is printed and filed.

use askama::Template;
use entity::id::{ExamId, ExemptionId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::auth::{MANAGERS, Role, authorise};
use crate::exam::{Exam, Exemption, ExemptionFilter, ExemptionKind, ExemptionState, NewExemption};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// Those who speak for a unit.
const SPEAKERS: &[Role] = &[Role::Liaison, Role::Coordinator];

#[derive(Template)]
#[template(path = "exemption/list.html")]
struct ListPage {
    v: View,
    exam: Option<Exam>,
    state: Option<ExemptionState>,
    rows: Vec<(Exemption, String, String)>,
    next: Option<String>,
}

/// The requests that the reader may see.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let (services, caller, v) = (&visitor.services, &visitor.caller, &visitor.view);
    let exam: Option<ExamId> = v.query("exam").and_then(|id| id.parse().ok());
    let state = v.query("state").and_then(|state| state.parse().ok());
    let asked = PageRequest::new(Some(50), v.query("cursor").as_deref())?;
    let found = services.exemptions.list(caller, ExemptionFilter { exam, state }, &asked).await?;
    let units: Vec<_> = found.items.iter().map(|row| row.unit_id).collect();
    let names = services.org.unit_names(&units).await?;
    let mut titles: std::collections::HashMap<ExamId, String> = std::collections::HashMap::new();
    let mut rows = Vec::new();
    for row in found.items {
        let title = match titles.get(&row.exam_id) {
            Some(title) => title.clone(),
            None => services.exams.exam(caller, row.exam_id).await.map(|e| e.blueprint.title).unwrap_or_default(),
        };
        titles.insert(row.exam_id, title.clone());
        let unit = names.get(&row.unit_id).cloned().unwrap_or_default();
        rows.push((row, unit, title));
    }
    let exam = match exam {
        Some(id) => Some(services.exams.exam(caller, id).await?),
        None => None,
    };
    page(&ListPage { exam, state, rows, next: found.next_cursor, v: visitor.view })
}

#[derive(Template)]
#[template(path = "exemption/ask.html")]
struct AskPage {
    v: View,
    f: Form,
    exam: Exam,
    kinds: Vec<(String, String)>,
    /// The candidates for whom the reader may ask; none for oneself alone.
    people: Vec<(String, String)>,
}

impl AskPage {
    async fn new(visitor: &Visitor, f: Form, id: ExamId) -> Result<Self, Problem> {
        let (services, caller) = (&visitor.services, &visitor.caller);
        let exam = services.exams.exam(caller, id).await?;
        let v = visitor.view.clone();
        let kinds =
            ExemptionKind::ALL.iter().map(|k| (k.to_string(), v.word("exemption-kind-", k).to_string())).collect();
        let speaks = caller.scope(SPEAKERS, v.now).is_ok();
        let mut people = Vec::new();
        if speaks {
            let mut asked = PageRequest::new(Some(200), None)?;
            loop {
                let found = services.exams.candidates(caller, id, None, &asked).await?;
                let named =
                    |c: crate::exam::Candidate| (c.person_id.to_string(), format!("{} {}", c.person_name, c.unit_name));
                people.extend(found.items.into_iter().map(named));
                let Some(next) = found.next_cursor.filter(|_| people.len() < 2_000) else { break };
                asked = PageRequest::new(Some(200), Some(&next))?;
            }
        }
        Ok(Self { v, f, exam, kinds, people })
    }
}

/// The form by which somebody asks, for themselves or for somebody of their units.
#[handler]
pub(in crate::web) async fn show_ask(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page(&AskPage::new(&visitor, Form::new("exemption-", &visitor.view), id.into()).await?)
}

/// Asks.
#[handler]
pub(in crate::web) async fn ask(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let id = ExamId(id);
    let given = |name: &str| Some(sent.value(name).to_owned()).filter(|text| !text.is_empty());
    let new = NewExemption {
        person_id: given("person_id"),
        kind: sent.value("kind").to_owned(),
        ground: sent.value("ground").to_owned(),
        attachment: given("attachment"),
    };
    match visitor.services.exemptions.ask(&visitor.caller, id, &new).await.map_err(Problem::from) {
        Ok(asked) => Ok(go_to(&format!("/exemptions/{}?done=exemption_asked", asked.id))),
        Err(problem) => {
            let f = Form::new("exemption-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &AskPage::new(&visitor, f, id).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "exemption/one.html")]
struct OnePage {
    v: View,
    f: Form,
    exam: Exam,
    one: Exemption,
    unit_name: String,
    /// The reader may give the unit's opinion.
    speaks: bool,
    /// The reader may decide.
    decides: bool,
}

impl OnePage {
    async fn new(visitor: &Visitor, f: Form, id: ExemptionId) -> Result<Self, Problem> {
        let (services, caller, now) = (&visitor.services, &visitor.caller, visitor.view.now);
        let one = services.exemptions.exemption(caller, id).await?;
        let exam = services.exams.exam(caller, one.exam_id).await?;
        let conn = services.core.db.read();
        let waits = one.state == ExemptionState::Pending;
        let may = async |roles, unit| authorise::<crate::exam::ExamError>(conn, caller, roles, unit, now).await.is_ok();
        let own = caller.account.person_id == Some(one.person_id);
        let speaks = waits && may(SPEAKERS, one.unit_id).await;
        let decides = waits && !own && may(MANAGERS, exam.blueprint.unit_id).await;
        let mut names = services.org.unit_names(&[one.unit_id]).await?;
        let unit_name = names.remove(&one.unit_id).unwrap_or_default();
        Ok(Self { v: visitor.view.clone(), f, exam, one, unit_name, speaks, decides })
    }

    fn act(&self, act: &str) -> String {
        format!("/exemptions/{}/{act}", self.one.id)
    }
}

/// One request as the form that is filed: the ground, the unit's opinion, the decision.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page(&OnePage::new(&visitor, Form::new("exemption-", &visitor.view), id.into()).await?)
}

/// The unit's opinion.
#[handler]
pub(in crate::web) async fn opine(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let supported = sent.value("supported") == "yes";
    let done = visitor.services.exemptions.opine(&visitor.caller, id.into(), supported, sent.value("opinion")).await;
    answered(&visitor, &sent, id.into(), done.map_err(Problem::from), "opined").await
}

/// The decision.
#[handler]
pub(in crate::web) async fn decide(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let approve = sent.value("approve") == "yes";
    let done = visitor.services.exemptions.decide(&visitor.caller, id.into(), approve, sent.value("reason")).await;
    answered(&visitor, &sent, id.into(), done.map_err(Problem::from), "exemption_decided").await
}

async fn answered(
    visitor: &Visitor,
    sent: &Sent,
    id: ExemptionId,
    done: Result<Exemption, Problem>,
    word: &str,
) -> Page {
    match done {
        Ok(_) => Ok(go_to(&format!("/exemptions/{id}?done={word}"))),
        Err(problem) => {
            let f = Form::new("exemption-", &visitor.view).refuse(sent, &problem);
            page_with(problem.code.status(), &OnePage::new(visitor, f, id).await?)
        }
    }
}
