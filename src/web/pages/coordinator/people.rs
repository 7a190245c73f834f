//! People: the roster with filters, and entering somebody.

use askama::Template;
use poem::handler;

use super::parts::{UnitChoice, filter, filter_form, page_of, unit_options, units, words};
use crate::auth::{MANAGERS, Role};
use crate::http::Problem;
use crate::org::{Category, NewPerson, PeopleFilter, Person, PersonRequest};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// Those who read rosters.
const READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];

#[derive(Template)]
#[template(path = "coordinator/people.html")]
struct PeoplePage {
    v: View,
    f: Form,
    units: Options,
    categories: Options,
    people: Vec<Person>,
    next: Option<String>,
    may_enter: bool,
    filtered: bool,
}

impl PeoplePage {
    /// The file of the unit that is shown, or of the only one at the top of what the reader holds.
    fn export(&self) -> Option<String> {
        let chosen = Some(self.f.value("unit_id")).filter(|unit| !unit.is_empty());
        let unit = chosen.or_else(|| self.units.first().map(|(unit, _)| unit.as_str()))?;
        Some(format!("/api/v1/exports/people?unit_id={unit}&subtree=true"))
    }
}

/// The list: of a unit with its subtree, of a category, with a text.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let f = filter_form(v, "people-", &["unit_id", "category", "q"]);
    let unit_id = filter(v, "unit_id");
    let q = v.query("q").map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
    let asked = PeopleFilter { unit_id, subtree: true, category: filter(v, "category"), q };
    let found = visitor.services.org.people(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let choices = units(&visitor, READERS).await?;
    page(&PeoplePage {
        f,
        units: unit_options(&choices),
        categories: words(v, "category-", Category::ALL),
        people: found.items,
        next: found.next_cursor,
        may_enter: visitor.caller.has(MANAGERS, v.now),
        filtered: asked.unit_id.is_some() || asked.category.is_some() || asked.q.is_some(),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/person.html")]
struct PersonPage {
    v: View,
    f: Form,
    units: Options,
    categories: Options,
}

impl PersonPage {
    async fn new(visitor: &Visitor, f: Form) -> Result<Self, Problem> {
        let choices = units(visitor, MANAGERS).await?;
        let holding: Vec<UnitChoice> = choices.into_iter().filter(|u| u.holds).map(flat).collect();
        let categories = words(&visitor.view, "category-", Category::ALL);
        Ok(Self { v: visitor.view.clone(), f, units: unit_options(&holding), categories })
    }
}

/// Without the groups above it, a unit has no level.
fn flat(unit: UnitChoice) -> UnitChoice {
    UnitChoice { level: 0, ..unit }
}

/// The form for somebody new.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let form = Form::new("people-", v).set("unit_id", v.query("unit_id").unwrap_or_default());
    let form = form.set("joined_on", v.calendar.day(v.now));
    page(&PersonPage::new(&visitor, form).await?)
}

/// Enters them.
#[handler]
pub(in crate::web) async fn enter(visitor: Visitor, sent: Sent) -> Page {
    let request = PersonRequest {
        staff_no: Some(sent.value("staff_no").to_owned()),
        name: sent.value("name").to_owned(),
        categories: sent.all("categories").map(str::to_owned).collect(),
        post: sent.value("post").to_owned(),
        unit_id: sent.value("unit_id").to_owned(),
        joined_on: Some(sent.value("joined_on").to_owned()),
        id_number: None,
        phone: None,
    };
    let entered = async {
        let new = NewPerson::try_from(request)?;
        Ok::<_, Problem>(visitor.services.org.create_people(&visitor.caller, vec![new]).await?)
    };
    match entered.await {
        Ok(_) => {
            let query = serde_urlencoded::to_string([("q", sent.value("name").trim()), ("done", "entered")]);
            Ok(go_to(&format!("/people?{}", query.unwrap_or_default())))
        }
        Err(problem) => {
            let form = Form::new("people-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &PersonPage::new(&visitor, form).await?)
        }
    }
}
