//! One unit: its name and place, its end, and what it became part of.

use askama::Template;
use entity::id::UnitId;
use entity::org::unit::UnitKind;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::units::options;
use crate::auth::Role;
use crate::http::{Code, IfMatch, Problem};
use crate::org::{Unit, UnitChange, UnitPatch};
use crate::web::form::{Form, Sent, is_told_above};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "admin/unit.html")]
struct UnitPage {
    v: View,
    f: Form,
    unit: Unit,
    parents: Vec<(String, String)>,
    others: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
}

impl UnitPage {
    async fn new(visitor: &Visitor, unit: Unit, form: Form) -> Result<Self, Problem> {
        let all = visitor.services.org.subtree(&visitor.caller, &[Role::SystemAdmin]).await?;
        let holds = |u: &&Unit| u.kind == UnitKind::Unit && u.active_to.is_none() && u.id != unit.id;
        let others: Vec<Unit> = all.iter().filter(holds).cloned().collect();
        let view = visitor.view.clone();
        let kinds = UnitKind::ALL.iter().map(|kind| (kind.to_string(), view.word("units-kind-", kind).to_string()));
        Ok(Self { kinds: kinds.collect(), parents: options(&all), others: options(&others), unit, f: form, v: view })
    }

    /// What a value of a field is called.
    fn called(&self, field: &str, value: &str) -> String {
        let options = match field {
            "parent_id" => &self.parents,
            "merged_into_id" => &self.others,
            "kind" => &self.kinds,
            _ => return value.to_owned(),
        };
        options.iter().find(|(v, _)| v == value).map_or_else(|| value.to_owned(), |(_, words)| words.trim().to_owned())
    }

    fn delete_path(&self) -> String {
        format!("/units/{}/delete", self.unit.id)
    }
}

/// The form, filled with what is.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let unit = visitor.services.org.unit(&visitor.caller, id.into()).await?;
    let form = filled(&visitor, &unit);
    page(&UnitPage::new(&visitor, unit, form).await?)
}

fn filled(visitor: &Visitor, unit: &Unit) -> Form {
    let day = unit.active_to.map(|day| day.to_string()).unwrap_or_default();
    Form::new("units-", &visitor.view)
        .set("version", unit.version)
        .set("parent_id", unit.parent_id.map(|id| id.to_string()).unwrap_or_default())
        .set("name", &unit.name)
        .set("code", &unit.code)
        .set("kind", unit.kind)
        .set("position", unit.position)
        .set("active_to", day)
        .set("merged_into_id", unit.merged_into_id.map(|id| id.to_string()).unwrap_or_default())
}

/// Takes it.
#[handler]
pub(in crate::web) async fn save(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    match saved(&visitor, id.into(), &sent).await {
        Ok(()) => Ok(go_to("/units?done=saved")),
        Err(problem) if !is_told_above(&problem) => Err(problem),
        Err(problem) => {
            let unit = visitor.services.org.unit(&visitor.caller, id.into()).await?;
            let form = Form::new("units-", &visitor.view).refuse(&sent, &problem);
            let mut shown = UnitPage::new(&visitor, unit, form).await?;
            // Somebody else was faster: what they wrote is shown, and written over if this is sent again.
            if problem.code == Code::Stale {
                let theirs = filled(&visitor, &shown.unit);
                let form = shown.f.clone().set_to("version", shown.unit.version);
                shown.f = form.against(&theirs, |field, value| shown.called(field, value));
            }
            page_with(problem.code.status(), &shown)
        }
    }
}

async fn saved(visitor: &Visitor, id: UnitId, sent: &Sent) -> Result<(), Problem> {
    let given = |name: &str| Some(sent.value(name).trim().to_owned()).filter(|text| !text.is_empty());
    let unit = visitor.services.org.unit(&visitor.caller, id).await?;
    let mut fields = crate::kernel::field::Fields::new();
    let position = match sent.value("position").trim() {
        "" => Some(0),
        _ => sent.number(&mut fields, "position"),
    };
    fields.check().map_err(Problem::from)?;
    // What is there already is not asked for again: a merger moves people once.
    let merged =
        given("merged_into_id").filter(|into| unit.merged_into_id.map(|id| id.to_string()).as_ref() != Some(into));
    let patch = UnitPatch {
        parent_id: given("parent_id"),
        code: Some(sent.value("code").to_owned()),
        name: Some(sent.value("name").to_owned()),
        kind: given("kind"),
        position,
        active_to: match (given("active_to"), &merged) {
            (None, Some(_)) => None,
            (day, _) => Some(day.unwrap_or_default()),
        },
        merged_into_id: merged,
    };
    let version = IfMatch::version(sent.value("version").parse().unwrap_or_default());
    visitor.services.org.amend_unit(&visitor.caller, id, &version, UnitChange::try_from(patch)?).await?;
    Ok(())
}

/// Removes a unit that nothing ever referred to.
#[handler]
pub(in crate::web) async fn delete(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.org.delete_unit(&visitor.caller, id.into()).await?;
    Ok(go_to("/units?done=unit_deleted"))
}
