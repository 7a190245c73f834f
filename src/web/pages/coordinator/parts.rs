//! What the coordinator's pages share: pickers of units and words, reading a list's filter and a form's numbers.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use entity::id::UnitId;
use entity::points::Points;

use crate::auth::Role;
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::PageRequest;
use crate::org::{Audience, AudienceDto, Unit, UnitKind};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::View;
use crate::web::visitor::Visitor;

/// A unit that can be picked.
#[derive(Debug, Clone)]
pub(super) struct UnitChoice {
    /// Which.
    pub(super) id: UnitId,
    /// Its name.
    pub(super) name: String,
    /// How far below the top of what is offered, at most 4.
    pub(super) level: i32,
    /// It can hold people.
    pub(super) holds: bool,
}

/// The units over which the reader holds one of these roles, from the top down.
pub(super) async fn units(visitor: &Visitor, roles: &[Role]) -> Result<Vec<UnitChoice>, Problem> {
    let units = visitor.services.org.subtree(&visitor.caller, roles).await?;
    let top = units.iter().map(|u| u.depth).min().unwrap_or_default();
    let choice = |u: Unit| UnitChoice {
        id: u.id,
        level: (u.depth - top).clamp(0, 4),
        holds: u.kind == UnitKind::Unit,
        name: u.name,
    };
    Ok(units.into_iter().map(choice).collect())
}

/// Units for a control that takes one of them; what lies below is set in.
pub(super) fn unit_options(units: &[UnitChoice]) -> Options {
    let indent = |level: i32| "\u{3000}".repeat(usize::try_from(level).unwrap_or_default());
    units.iter().map(|u| (u.id.to_string(), format!("{}{}", indent(u.level), u.name))).collect()
}

/// Words of the domain with what they are called: `family` is the beginning of their texts' names.
pub(super) fn words<T: Display>(view: &View, family: &str, all: &[T]) -> Options {
    all.iter().map(|word| (word.to_string(), view.word(family, word).to_string())).collect()
}

/// The part of a list that the address names.
pub(super) fn page_of(view: &View, limit: u64) -> Result<PageRequest, Problem> {
    Ok(PageRequest::new(Some(limit), view.query("cursor").as_deref())?)
}

/// A filter of the address; one that says nothing or cannot be read is none.
pub(super) fn filter<T: FromStr>(view: &View, name: &str) -> Option<T> {
    view.query(name).and_then(|value| value.parse().ok())
}

/// The filter's form, filled with what the address says.
pub(super) fn filter_form(view: &View, name: &'static str, fields: &[&str]) -> Form {
    fields.iter().fold(Form::new(name, view), |form, field| form.set(field, view.query(field).unwrap_or_default()))
}

/// The errors of the form's own reading together with those of the request, each field once.
pub(super) fn joined<T>(mut fields: Fields, read: Result<T, Invalid>) -> Result<T, Invalid> {
    match read {
        Ok(value) => fields.finish(Some(value)),
        Err(Invalid(errors)) => {
            let new: Vec<_> = errors.into_iter().filter(|e| !fields.has(&e.field)).collect();
            fields.absorb(Invalid(new));
            fields.finish(None)
        }
    }
}

/// A moment of a form as a request has it; empty once it was rejected.
pub(super) fn moment(visitor: &Visitor, sent: &Sent, fields: &mut Fields, name: &str) -> String {
    sent.instant(fields, name, visitor.view.calendar).map(|at| at.to_string()).unwrap_or_default()
}

/// Hours or points with at most two decimals; nothing if the field is empty.
pub(super) fn decimal(sent: &Sent, fields: &mut Fields, name: &str) -> Option<Points> {
    let typed = sent.value(name).trim();
    if typed.is_empty() {
        return None;
    }
    let read = typed.parse().ok();
    if read.is_none() {
        fields.reject(name, FieldCode::Invalid);
    }
    read
}

/// The same where it must be there; zero once it was rejected.
pub(super) fn required_decimal(sent: &Sent, fields: &mut Fields, name: &str) -> Points {
    if sent.value(name).trim().is_empty() {
        fields.reject(name, FieldCode::Required);
    }
    decimal(sent, fields, name).unwrap_or_default()
}

/// Whole minutes as seconds; nothing if the field is empty.
pub(super) fn minutes(sent: &Sent, fields: &mut Fields, name: &str) -> Option<i32> {
    if sent.value(name).trim().is_empty() {
        return None;
    }
    sent.number::<i32>(fields, name).map(|n| n.saturating_mul(60))
}

/// Whom a form means; nobody is an error.
pub(super) fn audience(sent: &Sent, fields: &mut Fields) -> AudienceDto {
    let none = |name| sent.all(name).all(str::is_empty);
    if none("audience.unit_ids") && none("audience.person_ids") {
        fields.reject("audience.unit_ids", FieldCode::Required);
    }
    let all = |name| sent.all(name).filter(|v| !v.is_empty()).map(str::to_owned).collect();
    AudienceDto {
        unit_ids: all("audience.unit_ids"),
        categories: all("audience.categories"),
        person_ids: all("audience.person_ids"),
    }
}

/// A form with the audience filled in.
pub(super) fn with_audience(mut form: Form, audience: &Audience) -> Form {
    for unit in &audience.unit_ids {
        form = form.set("audience.unit_ids", unit);
    }
    for category in &audience.categories {
        form = form.set("audience.categories", category);
    }
    for person in &audience.person_ids {
        form = form.set("audience.person_ids", person);
    }
    form
}

/// Who would be on the roster today.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    /// How many people.
    pub(super) people: usize,
    /// How many of which unit, in the order of the tree.
    pub(super) units: Vec<(String, usize)>,
}

/// Counts whom a form means.
pub(super) async fn preview(visitor: &Visitor, sent: &Sent, units: &[UnitChoice]) -> Result<Preview, Problem> {
    let mut fields = Fields::new();
    let read = audience(sent, &mut fields).read(&mut fields);
    let meant = fields.finish(Some(read))?;
    let members = visitor.services.org.preview(&visitor.caller, &meant).await?;
    let mut by_unit: BTreeMap<UnitId, usize> = BTreeMap::new();
    for member in &members {
        *by_unit.entry(member.unit_id).or_default() += 1;
    }
    let counted = units.iter().filter_map(|u| by_unit.get(&u.id).map(|n| (u.name.clone(), *n))).collect();
    Ok(Preview { people: members.len(), units: counted })
}

/// Whom an audience means, in words: `区直部门、镇（街道）；领导干部`.
pub(super) async fn audience_words(visitor: &Visitor, audience: &Audience) -> Result<String, Problem> {
    let names = visitor.services.org.unit_names(&audience.unit_ids).await?;
    let comma = visitor.view.t("parts-comma").to_string();
    let units: Vec<String> = audience.unit_ids.iter().filter_map(|id| names.get(id).cloned()).collect();
    let categories: Vec<String> = audience.categories.iter().map(|c| visitor.view.category(*c).to_string()).collect();
    let mut parts = vec![units.join(&comma)];
    parts.push(if categories.is_empty() {
        visitor.view.t("parts-all-categories").to_string()
    } else {
        categories.join(&comma)
    });
    if !audience.person_ids.is_empty() {
        parts.push(visitor.view.t("parts-people-besides").with("n", audience.person_ids.len()).to_string());
    }
    parts.retain(|part| !part.is_empty());
    Ok(parts.join(&visitor.view.t("parts-semicolon").to_string()))
}
