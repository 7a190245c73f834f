//! Which page is where.

use std::sync::Arc;

use poem::{EndpointExt, Route, get, post};

use super::pages::{compat, home, language, login, password};
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
        .at("/compat", get(compat::show))
        .at("/static/:name", get(assets::serve));
    Route::new().nest_no_strip("/", pages.data(services))
}
