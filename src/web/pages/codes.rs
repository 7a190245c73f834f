//! 启用码: one-time codes for a whole unit, or for one of its people, by its liaison or coordinators.

use askama::Template;
use entity::id::UnitId;
use entity::org::unit::UnitKind;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::auth::{AccountCounts, AccountStatus, Handout, Role, Slip, Standing};
use crate::http::{Problem, Workbook};
use crate::org::Unit;
use crate::web::form::Sent;
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// How many days the codes of a unit are good.
const DAYS: u8 = 14;

#[derive(Template)]
#[template(path = "codes.html")]
struct CodesPage {
    v: View,
    places: Vec<(String, String)>,
    chosen: String,
    unit: Option<Unit>,
    counts: AccountCounts,
    people: Vec<Standing>,
}

impl CodesPage {
    fn lacking(&self) -> u64 {
        self.counts.people.saturating_sub(self.counts.accounts)
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a template hands references")]
    fn kind(&self, status: &AccountStatus) -> &'static str {
        kind_of(*status)
    }
}

/// How a status is shown.
pub(in crate::web) fn kind_of(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "ok",
        AccountStatus::Waiting => "warn",
        AccountStatus::Disabled => "",
    }
}

/// The codes that were just made. They are shown this once.
#[derive(Template)]
#[template(path = "slips.html")]
pub(in crate::web) struct SlipsPage {
    pub(in crate::web) v: View,
    pub(in crate::web) slips: Vec<Slip>,
    pub(in crate::web) address: String,
    pub(in crate::web) back: String,
}

/// How it stands with the accounts of a unit.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let (caller, services) = (&visitor.caller, &visitor.services);
    let reach = services.org.subtree(caller, &[Role::Coordinator, Role::Liaison]).await?;
    let places = reach.iter().map(|unit| (unit.id.to_string(), unit.path.join(" / "))).collect();
    let asked = visitor.view.query("unit_id").and_then(|id| id.parse::<UnitId>().ok());
    let unit = match asked {
        Some(id) => Some(services.org.unit(caller, id).await?),
        None => reach.into_iter().next(),
    };
    let mut counts = AccountCounts { people: 0, accounts: 0, waiting: 0 };
    let mut people = Vec::new();
    if let Some(unit) = &unit {
        counts = services.auth.account_counts(caller, unit.id).await?;
        if unit.kind == UnitKind::Unit {
            people = services.auth.standings(caller, unit.id).await?;
        }
    }
    let chosen = unit.as_ref().map(|unit| unit.id.to_string()).unwrap_or_default();
    page(&CodesPage { v: visitor.view, places, chosen, unit, counts, people })
}

/// Makes codes for a unit and those below it.
#[handler]
pub(in crate::web) async fn hand_out(visitor: Visitor, Path(unit): Path<Uuid>, sent: Sent) -> Page {
    let unit = UnitId(unit);
    let handout = Handout { unit, subtree: true, renew: sent.ticked("renew"), days: DAYS };
    let auth = &visitor.services.auth;
    if sent.value("as") == "xlsx" {
        let bytes = auth.hand_out_sheet(&visitor.caller, handout).await?;
        return Ok(Workbook::of_form(bytes, "activation-codes"));
    }
    let slips = auth.hand_out(&visitor.caller, handout).await?;
    slips_page(&visitor, slips, unit)
}

/// Makes one for somebody.
#[handler]
pub(in crate::web) async fn hand_one(visitor: Visitor, Path((unit, person)): Path<(Uuid, Uuid)>, _sent: Sent) -> Page {
    let slip = visitor.services.auth.hand_one(&visitor.caller, person.into()).await.map_err(Problem::from)?;
    slips_page(&visitor, vec![slip], UnitId(unit))
}

fn slips_page(visitor: &Visitor, slips: Vec<Slip>, unit: UnitId) -> Page {
    let address = visitor.services.core.settings.public_url.clone();
    page(&SlipsPage { v: visitor.view.clone(), slips, address, back: format!("/codes?unit_id={unit}") })
}
