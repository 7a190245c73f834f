//! Choosing a language.

use std::time::Duration;

use poem::http::header;
use poem::web::cookie::{Cookie, SameSite};
use poem::{Response, handler};

use crate::http::Language;
use crate::kernel::texts::Lang;
use crate::web::view::{go_to, own_address};
use crate::web::visitor::Guest;

/// How long the choice is kept.
const KEPT: Duration = Duration::from_hours(365 * 24);

/// Keeps the choice in a cookie and goes back.
#[handler]
pub(in crate::web) fn choose(guest: Guest) -> Response {
    let lang = Lang::negotiate(&guest.view.query("to").unwrap_or_default());
    let mut response = go_to(own_address(guest.view.query("next").as_deref()));
    let mut cookie = Cookie::new_with_str(Language::COOKIE, lang.tag());
    cookie.set_path("/");
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(KEPT);
    cookie.set_secure(guest.services.core.settings.https());
    if let Ok(value) = cookie.to_string().parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
