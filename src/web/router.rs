//! Which page is where.

use std::sync::Arc;

use poem::{EndpointExt, Route, get, post};

use super::pages::liaison::{roll, unit};
use super::pages::official::{check_in, record, results, sitting, tasks};
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
    let pages = officials(pages);
    let pages = liaisons(pages);
    Route::new().nest_no_strip("/", pages.data(services))
}

/// What officials do.
fn officials(pages: Route) -> Route {
    pages
        .at("/tasks", get(tasks::show))
        .at("/c/:session", get(check_in::open))
        .at("/checkin/:session", get(check_in::show).post(check_in::enter))
        .at("/checkin/:session/arrived", get(check_in::arrive))
        .at("/exams/:id", get(sitting::wait))
        .at("/exams/:id/room", get(sitting::room))
        .at("/results", get(results::list))
        .at("/results/:attempt", get(results::show))
        .at("/record", get(record::show))
}

/// What liaisons do for their units.
fn liaisons(pages: Route) -> Route {
    pages
        .at("/unit", get(unit::show))
        .at("/unit/sessions/:id", get(roll::show).post(roll::call))
        .at("/unit/exams/:id", get(unit::show_exam))
}
