//! Programmes: the list, the form, and how far a programme's people have come.

use askama::Template;
use entity::id::ProgrammeId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{
    Preview, UnitChoice, audience, audience_words, decimal, filter, filter_form, joined, page_of, preview,
    unit_options, units, words,
};
use crate::auth::{MANAGERS, Role};
use crate::http::{Decimal, Problem};
use crate::kernel::field::Fields;
use crate::org::Category;
use crate::study::{
    CreditsDto, NewProgramme, Per, Programme, ProgrammeFilter, ProgrammeRequest, ProgrammeStatus, Progress,
    RequirementRequest, SessionKind,
};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// The most requirements that the form shows.
const MAX_ROWS: usize = 40;

#[derive(Template)]
#[template(path = "coordinator/programmes.html")]
struct ListPage {
    v: View,
    f: Form,
    years: Options,
    statuses: Options,
    rows: Vec<Row>,
    next: Option<String>,
    filtered: bool,
    may_make: bool,
}

struct Row {
    programme: Programme,
    unit_name: String,
}

/// Years that plans may be looked for: from the first that can be imported to the next.
pub(super) fn years(view: &View) -> Options {
    let this = view.calendar.year(view.now);
    (2016..=this + 1).rev().map(|year| (year.to_string(), year.to_string())).collect()
}

