//! 账号与授权: who can log in and what they may do.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveTime;
use entity::id::{AccountId, GrantId, UnitId};
use entity::instant::{Day, Instant};
use poem::handler;
use poem::web::Path;

use crate::auth::{
    AccountChange, AccountDetails, AccountFilter, AccountRow, AccountStatus, Denied, NewAccount, NewGrant, Role,
    check_username,
};
use crate::http::{IfMatch, Problem};
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::PageRequest;
use crate::org::Unit;
use crate::web::form::{Form, Sent, is_told_above};
use crate::web::pages::codes::{SlipsPage, kind_of};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct AccountsPage {
    v: View,
    accounts: Vec<AccountDetails>,
    units: HashMap<UnitId, String>,
    next_cursor: Option<String>,
    q: String,
    role: Option<Role>,
    status: Option<AccountStatus>,
    locked: bool,
}

impl AccountsPage {
    fn unit(&self, id: &UnitId) -> &str {
        self.units.get(id).map_or("", String::as_str)
    }

    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }

    fn statuses(&self) -> &'static [AccountStatus] {
        AccountStatus::ALL
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a template hands references")]
    fn kind(&self, status: &AccountStatus) -> &'static str {
        kind_of(*status)
    }
}

async fn names(visitor: &Visitor, accounts: &[AccountDetails]) -> Result<HashMap<UnitId, String>, Problem> {
    let mut ids: Vec<UnitId> = accounts.iter().flat_map(|a| &a.account.grants).map(|g| g.unit_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(visitor.services.org.unit_names(&ids).await?)
}

/// The accounts.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let view = visitor.view.clone();
    let mut fields = Fields::new();
    let role = fields.parse_optional("role", view.query("role").as_deref(), FieldCode::UnknownValue);
    let status = fields.parse_optional("status", view.query("status").as_deref(), FieldCode::UnknownValue);
    fields.check()?;
    let locked = view.query("locked").is_some();
    let q = view.query("q").unwrap_or_default();
    let request = PageRequest::new(Some(50), view.query("cursor").as_deref())?;
    let filter = AccountFilter { q: Some(q.clone()), role, status, locked, ..AccountFilter::default() };
    let found = visitor.services.auth.find_accounts(&visitor.caller, &filter, &request).await?;
    let units = names(&visitor, &found.items).await?;
    let (accounts, next_cursor) = (found.items, found.next_cursor);
    page(&AccountsPage { accounts, units, next_cursor, q, role, status, locked, v: view })
}

#[derive(Template)]
#[template(path = "admin/account_new.html")]
struct NewAccountPage {
    v: View,
    f: Form,
}

/// The form of a new account.
#[handler]
pub(in crate::web) fn blank(visitor: Visitor) -> Page {
    page(&NewAccountPage { f: Form::new("new-account-", &visitor.view), v: visitor.view })
}

