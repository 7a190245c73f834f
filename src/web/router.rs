//! Which page is where.

use std::sync::Arc;

use poem::{EndpointExt, Route, get, post};

use super::pages::{admin, audit, compat, home, language, login, password};
use super::{Services, assets};

/// Every page and static file. The rooms above serve what is not here, and hand every request the [`crate::auth::Auth`]
/// that knows its bearer.
#[must_use]
pub fn routes(services: Arc<Services>) -> Route {
    let pages = Route::new()
        .at("/", get(home::start))
        .at("/account", get(home::account))
        .at("/login", get(login::show).post(login::enter))
        .at("/logout", post(login::leave))
        .at("/password", get(password::show).post(password::change))
        .at("/language", get(language::choose))
        .at("/rates", get(audit::rates::show))
        .at("/rates/people", get(audit::people::show))
        .at("/rates/attempts/:id", get(audit::people::attempt))
        .at("/rates/definition", get(audit::rates::definition))
        .at("/years", get(audit::years::show))
        .at("/years/:year/close", post(audit::years::close))
        .at("/years/:year/reopen", post(audit::years::reopen))
        .at("/years/snapshots/:id", get(audit::years::frozen))
        .at("/log", get(audit::log::show))
        .at("/accounts", get(admin::accounts::show))
        .at("/accounts/new", get(admin::accounts::blank).post(admin::accounts::create))
        .at("/accounts/:id", get(admin::accounts::detail))
        .at("/accounts/:id/grants", post(admin::accounts::give))
        .at("/accounts/:id/grants/:grant/revoke", post(admin::accounts::revoke))
        .at("/units", get(admin::units::show))
        .at("/units/new", get(admin::units::blank).post(admin::units::create))
        .at("/compat", get(compat::show))
        .at("/static/:name", get(assets::serve));
    Route::new().nest_no_strip("/", pages.data(services))
}
