//! 单位: the tree, and new units in it.

use askama::Template;
use entity::id::UnitId;
use entity::org::unit::UnitKind;
use poem::handler;

use crate::auth::Role;
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::org::{NewUnit, Unit};
use crate::web::form::{Form, Sent, is_told_above};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "admin/units.html")]
struct UnitsPage {
    v: View,
    units: Vec<Unit>,
    groups: usize,
}

/// The tree.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let units = visitor.services.org.subtree(&visitor.caller, &[Role::SystemAdmin]).await?;
    let groups = units.iter().filter(|unit| unit.kind == UnitKind::Group).count();
    page(&UnitsPage { units, groups, v: visitor.view })
}

#[derive(Template)]
#[template(path = "admin/unit_new.html")]
struct NewUnitPage {
    v: View,
    f: Form,
    parents: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
}

impl NewUnitPage {
    async fn new(visitor: &Visitor, form: Form) -> Result<Self, Problem> {
        let units = visitor.services.org.subtree(&visitor.caller, &[Role::SystemAdmin]).await?;
        let view = visitor.view.clone();
        let kinds = UnitKind::ALL.iter().map(|kind| (kind.to_string(), view.word("units-kind-", kind).to_string()));
        Ok(Self { kinds: kinds.collect(), parents: options(&units), f: form, v: view })
    }
}

/// Units to choose from: each with the names above it.
pub(super) fn options(units: &[Unit]) -> Vec<(String, String)> {
    units.iter().map(|unit| (unit.id.to_string(), unit.path.join(" / "))).collect()
}

/// The form.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let form = Form::new("units-", &visitor.view)
        .set("parent_id", visitor.view.query("parent").unwrap_or_default())
        .set("kind", UnitKind::Unit);
    page(&NewUnitPage::new(&visitor, form).await?)
}

/// Takes it.
#[handler]
pub(in crate::web) async fn create(visitor: Visitor, sent: Sent) -> Page {
    let mut fields = Fields::new();
    let parent_id: Option<UnitId> =
        fields.parse_optional("parent_id", Some(sent.value("parent_id")), FieldCode::UnknownReference);
    if sent.value("parent_id").is_empty() {
        fields.reject("parent_id", FieldCode::Required);
    }
    let code = fields.line("code", sent.value("code"), 40);
    let name = fields.line("name", sent.value("name"), 80);
    let kind = fields.parse("kind", sent.value("kind"), FieldCode::UnknownValue);
    let new = fields.finish(kind.map(|kind| NewUnit { parent_id, code, name, kind, active_from: None }));
    let made = match new {
        Ok(new) => visitor.services.org.create_unit(&visitor.caller, new).await.map_err(Problem::from),
        Err(invalid) => Err(invalid.into()),
    };
    match made {
        Ok(_) => Ok(go_to("/units?done=saved")),
        Err(problem) if is_told_above(&problem) => {
            let form = Form::new("units-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &NewUnitPage::new(&visitor, form).await?)
        }
        Err(problem) => Err(problem),
    }
}