/// Makes an account.
#[handler]
pub(in crate::web) async fn create(visitor: Visitor, sent: Sent) -> Page {
    let mut fields = Fields::new();
    let username = check_username(&mut fields, "username", sent.value("username"));
    let display_name = fields.line("display_name", sent.value("display_name"), 80);
    let password = sent.value("password").to_owned();
    let new = NewAccount { username, display_name, password, must_change_password: true, person_id: None };
    let made = match fields.finish(Some(new)) {
        Ok(new) => visitor.services.auth.create_account(&visitor.caller, new).await.map_err(Problem::from),
        Err(invalid) => Err(invalid.into()),
    };
    match made {
        Ok(made) => Ok(go_to(&format!("/accounts/{}?done=account_created", made.account.id))),
        Err(problem) if is_told_above(&problem) => {
            let form = Form::new("new-account-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &NewAccountPage { f: form, v: visitor.view })
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "admin/account.html")]
struct OnePage {
    v: View,
    f: Form,
    account: AccountRow,
    details: AccountDetails,
    is_own: bool,
    units: HashMap<UnitId, String>,
    roles: Vec<(String, String)>,
    places: Vec<(String, String)>,
}

impl OnePage {
    async fn new(visitor: &Visitor, id: AccountId, form: Form) -> Result<Self, Problem> {
        let details = visitor.services.auth.account(&visitor.caller, id).await?;
        let v = visitor.view.clone();
        let reach = visitor.services.org.subtree(&visitor.caller, &[Role::SecurityAdmin]).await?;
        Ok(Self {
            units: names(visitor, std::slice::from_ref(&details)).await?,
            roles: Role::ALL.iter().map(|role| (role.to_string(), v.word("role-", role).to_string())).collect(),
            places: options(&reach),
            account: details.account.clone(),
            is_own: id == visitor.caller.account.id,
            details,
            f: form,
            v,
        })
    }

    fn unit(&self, id: &UnitId) -> &str {
        self.units.get(id).map_or("", String::as_str)
    }

    fn kind(&self) -> &'static str {
        kind_of(self.details.status)
    }

    fn is_disabled(&self) -> bool {
        self.details.status == AccountStatus::Disabled
    }
}

/// Units to choose from: each with the names above it.
fn options(units: &[Unit]) -> Vec<(String, String)> {
    units.iter().map(|unit| (unit.id.to_string(), unit.path.join(" / "))).collect()
}

fn account_of(id: &str) -> Result<AccountId, Problem> {
    id.parse().map_err(|_none| Denied::NotFound.into())
}

/// An account and its grants.
#[handler]
pub(in crate::web) async fn detail(visitor: Visitor, Path(id): Path<String>) -> Page {
    let form = Form::new("grant-", &visitor.view);
    page(&OnePage::new(&visitor, account_of(&id)?, form).await?)
}

/// Gives a role.
#[handler]
pub(in crate::web) async fn give(visitor: Visitor, Path(id): Path<String>, sent: Sent) -> Page {
    let id = account_of(&id)?;
    let mut fields = Fields::new();
    let role: Option<Role> = fields.parse("role", sent.value("role"), FieldCode::Required);
    let unit_id: Option<UnitId> = fields.parse("unit_id", sent.value("unit_id"), FieldCode::Required);
    let until = sent.value("valid_until");
    let day = if until.is_empty() { None } else { sent.day(&mut fields, "valid_until") };
    let valid_until: Option<Instant> =
        day.and_then(|day| day.0.succ_opt()).map(|day| visitor.view.calendar.at(Day(day), NaiveTime::MIN));
    let new = role.zip(unit_id).map(|(role, unit_id)| NewGrant { role, unit_id, valid_until });
    let given = match fields.finish(new) {
        Ok(new) => visitor.services.auth.grant(&visitor.caller, id, new).await.map_err(Problem::from),
        Err(invalid) => Err(invalid.into()),
    };
    match given {
        Ok(_) => Ok(go_to(&format!("/accounts/{id}?done=granted"))),
        Err(problem) if is_told_above(&problem) => {
            let form = Form::new("grant-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &OnePage::new(&visitor, id, form).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Takes a role back.
#[handler]
pub(in crate::web) async fn revoke(visitor: Visitor, Path((id, grant)): Path<(String, String)>, _sent: Sent) -> Page {
    let id = account_of(&id)?;
    let grant: GrantId = grant.parse().map_err(|_none| Problem::from(Denied::NotFound))?;
    visitor.services.auth.revoke(&visitor.caller, id, grant).await?;
    Ok(go_to(&format!("/accounts/{id}?done=revoked")))
}

/// Changes the name, or whether the account is in use.
#[handler]
pub(in crate::web) async fn change(visitor: Visitor, Path(id): Path<String>, sent: Sent) -> Page {
    let id = account_of(&id)?;
    let mut fields = Fields::new();
    let version: Option<i32> = sent.number(&mut fields, "version");
    let display_name =
        (!sent.value("display_name").is_empty()).then(|| fields.line("display_name", sent.value("display_name"), 80));
    let disabled = match sent.value("disabled") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let version = fields.finish(version)?;
    let change = AccountChange { display_name, disabled, ..AccountChange::default() };
    let auth = &visitor.services.auth;
    auth.change_account(&visitor.caller, id, &IfMatch::version(version), change).await?;
    let done = match disabled {
        Some(true) => "account_disabled",
        Some(false) => "account_enabled",
        None => "saved",
    };
    Ok(go_to(&format!("/accounts/{id}?done={done}")))
}

/// Lets a locked account be tried again.
#[handler]
pub(in crate::web) async fn unlock(visitor: Visitor, Path(id): Path<String>, _sent: Sent) -> Page {
    let id = account_of(&id)?;
    visitor.services.auth.unlock(&visitor.caller, id).await?;
    Ok(go_to(&format!("/accounts/{id}?done=account_unlocked")))
}

/// Makes a one-time code and shows it this once.
#[handler]
pub(in crate::web) async fn code(visitor: Visitor, Path(id): Path<String>, _sent: Sent) -> Page {
    let id = account_of(&id)?;
    let slip = visitor.services.auth.hand_account(&visitor.caller, id).await.map_err(Problem::from)?;
    let address = visitor.services.core.settings.public_url.clone();
    page(&SlipsPage { v: visitor.view, slips: vec![slip], address, back: format!("/accounts/{id}") })
}
