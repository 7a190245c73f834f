//! Where somebody arrives, and the account in use.

use askama::Template;
use entity::instant::Instant;
use poem::{Response, handler};

use crate::auth::Role;
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

/// A role that the reader holds or held.
struct Held {
    role: Role,
    until: Option<Instant>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    v: View,
    name: String,
    username: String,
    held: Vec<Held>,
}

/// The first area of the reader's roles; somebody without any sees their account, and whom to ask.
#[handler]
pub(in crate::web) fn start(visitor: Visitor) -> Response {
    go_to(visitor.view.nav.first().map_or("/account", |area| area.path))
}

/// The account in use and what it may do.
#[handler]
pub(in crate::web) fn account(visitor: Visitor) -> Page {
    let account = &visitor.caller.account;
    let held = account.grants.iter().map(|g| Held { role: g.role, until: g.valid_until }).collect();
    page(&AccountPage { name: account.display_name.clone(), username: account.username.clone(), held, v: visitor.view })
}
