//! What browsers are told that are too old, or play an old one: 请切换到极速模式.

use askama::Template;
use poem::handler;

use crate::web::view::{Page, View, page};
use crate::web::visitor::Guest;

#[derive(Template)]
#[template(path = "compat.html")]
struct CompatPage {
    v: View,
}

/// The page, which needs neither script nor a style of this decade.
#[handler]
pub(in crate::web) fn show(guest: Guest) -> Page {
    page(&CompatPage { v: guest.view })
}