/// The list.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let asked = ProgrammeFilter { year: filter(v, "year"), status: filter(v, "status") };
    let found = visitor.services.study.programmes(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let ids: Vec<_> = found.items.iter().map(|p| p.unit_id).collect();
    let names = visitor.services.org.unit_names(&ids).await?;
    let row =
        |programme: Programme| Row { unit_name: names.get(&programme.unit_id).cloned().unwrap_or_default(), programme };
    page(&ListPage {
        f: filter_form(v, "programmes-", &["year", "status"]),
        years: years(v),
        statuses: words(v, "programmes-status-", ProgrammeStatus::ALL),
        rows: found.items.into_iter().map(row).collect(),
        next: found.next_cursor,
        filtered: asked.year.is_some() || asked.status.is_some(),
        may_make: visitor.caller.has(MANAGERS, v.now),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/programme_form.html")]
struct FormPage {
    v: View,
    f: Form,
    units: Options,
    tree: Vec<UnitChoice>,
    categories: Options,
    kinds: Options,
    pers: Options,
    /// How many requirements the form shows.
    rows: usize,
    preview: Option<Preview>,
}

impl FormPage {
    async fn new(visitor: &Visitor, f: Form, rows: usize, preview: Option<Preview>) -> Result<Self, Problem> {
        let tree = units(visitor, MANAGERS).await?;
        let v = visitor.view.clone();
        Ok(Self {
            units: unit_options(&tree),
            tree,
            categories: words(&v, "category-", Category::ALL),
            pers: words(&v, "programmes-per-", Per::ALL),
            kinds: words(&v, "sessions-kind-", SessionKind::ALL),
            rows: rows.clamp(3, MAX_ROWS),
            preview,
            f,
            v,
        })
    }

    fn field(place: &usize, name: &str) -> String {
        format!("required_sessions[{place}].{name}")
    }
}

/// The form for a new programme.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let year = visitor.view.calendar.year(visitor.view.now);
    let form = Form::new("programmes-", &visitor.view).set("year", year);
    page(&FormPage::new(&visitor, form, 3, None).await?)
}

/// Drafts it, or shows the form again with whom it means or with more room.
#[handler]
pub(in crate::web) async fn create(visitor: Visitor, sent: Sent) -> Page {
    let form = Form::new("programmes-", &visitor.view);
    let rows = (0..MAX_ROWS).rev().find(|i| row_is_filled(&sent, *i)).map_or(0, |last| last + 1);
    if sent.ticked("more") {
        let shown = sent.value("rows").parse().unwrap_or(rows).max(rows);
        return page(&FormPage::new(&visitor, form.keep(&sent), shown + 1, None).await?);
    }
    if sent.ticked("preview") {
        let tree = units(&visitor, MANAGERS).await?;
        return match preview(&visitor, &sent, &tree).await {
            Ok(counted) => page(&FormPage::new(&visitor, form.keep(&sent), rows, Some(counted)).await?),
            Err(problem) => refused(&visitor, form, &sent, rows, &problem).await,
        };
    }
    let made = async {
        let new = read(&sent, rows)?;
        Ok::<_, Problem>(visitor.services.study.create_programme(&visitor.caller, new).await?)
    };
    match made.await {
        Ok(programme) => Ok(go_to(&format!("/programmes/{}?done=drafted", programme.id))),
        Err(problem) => refused(&visitor, form, &sent, rows, &problem).await,
    }
}

async fn refused(visitor: &Visitor, form: Form, sent: &Sent, rows: usize, problem: &Problem) -> Page {
    page_with(problem.code.status(), &FormPage::new(visitor, form.refuse(sent, problem), rows, None).await?)
}

fn row_is_filled(sent: &Sent, place: usize) -> bool {
    ["kind", "count", "due_on"].iter().any(|name| !sent.value(&FormPage::field(&place, name)).trim().is_empty())
}

fn read(sent: &Sent, rows: usize) -> Result<NewProgramme, Problem> {
    let mut fields = Fields::new();
    let mut required_sessions = Vec::new();
    for place in 0..rows {
        let name = |field: &str| FormPage::field(&place, field);
        required_sessions.push(RequirementRequest {
            kind: sent.value(&name("kind")).to_owned(),
            count: sent.number(&mut fields, &name("count")).unwrap_or_default(),
            per: if sent.value(&name("per")) == "unit" { "unit" } else { "person" }.to_owned(),
            due_on: Some(sent.value(&name("due_on")).to_owned()),
        });
    }
    let request = ProgrammeRequest {
        year: sent.number(&mut fields, "year").unwrap_or_default(),
        title: sent.value("title").to_owned(),
        unit_id: sent.value("unit_id").to_owned(),
        audience: audience(sent, &mut fields),
        required_hours: decimal(sent, &mut fields, "required_hours").map(|hours| Decimal(hours.0)),
        required_sessions,
        credits: Some(CreditsDto { left_early: sent.ticked("left_early"), delegated: sent.ticked("delegated") }),
    };
    Ok(joined(fields, NewProgramme::try_from(request))?)
}

#[derive(Template)]
#[template(path = "coordinator/programme.html")]
struct ProgrammePage {
    v: View,
    programme: Programme,
    unit_name: String,
    meant: String,
    progress: Option<Progress>,
    manages: bool,
    /// How many would be on the roster if it were published now.
    preview: Option<usize>,
}

impl ProgrammePage {
    /// Where an act is sent.
    fn act(&self, act: &str) -> String {
        format!("/programmes/{}/{act}", self.programme.id)
    }
}

/// One programme: what it asks, and how far its people have come.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (study, org, caller) = (&visitor.services.study, &visitor.services.org, &visitor.caller);
    let programme = study.programme(caller, id.into()).await?;
    let draft = programme.status == ProgrammeStatus::Draft;
    let manages =
        units(&visitor, &[Role::Coordinator]).await.is_ok_and(|units| units.iter().any(|u| u.id == programme.unit_id));
    let preview = if draft && manages { Some(org.preview(caller, &programme.audience).await?.len()) } else { None };
    let progress = if draft { None } else { Some(study.progress(caller, id.into()).await?) };
    let unit_name = org.unit_names(&[programme.unit_id]).await?.remove(&programme.unit_id).unwrap_or_default();
    let meant = audience_words(&visitor, &programme.audience).await?;
    page(&ProgrammePage { v: visitor.view, programme, unit_name, meant, progress, manages, preview })
}

/// Freezes its roster.
#[handler]
pub(in crate::web) async fn publish(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.study.publish_programme(&visitor.caller, id.into()).await?;
    Ok(go_to(&address(id.into(), "published")))
}

/// Closes it.
#[handler]
pub(in crate::web) async fn close(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.study.close_programme(&visitor.caller, id.into()).await?;
    Ok(go_to(&address(id.into(), "closed")))
}

fn address(id: ProgrammeId, done: &str) -> String {
    format!("/programmes/{id}?done={done}")
}
