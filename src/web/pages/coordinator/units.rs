//! The tree of units within a coordinator's reach. Units are made and changed by system administrators, elsewhere.

use askama::Template;
use poem::handler;

use crate::auth::MANAGERS;
use crate::org::{Unit, UnitKind};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/units.html")]
struct UnitsPage {
    v: View,
    units: Vec<Unit>,
    /// The depth of the topmost unit shown.
    top: i32,
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
    let units = visitor.services.org.subtree(&visitor.caller, MANAGERS).await?;
    let top = units.iter().map(|u| u.depth).min().unwrap_or_default();
    page(&UnitsPage { v: visitor.view, units, top })
}
