//! Units: the tree within the reader's reach, and a new unit by a system administrator.

use askama::Template;
use poem::handler;

use super::parts::{Options, unit_options, units, words};
use crate::auth::Role;
use crate::http::Problem;
use crate::org::{NewUnit, Unit, UnitKind, UnitRequest};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// Those who look at the tree here.
pub(in crate::web) const READERS: &[Role] = &[Role::Coordinator, Role::SystemAdmin];
const KEEPERS: &[Role] = &[Role::SystemAdmin];

#[derive(Template)]
#[template(path = "coordinator/units.html")]
struct UnitsPage {
    v: View,
    units: Vec<Unit>,
    /// The depth of the topmost unit shown.
    top: i32,
    may_make: bool,
    sees_people: bool,
}

impl UnitsPage {
    fn level(&self, unit: &Unit) -> i32 {
        (unit.depth - self.top).clamp(0, 4)
    }

    fn holding(&self) -> usize {
        self.units.iter().filter(|u| u.kind == UnitKind::Unit).count()
    }
}

/// The tree.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let now = visitor.view.now;
    let units = visitor.services.org.subtree(&visitor.caller, READERS).await?;
    page(&UnitsPage {
        top: units.iter().map(|u| u.depth).min().unwrap_or_default(),
        units,
        may_make: visitor.caller.has(KEEPERS, now),
        sees_people: visitor.caller.has(&[Role::Coordinator], now),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/unit.html")]
struct UnitPage {
    v: View,
    f: Form,
    units: Options,
    kinds: Options,
}

impl UnitPage {
    async fn new(visitor: &Visitor, f: Form) -> Result<Self, Problem> {
        let choices = units(visitor, KEEPERS).await?;
        let kinds = words(&visitor.view, "units-kind-", UnitKind::ALL);
        Ok(Self { v: visitor.view.clone(), f, units: unit_options(&choices), kinds })
    }
}

/// The form for a new unit.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let form = Form::new("units-", &visitor.view)
        .set("parent_id", visitor.view.query("parent_id").unwrap_or_default())
        .set("kind", UnitKind::Unit);
    page(&UnitPage::new(&visitor, form).await?)
}

/// Makes it.
#[handler]
pub(in crate::web) async fn make(visitor: Visitor, sent: Sent) -> Page {
    let request = UnitRequest {
        parent_id: Some(sent.value("parent_id").to_owned()),
        code: sent.value("code").to_owned(),
        name: sent.value("name").to_owned(),
        kind: sent.value("kind").to_owned(),
    };
    let made = async {
        let new = NewUnit::try_from(request)?;
        Ok::<_, Problem>(visitor.services.org.create_unit(&visitor.caller, new).await?)
    };
    match made.await {
        Ok(_) => Ok(go_to("/units?done=saved")),
        Err(problem) => {
            let form = Form::new("units-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &UnitPage::new(&visitor, form).await?)
        }
    }
}
