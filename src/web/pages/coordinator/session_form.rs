//! The form for a session.

use askama::Template;
use poem::handler;

use super::parts::{Preview, UnitChoice, audience, joined, minutes, moment, preview, required_decimal, units, words};
use crate::auth::MANAGERS;
use crate::http::{Decimal, Problem};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::PageRequest;
use crate::org::Category;
use crate::study::{CheckInRequest, NewSession, ProgrammeFilter, ProgrammeStatus, SessionKind, SessionRequest};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/session_form.html")]
struct FormPage {
    v: View,
    f: Form,
    tree: Vec<UnitChoice>,
    categories: Options,
    kinds: Options,
    programmes: Options,
    preview: Option<Preview>,
}

impl FormPage {
    async fn new(visitor: &Visitor, f: Form, preview: Option<Preview>) -> Result<Self, Problem> {
        let v = visitor.view.clone();
        let page = PageRequest::default();
        let published = ProgrammeFilter { year: None, status: Some(ProgrammeStatus::Published) };
        let drafts = ProgrammeFilter { year: None, status: Some(ProgrammeStatus::Draft) };
        let study = &visitor.services.study;
        let mut programmes = study.programmes(&visitor.caller, &published, &page).await?.items;
        programmes.extend(study.programmes(&visitor.caller, &drafts, &page).await?.items);
        Ok(Self {
            tree: units(visitor, MANAGERS).await?,
            categories: words(&v, "category-", Category::ALL),
            kinds: words(&v, "sessions-kind-", SessionKind::ALL),
            programmes: programmes.into_iter().map(|p| (p.id.to_string(), p.title)).collect(),
            preview,
            f,
            v,
        })
    }
}

/// The form for a new session, with the check-in times that offices usually keep.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let form = Form::new("sessions-", &visitor.view)
        .set("check_in.opens_before_seconds", 30)
        .set("check_in.late_after_seconds", 10)
        .set("check_in.closes_after_seconds", 60)
        .set("programme_id", visitor.view.query("programme_id").unwrap_or_default());
    page(&FormPage::new(&visitor, form, None).await?)
}

/// Drafts it, or shows the form again with whom it means.
#[handler]
pub(in crate::web) async fn create(visitor: Visitor, sent: Sent) -> Page {
    let form = Form::new("sessions-", &visitor.view);
    if sent.ticked("preview") {
        let tree = units(&visitor, MANAGERS).await?;
        return match preview(&visitor, &sent, &tree).await {
            Ok(counted) => page(&FormPage::new(&visitor, form.keep(&sent), Some(counted)).await?),
            Err(problem) => refused(&visitor, form, &sent, &problem).await,
        };
    }
    let made = async {
        let new = read(&visitor, &sent)?;
        Ok::<_, Problem>(visitor.services.study.create_session(&visitor.caller, new).await?)
    };
    match made.await {
        Ok(session) => Ok(go_to(&format!("/sessions/{}?done=drafted", session.id))),
        Err(problem) => refused(&visitor, form, &sent, &problem).await,
    }
}

async fn refused(visitor: &Visitor, form: Form, sent: &Sent, problem: &Problem) -> Page {
    page_with(problem.code.status(), &FormPage::new(visitor, form.refuse(sent, problem), None).await?)
}

/// A number that may be left out.
fn optional(sent: &Sent, fields: &mut Fields, name: &str) -> Option<i64> {
    if sent.value(name).trim().is_empty() { None } else { sent.number(fields, name) }
}

fn read(visitor: &Visitor, sent: &Sent) -> Result<NewSession, Problem> {
    let mut fields = Fields::new();
    let mut offset = |name: &str| {
        let seconds = minutes(sent, &mut fields, name);
        if seconds.is_none() && !fields.has(name) {
            fields.reject(name, FieldCode::Required);
        }
        i64::from(seconds.unwrap_or_default())
    };
    let check_in = CheckInRequest {
        opens_before_seconds: offset("check_in.opens_before_seconds"),
        late_after_seconds: offset("check_in.late_after_seconds"),
        closes_after_seconds: offset("check_in.closes_after_seconds"),
        require_check_out: sent.ticked("require_check_out"),
    };
    let request = SessionRequest {
        title: sent.value("title").to_owned(),
        kind: sent.value("kind").to_owned(),
        host_unit_ids: sent.all("host_unit_ids").map(str::to_owned).collect(),
        starts_at: moment(visitor, sent, &mut fields, "starts_at"),
        ends_at: moment(visitor, sent, &mut fields, "ends_at"),
        place: sent.value("place").to_owned(),
        credit_hours: Decimal(required_decimal(sent, &mut fields, "credit_hours").0),
        audience: audience(sent, &mut fields),
        check_in,
        programme_id: Some(sent.value("programme_id").to_owned()),
        contact: Some(sent.value("contact").to_owned()),
        recurrence: Some(sent.value("recurrence").to_owned()),
        presenters: Vec::new(),
        audience_count: optional(sent, &mut fields, "audience_count"),
        enterprises: optional(sent, &mut fields, "enterprises"),
        evidence: Some(sent.value("evidence").to_owned()),
    };
    Ok(joined(fields, NewSession::try_from(request))?)
}
