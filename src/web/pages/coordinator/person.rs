//! One person: what is known of them, where they were, and what can be done.

use askama::Template;
use entity::id::PersonId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{UnitChoice, unit_options, units, words};
use crate::auth::MANAGERS;
use crate::http::{Code, IfMatch, Problem};
use crate::org::{
    Category, Departure, DepartureKind, DepartureRequest, History, Person, PersonChange, PersonPatch, PostingKind,
    Transfer, TransferRequest,
};
use crate::web::form::{Form, Options, Sent, is_told_above};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/person_file.html")]
struct FilePage {
    v: View,
    person: Person,
    history: History,
    may_change: bool,
    /// The national ID in full, once somebody said why they want to see it.
    seen: Option<String>,
    refused: String,
}

impl FilePage {
    async fn new(visitor: &Visitor, id: PersonId) -> Result<Self, Problem> {
        let org = &visitor.services.org;
        let person = org.person(&visitor.caller, id).await?;
        let history = org.history(&visitor.caller, id).await?;
        let may_change = visitor.caller.has(MANAGERS, visitor.view.now);
        let mut v = visitor.view.clone();
        v.unit.clone_from(&person.unit_name);
        Ok(Self { v, person, history, may_change, seen: None, refused: String::new() })
    }

    fn reveal_path(&self) -> String {
        format!("/people/{}/id-number", self.person.id)
    }

    fn delete_path(&self) -> String {
        format!("/people/{}/delete", self.person.id)
    }

    fn is_lent(&self, kind: &PostingKind) -> bool {
        *kind == PostingKind::Seconded
    }
}

/// What is known of somebody.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page(&FilePage::new(&visitor, id.into()).await?)
}

/// The same with the national ID in full; why it is wanted goes into the log.
#[handler]
pub(in crate::web) async fn reveal(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let mut shown = FilePage::new(&visitor, id.into()).await?;
    let reason = sent.value("reason").trim();
    let short = !reason.is_empty() && reason.chars().count() <= 200;
    if !short {
        shown.refused = visitor.view.t("people-reveal-why").to_string();
        return page_with(poem::http::StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    shown.seen = visitor.services.org.id_number(&visitor.caller, id.into(), reason).await?;
    page(&shown)
}

/// Removes somebody who was entered by mistake.
#[handler]
pub(in crate::web) async fn delete(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.org.delete_person(&visitor.caller, id.into()).await?;
    Ok(go_to("/people?done=person_deleted"))
}

/// What is done about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Change,
    Transfer,
    Leave,
}

impl Act {
    fn of(word: &str) -> Option<Self> {
        [Self::Change, Self::Transfer, Self::Leave].into_iter().find(|act| act.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Transfer => "transfer",
            Self::Leave => "leave",
        }
    }
}

#[derive(Template)]
#[template(path = "coordinator/person_act.html")]
struct ActPage {
    v: View,
    f: Form,
    act: Act,
    person: Person,
    units: Options,
    categories: Options,
    kinds: Options,
}

impl ActPage {
    async fn new(visitor: &Visitor, act: Act, person: Person, f: Form) -> Result<Self, Problem> {
        let choices = units(visitor, MANAGERS).await?;
        let holding: Vec<UnitChoice> =
            choices.into_iter().filter(|u| u.holds).map(|u| UnitChoice { level: 0, ..u }).collect();
        let mut v = visitor.view.clone();
        v.unit.clone_from(&person.unit_name);
        Ok(Self {
            f,
            act,
            person,
            units: unit_options(&holding),
            categories: words(&v, "category-", Category::ALL),
            kinds: words(&v, "people-departure-", DepartureKind::ALL),
            v,
        })
    }

    fn title(&self) -> crate::web::texts::Text {
        self.v.word("people-act-", self.act.word())
    }

    fn lead(&self) -> crate::web::texts::Text {
        self.v.word("people-act-lead-", self.act.word())
    }
}

fn filled(visitor: &Visitor, act: Act, person: &Person) -> Form {
    let v = &visitor.view;
    let today = v.calendar.day(v.now);
    let form = Form::new("people-", v);
    match act {
        Act::Change => {
            let form = form.set("version", person.version).set("name", &person.name).set("staff_no", &person.staff_no);
            let form = form.set("post", &person.post).set("categories_from", today);
            person.categories.iter().fold(form, |form, category| form.set("categories", category))
        }
        Act::Transfer | Act::Leave => form.set("effective_on", today),
    }
}

/// The form of an act.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor, Path((id, word)): Path<(Uuid, String)>) -> Page {
    let act = Act::of(&word).ok_or_else(|| Problem::new(Code::NotFound))?;
    let person = visitor.services.org.person(&visitor.caller, id.into()).await?;
    let form = filled(&visitor, act, &person);
    page(&ActPage::new(&visitor, act, person, form).await?)
}

/// Does it.
#[handler]
pub(in crate::web) async fn carry_out(visitor: Visitor, Path((id, word)): Path<(Uuid, String)>, sent: Sent) -> Page {
    let act = Act::of(&word).ok_or_else(|| Problem::new(Code::NotFound))?;
    match done(&visitor, act, id.into(), &sent).await {
        Ok(()) => Ok(go_to(&format!("/people/{id}?done=person_{word}"))),
        Err(problem) if !is_told_above(&problem) => Err(problem),
        Err(problem) => {
            let person = visitor.services.org.person(&visitor.caller, id.into()).await?;
            let form = Form::new("people-", &visitor.view).refuse(&sent, &problem);
            let mut shown = ActPage::new(&visitor, act, person, form).await?;
            if problem.code == Code::Stale {
                shown.f = overtaken(&visitor, &shown.person, shown.f);
            }
            page_with(problem.code.status(), &shown)
        }
    }
}

/// The form over what somebody else has changed meanwhile: with what they wrote, and saved over it if it is sent again.
fn overtaken(visitor: &Visitor, person: &Person, form: Form) -> Form {
    let theirs = filled(visitor, Act::Change, person);
    // What is written anew or not at all differs from nothing.
    let typed = ["id_number", "phone", "categories_from"];
    let theirs = typed.iter().fold(theirs, |theirs, name| theirs.set_to(name, form.value(name)));
    form.set_to("version", person.version).against(&theirs, |field, value| match field {
        "categories" => visitor.view.word("category-", value).to_string(),
        _ => value.to_owned(),
    })
}

async fn done(visitor: &Visitor, act: Act, id: PersonId, sent: &Sent) -> Result<(), Problem> {
    let (org, caller) = (&visitor.services.org, &visitor.caller);
    let text = |name: &str| sent.value(name).to_owned();
    let given = |name: &str| Some(text(name)).filter(|text| !text.trim().is_empty());
    match act {
        Act::Change => {
            let request = PersonPatch {
                staff_no: Some(text("staff_no")),
                name: Some(text("name")),
                categories: Some(sent.all("categories").map(str::to_owned).collect()),
                categories_from: given("categories_from"),
                post: Some(text("post")),
                unit_id: None,
                // What is not typed again stays.
                id_number: given("id_number"),
                phone: given("phone"),
            };
            let version = sent.value("version").parse().unwrap_or_default();
            org.amend_person(caller, id, &IfMatch::version(version), PersonChange::try_from(request)?).await?;
        }
        Act::Transfer => {
            let request = TransferRequest {
                unit_id: text("unit_id"),
                effective_on: text("effective_on"),
                reason: text("reason"),
            };
            org.transfer(caller, id, Transfer::try_from(request)?).await?;
        }
        Act::Leave => {
            let request = DepartureRequest {
                kind: text("kind"),
                effective_on: text("effective_on"),
                reason: text("reason"),
                counted_unit_id: given("counted_unit_id"),
            };
            org.depart(caller, id, Departure::try_from(request)?).await?;
        }
    }
    Ok(())
}
